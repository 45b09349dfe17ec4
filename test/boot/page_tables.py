#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Dumps the live translation tables of a booted machine and checks every mapping.

usage: page_tables.py PRESET [OPTION OF scripts/run ...]

While a program runs, QEMU is stopped; the tables of the kernel half (TTBR1) and of whatever address
spaces the CPUs are in (TTBR0) are read out of its memory, as a walker reads them. Rules:

- nothing is both writable and executable, at any level of privilege;
- the kernel's half cannot be reached, and its code not executed, at EL0;
- the kernel executes its own text alone, and never what user mode can reach;
- the image's text and constants are writable through no address at all, not the direct map's either;
- registers of devices, and what lies outside of RAM, are not executable.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import guest  # noqa: E402
import machine  # noqa: E402
from elf import Elf  # noqa: E402

MARK = "spin: process "  # the monitor says it of a program that it has started in the background
ADDRESS = 0x0000fffffffff000
VALID, TABLE, USER, READ_ONLY, ACCESS = 1, 2, 1 << 6, 1 << 7, 1 << 10
PXN, UXN = 1 << 53, 1 << 54
NORMAL = (0, 2)  # AttrIndx of memory; the others are devices'
HIERARCHICAL = 0x1f << 59  # limits that a table sets for all below: the kernel uses none


class Monitor:
    """QEMU's monitor on a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self._answer()

    def _answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            data = self.socket.recv(65536)
            if not data:
                raise machine.Problem("QEMU's monitor is gone")
            text += data
        return text.decode("utf-8", "replace")

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\n")
        return self._answer()

    def words(self, address, count):
        """64-bit words of physical memory."""
        text = self.ask("xp /%dgx %#x" % (count, address))
        found = re.findall(r"^[0-9a-f]+:((?: 0x[0-9a-f]{16})+)", text, re.M)
        result = [int(word, 16) for line in found for word in line.split()]
        assert len(result) == count, text
        return result


class Mapping:
    def __init__(self, va, pa, size, bits):
        self.va, self.pa, self.size, self.bits = va, pa, size, bits
        self.writable = not bits & READ_ONLY
        self.user = bool(bits & USER)
        self.kernel_runs = not bits & PXN
        self.user_runs = not bits & UXN
        self.memory = (bits >> 2 & 7) in NORMAL

    def __str__(self):
        return "%#x -> %#x, %#x bytes, descriptor %#x" % (self.va, self.pa, self.size, self.bits)


def walk(monitor, table, base, problems, level=0):
    """Every mapping of a table, as a hardware walker finds it."""
    for index, entry in enumerate(monitor.words(table, 512)):
        shift = 39 - 9 * level
        va = base + (index << shift)
        if not entry & VALID:
            continue
        if level < 3 and entry & TABLE:
            if entry & HIERARCHICAL:
                problems.append("limits in a table's descriptor at %#x: %#x" % (va, entry))
            yield from walk(monitor, entry & ADDRESS, va, problems, level + 1)
        elif level == 0 or (level == 3 and not entry & TABLE):
            problems.append("a reserved descriptor at %#x: %#x" % (va, entry))
        else:
            yield Mapping(va, entry & ADDRESS & -(1 << shift), 1 << shift, entry)


def symbols(path):
    """Addresses of the image's marks, from its start."""
    elf = Elf.read(path)
    names = {symbol.name: symbol.value for symbol in elf.symbols()}
    return {name: names[name] - names["image_start"]
            for name in ("text_end", "rodata_end", "image_end", "arm64_boot")}


def user_roots(path, kernel_root):
    """TTBR0 of every CPU that the kernel runs on (others wait in firmware)."""
    done = subprocess.run(
        ["gdb-multiarch", "-q", "-nx", "-batch", "-ex", "set architecture aarch64",
         "-ex", "target remote " + path, "-ex", "thread apply all -q printf \"ttbr %lx %lx\\n\", "
         "(unsigned long)$TTBR0_EL1, (unsigned long)$TTBR1_EL1"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return {int(user, 16) & ADDRESS
            for user, kernel in re.findall(r"^ttbr ([0-9a-f]+) ([0-9a-f]+)$", done.stdout, re.M)
            if int(kernel, 16) & ADDRESS == kernel_root}


def overlaps(mapping, start, end):
    return mapping.pa < end and start < mapping.pa + mapping.size


def check_kernel(mappings, image_va, image_pa, marks):
    problems = []
    text_end, ro_end = image_va + marks["text_end"], image_pa + marks["rodata_end"]
    text = sum(m.size for m in mappings if m.kernel_runs)
    for m in mappings:
        for wrong, what in (
                (m.user, "the kernel's half, open to EL0"),
                (m.user_runs, "the kernel's half, executable at EL0"),
                (m.kernel_runs and m.writable, "writable and executable"),
                (m.kernel_runs and not image_va <= m.va < text_end, "executable, but not text"),
                (m.kernel_runs and not m.memory, "executable, but not memory"),
                (m.writable and overlaps(m, image_pa, ro_end), "text or constants, writable"),
                (not m.bits & ACCESS, "without access flag")):
            if wrong:
                problems.append("%s: %s" % (what, m))
    if text != marks["text_end"]:
        problems.append("%#x bytes are executable, and the text has %#x" % (text, marks["text_end"]))
    return problems


def check_user(mappings, image_pa, marks):
    problems = []
    for m in mappings:
        for wrong, what in (
                (m.kernel_runs, "the user's half, executable at EL1"),
                (m.user_runs and m.writable, "writable and executable"),
                (not m.user, "the user's half, closed to EL0"),
                (m.writable and overlaps(m, image_pa, image_pa + marks["image_end"]),
                 "the kernel's image, writable at EL0")):
            if wrong:
                problems.append("%s: %s" % (what, m))
    return problems


def user_mappings(monitor, gdb, kernel_root, problems):
    """The roots of the programs that the CPUs run, and all their mappings. The machine stands when this is
    called, and afterwards; in between it runs, if need be, until a program does."""
    deadline = time.monotonic() + guest.PATIENCE
    while True:
        found = []
        roots = user_roots(gdb, kernel_root)
        users = [m for table in sorted(roots) for m in walk(monitor, table, 0, found)]
        if any(m.user_runs for m in users) or time.monotonic() > deadline:
            problems.extend(found)
            return roots, users
        monitor.ask("cont")
        time.sleep(0.1)
        monitor.ask("stop")


def inspect(folder, marks, output):
    """Reads and checks all tables of the machine; the problems and a line about what was seen."""
    monitor = Monitor(os.path.join(folder, "monitor"))
    image_pa = int(re.search(r"image at (0x[0-9a-f]+),", output).group(1), 16)
    boot = monitor.words(image_pa + marks["arm64_boot"], 8)
    problems = []
    monitor.ask("stop")
    if boot[4] != image_pa:
        problems.append("arm64_boot has the image at %#x and the console at %#x" % (boot[4], image_pa))
        return problems, ""
    image_va, root = boot[5], boot[7] & ADDRESS
    kernel = list(walk(monitor, root, 0xffff << 48, problems))
    problems += check_kernel(kernel, image_va, image_pa, marks)
    roots, users = user_mappings(monitor, os.path.join(folder, "gdb"), root, problems)
    problems += check_user(users, image_pa, marks)
    if not any(m.user_runs for m in users):
        problems.append("no address space of a program was seen: TTBR0 %s"
                        % ", ".join("%#x" % table for table in roots))
    return problems, "%d mappings of the kernel, %d of programs; image at %#x" % (
        len(kernel), len(users), image_va)


def main():
    options = machine.parser("page_tables.py", __doc__).parse_args(["--preset", *sys.argv[1:]])
    marks = symbols(os.path.join(machine.build_folder(options), "kernel.elf"))
    report = guest.Report()
    found = [["not reached"], ""]
    with tempfile.TemporaryDirectory() as folder:
        command = machine.command(options, [guest.arguments("run spin &; run spin")])
        command += machine.serial(options, "stdio") + [
            "-monitor", "unix:%s/monitor,server=on,wait=off" % folder,
            "-gdb", "unix:path=%s/gdb,server=on,wait=off" % folder]

        def at_end(output):
            found[:] = inspect(folder, marks, output)

        result = guest.watch_guest(command, until=(MARK,), at_end=at_end)
    report.case("page tables" + (": " + found[1] if found[1] else ""), result, found[0])
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
