#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at the shell's prompt, and looks at what the console and svc make of it.

usage: console.py PRESET [--initrd FILE]

Cooked mode with its keys, Ctrl-C on programs that run, wait or print for ever, typing ahead, a flood
of keys, a shell that exits, services that are restarted under it, poweroff and reboot. The shell's own
line editing is tested elsewhere.
"""

import argparse
import os
import re
import select
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "test", "target"))
from terminal import QUIET  # noqa: E402
RUN = os.path.join(ROOT, "scripts", "run")
PROMPT = b"jacinth:~$ "
GREETING = b"Jacinth. "  # of each new shell
PATIENCE = 600  # seconds without the expected text: a hang


class Terminal:
    def __init__(self, arguments):
        self.process = subprocess.Popen([RUN, "--no-build", *QUIET, *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seen = b""
        self.log = b""
        self.rest = b""

    def read(self, seconds):
        """More output into self.seen; false if none came."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
        # What a line editor moves the cursor with is of no interest here; it may come in two pieces.
        text = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", self.rest + data.replace(b"\r", b""))
        cut = re.search(rb"\x1b(\[[0-9;]*)?$", text)
        self.rest = cut.group(0) if cut else b""
        text = text[:cut.start()] if cut else text
        self.seen += text
        self.log = (self.log + text)[-4000:]
        return bool(data)

    def wait_for(self, text, patience=PATIENCE):
        """Output up to and with `text`; what follows stays for later."""
        deadline = time.monotonic() + patience
        while text not in self.seen:
            if not self.read(deadline - time.monotonic()):
                raise AssertionError("no %r" % text)
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, keys):
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def command(self, keys):
        """Types a line at the prompt; returns what was printed up to the next prompt."""
        self.type(keys + b"\r")
        return self.wait_for(PROMPT).decode("utf-8", "replace")

    def begin(self, command, text):
        """Starts a program that stays, and waits until it has said `text`."""
        self.type(command + b"\r")
        self.wait_for(text)

    def interrupt(self):
        """Ctrl-C, until the prompt is back."""
        self.type(b"\x03")
        return self.wait_for(PROMPT)


def check(what, condition, text=""):
    if not condition:
        raise AssertionError("%s: %s" % (what, text[-500:]))
    print("ok - %s" % what, flush=True)


def cooked_mode(person):
    # What `cat` reads is told apart from the echo by grep's colon.
    person.begin(b"echo begun; grep -n ''", b"\nbegun\n")
    for keys, line in ((b"plain", "plain"), (b"echpo\x7f\x7fo", "echo"), (b"bs\b\b\bx", "x"),
                       (b"wrong line\x15right", "right"), (b"one two  \x17three", "one three"),
                       (b"a\xc3\xa9\x7fb", "ab"), (b"\x16\x03", "\x03"), (b"tab\t\x7fx", "tabx"),
                       (b"again\x12st", "against"), (b"", ""), (b"\xff\x80\x02", None)):
        person.type(keys + b"\r")
        seen = person.wait_for(b"\n") + person.wait_for(b":")
        seen = person.wait_for(b"\n")[:-1]
        check("cooked: %r" % keys, line is None or seen == line.encode(), seen)
    person.type(b"last\x04\x04")
    check("Ctrl-D ends the file", b":last" in person.wait_for(PROMPT))


def interrupts(person):
    person.begin(b"spin", b"spin\n")
    check("Ctrl-C ends a loop", b"^C" in person.interrupt())
    person.begin(b"cat", b"cat\n")
    check("Ctrl-C ends a read", b"^C" in person.interrupt())
    person.begin(b"sleep 1000", b"1000\n")
    check("Ctrl-C ends a wait", b"^C" in person.interrupt())
    person.begin(b"yes", b"y\ny\ny\n")
    check("Ctrl-C ends a flood of output", b"^C" in person.interrupt())
    person.begin(b"yes | cat | cat", b"y\ny\ny\n")
    check("Ctrl-C ends a pipeline", b"^C" in person.interrupt())
    person.begin(b"cat /dev/zero", b"zero\n")
    check("Ctrl-C ends a flood of zeros", b"^C" in person.interrupt())
    check("the status is 130", "\n130\n" in person.command(b"echo $?"), person.log)
    # A process has ended a moment before it is gone.
    deadline = time.monotonic() + PATIENCE
    left = None
    while left != {"sh"} and time.monotonic() < deadline:
        left = set(re.findall(r" (sh|spin|yes|cat|sleep)$", person.command(b"ps"), re.M))
    check("only the shell is left of them", left == {"sh"}, person.log)


def typing_ahead(person):
    person.type(b"sleep 1\recho first\recho second\r")
    for word in (b"\nfirst\n", b"\nsecond\n", PROMPT):
        person.wait_for(word)
    print("ok - lines typed ahead are run", flush=True)
    person.type(b"sleep 1\rcat\rfor cat\r\x04")
    person.wait_for(b"$ cat\nfor cat\n")
    person.wait_for(PROMPT)
    print("ok - lines typed ahead are read", flush=True)
    # More than there is room for, in cooked mode: dropped with bells, and what comes next is whole.
    person.begin(b"sleep 1000", b"1000\n")
    person.type(b"x" * 10000)
    person.wait_for(b"\a")
    deadline = time.monotonic() + PATIENCE
    while True:  # Ctrl-C may be among what is dropped
        person.type(b"\x03")
        try:
            person.wait_for(PROMPT, 20)
            break
        except AssertionError:
            if time.monotonic() > deadline:
                raise
    person.type(b"echo f''ine\r")
    person.wait_for(b"\nfine\n")
    person.wait_for(PROMPT)
    print("ok - a flood of keys", flush=True)


def new_shells(person):
    for _ in range(5):
        person.type(b"exit\r")
        person.wait_for(GREETING)
        person.wait_for(PROMPT)
    check("a shell that exits comes back", "\nback\n" in person.command(b"echo back"), person.log)
    person.type(b"\x04")
    person.wait_for(GREETING)
    person.wait_for(PROMPT)
    check("also after Ctrl-D", "\nback\n" in person.command(b"echo back"), person.log)
    # A shell that is killed at its prompt leaves the terminal in raw mode; the next one must not.
    person.command(b"sleep 1 && svc restart sh &")
    person.wait_for(GREETING)
    person.wait_for(PROMPT)
    check("a shell that is restarted", "svc: sh: restarted" in person.command(b"dmesg"), person.log)
    person.begin(b"cat", b"cat\n")
    person.type(b"abc\x7f\x04\x04")
    check("modes are reset", "abab" in person.wait_for(PROMPT).decode().replace("\b \b", "").replace(
        "abc", "ab"), person.log)


def restarts(person):
    check("a list of services", re.search(r"(?m)^console +running", person.command(b"svc list")))
    person.command(b"svc restart bootfs")
    check("/boot comes back", "bin" in person.command(b"ls /boot"), person.log)
    person.command(b"echo lost > /tmp/file; svc restart ramfs")
    check("/tmp comes back, empty", "file" not in person.command(b"ls /tmp")[len("ls /tmp"):],
          person.log)
    check("/tmp can be used", "\nkept\n" in person.command(b"echo kept > /tmp/f; cat /tmp/f"),
          person.log)
    person.command(b"svc stop ramfs")
    check("a stopped service", "/tmp" in person.command(b"ls /tmp").split("\n", 1)[1], person.log)
    person.command(b"svc start ramfs")
    check("a started one", "\nhere\n" in person.command(b"echo here > /tmp/g; cat /tmp/g"),
          person.log)
    # The console itself: the shell loses its terminal, and a new one comes with a new terminal.
    person.type(b"svc restart console\r")
    person.wait_for(GREETING)
    person.wait_for(PROMPT)
    check("the console comes back", "svc: console: restarted" in person.command(b"dmesg"), person.log)


def ends(arguments):
    """How runs without a person end."""
    for command, status in (("true", 0), ("false", 1), ("exit 7", 7), ("nonsense", 127),
                            ("poweroff", 0), ("reboot", 0), ("echo x; crash null", None)):
        done = subprocess.run([RUN, "--no-build", *arguments, "--cmd", command],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        good = done.returncode == status if status is not None else done.returncode not in (0, 71)
        check("--cmd '%s' ends with %d" % (command, done.returncode), good, done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--initrd", metavar="FILE")
    options = parser.parse_args()
    arguments = ["--preset", options.preset]
    if options.initrd:
        arguments += ["--initrd", options.initrd]
    person = Terminal(arguments)
    try:
        person.wait_for(PROMPT)
        for part in (cooked_mode, interrupts, typing_ahead, new_shells, restarts):
            part(person)
        person.type(b"poweroff\r")
        while person.read(PATIENCE):
            pass
        check("poweroff ends QEMU", person.process.wait(PATIENCE) == 0)
        ends(arguments)
    except (AssertionError, subprocess.TimeoutExpired) as failure:
        print("not ok - %s" % failure)
        print("".join("# | %s\n" % line for line in
                      person.log.decode("utf-8", "replace").splitlines()[-30:]))
        return 1
    finally:
        person.process.kill()
        person.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
