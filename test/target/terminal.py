# SPDX-License-Identifier: MIT
"""A pseudo-terminal with scripts/run at its other end, and somebody who types at it."""

import codecs
import os
import pty
import re
import select
import subprocess
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The kernel's log has a writer of its own: its lines would come at any time, also within others.
QUIET = ("--append", "kernel.quiet")
PROMPT = "jacinth:~$ "  # the shell's
BANNER = "`help` says"  # what it says once, before the first
PATIENCE = 600       # seconds without the expected text: a hang
ESCAPES = re.compile(r"\x1b(\[[0-9;]*[A-Za-z]|$)|\r|\a")


class Person:
    """A terminal with somebody at it. `arguments` are those of scripts/run."""

    def __init__(self, arguments):
        self.terminal, inner = pty.openpty()
        attributes = termios.tcgetattr(inner)
        attributes[3] &= ~termios.ECHO  # what is typed before QEMU sets the terminal up
        termios.tcsetattr(inner, termios.TCSANOW, attributes)
        command = [os.path.join(ROOT, "scripts", "run"), "--no-build", *QUIET, *arguments]
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner,
                                        start_new_session=True)
        os.close(inner)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = ""
        self.seen = ""
        self.log = ""

    def read(self, seconds):
        """More output into self.seen, without what moves the cursor; false if none came."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # the other side is closed
            data = b""
        # A character's bytes may come in two reads.
        text = self.decoder.decode(data, final=not data)
        self.log = (self.log + text)[-6000:]
        text = self.raw + text
        cut = text.rfind("\x1b", -8) if "\x1b" in text[-8:] else len(text)
        if cut < len(text) and ESCAPES.match(text, cut) and ESCAPES.match(text, cut).end() > cut + 1:
            cut = len(text)
        self.seen += ESCAPES.sub("", text[:cut])
        self.raw = text[cut:]
        return bool(data)

    def wait_for(self, text):
        """Output up to and with `text`; what follows stays for later."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            if not self.read(max(0, deadline - time.monotonic())):
                raise AssertionError("no %r" % text)
            if "KERNEL PANIC" in self.seen:
                while self.read(1):
                    pass
                raise AssertionError("the kernel panicked")
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, keys):
        """Types text, or bytes as they are. Ctrl-A is QEMU's own key: "\\x01\\x01" gives one."""
        os.write(self.terminal, keys.encode("utf-8") if isinstance(keys, str) else keys)


def check(what, condition, text=""):
    if not condition:
        raise AssertionError("%s\n%s" % (what, text))
    print("ok - %s" % what, flush=True)


def say(person, command):
    """What a command of the shell says. Nothing that boots says `done` or a prompt."""
    person.type(command + "; echo do''ne\r")
    person.wait_for("\n")
    text = person.wait_for("done\n")
    person.wait_for(PROMPT)
    check("no new boot: %s" % command, BANNER not in text, text)
    return text


def run(person, body, last="poweroff\r"):
    """Runs body(), types `last`, which ends QEMU, and tells how it went: an exit status."""
    try:
        body()
        person.type(last)
        while person.read(PATIENCE):
            pass
        check("%s ends QEMU" % last.strip().replace("\x01x", "Ctrl-A X"),
              person.process.wait(PATIENCE) == 0)
    except (AssertionError, subprocess.TimeoutExpired) as failure:
        print("not ok - %s" % failure)
        print("".join("# | %r\n" % line for line in person.log.splitlines()[-30:]))
        return 1
    finally:
        person.process.kill()
        person.process.wait()
    return 0
