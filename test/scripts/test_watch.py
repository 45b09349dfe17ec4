# SPDX-License-Identifier: MIT
"""The watcher behind scripts/run --cmd, with programs in QEMU's place."""

import io
import itertools
import os
import sys
import time
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import watch  # noqa: E402

NONCE = "0123456789abcdef"


class Output(io.BytesIO):
    """The user's terminal, and a clock on which hours pass once the machine has printed something:
    what it says before its silence must not depend on how fast the host starts it."""

    printed = False

    def flush(self):  # after each piece of output
        self.printed = True

    def monotonic(self, hours=itertools.count(1)):
        return time.monotonic() + (3600 * next(hours) if self.printed else 0)


class Watch(unittest.TestCase):
    def run_machine(self, script, silent=False):
        """Runs a Python program as the machine: (status, what the user saw, complaints). Nobody
        waits for a silent one once it has printed something."""
        output = Output()
        clock = output.monotonic if silent else time.monotonic
        with mock.patch("sys.stderr", io.StringIO()) as complaints, \
                mock.patch("watch.time", mock.Mock(monotonic=clock)):
            status = watch.run([sys.executable, "-u", "-c", script], NONCE, 300, output)
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
        status, _, _ = self.run_machine(
            "import time; print('*** KERNEL PANIC: why\\n', end=''); time.sleep(600)", silent=True)
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
            "import time; print('boot', end=''); time.sleep(600)", silent=True)
        self.assertEqual((status, output), (watch.SILENCE, b"boot"))
        self.assertIn("nothing was printed", complaints)

    def test_machine_that_does_not_power_off(self):
        status, _, _ = self.run_machine(
            "import time; print('[[%s]] status 0\\n', end=''); time.sleep(600)" % NONCE,
            silent=True)
        self.assertEqual(status, watch.NO_POWER_OFF)


if __name__ == "__main__":
    unittest.main()
