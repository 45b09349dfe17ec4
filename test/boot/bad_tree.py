#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with device trees that are wrong, and looks for the line that says so.

usage: bad_tree.py PRESET [--random COUNT] [--seed N] [--only TEXT]

Each case changes the tree of QEMU's own machine and says how the boot must go: the monitor runs
(`lives`), the kernel says why it cannot boot (`stops`), or userboot says what it lacks (`says`).
With --random, that many trees with random words in them instead: they must end in any of these
ways, for nobody can say in which.
"""

import argparse
import random
import struct
import sys

import guest
from devicetree import cells, longs, read, set_header, strings
from guest import CANNOT_BOOT, IMAGE_AT, INITRD_AT, PANIC, RAM, TREE_AT

MIB = 1 << 20
RAM_BYTES = 256 * MIB
CASES = []


def check(loader, kind, texts, patience=guest.PATIENCE):
    """Boots; returns the result and what is wrong with it."""
    result = loader.run(texts if kind == "says" else (), patience)
    problems = ["not said: %s" % text for text in texts if text not in result.output]
    if PANIC in result.output:
        problems.append("the kernel panicked")
    wanted = {"lives": ("off", "status"), "stops": ("stopped",), "says": ("said", "off")}[kind]
    if result.ended not in wanted:
        problems.append("ended by '%s'" % result.ended)
    if kind == "lives" and (result.status != 0 or "\nalive" not in result.output):
        problems.append("the monitor did not run its commands")
    return result, problems


def case(name, kind, *texts, options=guest.MACHINE):
    """Registers a case. The function gets a Loader whose tree is complete, and changes it."""
    def register(change):
        def run(build):
            loader = guest.Loader(build, name, options)
            loader.describe()
            change(loader)
            return check(loader, kind, [CANNOT_BOOT, *texts] if kind == "stops" else list(texts))
        CASES.append((name, run))
        return change
    return register


def sets(where, name, value):
    """For case(): gives the node at a path, or the first that is compatible with a text, a property."""
    def change(loader):
        tree = loader.tree
        node = tree.node(where) if where.startswith("/") else tree.compatible(where)
        node.props[name] = value
    return change


GICV2 = ("-M", "virt,gic-version=2", *guest.MACHINE[2:])
EL2 = ("-M", "virt,gic-version=3,virtualization=on", *guest.MACHINE[2:])

# Where no device's registers are: what it is called, the address, and what is said about it.
IN_MEMORY = "reg: registers cannot lie in memory"
NOT_REGISTERS = (("memory", RAM + 96 * MIB, IN_MEMORY), ("the image", IMAGE_AT, IN_MEMORY),
                 ("no answer", 0x7f0000000000, "reg: nothing answers there"),
                 ("no address", 1 << 60, "reg: "))


def memory(loader, *banks):
    words = [word for bank in banks for word in bank]
    loader.tree.root.child("memory").props["reg"] = longs(*words)


NO_MAP = {"no-map": b""}


def reserve(loader, base, size, more=None):
    """A child of /reserved-memory, which is made if it is missing."""
    root = loader.tree.root
    try:
        parent = root.child("reserved-memory")
    except KeyError:
        parent = root.add("reserved-memory", {"#address-cells": cells(2), "#size-cells": cells(2),
                                              "ranges": b""})
    return parent.add("piece@%x" % base, {"reg": longs(base, size), **(more or {})})


# ---- nothing wrong: the harness itself, and what boot loaders other than QEMU do
# ------------------

@case("as it should be", "lives", "2 CPUs", "256 MiB")
def _(loader):
    pass


# ---- memory
# -----------------------------------------------------------------------------------------

@case("no memory node", "stops", "the device tree describes no memory")
def _(loader):
    loader.tree.root.remove("memory")


@case("memory of size 0", "stops", "the device tree describes no memory")
def _(loader):
    memory(loader, (RAM, 0))


@case("memory disabled", "stops", "the device tree describes no memory")
def _(loader):
    loader.tree.root.child("memory").props["status"] = strings("disabled")


@case("memory without device_type", "stops", "fdt: /memory@40000000: device_type: absent",
      "the device tree describes no memory")
def _(loader):
    del loader.tree.root.child("memory").props["device_type"]


@case("memory without reg", "stops", "reg: absent from a memory node",
      "the device tree describes no memory")
def _(loader):
    del loader.tree.root.child("memory").props["reg"]


@case("memory with half an entry", "stops", "fdt: /memory@40000000: reg",
      "the device tree describes no memory")
def _(loader):
    loader.tree.root.child("memory").props["reg"] = longs(RAM) + cells(0)


@case("memory elsewhere", "stops", "the image at 0x40200000 is not in the memory")
def _(loader):
    memory(loader, (RAM + 64 * MIB, 64 * MIB))


@case("memory that wraps round", "stops", "the device tree describes no memory")
def _(loader):
    memory(loader, (2**64 - 4096, 8192))


@case("memory of less than a page", "stops", "no memory that can be used")
def _(loader):
    memory(loader, (IMAGE_AT + 1, 4095))


@case("memory only for the image", "stops", "memory")
def _(loader):
    memory(loader, (IMAGE_AT, 2 * MIB))


@case("memory too small for the initrd", "says", "initrd at 0x44000000", "not in RAM, ignored",
      "userboot: no initrd")
def _(loader):
    memory(loader, (RAM, 16 * MIB))


@case("banks: several, with gaps", "lives", "144 MiB")
def _(loader):
    memory(loader, (RAM + 200 * MIB, 8 * MIB), (RAM, 64 * MIB), (RAM + 64 * MIB, 8 * MIB),
           (RAM + 128 * MIB, 64 * MIB))
    loader.tree_at = RAM + 130 * MIB


@case("banks: overlapping", "lives", "overlaps other memory", "128 MiB")
def _(loader):
    memory(loader, (RAM, 80 * MIB), (RAM + 32 * MIB, 96 * MIB))


@case("banks: not of whole pages", "lives", "127 MiB")
def _(loader):
    memory(loader, (RAM + 1, 64 * MIB - 1), (RAM + 64 * MIB, 64 * MIB - 2))


@case("banks: more than there is room for", "lives", "alive")
def _(loader):
    memory(loader, (RAM, 128 * MIB), *[(RAM + 128 * MIB + i * 16384, 4096) for i in range(80)])


@case("banks: beyond all reach", "lives", "128 MiB")
def _(loader):
    memory(loader, (RAM, 128 * MIB), (1 << 50, 16 * MIB))


@case("banks: more than there is", "lives", "nothing is there from 0x50000000 to 0x140000000",
      "256 MiB")
def _(loader):
    memory(loader, (RAM, 4096 * MIB))


@case("banks: a terabyte", "lives", "nothing is there from 0x50000000", "256 MiB")
def _(loader):
    memory(loader, (RAM, 1 << 40))


@case("banks: begins where nothing is", "lives", "nothing is there from 0x3f000000 to 0x40000000",
      "84 MiB")
def _(loader):
    memory(loader, (RAM - 16 * MIB, 100 * MIB))


@case("banks: one that is not there", "lives", "nothing is there from 0x80000000 to 0x88000000",
      "128 MiB")
def _(loader):
    memory(loader, (RAM, 128 * MIB), (RAM + 1024 * MIB, 128 * MIB))


@case("banks: the initrd where nothing is", "says", "initrd at 0x60000000: no memory there",
      "userboot: no initrd")
def _(loader):
    memory(loader, (RAM, 4096 * MIB))
    initrd(loader, longs(RAM + 512 * MIB), longs(RAM + 513 * MIB))


@case("banks: devices too", "stops", "fdt: /intc@8000000: " + IN_MEMORY, "no interrupt controller")
def _(loader):
    memory(loader, (0x8000000, RAM + RAM_BYTES - 0x8000000))


@case("banks: all addresses", "stops", "memory is too scattered")
def _(loader):
    memory(loader, (0, 2**64 - 4096))


@case("banks: one node each", "lives", "192 MiB")
def _(loader):
    memory(loader, (RAM, 128 * MIB))
    loader.tree.root.add("memory@4a000000", {"device_type": strings("memory"),
                                             "reg": longs(RAM + 160 * MIB, 64 * MIB)})


# ---- reserved memory ----------------------------------------------------------------------------

@case("reserved: overlapping ranges", "lives")
def _(loader):
    loader.tree.reservations = [(RAM + 96 * MIB, 4 * MIB), (RAM + 98 * MIB, 4 * MIB)]
    reserve(loader, RAM + 97 * MIB, 8 * MIB)
    reserve(loader, RAM + 97 * MIB, MIB)


@case("reserved: image, initrd and tree", "lives")
def _(loader):
    loader.tree.reservations = [(IMAGE_AT, MIB), (TREE_AT, MIB)]
    reserve(loader, INITRD_AT, MIB)


@case("reserved: holes that must not be mapped", "lives")
def _(loader):
    for i, size in enumerate((4096, 2 * MIB, 100, 3 * MIB + 4096)):
        reserve(loader, RAM + 80 * MIB + i * 6 * MIB + 0x3000, size, NO_MAP)


@case("reserved: a hole at the start and one at the end", "lives")
def _(loader):
    reserve(loader, RAM, 64 * 1024, NO_MAP)
    reserve(loader, RAM + RAM_BYTES - 64 * 1024, 64 * 1024, NO_MAP)


@case("reserved: the initrd must not be mapped", "says", "not in RAM that may be mapped, ignored",
      "userboot: no initrd")
def _(loader):
    reserve(loader, INITRD_AT + 4096, 4096, NO_MAP)


@case("reserved: the tree must not be mapped", "lives")
def _(loader):
    reserve(loader, TREE_AT, 64 * 1024, NO_MAP)


@case("reserved: the image must not be mapped", "lives")
def _(loader):
    reserve(loader, IMAGE_AT, MIB, NO_MAP)


@case("reserved: parts of the image, the initrd and the tree", "lives")
def _(loader):
    reserve(loader, IMAGE_AT + 0x1000, 0x3000)
    reserve(loader, INITRD_AT + 0x1000, MIB)
    reserve(loader, TREE_AT + 0x100, 0x10)


@case("reserved: everything", "stops", "memory")
def _(loader):
    reserve(loader, RAM, RAM_BYTES)


@case("reserved: everything must not be mapped", "stops")
def _(loader):
    reserve(loader, RAM, RAM_BYTES, NO_MAP)


@case("reserved: a range that wraps round", "stops", "memory")
def _(loader):
    loader.tree.reservations = [(RAM + 4096, 2**64 - 8192)]


@case("reserved: outside of RAM, empty, disabled, without reg", "lives")
def _(loader):
    reserve(loader, 1 << 40, MIB, NO_MAP)
    reserve(loader, RAM + MIB, 0)
    reserve(loader, IMAGE_AT, MIB, NO_MAP).props["status"] = strings("disabled")
    loader.tree.node("/reserved-memory").add("cma", {"size": longs(64 * MIB), "reusable": b""})


@case("reserved: 60 ranges", "lives")
def _(loader):
    for i in range(60):
        reserve(loader, RAM + 80 * MIB + i * MIB, 4096)


@case("reserved: more ranges than there is room for", "stops", "reserved ranges")
def _(loader):
    loader.tree.reservations = [(RAM + 80 * MIB + i * MIB // 2, 4096) for i in range(100)]


# ---- /chosen
# ----------------------------------------------------------------------------------------

@case("no /chosen", "says", "Jacinth on QEMU virt", "userboot: no initrd")
def _(loader):
    loader.tree.root.remove("chosen")


@case("no stdout-path", "lives")
def _(loader):
    del loader.chosen().props["stdout-path"]


@case("no stdout-path, no aliases", "lives")
def _(loader):
    del loader.chosen().props["stdout-path"]
    loader.tree.root.remove("aliases")


@case("stdout-path: options", "lives")
def _(loader):
    loader.chosen().props["stdout-path"] = strings("/pl011@9000000:115200n8")


@case("stdout-path: alias and options", "lives")
def _(loader):
    loader.chosen().props["stdout-path"] = strings("serial0:115200n8")


@case("stdout-path: leads nowhere", "lives", "stdout-path: leads to no node")
def _(loader):
    loader.chosen().props["stdout-path"] = strings("/uart@1")


@case("stdout-path: leads to what is no UART", "lives",
      "fdt: /pl031@9010000: stdout-path leads here, but there is no driver for it")
def _(loader):
    loader.chosen().props["stdout-path"] = strings("/pl031@9010000")


@case("stdout-path: not a string", "lives")
def _(loader):
    loader.chosen().props["stdout-path"] = b"\xff\xfe\xfd"


@case("stdout-path: leads to what is disabled", "lives",
      "stdout-path: leads to a disabled node")
def _(loader):
    props = {**loader.tree.compatible("arm,pl011").props, "status": strings("disabled"),
             "reg": longs(0x9050000, 0x1000)}
    loader.tree.root.add("serial@9050000", props)
    loader.chosen().props["stdout-path"] = strings("/serial@9050000")


for path in ("/", "", ":", "serial9", "/memory@40000000", "x" * 3000):
    case("stdout-path: %.20r" % path, "lives")(sets("/chosen", "stdout-path", strings(path)))


for name, address, text in NOT_REGISTERS:
    case("console: registers in " + name, "lives", "fdt: /pl011@9000000: " + text)(
        sets("arm,pl011", "reg", longs(address, 0x1000)))


case("console: registers of a terabyte", "lives")(sets("arm,pl011", "reg", longs(0x9000000, 1 << 40)))
case("console: registers up to the last address", "lives", "reg: ")(
    sets("arm,pl011", "reg", longs(2**64 - 4096, 4096)))
case("console: the timer's interrupt", "lives")(sets("arm,pl011", "interrupts", cells(1, 11, 4)))
case("console: an interrupt beyond those of the controller", "lives")(
    sets("arm,pl011", "interrupts", cells(0, 900, 4)))


@case("console: unknown", "lives", "no console: no UART with a driver")
def _(loader):
    loader.tree.compatible("arm,pl011").props["compatible"] = strings("acme,serial")


@case("console: disabled", "lives", "no console: no UART with a driver")
def _(loader):
    loader.tree.compatible("arm,pl011").props["status"] = strings("disabled")


@case("console: without registers", "lives", "reg")
def _(loader):
    del loader.tree.compatible("arm,pl011").props["reg"]


@case("console: not aligned", "lives", "fdt: /pl011@9000000: reg: not aligned")
def _(loader):
    loader.tree.compatible("arm,pl011").props["reg"] = longs(0x9000002, 0x1000)


@case("console: without interrupt", "lives", "the console has no input")
def _(loader):
    del loader.tree.compatible("arm,pl011").props["interrupts"]


@case("console: interrupt out of range", "lives",
      "interrupts: not an interrupt that a GIC can have", "the console has no input")
def _(loader):
    loader.tree.compatible("arm,pl011").props["interrupts"] = cells(0, 1000, 4)


@case("command line: absent", "says", "jacinth:~$ ")
def _(loader):
    del loader.chosen().props["bootargs"]


@case("command line: without its end", "says", "bootargs", "jacinth:~$ ")
def _(loader):
    loader.chosen().props["bootargs"] = b"kaslr=off"


@case("command line: long, with odd bytes", "lives")
def _(loader):
    props = loader.chosen().props
    props["bootargs"] = props["bootargs"][:-1] + b" \x01\xff\xc3\xa4= =x " + b"word " * 100 + b"\0"


@case("command line: too long", "lives")
def _(loader):
    props = loader.chosen().props
    props["bootargs"] = props["bootargs"][:-1] + b"y" * 9000 + b"\0"


@case("kaslr-seed: short", "lives")
def _(loader):
    loader.chosen().props["kaslr-seed"] = b"\x01\x02\x03\x04"


@case("kaslr-seed: odd", "lives", "kaslr-seed")
def _(loader):
    loader.chosen().props["kaslr-seed"] = b"\x01\x02\x03"


@case("kaslr-seed: zero, rng-seed empty", "lives")
def _(loader):
    loader.chosen().props["kaslr-seed"] = bytes(8)
    loader.chosen().props["rng-seed"] = b""


@case("seeds: none", "lives")
def _(loader):
    loader.chosen().props.pop("kaslr-seed", None)
    loader.chosen().props.pop("rng-seed", None)


@case("seeds: all bits, and a long one", "lives")
def _(loader):
    loader.chosen().props["kaslr-seed"] = b"\xff" * 8
    loader.chosen().props["rng-seed"] = bytes(range(1, 251))


# ---- the initrd's place -------------------------------------------------------------------------

def initrd(loader, start, end):
    loader.chosen().props["linux,initrd-start"] = start
    loader.chosen().props["linux,initrd-end"] = end


@case("initrd: addresses of 4 bytes", "lives")
def _(loader):
    initrd(loader, cells(INITRD_AT), cells(INITRD_AT + len(loader.initrd)))


@case("initrd: one of 4 bytes, one of 8", "lives")
def _(loader):
    initrd(loader, cells(INITRD_AT), longs(INITRD_AT + len(loader.initrd)))


@case("initrd: addresses of 3 bytes", "says", "linux,initrd-", "userboot: no initrd")
def _(loader):
    initrd(loader, b"\x44\0\0", b"\x44\x10\0")


@case("initrd: end before start", "says", "linux,initrd-end: lies before the start",
      "userboot: no initrd")
def _(loader):
    initrd(loader, longs(INITRD_AT), longs(INITRD_AT - 4096))


@case("initrd: end at start", "says", "userboot: no initrd")
def _(loader):
    initrd(loader, longs(INITRD_AT), longs(INITRD_AT))


@case("initrd: no end", "says", "an initrd needs both start and end", "userboot: no initrd")
def _(loader):
    del loader.chosen().props["linux,initrd-end"]


@case("initrd: outside of RAM", "says", "not in RAM, ignored", "userboot: no initrd")
def _(loader):
    initrd(loader, longs(0x1000000), longs(0x1100000))


@case("initrd: begins in RAM, ends outside", "says", "not in RAM, ignored", "userboot: no initrd")
def _(loader):
    initrd(loader, longs(RAM + RAM_BYTES - 4096), longs(RAM + RAM_BYTES + 4096))


@case("initrd: all addresses", "says", "not in RAM, ignored", "userboot: no initrd")
def _(loader):
    initrd(loader, longs(1), longs(2**64 - 1))


@case("initrd: over the image", "says", "initrd", "userboot: ")
def _(loader):
    initrd(loader, longs(IMAGE_AT), longs(IMAGE_AT + 65536))


@case("initrd: over the tree", "says", "userboot: the initrd is not a cpio archive")
def _(loader):
    initrd(loader, longs(TREE_AT), longs(TREE_AT + 65536))


@case("initrd: at an odd address", "lives")
def _(loader):
    loader.initrd_at += 13
    loader.describe()


# ---- interrupt controller, timer, CPUs, power
# -----------------------------------------------------

GIC = "arm,gic-v3"


@case("interrupt controller: unknown", "stops", "no interrupt controller")
def _(loader):
    loader.tree.compatible(GIC).props["compatible"] = strings("acme,pic")


@case("interrupt controller: none", "stops", "no interrupt controller")
def _(loader):
    loader.tree.root.remove("intc")


@case("interrupt controller: no registers", "stops", "reg: ", "interrupt controller")
def _(loader):
    del loader.tree.compatible(GIC).props["reg"]


@case("interrupt controller: one region", "stops", "lacks a region of the interrupt controller")
def _(loader):
    gic = loader.tree.compatible(GIC)
    gic.props["reg"] = gic.props["reg"][:16]


@case("interrupt controller: empty regions", "stops", "is empty")
def _(loader):
    gic = loader.tree.compatible(GIC)
    gic.props["reg"] = longs(0x8000000, 0, 0x80a0000, 0)


@case("interrupt controller: redistributors of no CPU", "stops",
      "no redistributor belongs to the boot CPU")
def _(loader):
    gic = loader.tree.compatible(GIC)
    gic.props["reg"] = longs(0x8000000, 0x10000, 0x80a0000, 0x10000)


@case("interrupt controller: redistributors of the boot CPU only", "lives", "CPU 1")
def _(loader):
    gic = loader.tree.compatible(GIC)
    gic.props["reg"] = longs(0x8000000, 0x10000, 0x80a0000, 0x20000)


@case("interrupt controller: not aligned", "stops", "is not aligned", "interrupt controller")
def _(loader):
    loader.tree.compatible(GIC).props["reg"] = longs(0x8000003, 0x10000, 0x80a0000, 0xf60000)


for name, address, text in NOT_REGISTERS:
    for gic, node, first in ((GIC, "gicv3", longs(0x8000000, 0x10000)),
                             ("arm,cortex-a15-gic", "gicv2", longs(0x8000000, 0x10000))):
        machine = guest.MACHINE if node == "gicv3" else GICV2
        case("interrupt controller: %s, second region in %s" % (node, name), "stops",
             "fdt: /intc@8000000: " + text, "interrupt controller", options=machine)(
                 sets(gic, "reg", first + longs(address, 0xf60000)))
        case("interrupt controller: %s, first region in %s" % (node, name), "stops",
             "fdt: /intc@8000000: " + text, "no interrupt controller", options=machine)(
                 sets(gic, "reg", longs(address, 0x10000, 0x80a0000, 0xf60000)))

case("interrupt controller: gicv2, one region twice", "stops", "are the same", "no interrupt controller",
     options=GICV2)(sets("arm,cortex-a15-gic", "reg", longs(0x8000000, 0x10000, 0x8000000, 0x10000)))
case("interrupt controller: gicv2, regions swapped", "stops", "the timer's interrupt does not come",
     options=GICV2)(sets("arm,cortex-a15-gic", "reg", longs(0x8010000, 0x10000, 0x8000000, 0x10000)))
case("interrupt controller: gicv2, the console for a region", "stops",
     "the timer's interrupt does not come", options=GICV2)(
         sets("arm,cortex-a15-gic", "reg", longs(0x8000000, 0x10000, 0x9000000, 0x10000)))
case("interrupt controller: gicv3, flash for a distributor", "stops", "what answers is no GICv3")(
    sets(GIC, "reg", longs(0x4000000, 0x10000, 0x80a0000, 0xf60000)))
case("interrupt controller: gicv3, flash for redistributors", "stops", "what answers is no GICv3",
     "no redistributor belongs to the boot CPU")(
         sets(GIC, "reg", longs(0x8000000, 0x10000, 0x4000000, 0xf60000)))
case("interrupt controller: gicv3, redistributors from the distributor on", "stops",
     "no redistributor belongs to the boot CPU")(
         sets(GIC, "reg", longs(0x8000000, 0x10000, 0x8000000, 0xf60000)))
case("interrupt controller: gicv3, redistributors without end", "lives", "2 CPUs")(
    sets(GIC, "reg", longs(0x8000000, 0x10000, 0x80a0000, 1 << 62)))
for stride in (1, 0x10000, 0x28000):
    case("interrupt controller: gicv3, a stride of %#x" % stride, "lives",
         "redistributor-stride: not that of whole frames", "2 CPUs")(
             sets(GIC, "redistributor-stride", longs(stride)))
for stride in (1 << 20, 1 << 63):
    case("interrupt controller: gicv3, a stride of %#x" % stride, "lives", "CPU 1 did not start")(
        sets(GIC, "redistributor-stride", longs(stride)))
for count in (0, 1, 2, 5, 0xffffffff):
    case("interrupt controller: %d cells" % count, "stops", "no usable timer")(
        sets(GIC, "#interrupt-cells", cells(count)))


@case("interrupt parents: a circle", "stops", "the chain of parents is a circle", "no usable timer")
def _(loader):
    timer, cpus = loader.tree.compatible("arm,armv8-timer"), loader.tree.node("/cpus")
    timer.props["phandle"] = cpus.props["interrupt-parent"] = cells(0x7777)
    cpus.props["phandle"] = timer.props["interrupt-parent"] = cells(0x7778)


@case("interrupt parents: the controller is its own", "lives", "2 CPUs")
def _(loader):
    props = loader.tree.compatible(GIC).props
    props["interrupt-parent"] = props["phandle"]
    props["interrupts"] = cells(1, 9, 4)


@case("interrupt parents: all phandles the same", "stops", "names no node", "no usable timer")
def _(loader):
    for node in loader.tree.root.walk():
        if "phandle" in node.props:
            node.props["phandle"] = cells(1)


@case("timer: none", "stops", "no usable timer")
def _(loader):
    loader.tree.root.remove("timer")


@case("timer: without interrupts", "stops", "no line of the virtual timer", "no usable timer")
def _(loader):
    del loader.tree.compatible("arm,armv8-timer").props["interrupts"]


@case("timer: shared interrupts", "stops", "not private to a CPU", "no usable timer")
def _(loader):
    loader.tree.compatible("arm,armv8-timer").props["interrupts"] = cells(*[0, 5, 4] * 4)


@case("timer: interrupts of nobody", "stops", "no usable timer")
def _(loader):
    del loader.tree.root.props["interrupt-parent"]


def timer_lines(*virtual):
    """The timer's four lines, with another in place of the virtual timer's."""
    return sets("arm,armv8-timer", "interrupts", cells(1, 13, 4, 1, 14, 4, *virtual, 1, 10, 4))


for name, line in (("the physical timer's", (1, 14, 4)), ("the hypervisor's", (1, 10, 4)),
                   ("nobody's", (1, 3, 4))):
    case("timer: the line is %s" % name, "stops", "the timer's interrupt does not come")(
        timer_lines(*line))
for name, line in (("private line 16", (1, 16, 4)), ("an extended line", (3, 16, 4)),
                   ("of kind 9", (9, 11, 4)), ("of all ones", (2**32 - 1,) * 3)):
    case("timer: the line is " + name, "stops", "/timer: interrupts: ", "no usable timer")(
        timer_lines(*line))
case("timer: contradictory flags", "lives")(timer_lines(1, 11, 0xffffffff))
case("timer: names that nobody knows", "stops", "no usable timer")(
    sets("arm,armv8-timer", "interrupt-names", strings("a", "b")))
for hertz in (1, 15300):
    case("timer: %d Hz" % hertz, "stops", "no usable frequency", "no usable timer")(
        sets("arm,armv8-timer", "clock-frequency", cells(hertz)))
case("timer: 0 Hz", "lives")(sets("arm,armv8-timer", "clock-frequency", cells(0)))
case("timer: a frequency of 3 bytes", "lives", "clock-frequency")(
    sets("arm,armv8-timer", "clock-frequency", b"abc"))

NO_FIRMWARE = "fdt: /psci: method: no firmware answers this way"

case("psci: by SMC, and there is no EL3", "lives", NO_FIRMWARE, "CPU 1 did not start")(
    sets("/psci", "method", strings("smc")))
case("psci: by HVC, and EL2 was ours", "lives", NO_FIRMWARE, "CPU 1 did not start",
     options=EL2)(sets("/psci", "method", strings("hvc")))


@case("psci: 0.1 by SMC, and there is no EL3", "lives", "psci: CPU_ON of 0x1 failed: -1",
      "CPU 1 did not start")
def _(loader):
    loader.tree.node("/psci").props.update({
        "compatible": strings("arm,psci"), "method": strings("smc"), "cpu_on": cells(0x84000003)})


@case("psci: 0.1 with numbers of nothing", "lives", "psci: CPU_ON of 0x1 failed", "CPU 1 did not start")
def _(loader):
    loader.tree.node("/psci").props.update({
        "compatible": strings("arm,psci"), "cpu_on": cells(0x12345678)})


@case("psci: two, and the first has no firmware", "lives",
      "fdt: /another: method: no firmware answers this way", "2 CPUs")
def _(loader):
    root = loader.tree.root
    root.children.insert(0, root.add("another", {**root.child("psci").props, "method": strings("smc")}))
    root.children.pop()


def watchdog(address, compatible):
    def change(loader):
        loader.tree.root.add("watchdog@%x" % address, {
            "compatible": strings(compatible), "reg": longs(address, 0x1000)})
    return change


for name, address, text in NOT_REGISTERS:
    for compatible in ("brcm,bcm2835-pm-wdt", "allwinner,sun50i-a64-wdt", "nuvoton,npcm750-wdt"):
        case("watchdog: %s in %s" % (compatible, name), "lives",
             "fdt: /watchdog@%x: %s" % (address, text))(watchdog(address, compatible))


@case("psci: none", "lives", "CPU 1")
def _(loader):
    loader.tree.root.remove("psci")


@case("psci: no method", "lives", "method", "CPU 1")
def _(loader):
    del loader.tree.root.child("psci").props["method"]


@case("psci: unknown method", "lives", "method", "CPU 1")
def _(loader):
    loader.tree.root.child("psci").props["method"] = strings("pray")


@case("cpus: unknown enable-method", "lives", "CPU 1")
def _(loader):
    loader.tree.node("/cpus/cpu@1").props["enable-method"] = strings("acme,smp")


@case("cpus: spin-table without address", "lives", "CPU 1")
def _(loader):
    loader.tree.node("/cpus/cpu@1").props["enable-method"] = strings("spin-table")


@case("cpus: spin-table where nobody waits", "lives", "CPU 1 did not start")
def _(loader):
    props = loader.tree.node("/cpus/cpu@1").props
    props["enable-method"] = strings("spin-table")
    props["cpu-release-addr"] = longs(RAM + 0x1000)
    reserve(loader, RAM + 0x1000, 0x1000)


def spin_table_at(address):
    def edit(loader):
        props = loader.tree.node("/cpus/cpu@1").props
        props["enable-method"] = strings("spin-table")
        props["cpu-release-addr"] = longs(address)
    return edit


for name, address in (("memory that is free", RAM + 96 * MIB + 8), ("no memory", 0xff0000000000),
                      ("memory above all", 0xfffffffffffffff8)):
    case("cpus: spin-table in " + name, "lives", "is not in memory that is reserved",
         "CPU 1 did not start")(spin_table_at(address))


for name, edit in (("missing", lambda cpus: cpus.remove("cpu@0")),
                   ("disabled", lambda cpus: cpus.child("cpu@0").props.update(
                       status=strings("disabled")))):
    case("cpus: the boot CPU is " + name, "lives", "2 CPUs")(
        lambda loader, edit=edit: edit(loader.tree.node("/cpus")))
case("cpus: no MPIDR", "lives", "not the affinity fields of an MPIDR", "1 CPU")(
    sets("/cpus/cpu@1", "reg", cells(0xffffffff)))
for name in ("#address-cells", "#size-cells"):
    for count in (0, 3, 0xffffffff):
        case("cpus: %s of %d" % (name, count), "lives")(sets("/cpus", name, cells(count)))


@case("cpus: none", "lives")
def _(loader):
    loader.tree.root.remove("cpus")


@case("cpus: disabled", "lives", "1 CPU")
def _(loader):
    loader.tree.node("/cpus/cpu@1").props["status"] = strings("disabled")


@case("cpus: twice the same", "lives", "two cpu nodes with one MPIDR", "1 CPU")
def _(loader):
    loader.tree.node("/cpus/cpu@1").props["reg"] = cells(0)


@case("cpus: one that does not exist", "lives", "psci: CPU_ON of 0x30", "CPU 1")
def _(loader):
    loader.tree.node("/cpus/cpu@1").props["reg"] = cells(0x30)


@case("cpus: no number", "lives", "1 CPU")
def _(loader):
    del loader.tree.node("/cpus/cpu@1").props["reg"]


@case("cpus: more than the kernel has room for", "lives", "CPUs")
def _(loader):
    for i in range(2, 100):
        loader.tree.node("/cpus").add("cpu@%x" % i, {
            "device_type": strings("cpu"), "reg": cells(i << 8), "enable-method": strings("acme")})


# ---- cells and ranges
# -------------------------------------------------------------------------------

@case("cells: 1 and 1 everywhere", "lives", "256 MiB")
def _(loader):
    root = loader.tree.root
    for name in [node.name for node in root.children]:
        if name.startswith(("pcie", "platform-bus")):
            root.remove(name)
    root.props["#address-cells"] = root.props["#size-cells"] = cells(1)
    for node in root.walk():
        if "reg" in node.props and not node.name.startswith("cpu@"):
            words = struct.unpack(">%dQ" % (len(node.props["reg"]) // 8), node.props["reg"])
            node.props["reg"] = cells(*words)
    loader.chosen().props["linux,initrd-start"] = cells(INITRD_AT)
    loader.chosen().props["linux,initrd-end"] = cells(INITRD_AT + len(loader.initrd))


for name in ("#address-cells", "#size-cells"):
    for count in (0, 3, 0x10000000, 0xffffffff):
        case("cells: %s of %d" % (name, count), "stops", "memory")(sets("/", name, cells(count)))


@case("cells: none", "stops", "memory")
def _(loader):
    del loader.tree.root.props["#address-cells"]
    del loader.tree.root.props["#size-cells"]


@case("nodes nested deeply", "lives", "nodes nested too deeply are ignored")
def _(loader):
    node = loader.tree.root
    for _level in range(200):
        node = node.add("deeper")


@case("nodes and properties by the thousand", "lives")
def _(loader):
    parent = loader.tree.root.add("many")
    for i in range(3000):
        parent.add("node@%x" % i, {"reg": longs(i), "phandle": cells(0x10000 + i)})


# ---- the blob itself
# --------------------------------------------------------------------------------

def blob(name, kind, *texts):
    """Like case(), for functions that get the blob and return another."""
    def register(change):
        @case("blob: " + name, kind, *texts)
        def _(loader):
            loader.blob = change(loader.tree.blob())
        return change
    return register


NO_TREE = "no usable device tree at 0x48000000"


@blob("none", "stops", NO_TREE, "no device tree magic")
def _(data):
    return bytes(len(data))


@blob("other magic", "stops", NO_TREE, "no device tree magic")
def _(data):
    return set_header(data, "magic", 0xd00dfeee)


@blob("bytes swapped", "stops", NO_TREE, "no device tree magic")
def _(data):
    return b"".join(data[i:i + 4][::-1] for i in range(0, len(data), 4))


@blob("random bytes", "stops", NO_TREE)
def _(data):
    return random.Random(1).randbytes(len(data))


@blob("huge size", "stops", NO_TREE)
def _(data):
    return set_header(data, "totalsize", 0x40000000)


@blob("size of 0", "stops", NO_TREE)
def _(data):
    return set_header(data, "totalsize", 0)


@blob("size of a header", "stops", NO_TREE)
def _(data):
    return set_header(data, "totalsize", 40)


@blob("size beyond the data", "lives")
def _(data):
    return set_header(data, "totalsize", 2 * MIB)


@blob("version of the future", "stops", NO_TREE, "version not supported")
def _(data):
    return set_header(set_header(data, "version", 99), "last_comp_version", 99)


@blob("version of the past", "stops", NO_TREE, "version not supported")
def _(data):
    return set_header(set_header(data, "version", 1), "last_comp_version", 1)


@blob("structure outside", "stops", NO_TREE)
def _(data):
    return set_header(data, "off_dt_struct", len(data))


@blob("structure at an odd place", "stops", NO_TREE, "a block is not aligned")
def _(data):
    return set_header(data, "off_dt_struct", 58)


@blob("strings outside", "stops", NO_TREE)
def _(data):
    return set_header(data, "off_dt_strings", 0xfffffff0)


@blob("no strings", "stops", NO_TREE)
def _(data):
    return set_header(data, "size_dt_strings", 0)


@blob("no structure", "stops", NO_TREE)
def _(data):
    return set_header(data, "size_dt_struct", 0)


@blob("reservations without end", "stops", NO_TREE)
def _(data):
    return set_header(data, "off_mem_rsvmap", len(data) & ~7)


for part in (1, 3, 5, 7):
    @blob("cut short after %d eighths" % part, "stops", NO_TREE)
    def _(data, part=part):
        return data[:len(data) * part // 8]


@case("blob: at an address that is not aligned", "stops", "no usable device tree at 0x48000004",
      "not an aligned address")
def _(loader):
    loader.tree_at += 4


@case("x0 is 0", "stops", "no usable device tree at 0", "not an aligned address")
def _(loader):
    loader.x0 = 0


@case("x0 leads to where nothing is", "stops", "no usable device tree at 0x7f0000000000")
def _(loader):
    loader.x0 = 0x7f0000000000


@case("x0 is no address at all", "stops", "no usable device tree")
def _(loader):
    loader.x0 = 0xdeadbeefdeadbee8


@case("x0 leads to a device", "stops", "no usable device tree at 0x9000000")
def _(loader):
    loader.x0 = 0x9000000


# ---- random words
# -----------------------------------------------------------------------------------

def corrupt(data, seed):
    """The blob with one to four words replaced, mostly by what a parser might trip over."""
    dice = random.Random(seed)
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        at = 4 * dice.randrange(1, len(data) // 4)
        old, = struct.unpack_from(">I", changed, at)
        new = dice.choice((0, 1, 2, 3, 4, 9, 0xffffffff, 0x7fffffff, 0x80000000,
                           old ^ 1 << dice.randrange(32), old + 1 & 0xffffffff,
                           dice.randrange(2**32)))
        struct.pack_into(">I", changed, at, new)
    return bytes(changed)


def random_case(seed):
    def run(build):
        loader = guest.Loader(build, "random-%d" % seed)
        loader.describe()
        loader.blob = corrupt(loader.tree.blob(), seed)
        # Without its command line the monitor waits; without its initrd userboot says so.
        result = loader.run((guest.PROMPTS,))
        problems = []
        if result.ended == "hang" and "userboot: " not in result.output:
            problems.append("a hang")
        # A tree may claim memory and devices that are not there; who believes it gets an abort.
        if PANIC in result.output and "external abort" not in result.output:
            problems.append("the kernel panicked")
        if not result.output:
            problems.append("silence")
        return result, problems
    return "random words, seed %d" % seed, run


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--random", type=int, default=0, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first random case")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has this text")
    options = parser.parse_args()
    cases = CASES
    if options.random:
        cases = [random_case(options.seed + i) for i in range(options.random)]
    return guest.run_all(options.preset, cases, options.only)


if __name__ == "__main__":
    sys.exit(main())
