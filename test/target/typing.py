#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at the monitor's prompt like a person, and looks at what comes back.

usage: typing.py PRESET

Line editing, Ctrl-C on a program that would run for ever, background programs and kill, commands that
are wrong in every way: the monitor answers and asks for the next line. It ends with poweroff, after
which QEMU must end by itself.
"""

import os
import re
import select
import subprocess
import sys
import time

from terminal import QUIET

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT = b"jacinth> "
PATIENCE = 600  # seconds without the expected text: a hang


class Terminal:
    def __init__(self, preset):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "scripts", "run"), "--no-build", "--preset", preset,
             "--program", "bin/mon", *QUIET],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seen = b""

    def wait_for(self, text):
        """Output up to and with `text`; what follows stays for later."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                raise AssertionError("no %r after %r" % (text, self.seen[-400:]))
            self.seen += data.replace(b"\r", b"")
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, keys):
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def command(self, keys):
        """Types a line at the prompt; returns what was printed up to the next prompt."""
        self.type(keys + b"\r")
        return self.wait_for(PROMPT).decode("utf-8", "replace")


def check(text, *wanted):
    for pattern in wanted:
        if not re.search(pattern, text):
            raise AssertionError("no /%s/ in:\n%s" % (pattern, text))
    print("ok - %s" % text.splitlines()[0][:60])


def session(terminal):
    terminal.wait_for(PROMPT)
    check(terminal.command(b"help"), r"(?m)^  ps ", r"(?m)^  poweroff ")
    check(terminal.command(b"echo one two  three; true; echo four"), r"(?m)^one two three\nfour$")
    # Editing: a slip and a backspace; a line thrown away; cursor keys and odd bytes are ignored.
    check(terminal.command(b"echpo\x7f\x7fo left"), r"(?m)^left$")
    check(terminal.command(b"echo wrong\x15echo right"), r"(?m)^right$")
    check(terminal.command(b"echo a\x1b[D\x1b[1;5Cb\x00\x01\x80\xff"), r"(?m)^ab$")
    terminal.type(b"echo never\x03")
    terminal.wait_for(PROMPT)
    check(terminal.command(b"uptime"), r"up \d+:\d\d:\d\d\.\d\d\d")
    check(terminal.command(b""), r"jacinth> $")
    # A line longer than there is room for, and one with too many words.
    check(terminal.command(b"echo " + b"x" * 2000), r"x{500}")
    check(terminal.command(b"echo " + b"w " * 100), r"more than 32 words")
    check(terminal.command(b"nonsense"), r"nonsense: no such command")
    check(terminal.command(b"kill"), r"usage: kill KOID")
    check(terminal.command(b"kill twelve"), r"twelve is not a number")
    check(terminal.command(b"kill 1"), r"no task has the koid 1\n")
    check(terminal.command(b"run"), r"usage: run")
    check(terminal.command(b"run &"), r"usage: run")
    check(terminal.command(b"run nothing"), r"bin/nothing: no such file in the initrd")
    check(terminal.command(b"crash sideways"), r"usage: crash")
    check(terminal.command(b"; ;; ; "), r"jacinth> $")
    check(terminal.command(b"run hello world"), r"argument 1: world", r"hello: exit code 1")
    # What would run for ever is ended by Ctrl-C; what is typed before the prompt is not lost.
    terminal.type(b"run spin\r")
    time.sleep(0.5)
    terminal.type(b"\x03")
    check(terminal.wait_for(PROMPT).decode(), r"\^C\nspin: killed")
    # In the background, then found and killed by number.
    started = terminal.command(b"run spin &")
    koid = re.search(r"spin: process (\d+)", started).group(1)
    check(terminal.command(b"ps"), r"(?m)^ *%s +started .*bin/spin" % koid)
    check(terminal.command(b"kill " + koid.encode()), r"jacinth> $")
    deadline = time.monotonic() + PATIENCE
    while re.search(r"(?m)^ *%s " % koid, terminal.command(b"ps")):
        if time.monotonic() > deadline:
            raise AssertionError("process %s does not go" % koid)
    own = re.search(r"(?m)^ *(\d+) +started .* bin/mon$", terminal.command(b"ps")).group(1)
    check(terminal.command(b"kill " + own.encode()), r"that would end this monitor")
    check(terminal.command(b"dmesg"), r"Jacinth on QEMU virt")
    check(terminal.command(b"mem"), r"(?m)100\.0%  total")
    terminal.type(b"poweroff\r")
    if terminal.process.wait(PATIENCE) != 0:
        raise AssertionError("QEMU ended with %d" % terminal.process.returncode)
    print("ok - poweroff")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    terminal = Terminal(sys.argv[1])
    try:
        session(terminal)
    except AssertionError as failure:
        print("not ok - %s" % failure)
        return 1
    finally:
        terminal.process.kill()
        terminal.process.wait()
    return 0


sys.exit(main())
