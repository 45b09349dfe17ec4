#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reader on trees that others wrote: all those of Linux for arm64, U-Boot's and QEMU's.

usage: corpus.py TEST_FDT_FACTS [--all]

Each tree is read under the sanitizers, and what the reader says of it (memory, reservations, CPUs,
PSCI, console, timer, GIC, UARTs, and where the CPU finds every region and every interrupt of every
node) is compared with what oracle.py says, which shares no code with it. The boards that Jacinth
supports are compared as well with test/fixtures/facts, which neither of them wrote. Every eighth tree
is asked everything; with --all, every tree is. Status 77 (skipped) without the trees of Linux, which
scripts/setup images fetches.
"""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(ROOT, "test", "boot"), os.path.join(ROOT, "scripts", "lib")]
import firmware  # noqa: E402
import machine  # noqa: E402

import oracle  # noqa: E402

FACTS = os.path.join(ROOT, "test", "fixtures", "facts")
RPI4 = "dtbs/broadcom/bcm2711-rpi-4-b.dtb"
FROM_FIRMWARE = {
    "linux-rpi4": RPI4,
    "linux-pine64-plus": "dtbs/allwinner/sun50i-a64-pine64-plus.dtb",
    "linux-pine64-lts": "dtbs/allwinner/sun50i-a64-pine64-lts.dtb",
    "uboot-pine64-plus": "u-boot/pine64_plus/sun50i-a64-pine64-plus.dtb",
}
FROM_QEMU = {
    "qemu-virt-gic2": "virt,gic-version=2",
    "qemu-virt-gic3": "virt,gic-version=3",
    "qemu-virt-gic2-el2": "virt,gic-version=2,virtualization=on",
    "qemu-virt-gic3-el2": "virt,gic-version=3,virtualization=on",
    "qemu-virt-gic2-el3": "virt,gic-version=2,secure=on",
    "qemu-raspi4b": "raspi4b",
}
# What oracle.py says of every node is too much for a file.
NOT_IN_FILES = ("reg", "irq")
ENOUGH = 400  # trees; fewer mean that the search for them is broken
BATCH = 100   # trees for one process
SHOWN = 40    # lines of differences


def trees_of_firmware():
    """Every tree in the folder of firmware."""
    found = sorted(os.path.join(place, name) for place, _, names in os.walk(firmware.folder())
                   for name in names if name.endswith(".dtb"))
    if len(found) < ENOUGH:
        raise firmware.Missing("only %d device trees in %s: scripts/setup images fetches them"
                               % (len(found), firmware.folder()))
    return found


def dump(name, folder):
    """The tree that QEMU makes of a machine, or None where it has no such machine."""
    path = os.path.join(folder, name + ".dtb")
    board = FROM_QEMU[name].split(",")[0]
    if board not in machine.ask_qemu("-M", "help"):
        return None
    more = ["-cpu", "cortex-a72", "-m", "1G", "-smp", "4"] if board == "virt" else \
        ["-dtb", firmware.find(RPI4), "-kernel", os.devnull]
    subprocess.run([machine.qemu(), "-M", "%s,dumpdtb=%s" % (FROM_QEMU[name], path), *more,
                    "-display", "none", "-nic", "none"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return path


def said_by(test, paths):
    """{path: lines} that the reader says of trees."""
    said, lines = {}, None
    for at in range(0, len(paths), BATCH):
        done = subprocess.run([test, "say", *paths[at:at + BATCH]], stdout=subprocess.PIPE,
                              text=True, check=True)
        for line in done.stdout.splitlines():
            if line.startswith("tree "):
                lines = said.setdefault(line[len("tree "):], [])
            else:
                lines.append(line)
    return said


class Report:
    def __init__(self):
        self.failures = 0

    def compare(self, what, expected, found):
        """Tells of lines that differ."""
        if expected != found:
            self.failures += 1
            print("not ok - %s" % what)
            for line in list(difflib.unified_diff(expected, found, "expected", "the reader says",
                                                  lineterm="", n=0))[:SHOWN]:
                print("# %s" % line)


def known_facts(name):
    with open(os.path.join(FACTS, name + ".facts"), encoding="ascii") as f:
        return sorted(f.read().splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    paths, report = trees_of_firmware(), Report()
    with tempfile.TemporaryDirectory() as folder:
        boards = {name: firmware.find(file) for name, file in FROM_FIRMWARE.items()}
        boards.update((name, dump(name, folder)) for name in FROM_QEMU)
        paths += [boards[name] for name in FROM_QEMU if boards[name]]
        said = said_by(options.test, paths)
        for path in paths:
            with open(path, "rb") as f:
                report.compare(path, oracle.say(f.read()), said[path])
        print("%d trees, %d lines" % (len(said), sum(map(len, said.values()))), flush=True)
        for name in sorted(filter(boards.get, boards)):
            lines = [line for line in said[boards[name]] if line.split()[0] not in NOT_IN_FILES]
            report.compare(name, known_facts(name), sorted(lines))
            print("%s is as known" % name)
        asked = paths if options.all else paths[::8]
        for at in range(0, len(asked), BATCH):
            if subprocess.run([options.test, "ask", *asked[at:at + BATCH]], check=False).returncode:
                report.failures += 1
    print("%d failures" % report.failures)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
