# SPDX-License-Identifier: MIT
"""Recipes for images: what goes onto a card's FAT partition for a board, and what in front of it.

The boot scripts and config.txt of the recipes are files in boards/.
"""

import os
import string
import tempfile

import card
import firmware
from common import ROOT, Problem

# What U-Boot's env import and a person's editor leave alone.
ARGUMENT_CHARACTERS = set(string.printable) - set("\\\n\r\t\v\f")
LONGEST_ARGUMENTS = 4095  # the kernel reads no more

# Where a FIT's kernel is loaded: 4 MiB into the memory of virt and of the A64, both at 0x40000000.
FIT_LOAD = 0x40400000
FIT_BOARDS = ("linux,dummy-virt", "pine64,pine64-plus", "pine64,pine64", "allwinner,sun50i-a64")

# A system on a card that hangs starts anew after so many seconds (docs/drivers.md, "The watchdog"): the longest time
# of the boards' watchdogs that all have.
WATCHDOG = "jacinth.watchdog"
WATCHDOG_SECONDS = 15

# Whose code is in our kernel and programs.
OURS = ("libfdt1", "musl")

# The BROM of the A64 loads the SPL from 8 KiB (U-Boot's doc/board/allwinner/sunxi.rst), and the SPL
# the rest from 32 KiB behind itself.
SPL_AT = 8 * 1024
UBOOT_AT = 40 * 1024


def with_watchdog(text):
    """Arguments that feed the watchdog, unless they say themselves what to do with it."""
    if any(word.split("=")[0] == WATCHDOG for word in text.split()):
        return text
    return " ".join(filter(None, ["%s=%d" % (WATCHDOG, WATCHDOG_SECONDS), text]))


def check_arguments(text):
    """Refuses arguments for the kernel that would not arrive as they are."""
    bad = sorted(set(text) - ARGUMENT_CHARACTERS)
    if bad:
        raise Problem("--append takes printable ASCII without backslashes, not %r" % "".join(bad))
    if len(text) > LONGEST_ARGUMENTS:
        raise Problem("--append takes up to %d characters" % LONGEST_ARGUMENTS)


class Recipe:
    """What one kind of card consists of, from the kernel, the initrd (as bytes) and arguments for
    the kernel. `as_fit`: both in one FIT image; `tfa`: with TF-A where that is a choice."""

    serial = None      # of disk and file system
    board = None       # folder in boards/
    packages = ()      # whose licences go onto the card, beside those of our own parts
    takes_fit = True   # its U-Boot has FIT
    takes_tfa = False  # TF-A is a choice
    watchdog = False   # the board has one that is fed

    def __init__(self, kernel, initrd, append="", as_fit=False, tfa=False):
        self.append = with_watchdog(append) if self.watchdog else append
        check_arguments(self.append)
        self.kernel = kernel
        self.initrd = initrd
        self.as_fit = as_fit
        self.tfa = tfa
        if tfa and not self.takes_tfa:
            raise Problem("--tfa is for rpi4")
        if as_fit and not self.takes_fit:
            raise Problem("U-Boot of the Raspberry Pi 4 has no FIT")

    def board_file(self, name):
        with open(os.path.join(ROOT, "boards", self.board, name), "rb") as f:
            return f.read()

    def files(self):
        """{path: bytes} of the FAT partition."""
        files = {"boot.scr": boot_script(self.board_file("boot.cmd")),
                 "jacinth.env": b"bootargs=%s\n" % self.append.encode()}
        with open(os.path.join(ROOT, "LICENSE"), "rb") as f:
            files["licences/jacinth.txt"] = f.read()
        for package in (*OURS, *self.packages):
            files["licences/%s.txt" % package] = firmware.read("doc/%s/copyright" % package)
        if self.as_fit:
            files["jacinth.itb"] = fit(self.kernel, self.initrd, FIT_LOAD)
        else:
            files["Image"] = self.kernel
            files["initrd.cpio"] = self.initrd
        return files

    def raw(self):
        """(offset, bytes) in front of the partition."""
        return []

    def write(self, output, size):
        """Writes the card, of `size` bytes, to a file, whole or not at all."""
        card.write(output, size, self.files(), self.raw(), self.serial)


class Virt(Recipe):
    serial = 0x4A430001
    board = "qemu-virt"


class Rpi4(Recipe):
    serial = 0x4A430002
    board = "rpi4"
    packages = ("raspi-firmware", "u-boot-rpi", "linux-image")
    takes_fit = False
    takes_tfa = True
    watchdog = True

    def files(self):
        files = super().files()
        files["start4.elf"] = firmware.read("raspi-firmware/start4.elf")
        files["fixup4.dat"] = firmware.read("raspi-firmware/fixup4.dat")
        files["u-boot.bin"] = firmware.read("u-boot/rpi_4/u-boot.bin")
        files["bcm2711-rpi-4-b.dtb"] = firmware.read("dtbs/broadcom/bcm2711-rpi-4-b.dtb")
        files["config.txt"] = self.board_file("config.txt")
        if self.tfa:
            files["bl31.bin"] = firmware.read("arm-trusted-firmware/rpi4/bl31.bin")
            files["config.txt"] += b"# PSCI, in place of the firmware's own spin table.\n" \
                                   b"armstub=bl31.bin\n"
            files["licences/arm-trusted-firmware.txt"] = firmware.read(
                "doc/arm-trusted-firmware/copyright")
        return files


class Pine64(Recipe):
    serial = 0x4A430003
    board = "pine64"
    packages = ("u-boot-sunxi", "arm-trusted-firmware", "crust-firmware", "linux-image")
    watchdog = True

    def files(self):
        files = super().files()
        name = "allwinner/sun50i-a64-pine64-plus.dtb"
        files["dtb/" + name] = firmware.read("dtbs/" + name)
        return files

    def raw(self):
        folder = "u-boot/pine64_plus/"
        return [(SPL_AT, firmware.read(folder + "sunxi-spl.bin")),
                (UBOOT_AT, firmware.read(folder + "u-boot-sunxi-with-spl.fit.itb"))]


RECIPES = {"rpi4": Rpi4, "pine64": Pine64, "virt": Virt}


def made_by_mkimage(source, *arguments):
    """The output of mkimage for an input, both as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        input_file, output = os.path.join(folder, "input"), os.path.join(folder, "output")
        with open(input_file, "wb") as f:
            f.write(source)
        card.run_tool("mkimage", *(word.format(input=input_file, folder=folder)
                                   for word in arguments), output)
        with open(output, "rb") as f:
            return f.read()


def boot_script(source):
    return made_by_mkimage(source, "-A", "arm64", "-O", "linux", "-T", "script", "-C", "none",
                           "-n", "Jacinth", "-d", "{input}")


FIT_SOURCE = """\
/dts-v1/;
/ {
    description = "Jacinth";
    #address-cells = <1>;
    images {
        kernel-1 {
            description = "kernel";
            data = /incbin/("%(kernel)s");
            type = "kernel";
            arch = "arm64";
            os = "linux";
            compression = "none";
            load = <%(load)#x>;
            entry = <%(load)#x>;
            hash-1 { algo = "sha256"; };
        };
        ramdisk-1 {
            description = "initrd";
            data = /incbin/("%(initrd)s");
            type = "ramdisk";
            arch = "arm64";
            os = "linux";
            compression = "none";
            hash-1 { algo = "sha256"; };
        };
    };
    configurations {
        default = "conf-1";
        conf-1 {
            description = "Jacinth";
            compatible = %(boards)s;
            kernel = "kernel-1";
            ramdisk = "ramdisk-1";
        };
    };
};
"""


def fit(kernel, initrd, load):
    """A FIT image. Its device tree is the one that U-Boot has."""
    with tempfile.TemporaryDirectory() as folder:
        names = {name: os.path.join(folder, name) for name in ("kernel", "initrd")}
        for name, data in (("kernel", kernel), ("initrd", initrd)):
            with open(names[name], "wb") as f:
                f.write(data)
        source = FIT_SOURCE % dict(names, load=load,
                                   boards=", ".join('"%s"' % board for board in FIT_BOARDS))
        # mkimage has dtc read the source from where it is.
        return made_by_mkimage(source.encode(), "-f", "{input}")
