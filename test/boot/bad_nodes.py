#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots from a tree with nodes that make no sense, for devmgr: each costs itself only.

usage: bad_nodes.py PRESET

The nodes claim to be clocks and virtio slots. None gets what is not a device's; the machine's own clock is driven,
and devmgr lives.
"""

import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import guest  # noqa: E402
import machine  # noqa: E402
from devicetree import cells, longs, strings  # noqa: E402

CLOCK, SLOT = "arm,pl031", "virtio,mmio"
# Of QEMU's virt: memory, the clock's registers, and where there is nothing: one page for who may not touch it, others
# for who does.
RAM, TAKEN, FREE, SILENT = 0x40200000, 0x9010000, 0x9200000, 0x9300000
# Of its GICv3: distributor, ITS, and the redistributor of a CPU.
DISTRIBUTOR, ITS, REDISTRIBUTOR = 0x8000000, 0x8080000, 0x80c0000
KEPT = "the kernel keeps its pages to itself"
UNKNOWN = "its registers cannot be understood"

# Name, what it claims to be, its `reg`, and what the log has to say of it (None: anything, or nothing).
NODES = (
    ("none", CLOCK, None, "pl031 ended with 1: given up"),
    ("empty", CLOCK, longs(FREE, 0), UNKNOWN),
    ("odd", CLOCK, cells(0, FREE, 0), UNKNOWN),
    ("ram", CLOCK, longs(RAM, 0x1000), "its registers lie in memory"),
    ("wraps", CLOCK, longs(2**64 - 0x1000, 0x2000), UNKNOWN),
    ("large", CLOCK, longs(0, 2**64 - 1), UNKNOWN),
    ("twice", CLOCK, longs(TAKEN, 0x1000), "another driver has registers in its pages"),
    ("gic", CLOCK, longs(DISTRIBUTOR, 0x1000), KEPT),
    ("its", CLOCK, longs(ITS + 0x10000, 0x1000), KEPT),
    ("gicr", CLOCK, longs(REDISTRIBUTOR, 0x1000), KEPT),
    ("silent", CLOCK, longs(SILENT, 0x1000), "pl031 ended with -1: given up"),
    ("slot-none", SLOT, None, None),
    ("slot-empty", SLOT, longs(FREE, 0), None),
    ("slot-gic", SLOT, longs(DISTRIBUTOR, 0x200), None),
    ("slot-ram", SLOT, longs(RAM, 0x200), None),
    ("slot-silent", SLOT, longs(SILENT + 0x1000, 0x200), None),
    ("slot-wraps", SLOT, longs(2**64 - 0x100, 0x200), None),
    ("slot-odd", SLOT, longs(FREE + 2, 0x200), None),
)
# The last of them is given up within this many seconds of the guest's.
SETTLED = 60


def boot(options, folder, commands):
    """What a machine with the nodes says."""
    words = machine.command(options, [guest.arguments("; ".join(commands), "kernel.quiet", program="")])
    tree = guest.Build(options.preset, folder).machine_tree(words[1:words.index("-display")])
    for name, compatible, registers, _ in NODES:
        tree.root.add(name, {"compatible": strings(compatible),
                             **({"reg": registers} if registers is not None else {})})
    file = os.path.join(folder, "tree.dtb")
    with open(file, "wb") as f:
        f.write(tree.blob())
    return guest.watch_guest(words + ["-dtb", file, "-serial", "stdio", "-monitor", "none", "-no-reboot"])


def problems_of(result):
    problems = []
    if result.status != 0:
        problems.append("ended by '%s', status %s" % (result.ended, result.status))
    if not re.search(r"^devmgr +running +\d+ +0 ", result.output, re.M):
        problems.append("devmgr did not live through it")
    if not re.search(r"^running .* rtc0 +/pl031@9010000 ", result.output, re.M):
        problems.append("the machine's clock has no driver")
    for name, compatible, _, text in NODES:
        state = re.search(r"^(\S+) .* /%s \(" % name, result.output, re.M)
        if compatible == SLOT and state:
            problems.append("%s counts as a device" % name)
        if compatible == CLOCK and (not state or state.group(1) != "failed"):
            problems.append("%s is not given up" % name)
        if text and not re.search("devmgr: /%s: .*%s" % (name, re.escape(text)), result.output):
            problems.append("not said of %s: %s" % (name, text))
    return problems


def main():
    options = machine.parser("bad_nodes.py", "").parse_args(["--preset", sys.argv[1], "--icount"])
    report = guest.Report()
    with tempfile.TemporaryDirectory() as folder:
        result = boot(options, folder, ["sleep %d" % SETTLED, "lsdev", "svc", "dmesg | grep devmgr:", "hwclock"])
    report.case("nodes that make no sense", result, problems_of(result))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
