#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots from other places: image, device tree and initrd anywhere in RAM, other exception levels.

usage: places.py PRESET [--only TEXT]

scripts/run lets QEMU choose the places, which are always the same. Boot loaders choose others.
"""

import argparse
import sys

import guest
from devicetree import longs
from guest import IMAGE_AT, PANIC, RAM

MIB = 1 << 20
COMMANDS = "echo alive; demo"
CASES = []


def options(gic=3, smp=2, memory="256M", cpu="cortex-a72", more=""):
    return ["-M", "virt,gic-version=%d%s" % (gic, more), "-cpu", cpu, "-smp", str(smp),
            "-m", memory]


def case(name, machine=None, *texts):
    """Registers a boot that must work and print the texts."""
    def register(change):
        def run(build):
            loader = guest.Loader(build, name, machine or options())
            loader.commands = COMMANDS
            change(loader)
            loader.describe()
            result = loader.run()
            problems = ["not said: " + text for text in texts if text not in result.output]
            if PANIC in result.output:
                problems.append("the kernel panicked")
            if result.ended not in ("off", "status") or result.status != 0:
                problems.append("ended by '%s', status %s" % (result.ended, result.status))
            return result, problems
        CASES.append((name, run))
        return change
    return register


# The stub goes out of the image's way: anywhere that nothing else lies.
for offset in (0x200000, 0x400000, 0x1e00000, 100 * MIB, 252 * MIB):
    @case("image at RAM + %#x" % offset, None, "image at %#x" % (RAM + offset))
    def _(loader, offset=offset):
        loader.image_at = RAM + offset


for offset in (0x180000 + 4096, 0x800000, 4 * MIB - 8192, 255 * MIB):
    @case("tree at RAM + %#x" % offset, None, "device tree at %#x" % (RAM + offset))
    def _(loader, offset=offset):
        loader.tree_at = RAM + offset


@case("tree of 2 MiB over a block's end", None, "(2097152 bytes)")
def _(loader):
    loader.tree_at = RAM + 129 * MIB + 4096
    loader.describe()
    loader.blob = loader.tree.blob(totalsize=2 * MIB)


@case("tree where no RAM is described", None, "128 MiB of memory")
def _(loader):
    loader.tree.root.child("memory").props["reg"] = longs(RAM, 128 * MIB)
    loader.tree_at = RAM + 200 * MIB


@case("initrd in front of the image", None)
def _(loader):
    loader.image_at = RAM + 64 * MIB
    loader.initrd_at = RAM + 32 * MIB


@case("initrd behind the image, touching", None)
def _(loader):
    loader.initrd_at = IMAGE_AT + 2 * MIB


@case("initrd at the end of RAM", None)
def _(loader):
    loader.initrd_at = RAM + 256 * MIB - len(loader.initrd)


@case("memory above 4 GiB", options(memory="5G"), "5120 MiB of memory")
def _(loader):
    loader.initrd_at = RAM + 4500 * MIB
    loader.tree_at = RAM + 4600 * MIB


@case("image above 4 GiB", options(memory="6G"), "image at 0x140000000")
def _(loader):
    loader.image_at = 0x140000000


@case("EL2, GICv3", options(more=",virtualization=on"), "entered at EL2", "2 CPUs")
def _(loader):
    pass


@case("EL2, GICv2", options(gic=2, more=",virtualization=on"), "entered at EL2", "2 CPUs")
def _(loader):
    pass


# The kernel's and the vDSO's way to a counter that may be misread; this one never is.
@case("timer with the A64's erratum", None)
def _(loader):
    loader.tree.compatible("arm,armv8-timer").props["allwinner,erratum-unknown1"] = b""


def refused(name, why, machine=None, **places):
    """A boot that cannot work, and says why in words."""
    def run(build):
        loader = guest.Loader(build, name, machine or options())
        loader.describe()
        for place, address in places.items():
            setattr(loader, place, address)
        result = loader.run()
        wanted = "jacinth: cannot boot: " + why
        return result, [] if wanted in result.output else ["not said: " + wanted]
    CASES.append((name, run))


refused("image not at a multiple of 2 MiB",
        "the image must lie at a multiple of 2 MiB, not at 0x40280000", image_at=IMAGE_AT + 0x80000)
# At EL3 there was no firmware, and it is firmware that gives interrupts to the non-secure side.
for el2 in ("", ",virtualization=on"):
    refused("EL3" + el2, "entered at EL3: no firmware has given this side its interrupts",
            options(smp=1, more=",secure=on" + el2))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has this text")
    options_ = parser.parse_args()
    return guest.run_all(options_.preset, CASES, options_.only)


if __name__ == "__main__":
    sys.exit(main())
