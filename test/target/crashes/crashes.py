#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that crash, and what the crash service says of them.

usage: crashes.py PRESET PART [OPTION OF scripts/run ...]    (parts: PARTS below)

Each part is a machine with a few commands at the shell; its output is cut into reports, which are
checked, and which scripts/symbolize must be able to explain.
"""

import os
import re
import subprocess
import sys

from transcript import block_of, missing, run, typed

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RUN = os.path.join(ROOT, "scripts", "run")
SYMBOLIZE = os.path.join(ROOT, "scripts", "symbolize")

# A line of the log; what a program prints meanwhile may stand before it.
LOG = re.compile(r"\[\d+\.\d+\] (\d+)\.\d+> (.*)")
LOG_LINE = re.compile(r"\[\d+\.\d+\] \d+\.\d+> [^\n]*\n")
BEGIN = re.compile(r"\*\*\* CRASH of process '(.*)' \((\d+)\), thread '(.*)' \((\d+)\): (.*)")
END = "*** end of crash report"
MODULE = re.compile(r"module (\S+) at 0x([0-9a-f]+)-0x([0-9a-f]+) build-id ([0-9a-f]{40}|none)$")
FRAME = re.compile(r"  #(\d\d) 0x([0-9a-f]{16}) (?:(\S+)\+0x([0-9a-f]+)|\(no module\))$")
MAPPING = re.compile(r"  0x([0-9a-f]{12})-0x([0-9a-f]{12}) [r-][w-][x-] +\d+K of +\d+K .+$")
REGISTER = re.compile(r"\b(x\d+|lr|sp|pc|cpsr) +([0-9a-f]{8,16})\b")


OPTIONS = []  # for scripts/run, from the command line


class Failure(Exception):
    pass


def without_log(output):
    """What programs print. A line of the log may come within one of theirs."""
    return LOG_LINE.sub("", output.replace("\r", ""))


def check(what, good, detail=""):
    if not good:
        raise Failure("%s\n%s" % (what, detail))
    print("ok - " + what, flush=True)


class Report:
    """One report: its lines, and what they say."""

    def __init__(self, lines):
        self.text = "\n".join(lines)
        self.process, self.koid, self.thread, self.thread_koid, self.kind = BEGIN.match(lines[0]).groups()
        self.cause = lines[1].removeprefix("cause: ")
        self.modules = {m[1]: m for m in map(MODULE.match, lines) if m}
        self.frames = [m for m in map(FRAME.match, lines) if m]
        self.registers = {name: int(value, 16) for line in lines if re.match(r"(x\d|lr  )", line)
                          for name, value in REGISTER.findall(line)}
        after = lines[lines.index("memory map:") + 1:-1]
        self.mappings = [m for m in map(MAPPING.match, after) if m]
        self.rest = [line for line in after if not MAPPING.match(line)]

    def check_shape(self):
        """What every report has, and what must agree in it."""
        names = {"x%d" % i for i in range(30)} | {"lr", "sp", "pc", "cpsr"}
        check("all registers, a map, frames", set(self.registers) == names and self.mappings and self.frames,
              self.text)
        numbers = [int(f[1]) for f in self.frames]
        check("frames are numbered, and the first is the pc",
              numbers == list(range(len(numbers))) and int(self.frames[0][2], 16) == self.registers["pc"],
              self.text)
        for _, address, name, offset in (f.groups() for f in self.frames):
            if name and int(address, 16) - int(offset, 16) != int(self.modules[name][2], 16):
                raise Failure("%s+0x%s is not 0x%s\n%s" % (name, offset, address, self.text))


def reports_of(output):
    """All reports of the console's output. Lines of others may stand between those of a report."""
    reports, lines, writer = [], None, None
    for line in output.splitlines():
        found = LOG.search(line)
        if not found or (lines and found[1] != writer):
            continue
        text = found[2].rstrip("\r")
        if BEGIN.match(text):
            lines, writer = [], found[1]
        if lines is not None:
            lines.append(text)
            if text == END:
                reports.append(Report(lines))
                lines = None
    check("every report has its end", lines is None, output)
    return reports


def exactly(count, output):
    """The reports, of which there must be so many."""
    reports = reports_of(output)
    check("as many reports as crashes: %d" % count, len(reports) == count, output)
    return reports


def boot(preset, commands, *arguments, status=0, told=()):
    """`told`: the processes whose end the kernel itself tells, sorted."""
    done = subprocess.run([RUN, "--no-build", "--preset", preset, *OPTIONS, "--tests", *arguments,
                           "--cmd", "; ".join(commands)], stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", errors="replace", check=False)
    check("the machine ends as it should", done.returncode == status, done.stdout + done.stderr)
    check("nothing more is left to the kernel to tell",
          sorted(re.findall(r"process '([^']*)' \(\d+\) thread '[^']*' \(\d+\) killed: ", done.stdout)) == list(told),
          done.stdout)
    return done.stdout


def symbolize(preset, output):
    done = subprocess.run([SYMBOLIZE, "--preset", preset], input=output, capture_output=True,
                          encoding="utf-8", check=True)
    return done.stdout


# KIND of bin/crash -> (kind, expression for the cause). QEMU does not look at the stack pointer ("sp").
KINDS = {
    "null": ("page fault", r"a read of 0x0, where nothing is mapped$"),
    "unmapped": ("page fault", r"a read of 0x[0-9a-f]+, where nothing is mapped$"),
    "kernel": ("page fault", r"a read of 0xffff000000000000, which is no user address$"),
    "rodata": ("page fault", r"a write to 0x[0-9a-f]+, which is not allowed there: "
                             r"in the mapping of 'crash' \(r-[x-]\)$"),
    "jump": ("page fault", r"a jump to 0x0, where nothing is mapped$"),
    "pc": ("general exception", r"a jump to 0x[0-9a-f]+[26ae], which is not a multiple of 4$"),
    "undefined": ("undefined instruction", r"an instruction that does not exist, or not for programs$"),
    "stack": ("page fault", r"a write to 0x[0-9a-f]+, where nothing is mapped "
                            r"\(the stack has come to its end\)$"),
    "svc": ("policy error", r"a system call that must not be made: number 0 \(in x16\)$"),
    "brk": ("breakpoint instruction", r"a breakpoint instruction: brk #77$"),
    "unaligned": ("unaligned access", r"an access that needs an aligned address, to another$"),
}
AT_ONCE = 6  # fewer than the service reports in full without a pause


def kinds(preset):
    names = list(KINDS)
    for start in range(0, len(names), AT_ONCE):
        some = names[start:start + AT_ONCE]
        output = boot(preset, ["crash %s; echo $?" % name for name in some])
        reports = exactly(len(some), output)
        check("each is killed", without_log(output).count("137\n") >= len(some), output)
        for name, report in zip(some, reports):
            kind, cause = KINDS[name]
            check("crash %s is a %s" % (name, kind), report.kind == kind, report.text)
            check("and told as what it is", re.match(cause, report.cause), report.text)
            check("with its names", (report.process, report.thread) == ("crash", "initial-thread"),
                  report.text)
            check("program and vDSO are modules", set(report.modules) == {"crash", "vdso"}, report.text)
            report.check_shape()
        explained = symbolize(preset, output)
        check("symbolize names the source of each",
              explained.count("userspace/apps/programs/crash.c:") >= len(some), explained)
    # Everything lies side by side: the stack right behind the vDSO, but for its guard.
    output = boot(preset, ["crash stack; echo $?"], "--append", "aslr.disable")
    report, = exactly(1, output)
    kind, cause = KINDS["stack"]
    check("a stack that overflows runs into nobody else's memory",
          report.kind == kind and re.match(cause, report.cause), report.text)
    check("and its backtrace has both ends", 4 <= len(report.frames) < 10 and
          re.search(r"^      and [0-9]{3,} more like it$", report.text, re.M), report.text)
    output = boot(preset, ["crash; crash nothing"], status=2)
    usage = re.findall(r"^usage: crash KIND, which is one of (.*)$", without_log(output), re.M)
    check("crash tells what it can", len(usage) == 2 and set(KINDS) <= set(usage[0].split()), output)


def memory(preset):
    """Programs that may not have the page, or the page table, that they need."""
    output = boot(preset, ["limit --pages 500 eater -t", "limit --kernel-memory 1000000 eater -r", "true"])
    accesses = ("a write to", "a read of")
    reports = exactly(len(accesses), output)
    for access, report in zip(accesses, reports):
        check("told that the limit was met", re.match(
            access + r" 0x[0-9a-f]+, a page that cannot be had of 'eaten' \(rw-\): "
                     r"out of memory, or at a limit of its job$", report.cause), report.text)
    check("and by whom", [report.process for report in reports] == ["eater", "eater"], output)
    check("limit tells what was refused", re.search(r"limit: --pages 500: more was refused", without_log(output)) and
          re.search(r"limit: --kernel-memory 1000000: more was refused", without_log(output)), output)
    output = boot(preset, [CRASHER + "orphan", CRASHER + "shrunk", "true"])
    for name, why in (("orphan", "its pager is gone"), ("shrunk", "behind the end of the VMO")):
        check("a page of '%s' that cannot be had, and why" % name, re.search(
            r"cause: a read of 0x[0-9a-f]+, a page that cannot be had of '%s' \(r--\): %s" % (name, why), output),
              output)
    output = boot(preset, ["limit --kernel-memory 1000000 " + CRASHER + "fp", "true"])
    report, = reports_of(output)
    check("told that there was no room for FP registers", report.cause ==
          "an FP instruction, and no room for the thread's FP registers: out of memory, or at a limit of its job",
          report.text)


def functions(preset, output):
    """(function, file) that symbolize finds for each frame, innermost first; and all that it says."""
    explained = symbolize(preset, output)
    return re.findall(r"#\d\d 0x[0-9a-f]+ \S+\+0x[0-9a-f]+\n +="
                      r" (\w+)\+0x[0-9a-f]+(?: \(([^)]*):\d+\))?", explained), explained


def places(preset):
    source = "test/target/crashes/crasher.c"
    for how, expected in (("deep", ["crash_leaf", "crash_inner", "crash_outer"]),
                          ("in-thread", ["crash_leaf", "crash_inner", "crash_outer", "thread_that_crashes"])):
        output = boot(preset, ["/boot/test/crasher " + how], status=137)
        report, = exactly(1, output)
        report.check_shape()
        found, explained = functions(preset, output)
        check("%s: every function of ours, with its file" % how,
              found[:len(expected)] == [(name, source) for name in expected], explained)
        check("%s: down to where the thread begins" % how, "it ends here" not in report.text and
              found[-1][0] in ("__libc_start", "__thread_entry"), explained)
    output = boot(preset, ["/boot/test/crasher copy"], status=137)
    report, = exactly(1, output)
    found, explained = functions(preset, output)
    check("memcpy's caller", [name for name, _ in found[:2]] == ["memcpy", "crash_copier"], explained)
    report.check_shape()


def service_line(output):
    """What `svc` says about the service, each time: (state, koid, restarts)."""
    return re.findall(r"^crashes +(\w+) +(\d+) +(\d+)", without_log(output), re.M)


def survives(preset, commands, *arguments):
    """Runs commands with `svc` before and after; returns the output."""
    output = boot(preset, ["svc", *commands, "svc", "true"], *arguments)
    lines = service_line(output)
    check("the service has lived through it",
          len(lines) == 2 and lines[0] == lines[1] and lines[0][0] == "running", output)
    return output


CRASHER = "/boot/test/crasher "


def hostile(preset):
    output = survives(preset, [CRASHER + how for how in ("nowhere", "odd", "circle", "endless", "pager")] +
                      ["crash null"])
    reports = exactly(6, output)
    ends = [re.search(r"it ends here: ([\w ]+) \(", report.text) for report in reports[:5]]
    check("told where the frames end", [end and end[1] for end in ends] == [
        "the frame pointer leads to no memory that can be read", "the frame pointer is not aligned",
        "the frame pointer does not go up", "there are more frames",
        "the frame pointer leads to no memory that can be read"], output)
    check("a pager that does not answer is told of", "its memory did not answer" in reports[4].text, output)
    check("and does not spoil the next report", "did not answer" not in reports[5].text, output)
    reports[5].check_shape()
    output = survives(preset, [CRASHER + "maps 700", CRASHER + "threads 12", CRASHER + "killed 12"])
    reports = reports_of(output)
    check("forged modules are left out", set(reports[0].modules) == {"crasher", "vdso"}, reports[0].text)
    check("a long map is cut", len(reports[0].mappings) == 96 and
          re.match(r"  and \d+ more$", reports[0].rest[-1]), reports[0].text)
    check("names bring no control characters", "\x1b" not in reports[0].text, reports[0].text)
    check("children that are killed meanwhile are just that", "12 children were killed" in without_log(output),
          output)


def storm(preset, count=1200):
    output = survives(preset, [CRASHER + "storm %d" % count])
    check("all of them died", "crasher: %d children crashed" % count in without_log(output),
          output[-3000:])
    reports = reports_of(output)
    check("the first are reported, not all", 8 <= len(reports) < count, str(len(reports)))


def service(preset):
    storm(preset, 160)
    # Who has nothing but the kernel: one line.
    done = subprocess.run([RUN, "--no-build", "--preset", preset, *OPTIONS,
                           "--cmd", "svc stop crashes; crash null"],
                          stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False)
    check("without the service the kernel says a line",
          re.search(r"process 'crash' \(\d+\) thread 'initial-thread' \(\d+\) killed: nothing mapped at 0",
                    done.stdout) and "*** CRASH" not in done.stdout, done.stdout)


def own(preset):
    ways = ("main", "kill", "reader", "guard")
    output = boot(preset, [command for way in ways
                           for command in ("/boot/test/breaker " + way, "crash null")] + ["true"],
                  told=["crasher", "crasher", "crashes", "crashes"])
    for way in ways:
        check("the service is ended, and back: " + way,
              "breaker: %s: the crash service has ended and is back" % way in without_log(output), output)
    check("each next crash is reported, and the guard's", [report.process for report in reports_of(output)] ==
          ["crash", "crash", "crash", "crashes", "crash"], output)
    writers = {found[1] for found in LOG.finditer(output) if found[2].startswith("*** CRASH")}
    check("by four services", len(writers) == 4, output)


def documented(preset):
    transcript = "scripts/run --append aslr.disable --cmd 'crash null' | scripts/symbolize"
    lines = block_of("docs/debugging.md", transcript)
    output = run(transcript, preset, *OPTIONS)
    check("docs/debugging.md shows what is printed", missing(lines, output) is None,
          "not there: %s\n%s" % (missing(lines, output), output))
    check("and a line more would be missed", missing(lines + ["cause: another"], output) is not None)
    # Modules stand in the order of their addresses, which are random there.
    lines = typed("README.md", "crash null")
    gone = [line for line in lines if missing([line], output) is not None]
    check("so does README.md", len(lines) > 8 and not gone, "not there: %s\n%s" % (gone, output))
    transcript = "scripts/run --program bin/mon --cmd 'crash null; crash svc'"
    lines, output = block_of("docs/debugging.md", transcript), run(transcript, preset, *OPTIONS)
    check("and what the kernel says where nobody reports", missing(lines, output) is None,
          "not there: %s\n%s" % (missing(lines, output), output))


def symbol(preset, image, name):
    """The offset of a function in an image of userspace/."""
    table = subprocess.run(["nm", os.path.join(ROOT, "build", preset, "userspace", image)],
                           capture_output=True, encoding="utf-8", check=True)
    return int(re.search(r"^([0-9a-f]+) \w %s$" % name, table.stdout, re.M)[1], 16)


# ---- the debugger ---------------------------------------------------------------------------------

def debug(preset, commands, program, *more):
    """What `debug` prints, without the log, and all of the output."""
    output = boot(preset, ["debug -c '%s' %s" % (commands, program), *more, "true"])
    return without_log(output), output


def breakpoint_and_steps(preset):
    transcript = "scripts/run --append aslr.disable --cmd \"debug -c 'b entry; c; regs; s 3; bt; c' hello\""
    output = without_log(run(transcript, preset, *OPTIONS))
    lines = block_of("docs/debugging.md", transcript)
    check("docs/debugging.md shows what is printed", missing(lines, output) is None,
          "not there: %s\n%s" % (missing(lines, output), output))
    at = int(re.search(r"^breakpoint 1 at 0x([0-9a-f]+) hello\+0x", output, re.M)[1], 16)
    stop = re.search(r"^thread \d+ at 0x([0-9a-f]+) hello\+0x[0-9a-f]+: breakpoint 1$", output, re.M)
    check("the breakpoint stops the thread where it is", stop and int(stop[1], 16) == at, output)
    pc = int(re.search(r"\bpc  ([0-9a-f]{16})", output)[1], 16)
    check("its registers say so", pc == at, output)
    steps = [int(pc, 16) for pc in re.findall(r"^thread \d+ at 0x([0-9a-f]+) hello\+0x[0-9a-f]+$", output, re.M)]
    check("each step is one instruction", steps == [at + 4, at + 8, at + 12], output)
    check("the program notices nothing", "argument 0: hello" in output and
          re.search(r"^process \d+ has ended with 0$", output, re.M), output)


def shared_code(preset):
    """Breakpoints in code that others run, too, are for the one process alone."""
    hello = "argument 0: hello"
    output = without_log(boot(preset, ["debug -c 'x entry 2; b entry; x entry 2; threads; k; c' hello", "hello"]))
    words = re.findall(r"^0x[0-9a-f]+: [0-9a-f]{16}$", output, re.M)
    check("memory is shown without the breakpoint", len(words) == 4 and words[:2] == words[2:], output)
    check("threads are listed", re.search(r"^\* thread \d+ 'initial-thread': exception$", output, re.M), output)
    check("a program that was killed at a breakpoint can be run again", output.count(hello) == 1, output)
    exit_call = symbol(preset, "vdso/vdso.elf", "zx_process_exit")
    output = without_log(boot(preset, ["debug -c 'b vdso+0x%x; c; hello; c' hello" % exit_call, "hello"]))
    check("a breakpoint in the vDSO is a hardware breakpoint, and met", re.search(
        r"^hardware breakpoint 1 at 0x([0-9a-f]+) vdso\+0x%x$(?s:.*)^thread \d+ at 0x\1 vdso\+0x%x: breakpoint 1$" %
        (exit_call, exit_call), output, re.M), output)
    check("by that process alone, which goes on", output.count(hello) == 2 and output.count("has ended with 0") == 1,
          output)
    # All of its main() is a branch to itself: the one place that is certain to come again, whatever it does now.
    loop = "spin+0x%x" % symbol(preset, "apps/spin", "main")
    output = without_log(boot(preset, ["spin & debug -c 'b %s; c; s; c; q' -p $!" % loop, "kill $!", "true"]))
    check("so is one in a process that runs already, however often it is met",
          re.search(r"^hardware breakpoint 1 at 0x[0-9a-f]+ %s$" % re.escape(loop), output, re.M) and
          len(re.findall(r"^thread \d+ at 0x[0-9a-f]+ %s: breakpoint 1$" % re.escape(loop), output, re.M)) == 2,
          output)


def debugger(preset):
    breakpoint_and_steps(preset)
    shared_code(preset)
    output = without_log(boot(preset, [
        "spin & debug -c 's 2; bt; q' -p $!", "debug -c 's 1; k; c' -p $!", "true"]))
    places = re.findall(r"^thread \d+ at 0x[0-9a-f]+ (?:spin|vdso)\+0x[0-9a-f]+$", output, re.M)
    check("a process that runs is stopped, stepped, let go and stopped again",
          len(places) == 3 and output.count("process ") >= 2 and
          re.search(r"^process \d+ has ended with -1$", output, re.M), output)
    text, output = debug(preset, "c; k; c", "crash null")
    check("a debugger has its say first", re.search(r"crash\+0x[0-9a-f]+: a read of 0x0, where nothing is mapped$",
                                                    text, re.M) and "*** CRASH" not in output, output)
    text, output = debug(preset, "c; n", "crash null", "debug -c c crash undefined",
                         "while ps | grep -q ' crash$'; do sleep 0.1; done")
    first, second = exactly(2, output)
    check("what it passes on is reported", first.kind == "page fault", output)
    check("and what it leaves behind", second.kind == "undefined instruction", output)


PARTS = {"documented": documented, "debugger": debugger,
         "kinds": kinds, "memory": memory, "places": places, "hostile": hostile, "service": service, "own": own,
         "storm": storm}


def main():
    preset, part, *OPTIONS[:] = sys.argv[1:]
    try:
        PARTS[part](preset)
    except Failure as failure:
        print("not ok - %s" % failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
