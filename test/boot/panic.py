#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets the kernel fail in every way that its debug console knows, and reads the panic screen.

usage: panic.py PRESET [--only TEXT]

Asserted of each: what happened in words, CPU, process and thread, registers of a fault, a backtrace
with the names of functions, the last log lines, the closing line, and silence afterwards, with
every CPU in hal_cpu_halt().
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import time

import guest
from devicetree import longs
from guest import PANIC_END, ROOT

sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import elf  # noqa: E402
import machine  # noqa: E402

CPUS = 3
# Two CPUs are busy in user mode meanwhile: an interrupt has to stop them.
BUSY = "run spin &; run spin &; "

# kind: (message, words of the registers' first line, functions of the backtrace from the first on)
KINDS = {
    "panic": ("asked for by the debug console", None,
              ["crash_panic", "debug_console_run", "sys_debug_send_command", "el0_sync"]),
    "assert": (r"debug_console\.c:\d+: assertion failed: launder\(1\) == 2", None,
               ["crash_assert", "debug_console_run", "sys_debug_send_command", "el0_sync"]),
    "null": ("null pointer in the kernel",
             "data abort, nothing mapped, write; FAR 0000000000000008",
             ["crash_null", "sys_debug_send_command", "el0_sync"]),
    "user": ("the kernel touched user memory outside a user copy", "data abort",
             ["crash_user", "sys_debug_send_command", "el0_sync"]),
    "wild": ("data abort", "data abort, nothing mapped, read; FAR ffffe",
             ["crash_wild", "sys_debug_send_command", "el0_sync"]),
    "rodata": ("data abort", "data abort, not permitted, write; FAR ffffe",
               ["crash_rodata", "sys_debug_send_command", "el0_sync"]),
    "jump": ("the kernel jumped to a user address", "instruction abort",
             ["crash_jump", "debug_console_run", "sys_debug_send_command", "el0_sync"]),
    "undefined": ("breakpoint instruction", "breakpoint instruction",
                  ["crash_undefined", "sys_debug_send_command"]),
    "stack": ("kernel stack overflow", "data abort, nothing mapped, write; FAR ffffc",
              ["deeper", "deeper", "debug_console_run", "sys_debug_send_command", "el0_sync"]),
    "irq": ("asked for by the debug console, in an interrupt", None,
            ["fail_in_interrupt", "timer_queue_irq", "irq_dispatch", "crash_irq",
             "debug_console_run", "sys_debug_send_command", "el0_sync"]),
}


def command_line(build, commands, more="", program="userboot=bin/mon"):
    options = machine.parser("", "").parse_args(
        ["--preset", build.preset, "--smp", str(CPUS), "--mem", "128M"])
    return machine.command(options, [guest.arguments(commands, more, program)]) + [
        "-serial", "stdio", "-monitor", "none", "-no-reboot"]


def ask_monitor(path, question):
    """The answer of QEMU's monitor."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(guest.PATIENCE)
        connection.connect(path)
        connection.sendall(question.encode() + b"\n")
        # The prompt comes at once, and again behind the answer.
        while answer.count(b"(qemu) ") < 2:
            data = connection.recv(65536)
            if not data:
                break
            answer += data
    return answer.decode("utf-8", "replace")


def functions(output):
    """Names in the backtrace, first to last."""
    return re.findall(r"^  #\d\d 0x[0-9a-f]{16} image\+0x[0-9a-f]+ ([A-Za-z_0-9]+)[^ +]*\+0x",
                      output, re.M)


def is_subsequence(wanted, names):
    rest = iter(names)
    return all(any(name == word for name in rest) for word in wanted)


def screen_problems(output, message, registers, names):
    problems = []

    def expect(pattern, what):
        if not re.search(pattern, output, re.M):
            problems.append("no %s: /%s/" % (what, pattern))

    expect(r"^\*\*\* KERNEL PANIC: %s$" % message, "message")
    expect(r"^CPU \d+, \d+\.\d{3} s, process 'bin/mon' \(\d+\), thread '[^']+' \(\d+\)$",
           "process and thread")
    expect(r"^preempt count \d+, kernel stack \[0xffffc[0-9a-f]+, 0xffffc[0-9a-f]+\), "
           r"image at 0xffffe", "stack and image")
    if registers:
        expect(r"^ESR 0x[0-9a-f]{8}: .*%s" % registers, "cause in words")
        expect(r"^pc  [0-9a-f]{16}  sp  [0-9a-f]{16}  lr  [0-9a-f]{16}  pstate [0-9a-f]{8}$", "pc")
        expect(r"^x28 [0-9a-f]{16}  x29 [0-9a-f]{16}", "registers")
    expect(r"^last \d+ log lines:\n(.*\n)*\[\d+\.\d{3}\] \d+\.\d+> Jacinth on QEMU virt",
           "log lines")
    if not is_subsequence(names, functions(output)):
        problems.append("backtrace is %s, wanted %s" % (functions(output), names))
    if output.split(PANIC_END, 1)[-1].strip():
        problems.append("the console is not silent after the report")
    if output.count("*** KERNEL PANIC") != 1:
        problems.append("more than one panic")
    return problems


def halted_problems(build, output, answer):
    """Every CPU must be inside hal_cpu_halt."""
    kernel = elf.Elf.read(os.path.join(build.path, "kernel.elf"))
    halt = next(s for s in kernel.symbols() if s.name == "hal_cpu_halt")
    start = halt.value - kernel.image_base() + int(
        re.search(r"image at 0x(ffff[0-9a-f]+)", output).group(1), 16)
    pcs = [int(pc, 16) for pc in re.findall(r"\bPC=([0-9a-f]+)", answer)]
    problems = ["CPU %d is at %#x, not in hal_cpu_halt" % (i, pc) for i, pc in enumerate(pcs)
                if not start <= pc < start + halt.size]
    if len(pcs) != CPUS:
        problems.append("QEMU tells of %d CPUs" % len(pcs))
    return problems


def panic_case(kind):
    message, registers, names = KINDS[kind]

    def run(build):
        path = os.path.join(build.folder, kind + ".monitor")
        command = command_line(build, BUSY + "kernel crash " + kind, "kernel.halt-on-panic")
        command[command.index("-monitor") + 1] = "unix:%s,server=on,wait=off" % path
        answer = []

        def look(output):
            # The last CPU halts after the report's last line; on a busy host that takes a while.
            deadline = time.monotonic() + guest.PATIENCE
            answer[:] = [ask_monitor(path, "info registers -a")]
            while halted_problems(build, output, answer[0]) and time.monotonic() < deadline:
                time.sleep(0.1)
                answer[:] = [ask_monitor(path, "info registers -a")]

        result = guest.watch_guest(command, at_end=look)
        if result.ended != "panic":
            return result, ["ended by '%s'" % result.ended]
        problems = screen_problems(result.output, message, registers, names)
        problems += halted_problems(build, result.output, answer[0])
        symbolize = os.path.join(ROOT, "scripts", "symbolize")
        done = subprocess.run([symbolize, "--preset", build.preset], input=result.output,
                              capture_output=True, text=True, check=False)
        if "kernel/object/debug_console.c:" not in done.stdout:
            problems.append("scripts/symbolize names no line of debug_console.c: " + done.stderr)
        return result, problems
    return "crash " + kind, run


def reboots(build):
    # With -no-reboot QEMU ends.
    result = guest.watch_guest(command_line(build, "kernel crash panic"), linger=guest.PATIENCE)
    problems = [] if PANIC_END in result.output and result.left else ["the machine did not reboot"]
    return result, problems


def last_boot(build):
    """The machine panics, reboots with its memory as it is, and the next boot has the report."""
    command = command_line(build, "dmesg --last || kernel crash panic", "kernel.quiet", program="")
    command.remove("-no-reboot")
    result = guest.watch_guest(command, reboots=True)
    said = re.findall(r"^\*\*\* KERNEL PANIC: asked for by the debug console$|entered at EL|"
                      r"the last boot ended in a panic|^\*\*\* end of panic report$|^last \d+ log lines",
                      result.output, re.M)
    boot = ["entered at EL"]
    report = ["*** KERNEL PANIC: asked for by the debug console", "last 20 log lines",
              "*** end of panic report"]
    problems = []
    if result.status != 0:
        problems.append("dmesg --last ended with %s" % result.status)
    told = [text for text in said if not text.startswith("the last boot")]
    lines = int(re.sub(r"\D", "", told[6])) if len(told) == 8 else 0
    if told != boot + report + boot + [report[0], "last %d log lines" % lines, report[2]]:
        problems.append("in this order came: %s" % said)
    if lines <= 20:
        problems.append("the crash log has no more lines of the log than the screen")
    return result, problems


def slide(build):
    """The image runs where kaslr-seed says; with kaslr=off or no seed at its area's start."""
    bases, problems = [], []
    for seed, more in ((1 << 33 | 5, ""), (1 << 33 | 5, ""), (7 << 34 | 9, ""),
                       (7 << 34 | 9, "kaslr=off"), (0, "")):
        loader = guest.Loader(build, "slide")
        loader.chosen().props["kaslr-seed"] = longs(seed)
        loader.commands, loader.more_arguments = "kernel crash panic", more
        loader.describe()
        result = loader.run()
        base = re.search(r"image at 0x(ffff[0-9a-f]+)", result.output)
        if not base:
            return result, ["no panic with seed %#x" % seed]
        bases.append(int(base.group(1), 16))
    start = 0xffffe00000000000
    if bases[0] != bases[1] or bases[0] in (bases[2], start) or bases[3:] != [start, start]:
        problems.append("the image was at " + ", ".join("%#x" % base for base in bases))
    return result, problems


def refused(build):
    result = guest.watch_guest(command_line(
        build, "kernel; kernel help; kernel nonsense; kernel crash; kernel crash sideways; "
        "kernel %s; echo alive" % ("x" * 400)))
    wanted = ["usage: kernel", "> crash stack", "kernel: nonsense: no such command",
              "kernel: crash sideways: no such command", "\nalive\n"]
    return result, ["not said: " + text for text in wanted if text not in result.output]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has this text")
    options = parser.parse_args()
    cases = [panic_case(kind) for kind in KINDS]
    cases += [("reboots afterwards", reboots), ("crash log of the last boot", last_boot), ("kaslr", slide),
              ("commands that there are not", refused)]
    return guest.run_all(options.preset, cases, options.only)


if __name__ == "__main__":
    sys.exit(main())
