# SPDX-License-Identifier: MIT
"""The machines that the options of scripts/run describe."""

import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import boards  # noqa: E402
import machine  # noqa: E402
import via  # noqa: E402


class Command(unittest.TestCase):
    def command(self, *words, known=("cortex-a53", "cortex-a72", "max"), append=()):
        options = machine.parser("run", "").parse_args(words)
        with mock.patch.object(machine, "files", lambda _: ("Image", "initrd.cpio")), \
                mock.patch.object(machine, "qemu", lambda: "qemu"), \
                mock.patch.object(machine, "ask_qemu", lambda *_: set(known)):
            return machine.command(options, append)

    def value(self, command, option):
        return command[command.index(option) + 1]

    def test_defaults(self):
        command = self.command()
        self.assertEqual(self.value(command, "-M"), "virt,gic-version=3")
        self.assertEqual(self.value(command, "-cpu"), "cortex-a72")
        self.assertEqual(self.value(command, "-smp"), "4")
        self.assertEqual(self.value(command, "-m"), "512M")
        self.assertNotIn("-append", command)
        self.assertNotIn("-icount", command)

    def test_every_option_reaches_qemu(self):
        command = self.command("--gic", "2", "--smp", "1", "--mem", "128M", "--cpu", "cortex-a53",
                               "--el2")
        self.assertEqual(self.value(command, "-M"), "virt,gic-version=2,virtualization=on")
        self.assertEqual(self.value(command, "-cpu"), "cortex-a53")
        self.assertEqual(self.value(command, "-smp"), "1")
        self.assertEqual(self.value(command, "-m"), "128M")

    def test_virtio_devices_have_pages_of_their_own(self):
        command = self.command("--disk", __file__, "--rng", "--disk", __file__)
        buses = [word.split("bus=virtio-mmio-bus.")[1] for word in command if "bus=" in word]
        self.assertEqual(buses, ["0", "8", "16"])
        self.assertIn("virtio-mmio.force-legacy=false", command)
        self.assertNotIn("-global", self.command())
        for words in (("--disk", "/nonexistent"), ("--rng", *("--disk", __file__) * 4)):
            with self.assertRaises(machine.Problem):
                self.command(*words)

    def test_disks(self):
        with tempfile.TemporaryDirectory() as folder:
            odd = os.path.join(folder, "one,two")
            os.mkdir(odd)
            self.assertIn("driver=vvfat,dir=%s,readonly=on,if=none,id=disk0" % odd.replace(",", ",,"),
                          self.command("--disk", odd))
        self.assertIn("driver=null-co,read-zeroes=on,size=8M,if=none,id=disk0", self.command("--disk", "zeros:8M"))
        self.assertIn("file=%s,format=raw,if=none,id=disk0" % __file__, self.command("--disk", __file__))
        with self.assertRaises(machine.Problem):
            self.command("--disk", "zeros:some")

    def test_disks_of_a_deterministic_machine_answer_at_once(self):
        with self.assertRaises(machine.Problem):
            self.command("--icount", "--disk", __file__)
        self.assertIn("virtio-mmio.ioeventfd=off", self.command("--icount", "--disk", "zeros:8M"))
        self.assertNotIn("virtio-mmio.ioeventfd=off", self.command("--disk", "zeros:8M"))

    def test_kernel_command_line_keeps_the_order(self):
        command = self.command("--append", "a b", "--program", "/bin/x", append=["jacinth.cmd=00"])
        self.assertEqual(self.value(command, "-append"), "a b userboot=bin/x jacinth.cmd=00")

    def test_icount_is_deterministic(self):
        command = self.command("--icount")
        self.assertEqual(self.value(command, "-icount"), "shift=0,sleep=off")
        self.assertEqual(self.value(command, "-cpu"), "cortex-a53,cntfrq=1000000000")
        self.assertEqual(self.value(command, "-seed"), "1")

    def test_board_has_its_own_tree_and_console(self):
        with mock.patch.object(boards.firmware, "find", lambda name: "/cache/" + name):
            command = self.command("--board", "raspi4b", known=("raspi4b",), append=["x"])
        self.assertEqual(self.value(command, "-M"), "raspi4b")
        self.assertEqual(self.value(command, "-dtb"), "/cache/dtbs/broadcom/bcm2711-rpi-4-b.dtb")
        self.assertEqual(self.value(command, "-append"), "x")
        self.assertEqual(boards.serial("raspi4b", "stdio"), ["-serial", "null", "-serial", "stdio"])
        self.assertEqual(boards.serial("virt", "stdio"), ["-serial", "stdio"])

    def test_machine_that_qemu_lacks_is_skipped(self):
        def body():
            self.command("--board", "raspi4b", known=("virt",))

        with mock.patch.object(sys, "stderr"):
            self.assertEqual(machine.main(body), machine.SKIPPED)

    def test_tree_that_was_not_fetched_is_skipped(self):
        def body():
            self.command("--board", "raspi4b", known=("raspi4b",))

        with mock.patch.dict(os.environ, JACINTH_FIRMWARE="/nonexistent"), \
                mock.patch.object(sys, "stderr"):
            self.assertEqual(machine.main(body), machine.SKIPPED)

    def test_chains_of_firmware(self):
        with mock.patch.object(via, "words", lambda options, *_: ["through", options.via]):
            command = self.command("--via", "uboot", "--el2")
        self.assertEqual(command[-2:], ["through", "uboot"])
        self.assertNotIn("-kernel", command)
        self.assertEqual(self.value(command, "-M"), "virt,gic-version=3,virtualization=on")

    def test_a_board_has_only_its_own_chains(self):
        for board, way in (("raspi4b", "fit"), ("virt", "tfa"), ("npcm845", "uboot")):
            with self.assertRaisesRegex(machine.Problem, "%s has no --via %s" % (board, way)):
                self.command("--board", board, "--via", way)

    def test_tfa_moves_the_console(self):
        options = machine.parser("run", "").parse_args(["--board", "raspi4b", "--via", "tfa"])
        self.assertEqual(machine.serial(options, "stdio"), ["-serial", "stdio"])
        options.via = "uboot"
        self.assertEqual(machine.serial(options, "stdio"),
                         ["-serial", "null", "-serial", "stdio"])

    def test_unknown_things_are_said(self):
        for words, text in ((["--cpu", "z80"], "z80"), (["--board", "toaster"], "toaster"),
                            (["--smp", "0"], "--smp"),
                            (["--board", "raspi4b", "--smp", "2"], "--smp takes 4 with raspi4b"),
                            (["--board", "raspi4b", "--gic", "3"], "--gic")):
            with self.assertRaisesRegex(machine.Problem, text):
                self.command(*words)

    def test_runs_at_the_same_time_do_not_share_their_additions(self):
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.Popen(["true"])
            ended.wait()
            others = os.path.join(folder, "added", str(os.getppid()))  # whoever runs this test
            left = os.path.join(folder, "added", str(ended.pid))
            os.mkdir(os.path.dirname(left))
            for path in (others, left):
                with open(path, "w", encoding="ascii"):
                    pass
            mine = machine.file_of_this_process(folder, "added")
            self.assertNotEqual(mine, others)
            self.assertTrue(os.path.exists(others))
            self.assertFalse(os.path.exists(left))


if __name__ == "__main__":
    unittest.main()
