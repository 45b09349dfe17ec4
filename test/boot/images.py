#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/image makes, taken apart again with other tools and by other rules.

usage: images.py PRESET [unittest's options]

Cards: the table and the file system are clean, everything on them is what it was made from, every
file that config.txt names is there, an A64's boot ROM would take the SPL. Ends with status 77
(skipped) where this computer lacks tools or firmware.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import firmware  # noqa: E402
import machine  # noqa: E402

import devicetree  # noqa: E402

PRESET = None
PARTITION_AT = 1 << 20
TOOLS = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", TZ="UTC")
MORE = "bin/more"  # what the tests add to the initrd


def tool(*command, **more):
    return subprocess.run(command, env=TOOLS, check=True, capture_output=True, **more).stdout


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Case(unittest.TestCase):
    """A folder, the same for all tests of a class, and scripts/image in it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def image(cls, *arguments, status=0, **environment):
        """Runs scripts/image; what it says."""
        done = subprocess.run(
            [os.path.join(ROOT, "scripts", "image"), "--no-build", "--preset", PRESET, *arguments],
            cwd=cls.folder, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if done.returncode != status:
            raise AssertionError("status %d: %s" % (done.returncode, done.stderr))
        return done.stderr

    def contents(self, card):
        """{path: bytes} of the card's partition."""
        out = tempfile.mkdtemp(dir=self.folder)
        tool("mcopy", "-s", "-n", "-i", "%s@@%d" % (self.path(card), PARTITION_AT), "::/", out)
        return {os.path.relpath(os.path.join(place, name), out): read(os.path.join(place, name))
                for place, _, names in os.walk(out) for name in names}

    def built(self, name):
        return read(os.path.join(ROOT, "build", PRESET, name))


class Cards(Case):
    """What holds for every kind of card."""

    KINDS = ("rpi4", "pine64", "virt")
    WORDS = {"rpi4": b"jacinth.watchdog=15", "pine64": b"jacinth.watchdog=15", "virt": b""}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for kind in cls.KINDS:
            cls.image(kind, "-o", kind)

    def test_partition_table(self):
        for kind in self.KINDS:
            tool("sfdisk", "-V", self.path(kind))
            table = json.loads(tool("sfdisk", "-J", self.path(kind)))["partitiontable"]
            self.assertEqual(table["label"], "dos")
            partition, = table["partitions"]
            self.assertEqual((partition["start"], partition["type"], partition["bootable"]),
                             (PARTITION_AT // 512, "c", True))
            self.assertEqual((partition["start"] + partition["size"]) * 512,
                             os.path.getsize(self.path(kind)))

    def test_file_system_is_clean(self):
        for kind in self.KINDS:
            data = read(self.path(kind))[PARTITION_AT:]
            self.assertEqual(data[82:90], b"FAT32   ")
            with open(self.path("partition"), "wb") as f:
                f.write(data)
            tool("fsck.vfat", "-n", self.path("partition"))

    def test_everything_on_it_is_what_it_was_made_from(self):
        for kind in self.KINDS:
            files = self.contents(kind)
            self.assertEqual(files["Image"], self.built("Image"))
            self.assertEqual(files["initrd.cpio"], self.built("initrd.cpio"))
            self.assertEqual(files["jacinth.env"], b"bootargs=%s\n" % self.WORDS[kind])
            self.assertIn(b"MIT License", files["licences/jacinth.txt"])
            with open(self.path("boot.scr"), "wb") as f:
                f.write(files["boot.scr"])
            self.assertIn(b"AArch64 Linux Script", tool("mkimage", "-l", self.path("boot.scr")))
            board = {"virt": "qemu-virt"}.get(kind, kind)
            # A script image is a header of 64 bytes, the length of the text and a zero.
            self.assertEqual(files["boot.scr"][72:],
                             read(os.path.join(ROOT, "boards", board, "boot.cmd")))
        rpi4 = self.contents("rpi4")
        for name, source in (("start4.elf", "raspi-firmware/start4.elf"),
                             ("fixup4.dat", "raspi-firmware/fixup4.dat"),
                             ("u-boot.bin", "u-boot/rpi_4/u-boot.bin"),
                             ("bcm2711-rpi-4-b.dtb", "dtbs/broadcom/bcm2711-rpi-4-b.dtb"),
                             ("licences/raspi-firmware.txt", "doc/raspi-firmware/copyright")):
            self.assertEqual(rpi4[name], firmware.read(source), name)
        name = "allwinner/sun50i-a64-pine64-plus.dtb"
        self.assertEqual(self.contents("pine64")["dtb/" + name], firmware.read("dtbs/" + name))

    def test_the_licences_of_everything_are_on_it(self):
        ours = {"jacinth", "libfdt1", "musl"}  # of the kernel and the programs
        for kind, others in (("virt", set()), ("rpi4", {"raspi-firmware", "u-boot-rpi", "linux-image"}),
                             ("pine64", {"u-boot-sunxi", "arm-trusted-firmware", "crust-firmware",
                                         "linux-image"})):
            texts = {name: data for name, data in self.contents(kind).items()
                     if name.startswith("licences/")}
            self.assertEqual(set(texts), {"licences/%s.txt" % name for name in ours | others}, kind)
            for name in (ours | others) - {"jacinth"}:
                self.assertEqual(texts["licences/%s.txt" % name],
                                 firmware.read("doc/%s/copyright" % name), name)

    def test_the_same_again(self):
        for kind in self.KINDS:
            # Neither today nor the place on earth matters.
            self.image(kind, "-o", "again", TZ="Asia/Tokyo")
            self.assertEqual(digest(self.path(kind)), digest(self.path("again")), kind)
            self.image(kind, "-o", "later", SOURCE_DATE_EPOCH="1700000000")
            self.assertNotEqual(digest(self.path(kind)), digest(self.path("later")), kind)
        self.image("fit", "-o", "one.itb")
        self.image("fit", "-o", "two.itb", TZ="Asia/Tokyo")
        self.assertEqual(digest(self.path("one.itb")), digest(self.path("two.itb")))

    def test_every_stamp_is_the_day_asked_for(self):
        self.image("rpi4", "-o", "dated", SOURCE_DATE_EPOCH="1234567890")
        listing = tool("mdir", "-/", "-i", "%s@@%d" % (self.path("dated"), PARTITION_AT),
                       "::/").decode()
        self.assertEqual(set(re.findall(r"\d{4}-\d\d-\d\d", listing)), {"2009-02-13"})

    def test_arguments_and_additions(self):
        with open(self.path("more"), "wb") as f:
            f.write(b"#!")
        self.image("virt", "-o", "added", "--append", "a=b c", "--add", "more", "--size", "128M",
                   "--program", "mon")
        files = self.contents("added")
        self.assertEqual(files["jacinth.env"], b"bootargs=a=b c userboot=bin/mon\n")
        self.assertEqual(os.path.getsize(self.path("added")), 128 << 20)
        names = subprocess.run(["cpio", "-t", "--quiet"], input=files["initrd.cpio"], check=True,
                               capture_output=True).stdout.decode().split()
        self.assertIn(MORE, names)
        self.assertNotEqual(files["initrd.cpio"], self.built("initrd.cpio"))


    def test_the_watchdog_is_up_to_who_makes_the_card(self):
        for append, words in (("a=b", b"jacinth.watchdog=15 a=b"),
                              ("a jacinth.watchdog=0", b"a jacinth.watchdog=0"),
                              ("jacinth.watchdog=3 a", b"jacinth.watchdog=3 a"),
                              ("jacinth.watchdog", b"jacinth.watchdog"),
                              ("jacinth.watchdogs=1", b"jacinth.watchdog=15 jacinth.watchdogs=1")):
            self.image("rpi4", "-o", "words", "--append", append)
            self.assertEqual(self.contents("words")["jacinth.env"], b"bootargs=%s\n" % words)


def digest(path):
    return hashlib.sha256(read(path)).hexdigest()


class Mistakes(Case):
    """Each is told in one line, and leaves nothing behind."""

    def refused(self, *arguments, text, status=1, **environment):
        before = sorted(os.listdir(self.folder))
        said = self.image(*arguments, status=status, **environment)
        self.assertIn(text, said)
        self.assertNotIn("Traceback", said)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_arguments(self):
        self.refused("virt", text="-o", status=2)
        self.refused("toaster", "-o", "x", text="toaster", status=2)
        self.refused("virt", "-o", "x", "--size", "big", text="such as 64M")
        self.refused("virt", "-o", "x", "--size", "1M", text="35 MiB or more")
        self.refused("virt", "-o", "x", "--size", "64G", text="up to 32G")
        self.refused("virt", "-o", "x", "--append", "a\nb", text="printable")
        self.refused("virt", "-o", "x", "--append", "a" * 5000, text="4095")
        self.refused("virt", "-o", "x", "--tfa", text="--tfa is for rpi4")
        self.refused("rpi4", "-o", "x", "--fit", text="has no FIT")
        self.refused("fit", "-o", "x", "--append", "a", text="bootargs")
        self.refused("fit", "-o", "x", "--load", "1000", text="2 MiB")
        self.refused("virt", "-o", "x", text="SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH="today")

    def test_files(self):
        self.refused("virt", "-o", "none/x", text="cannot write none/x")
        self.refused("virt", "-o", ".", text="not a plain file")
        self.refused("virt", "-o", "x", "--initrd", "none", text="none")
        self.refused("virt", "-o", "x", "--add", "none", text="none")
        self.refused("rpi4", "-o", "x", "--firmware", self.folder, text="docs/images.md",
                     status=machine.SKIPPED)

    def test_too_small(self):
        with open(self.path("large"), "wb") as f:
            f.truncate(40 << 20)
        self.refused("virt", "-o", "x", "--initrd", "large", "--size", "36M", text="too small")

    def test_a_failure_leaves_the_old_file(self):
        with open(self.path("card"), "wb") as f:
            f.write(b"precious")
        self.refused("rpi4", "-o", "card", "--firmware", self.folder, text="no ",
                     status=machine.SKIPPED)
        self.assertEqual(read(self.path("card")), b"precious")


class Rpi4(Case):
    """The firmware of the Raspberry Pi is not emulated: what it would read is looked at as text."""

    NAMES_A_FILE = ("kernel", "device_tree", "armstub", "initramfs", "start_file", "fixup_file")

    def check(self, card):
        files = self.contents(card)
        settings = dict(line.split("=", 1) for line in files["config.txt"].decode().splitlines()
                        if "=" in line and not line.startswith("#"))
        for name in self.NAMES_A_FILE:
            if name in settings:
                self.assertIn(settings[name], files)
        self.assertEqual(settings["arm_64bit"], "1")
        # Or the firmware would look for start4cd.elf.
        self.assertNotIn("gpu_mem", settings)
        # The console of the tree is the mini-UART, which only works with this.
        self.assertEqual(settings["enable_uart"], "1")
        self.assertLess(max(map(len, files["config.txt"].splitlines())), 99)
        return settings, files

    def test_every_file_of_config_txt_is_there(self):
        self.image("rpi4", "-o", "card")
        settings, _ = self.check("card")
        self.assertEqual(settings["kernel"], "u-boot.bin")
        self.assertNotIn("armstub", settings)

    def test_tfa(self):
        self.image("rpi4", "-o", "card", "--tfa")
        settings, files = self.check("card")
        self.assertEqual(settings["armstub"], "bl31.bin")
        self.assertEqual(files["bl31.bin"], firmware.read("arm-trusted-firmware/rpi4/bl31.bin"))
        self.assertIn("licences/arm-trusted-firmware.txt", files)

    def test_kernel_leaves_the_loader_its_places(self):
        # U-Boot of the Raspberry Pi uses initrd and tree in place, the script from 36 MiB on.
        size, = struct.unpack_from("<Q", self.built("Image"), 16)
        self.assertLess(0x200000 + size, 0x2400000)


class Pine64(Case):
    """What the boot ROM and the SPL of an A64 read in front of the partition."""

    SPL_AT, FIT_AT = 8 << 10, 40 << 10

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image("pine64", "-o", "card")
        cls.data = read(cls.path("card"))[:PARTITION_AT]

    def test_boot_rom_takes_the_spl(self):
        # Boot header: magic, sum of all words with 0x5F0A6C39 in its own place, length.
        magic, total, length = struct.unpack_from("<8sII", self.data, self.SPL_AT + 4)
        self.assertEqual(magic, b"eGON.BT0")
        self.assertEqual(length % 512, 0)
        spl = self.data[self.SPL_AT:self.SPL_AT + length]
        words = list(struct.unpack("<%dI" % (length // 4), spl))
        words[3] = 0x5F0A6C39
        self.assertEqual(sum(words) & 0xffffffff, total)
        self.assertLessEqual(self.SPL_AT + length, self.FIT_AT)
        self.assertEqual(spl, firmware.read("u-boot/pine64_plus/sunxi-spl.bin")[:length])

    def test_parts_are_those_of_the_packages(self):
        size, = struct.unpack_from(">I", self.data, self.FIT_AT + 4)
        self.assertLess(self.FIT_AT + size, PARTITION_AT)
        tree = devicetree.read(self.data[self.FIT_AT:self.FIT_AT + size])
        default = tree.node("/configurations").props["default"].rstrip(b"\0").decode()
        chosen = tree.node("/configurations/" + default).props
        self.assertEqual(chosen["firmware"], b"atf\0")
        self.assertEqual(chosen["loadables"], b"scp\0uboot\0")
        folder = "u-boot/pine64_plus/"
        for name, source in (("atf", "arm-trusted-firmware/sun50i_a64/bl31.bin"),
                             ("uboot", folder + "u-boot-nodtb.bin"),
                             (chosen["fdt"].rstrip(b"\0").decode(),
                              folder + "sun50i-a64-pine64-plus.dtb")):
            self.assertEqual(tree.node("/images/" + name).props["data"], firmware.read(source), name)

    def test_nothing_else_lies_in_front_of_the_partition(self):
        size = len(firmware.read("u-boot/pine64_plus/u-boot-sunxi-with-spl.fit.itb"))
        self.assertEqual(set(self.data[512:self.SPL_AT]), {0})
        self.assertEqual(set(self.data[self.FIT_AT + size:]), {0})


class Fit(Case):
    """A FIT of ours."""

    def test_hashes_and_parts(self):
        self.image("fit", "-o", "one.itb", "--load", "0x50000000")
        tree = devicetree.read(read(self.path("one.itb")))
        for name, file in (("kernel-1", "Image"), ("ramdisk-1", "initrd.cpio")):
            node = tree.node("/images/" + name)
            self.assertEqual(node.props["data"], self.built(file))
            self.assertEqual(node.child("hash-1").props["value"],
                             hashlib.sha256(self.built(file)).digest())
        self.assertEqual(tree.node("/images/kernel-1").props["load"], b"\x50\0\0\0")
        self.assertEqual(tree.node("/configurations").props["default"], b"conf-1\0")
        self.assertIn(b"sha256",
                      tool("mkimage", "-l", self.path("one.itb")))

    def test_on_a_card(self):
        self.image("virt", "-o", "card", "--fit")
        files = self.contents("card")
        self.image("fit", "-o", "one.itb")
        self.assertEqual(files["jacinth.itb"], read(self.path("one.itb")))
        self.assertNotIn("Image", files)


def main():
    global PRESET  # pylint: disable=global-statement
    PRESET = sys.argv.pop(1)
    for name in ("mcopy", "mkfs.vfat", "fsck.vfat", "sfdisk", "mkimage", "cpio"):
        if not shutil.which(name, path=TOOLS["PATH"]):
            print("no %s here: scripts/setup tools installs it" % name)
            return machine.SKIPPED
    # All of them are there, or some are.
    firmware.find("u-boot/pine64_plus/sunxi-spl.bin")
    firmware.find("raspi-firmware/start4.elf")
    return 0 if unittest.main(exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(machine.main(main))
