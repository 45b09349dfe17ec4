# SPDX-License-Identifier: MIT
"""scripts/bench: exact guest instructions per operation.

The machine is emulated with -icount shift=0 and a counter of 1 GHz, so that a tick of the counter is
an instruction; without randomness, so that every run counts the same. test/bench prints
`bench NAME INSTRUCTIONS`; the figures are compared with test/bench/baseline.json, which holds one set
for each compiler version. A dearer row fails the run until the baseline is changed on purpose.
"""

import argparse
import collections
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import machine
import watch

BASELINE = os.path.join(machine.ROOT, "test", "bench", "baseline.json")
NONCE = "bench"


def options_of(arguments):
    """The machine of decisions.md, section Tests and time."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="virt", help="what to measure (default virt)")
    parser.add_argument("--no-build", action="store_true", help="measure what has been built")
    parser.add_argument("--only", metavar="NAME", help="one row")
    parser.add_argument("--json", metavar="FILE",
                        help="write a list of objects with name, instructions, baseline")
    parser.add_argument("--update", action="store_true",
                        help="make the figures the baseline of this compiler")
    parser.add_argument("--profile", metavar="NAME",
                        help="where one operation's instructions go, function by function")
    parser.add_argument("--report", metavar="FILE",
                        help="write a page of all figures, with profiles of those above their goals "
                             "(docs/speed.md)")
    options = parser.parse_args(arguments)
    defaults = argparse.ArgumentParser()
    machine.add_options(defaults)
    for name, value in vars(defaults.parse_args(
            ["--icount", "--smp", "1", "--program", "test/bench"])).items():
        vars(options).setdefault(name, value)
    return options


def append(options):
    result = ["aslr.disable", "kaslr=off", "jacinth.nonce=" + NONCE]
    if options.only:
        result.append("bench.only=" + options.only)
    if options.profile:
        result.append("bench.trace=" + options.profile)
    return result


def compiler(options):
    """Name and version of the compiler that the build folder uses."""
    found = {}
    for file in glob.glob(os.path.join(machine.build_folder(options), "CMakeFiles", "*",
                                       "CMakeCCompiler.cmake")):
        with open(file, encoding="utf-8") as f:
            found.update(re.findall(r'set\(CMAKE_C_COMPILER_(ID|VERSION) "([^"]+)"\)', f.read()))
    return "%s %s" % (found.get("ID", "unknown").lower(), found.get("VERSION", ""))


def boot(options, more=()):
    """Runs the machine; its console output and the program's status."""
    command = machine.command(options, append(options), randomness=False) + [
        *machine.serial(options, "stdio"), "-monitor", "none", *more]
    with tempfile.TemporaryFile() as output:
        status = watch.run(command, NONCE, output=output)
        output.seek(0)
        return output.read().decode(errors="replace"), status


# The row of a program with services and drivers below it. The disk answers on QEMU's host's time, long after the
# guest has done all it can, and the machine's time goes on with it: sleep=off would skip to the next time-out.
DISK_ROW = "virtio_blk_read_4k"
# Share of its baseline by which a row may be above it. When the disk answers is the host's affair, and by that how
# deep the timers of the guest's waits lie among the others.
SLACK = {DISK_ROW: 0.03}
DISK = ["-global", "virtio-mmio.force-legacy=false",
        "-blockdev", "driver=null-co,node-name=disk,size=67108864,read-zeroes=on,latency-ns=20000000",
        "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]


def boot_disk(options):
    """As boot(), with the machine and the commands of DISK_ROW."""
    options = copy.copy(options)
    options.program, options.tests = None, True
    words = ["aslr.disable", "kaslr=off", "kernel.quiet", "jacinth.nonce=" + NONCE, "userboot.shutdown",
             "jacinth.cmd=" + b"/boot/test/driver/bench".hex()]
    command = machine.command(options, words, randomness=False)
    at = command.index("-icount") + 1
    command[at] = command[at].replace("sleep=off", "sleep=on")
    command += DISK + [*machine.serial(options, "stdio"), "-monitor", "none", "-no-reboot"]
    with tempfile.TemporaryFile() as output:
        status = watch.run(command, NONCE, output=output)
        output.seek(0)
        return output.read().decode(errors="replace"), status


def unsure_rows(text):
    """Rows of boot_disk()'s text that no more than half of the samples agree on: this computer was too slow for its
    disk. They are told, and not compared."""
    agreed = [(int(m.group(1)), int(m.group(2)))
              for m in re.finditer(r"^# -?\d+: (\d+) of (\d+) samples\r?$", text, re.M)]
    return {DISK_ROW} if any(2 * count <= of for count, of in agreed) else set()


def measure(options):
    """The figures by row, and the rows of them that say nothing this time."""
    text, status = boot(options) if options.only != DISK_ROW else ("", 0)
    if status == 0 and options.only in (None, DISK_ROW):
        more, status = boot_disk(options)
        text += more
    if options.only and not re.search(r"^bench ", text, re.M):
        sys.stderr.write(text)
        raise machine.Problem("no row %s, or it did not end; scripts/bench alone names them all"
                              % options.only)
    rows = {m.group(1): int(m.group(2)) for m in re.finditer(r"^bench (\S+) (\d+)\r?$", text, re.M)}
    if status != 0 or not rows:
        sys.stderr.write(text)
        raise machine.Problem("test/bench did not end well (status %d)" % status)
    return rows, unsure_rows(text)


def read_baseline():
    try:
        with open(BASELINE, encoding="ascii") as f:
            return json.load(f)
    except FileNotFoundError:
        return {}


def write_baseline(baseline):
    with open(BASELINE, "w", encoding="ascii") as f:
        json.dump(baseline, f, indent=2, sort_keys=True)
        f.write("\n")


def compare(options):
    rows, unsure = measure(options)
    baseline = read_baseline()
    name = compiler(options)
    mine = baseline.get(name, {})
    dearer = []
    print("%-32s %12s %12s   (%s)" % ("operation", "instructions", "baseline", name))
    for row, count in rows.items():
        base = mine.get(row)
        verdict = ""
        if row in unsure:
            verdict = "unsure"
        elif base is not None and count > base + base * SLACK.get(row, 0):
            dearer.append(row)
            verdict = "DEARER"
        elif base is not None and count < base:
            verdict = "cheaper"
        print("%-32s %12d %12s   %s" % (row, count, "-" if base is None else base, verdict))
    missing = [row for row in mine if row not in rows and not options.only]
    if options.json:
        with open(options.json, "w", encoding="ascii") as f:
            json.dump([{"name": row, "instructions": count, "baseline": mine.get(row)}
                       for row, count in rows.items()], f, indent=2)
            f.write("\n")
    if options.update:
        mine.update({row: count for row, count in rows.items() if row not in unsure})
        for row in missing:
            del mine[row]
        baseline[name] = mine
        write_baseline(baseline)
        print("%d figures are the baseline of %s now" % (len(rows), name))
        return 0
    if not mine:
        print("no baseline for %s: scripts/bench --update makes one" % name)
    for row in missing:
        print("the row %s has gone" % row)
    if dearer:
        print("dearer than the baseline: " + ", ".join(dearer))
    return 1 if dearer or missing else 0


class Symbols:
    """Functions of an ELF file by address."""

    def __init__(self, file, bias):
        text = subprocess.run(["nm", "-n", file], capture_output=True, text=True, check=True).stdout
        self.entries = [(int(a, 16) + bias, n) for a, t, n in
                        (line.split() for line in text.splitlines() if len(line.split()) == 3)
                        if t in "tTwW" and not n.startswith("$")]

    def find(self, pc):
        import bisect
        at = bisect.bisect_right(self.entries, (pc, "\x7f")) - 1
        return self.entries[at][1] if at >= 0 else None


def trace(options):
    """The instructions of one operation, as addresses, and where the first one is. One-instruction
    translation blocks, traced by QEMU into a pipe that is read as it fills."""
    text, status = boot(options)
    found = re.search(r"bench-trace \S+ (0x[0-9a-f]+) (0x[0-9a-f]+)", text)
    if status != 0 or not found:
        sys.stderr.write(text)
        raise machine.Problem("there is no row %s" % options.profile)
    begin, end = (int(found.group(i), 16) for i in (1, 2))
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "trace")
        os.mkfifo(pipe)
        command = machine.command(options, append(options), randomness=False) + [
            "-serial", "null", "-monitor", "none", "-accel", "tcg,one-insn-per-tb=on",
            "-d", "exec,nochain", "-D", pipe]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as qemu:
            pcs = trace_between(pipe, begin, end)
            qemu.kill()
    return pcs, begin


def profile(options):
    if options.profile == DISK_ROW:
        raise machine.Problem("%s has no profile: it is the time of two threads" % DISK_ROW)
    pcs, begin = trace(options)
    counts, calls = by_function(options, pcs, begin)
    print("%s: %d instructions between the marks, by function:" % (options.profile, len(pcs)))
    for name, count in counts.most_common():
        print("%7d  %s" % (count, name))
    print("\nin order:")
    for name, count in calls:
        print("%7d  %s" % (count, name))
    return 0


TRACE = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")


def trace_between(pipe, begin, end):
    pcs, inside = [], False
    with open(pipe, encoding="ascii", errors="replace") as lines:
        for line in lines:
            found = TRACE.match(line)
            if not found:
                continue
            pc = int(found.group(1), 16)
            if pc == begin:
                inside, pcs = True, []
            if inside and pc == end:
                break
            if inside:
                pcs.append(pc)
    return pcs


def by_function(options, pcs, begin):
    """Instructions of each function, and the stretches in order."""
    folder = machine.build_folder(options)
    bench = os.path.join(folder, "test", "bench", "bench")
    user = Symbols(bench, 0)
    user = Symbols(bench, begin - dict((n, a) for a, n in user.entries)["bench_mark_begin"])
    kernel_elf = os.path.join(folder, "kernel.elf")
    kernel = Symbols(kernel_elf, kernel_base())
    counts, calls = collections.Counter(), []
    for pc in pcs:
        if pc >> 48:
            name = kernel.find(pc) or "kernel"
        elif user.entries[0][0] <= pc <= user.entries[-1][0] + 4096:
            name = "bench: " + (user.find(pc) or "?")
        else:
            name = "vDSO or another program"
        counts[name] += 1
        if not calls or calls[-1][0] != name:
            calls.append([name, 0])
        calls[-1][1] += 1
    return counts, calls


def kernel_base():
    """Where the image runs with kaslr=off."""
    header = os.path.join(machine.ROOT, "platform", "arm64", "kmap.h")
    with open(header, encoding="ascii") as f:
        found = re.search(r"#define IMAGE_BASE\s+(0x[0-9a-f]+)", f.read())
    if not found:
        raise machine.Problem("no IMAGE_BASE in " + header)
    return int(found.group(1), 16)


def main():
    options = options_of(sys.argv[1:])
    sys.argv[0] = "bench"
    if not options.no_build:
        machine.build(options)
    if options.report:
        import speed
        return speed.write(options)
    return profile(options) if options.profile else compare(options)


if __name__ == "__main__":
    sys.exit(machine.main(main))
