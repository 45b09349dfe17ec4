#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots QEMU's raspi4b from trees that its firmware might pass, and the kernel package's is not.

usage: board_trees.py PRESET [--only TEXT]

The Raspberry Pi vendor's tree has no stdout-path, and calls the mini UART serial0. Overlays make the
PL011 the console, or leave CPUs out. Each machine has both serial lines; a case says on which of them
the kernel has to speak, and it has to be silent on the other. Skipped where scripts/run would be.
"""

import argparse
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import devicetree  # noqa: E402
import guest  # noqa: E402
import machine  # noqa: E402
from devicetree import strings  # noqa: E402

PL011, MINI = 0, 1
CASES = []


def case(name, line, *texts, more=""):
    """Registers a change to the tree, the serial line of its console, and what has to be said."""
    def register(change):
        CASES.append((name, line, texts, more, change))
        return change
    return register


def vendor(tree):
    """As the vendor's tree differs from the kernel's."""
    del tree.node("/chosen").props["stdout-path"]
    aliases = tree.node("/aliases").props
    aliases["serial0"], aliases["serial1"] = aliases["serial1"], aliases["serial0"]


@case("as it is", MINI, "4 CPUs")
def _(tree):
    pass


@case("no stdout-path, aliases swapped", MINI, "4 CPUs")
def _(tree):
    vendor(tree)


@case("no stdout-path, aliases swapped, console=ttyAMA0", PL011, more="console=ttyAMA0,115200")
def _(tree):
    vendor(tree)


@case("no stdout-path, the kernel's aliases", PL011)
def _(tree):
    del tree.node("/chosen").props["stdout-path"]


@case("stdout-path to the PL011 by an alias", PL011)
def _(tree):
    tree.node("/chosen").props["stdout-path"] = strings("serial0:115200n8")


@case("stdout-path to the mini UART, which has no gate", MINI)
def _(tree):
    del tree.compatible("brcm,bcm2835-aux-uart").props["clocks"]


@case("a CPU less", MINI, "3 CPUs")
def _(tree):
    tree.node("/cpus").remove("cpu@2")


@case("a CPU of an unknown enable-method", MINI, "CPU 2 did not start", "alive")
def _(tree):
    tree.node("/cpus/cpu@2").props["enable-method"] = strings("brcm,bcm2836-smp")


def run(options, folder, number):
    """Boots one case; the result and what is wrong with it."""
    _, line, texts, more, change = CASES[number]
    words = machine.command(options, [guest.arguments("echo alive; demo", more)])
    at = words.index("-dtb") + 1
    with open(words[at], "rb") as f:
        tree = devicetree.read(f.read())
    change(tree)
    words[at] = os.path.join(folder, "%d.dtb" % number)
    with open(words[at], "wb") as f:
        f.write(tree.blob())
    other = os.path.join(folder, "%d.other" % number)
    serial = ["file:" + other, "file:" + other]
    serial[line] = "stdio"
    result = guest.watch_guest(words + ["-serial", serial[0], "-serial", serial[1],
                                        "-monitor", "none", "-no-reboot"])
    problems = ["not said: " + text for text in texts if text not in result.output]
    if result.ended not in ("off", "status") or result.status != 0:
        problems.append("ended by '%s', status %s" % (result.ended, result.status))
    with open(other, "rb") as f:
        said = f.read()
    if said:
        problems.append("said on the other line: %r" % said[:200])
    return result, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has this text")
    asked = parser.parse_args()
    options = machine.parser("board_trees.py", "").parse_args(
        ["--preset", asked.preset, "--board", "raspi4b"])
    report = guest.Report()
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, *_) in enumerate(CASES):
            if asked.only is None or asked.only in name:
                report.case(name, *run(options, folder, number))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
