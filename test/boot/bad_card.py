#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cards on which something is missing or damaged: U-Boot says what, and that nothing was started.

usage: bad_card.py PRESET

Ends with status 77 (skipped) where this computer lacks the firmware.
"""

import os
import sys
import tempfile

import guest
import firmware
import machine
import recipes
import via

SIZE = 64 << 20
PATIENCE = 300  # seconds without output: a hang; cards are read in silence
NOT_STARTED = "Jacinth was not started"


def lacking(name):
    def change(files):
        del files[name]
    return change


def damaged(files):
    """One bit in the initrd, which is the last that lies in the FIT."""
    blob = bytearray(files["jacinth.itb"])
    blob[len(blob) // 2] ^= 1
    files["jacinth.itb"] = bytes(blob)


def cut_short(files):
    files["jacinth.itb"] = files["jacinth.itb"][:100000]


# What, as one FIT, the change, what U-Boot says.
CASES = (
    ("no kernel", False, lacking("Image"), "Failed to load 'Image'"),
    ("no initrd", False, lacking("initrd.cpio"), "Failed to load 'initrd.cpio'"),
    ("a flipped bit in the FIT", True, damaged, "Bad hash value"),
    ("a FIT cut short", True, cut_short, "Bad FIT kernel image format"),
)


def try_card(build, as_fit, change):
    """What is printed, starting from a card that is changed."""
    class Changed(recipes.Virt):
        def files(self):
            files = super().files()
            change(files)
            return files

    with open(build.image, "rb") as f:
        kernel = f.read()
    path = os.path.join(build.folder, "card")
    Changed(kernel, build.initrd, as_fit=as_fit).write(path, SIZE)
    return guest.watch_guest(
        [machine.qemu(), "-M", "virt,gic-version=3", "-cpu", "cortex-a53", "-m", "512M", "-display",
         "none", "-nic", "none", "-no-reboot", "-serial", "stdio", "-monitor", "none",
         *via.virt(path, None)], (NOT_STARTED,), PATIENCE)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    firmware.find("u-boot/qemu_arm64/u-boot.bin")
    report = guest.Report()
    for name, as_fit, change, text in CASES:
        with tempfile.TemporaryDirectory() as folder:
            result = try_card(guest.Build(sys.argv[1], folder), as_fit, change)
        problems = ["not said: " + said for said in (text, NOT_STARTED) if said not in result.output]
        if "jacinth: entered" in result.output:
            problems.append("the kernel was started all the same")
        report.case(name, result, problems)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
