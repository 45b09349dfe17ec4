# SPDX-License-Identifier: MIT
"""The watcher behind scripts/run --cmd, with programs in QEMU's place."""

import io
import os
import sys
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import watch  # noqa: E402

NONCE = "0123456789abcdef"


class Watch(unittest.TestCase):
    def run_machine(self, script, silence=20):
        """Runs a Python program as the machine: (status, what the user saw, complaints)."""
        output = io.BytesIO()
        with mock.patch("sys.stderr", io.StringIO()) as complaints:
            status = watch.run([sys.executable, "-u", "-c", script], NONCE, silence, output)
        return status, output.getvalue(), complaints.getvalue()

    def test_status_line_is_hidden_and_becomes_the_status(self):
        status, output, _ = self.run_machine("print('a\\nb\\n[[%s]] status 7')" % NONCE)
        self.assertEqual((status, output), (7, b"a\nb\n"))

    def test_status_line_behind_unfinished_output_keeps_that_output(self):
        status, output, _ = self.run_machine("print('half[[%s]] status 0')" % NONCE)
        self.assertEqual((status, output), (0, b"half\n"))

    def test_carriage_returns_are_dropped(self):
        status, output, _ = self.run_machine(
            "print('a\\r\\n[[%s]] status 0\\r')" % NONCE)
        self.assertEqual((status, output), (0, b"a\n"))

    def test_status_line_cut_in_two_writes_is_still_found(self):
        status, output, _ = self.run_machine(
            "import time; print('x\\n[[%s]] sta', end=''); time.sleep(0.2); print('tus 3')" % NONCE)
        self.assertEqual((status, output), (3, b"x\n"))

    def test_another_nonce_is_just_text(self):
        status, output, _ = self.run_machine("print('[[ffff]] status 0')")
        self.assertEqual((status, output), (watch.NO_STATUS, b"[[ffff]] status 0\n"))

    def test_a_failure_stays_one_when_it_does_not_fit(self):
        for number in (-5, 256, 512, 1000):
            status, _, _ = self.run_machine("print('[[%s]] status %d')" % (NONCE, number))
            self.assertNotEqual(status, 0, number)
            self.assertLess(status, 256, number)

    def test_machine_that_ends_without_status(self):
        status, _, complaints = self.run_machine("print('boot'); raise SystemExit(1)")
        self.assertEqual(status, watch.NO_STATUS)
        self.assertIn("status 1", complaints)

    def test_panic_ends_the_run_after_its_report(self):
        status, output, complaints = self.run_machine(
            "import time; print('*** KERNEL PANIC: why\\n pc\\n*** end of panic report');"
            "time.sleep(60)")
        self.assertEqual(status, watch.PANIC)
        self.assertIn(b" pc\n", output)
        self.assertIn("panicked", complaints)

    def test_panic_whose_report_is_cut_short(self):
        with mock.patch("watch.PANIC_REPORT_SECONDS", 0.3):
            status, _, _ = self.run_machine(
                "import time; print('*** KERNEL PANIC: why'); time.sleep(60)")
        self.assertEqual(status, watch.PANIC)

    def test_panic_beats_an_earlier_status(self):
        status, _, _ = self.run_machine(
            "print('[[%s]] status 0\\n*** KERNEL PANIC: late\\n*** end of panic report')" % NONCE)
        self.assertEqual(status, watch.PANIC)

    def test_kernel_that_cannot_boot(self):
        status, output, complaints = self.run_machine(
            "import time; print('jacinth: cannot boot: why (stage 1)', flush=True); time.sleep(60)")
        self.assertEqual(status, watch.CANNOT_BOOT)
        self.assertIn(b"cannot boot: why", output)
        self.assertIn("cannot boot", complaints)

    def test_silence(self):
        status, output, complaints = self.run_machine(
            "import time; print('boot', end=''); time.sleep(60)", silence=0.5)
        self.assertEqual((status, output), (watch.SILENCE, b"boot"))
        self.assertIn("nothing was printed", complaints)

    def test_machine_that_does_not_power_off(self):
        status, _, _ = self.run_machine(
            "import time; print('[[%s]] status 0'); time.sleep(60)" % NONCE, silence=0.5)
        self.assertEqual(status, watch.NO_POWER_OFF)


if __name__ == "__main__":
    unittest.main()
