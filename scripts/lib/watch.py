# SPDX-License-Identifier: MIT
"""Runs QEMU without a terminal and turns what the console says into an exit status.

The guest ends its commands with a line that nobody else can print, since it carries a nonce from
the kernel's command line:

    [[<nonce>]] status <n>

That line is hidden; n becomes the result once QEMU has gone. Everything else is passed on.
"""

import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import time

# What run() returns when the commands did not end by themselves.
PANIC = 70        # the kernel panicked
NO_STATUS = 71    # QEMU ended, and the commands had not
NO_POWER_OFF = 72  # the commands ended, and QEMU had not
CANNOT_BOOT = 73   # the kernel said why it cannot boot
SILENCE = 124     # nothing printed for too long

PANIC_MARK = b"*** KERNEL PANIC"
PANIC_END = b"*** end of panic report"
CANNOT_BOOT_MARK = b"jacinth: cannot boot: "
# After this many seconds without output it hangs. Tests run on machines that may be slow: ctest gives them more.
PATIENCE = int(os.environ.get("JACINTH_SILENCE", "60"))
PANIC_REPORT_SECONDS = 10  # a panic's report may take this long between two lines
LONGEST_LINE = 4096       # an unfinished line longer than this is passed on as it is


def die_with_parent():
    """In the child: no QEMU outlives the script, however that is ended (Linux)."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        pass


class Filter:
    """Splits console output into lines, takes the status line out, and sees a panic."""

    def __init__(self, nonce, output):
        self.mark = re.compile(rb"\[\[" + re.escape(nonce.encode()) + rb"\]\] status (-?\d+)")
        self.output = output
        self.status = None
        self.panicked = False
        self.reported = False
        self.stopped = False
        self.rest = b""

    def feed(self, data):
        self.rest += data
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            self._line(line + b"\n")
        if len(self.rest) > LONGEST_LINE:
            self.flush()
        self.output.flush()

    def flush(self):
        if self.rest:
            self._line(self.rest)
        self.rest = b""
        self.output.flush()

    def _line(self, line):
        line = line.replace(b"\r", b"")
        found = self.mark.search(line)
        if found:
            self.status = int(found.group(1))
            line = line[:found.start()]
            if not line:
                return
            line += b"\n"
        # A panic may interrupt a line of somebody else's.
        if PANIC_MARK in line:
            self.panicked = True
        if self.panicked and PANIC_END in line:
            self.reported = True
        if CANNOT_BOOT_MARK in line:
            self.stopped = True
        self.output.write(line)


def run(command, nonce, silence_seconds=PATIENCE, output=None):
    """Runs QEMU's `command` and returns the exit status to give."""
    output = output or sys.stdout.buffer
    console = Filter(nonce, output)

    def complain(text):
        output.flush()
        print("run: " + text, file=sys.stderr, flush=True)

    # A signal that ends the script ends QEMU too, by way of the finally below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # The terminal stays the caller's: QEMU gets neither its input nor its Ctrl-C.
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            preexec_fn=die_with_parent, start_new_session=True)
    try:
        pipe = qemu.stdout.fileno()
        last = time.monotonic()
        while True:
            patience = PANIC_REPORT_SECONDS if console.panicked else silence_seconds
            left = last + patience - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                break
            data = os.read(pipe, 65536)
            if not data:
                qemu.wait()
                break
            console.feed(data)
            if console.reported or console.stopped:
                break
            last = time.monotonic()
        console.flush()
    finally:
        alive = qemu.poll() is None
        if alive:
            qemu.kill()
        code = qemu.wait()

    if console.panicked:
        complain("the kernel panicked")
        return PANIC
    if console.stopped:
        complain("the kernel cannot boot")
        return CANNOT_BOOT
    if console.status is None and alive:
        complain("nothing was printed for %d seconds" % silence_seconds)
        return SILENCE
    if console.status is None:
        complain("QEMU ended (%s) before the commands did" %
                 ("signal %d" % -code if code < 0 else "status %d" % code))
        return NO_STATUS
    if alive:
        complain("the commands ended, with status %d, but the machine did not power off"
                 % console.status)
        return NO_POWER_OFF
    # Any failure must stay one in the 8 bits of an exit status.
    return console.status if 0 <= console.status <= 255 else (console.status & 255) or 1
