#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The body of scripts/image, which sees to it first that tools and firmware are there."""

import argparse
import os
import sys

import card
import machine
import recipes
from common import Problem

DESCRIPTION = """\
Makes the image of a card or disk that starts Jacinth through U-Boot, without root, and the same
byte for byte from the same inputs.

  rpi4    SD card for a Raspberry Pi 4: its firmware, U-Boot, device tree, Jacinth
  pine64  SD card for a Pine64 or Pine64+: SPL, TF-A and U-Boot, device tree, Jacinth
  virt    disk for U-Boot on QEMU's virt machine
  fit     no disk, but one file with hashes for a U-Boot that has FIT (bootm FILE#conf-1)
"""
EPILOG = """\
The card shows the kernel's arguments in jacinth.env, which may be edited. Those of rpi4 and pine64 have
the watchdog fed (jacinth.watchdog=15): --append jacinth.watchdog=0 leaves it alone. Time stamps are those of
SOURCE_DATE_EPOCH, or of a fixed day. docs/images.md has more, and the folders of boards/ say how to
write a card and what to expect."""


def load_address(text):
    try:
        address = int(text, 0)
    except ValueError:
        raise Problem("--load takes an address such as 0x40400000, not %r" % text) from None
    if address < 0 or address % 0x200000 or address >= 1 << 32:
        raise Problem("--load takes a multiple of 2 MiB below 4 GiB, not %s" % text)
    return address


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/image", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=(*recipes.RECIPES, "fit"), help="what to make")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="file to write")
    parser.add_argument("--size", default="64M", metavar="SIZE",
                        help="size of the card or disk (default 64M; QEMU's SD cards need a power "
                        "of two)")
    parser.add_argument("--fit", action="store_true",
                        help="virt, pine64: one FIT image on the card in place of Image and initrd")
    parser.add_argument("--load", default=hex(recipes.FIT_LOAD), metavar="ADDRESS",
                        help="fit: where U-Boot puts the kernel, a multiple of 2 MiB (default %s)"
                        % hex(recipes.FIT_LOAD))
    parser.add_argument("--tfa", action="store_true",
                        help="rpi4: TF-A in place of the firmware's stub, for PSCI")
    parser.add_argument("--firmware", metavar="DIR",
                        help="take firmware from here (docs/images.md says what belongs there)")
    machine.add_contents_options(parser)
    return parser.parse_args()


def main():
    sys.argv[0] = "image"
    options = parse_arguments()
    if options.firmware:
        os.environ["JACINTH_FIRMWARE"] = options.firmware
    if options.kind == "fit" and (options.append or options.program):
        raise Problem("a FIT image has no place for --append and --program: set bootargs in U-Boot")
    append = machine.kernel_arguments(options)
    recipes.check_arguments(append)
    load = load_address(options.load)
    size = card.parse_size(options.size)
    if not options.no_build:
        machine.build(options)
    image, initrd = machine.files(options)
    with open(image, "rb") as f:
        kernel = f.read()
    with open(initrd, "rb") as f:
        initrd = f.read()
    if options.kind == "fit":
        data = recipes.fit(kernel, initrd, load)
        with card.whole(options.output) as new, open(new, "wb") as f:
            f.write(data)
    else:
        recipe = recipes.RECIPES[options.kind]
        recipe(kernel, initrd, append, options.fit, options.tfa).write(options.output, size)
    return 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
