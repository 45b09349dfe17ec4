#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The console on its driver: nothing that is written is lost, whoever has the device.

usage: line.py PRESET kills|board|typing [OPTION FOR scripts/run ...]

kills, on a deterministic machine (--icount): the driver is ended again and again under a program that writes; all of
the text arrives, in order; at most SERIAL_HELD bytes come twice each time; no write takes a second, and what the
system has is what it had before. One that hangs is ended. A panic takes the device from its driver.
board, on any machine: a driver that has the device ends, three times, each under a program that writes.
typing: what is typed reaches the shell by way of the driver, and each line ends that.
"""

import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RUN = os.path.join(ROOT, "scripts", "run")
sys.path.insert(0, os.path.join(ROOT, "test", "target"))

import terminal  # noqa: E402

# A line of the log; its head may have come before, as much of it as a driver showed that ended then.
LOG = re.compile(r"(?:\[[\d.\]> ]{0,30})*\[\d{5}\.\d{3}\] \d{5}\.\d{5}> [^\n]*\n")
HELD = 16      # SERIAL_HELD of userspace/idl/serial.cmake
KILLS = 100    # killing.c
# What a test program says by way of the kernel, in the middle of whatever is being written.
TAP = re.compile(r"(?:# |ok \d|not ok \d|1\.\.\d)[^\n]*\n")
LINES = 10
PROMPT = "jacinth:~$ "
PATIENCE = 1500  # seconds: a hang, of a whole machine or of one answer

# Goes before the numbers: longer than what can come twice, the same all along. What it says is cut there.
MARK = "=" * (2 * HELD) + "\n"
BEFORE = re.compile(".*?={%d,}\n" % (2 * HELD), re.S)
BACK = "the console is the kernel's again"
# One line that is typed: a driver that has the device ends. One that has been started has it some time later, so
# they are ended, one after the other, until one had it; nothing is typed before the last of them is gone.
COUNT = "$(dmesg | grep -c '%s')"
END = ('had=%(had)s; until [ %(had)s -gt $had ]; do gone=%(gone)s; lsdev -r console0; '
       'until [ %(gone)s -gt $gone ]; do sleep 0.05; done; done; ' %
       {"had": COUNT % "console is the kernel.s again", "gone": COUNT % ": restarted"})
ROUNDS = 3
BOARD = ("echo %s; for i in %s; do seq 1 500 > /dev/tty & %s wait; done; echo the end" %
         (MARK.strip(), " ".join(str(i) for i in range(ROUNDS)), END))
KILL = ("sleep 1; echo %s; FAULTS_LIMIT_MS=1000 /boot/test/driver/deaths "
        "what_is_written_while_the_console_s_driver_is_killed_does_not_wait; status=$?; echo the end; "
        "sh -c \"exit $status\"" % MARK.strip())


def run(commands, *options):
    """The status and the text of a machine that runs the commands."""
    done = subprocess.run(
        [RUN, "--no-build", "--preset", sys.argv[1], *options,
         "--cmd", commands, *sys.argv[3:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace").replace("\r", "")


def repeats(text, wanted):
    """How often, at least, up to HELD bytes of `wanted` come again in `text`. -1: it is not that otherwise."""
    places = {0: 0}  # how much of `wanted` there may have been so far, and how often something came again until then
    for character in text:
        after = {}
        for at, count in places.items():
            # While the text goes on as wanted, nothing needs to have come again: that shows later.
            backs = [0] if wanted[at:at + 1] == character else range(1, min(HELD, at) + 1)
            for back in backs:
                if wanted[at - back:at - back + 1] == character:
                    place = at - back + 1
                    after[place] = min(count + (back > 0), after.get(place, len(text)))
        places = after
    return places.get(len(wanted), -1)


def repeats_of_numbers(text, numbers):
    """repeats() of what `text` says from MARK to the end."""
    found = BEFORE.match(text)
    if not found:
        return -1
    return repeats(MARK + text[found.end():].partition("the end\n")[0], MARK + numbers)


def check(name, good, text):
    print("%sok - %s" % ("" if good else "not ", name))
    if not good:
        for line in text.splitlines()[-60:]:
            print("# | %s" % line)
    return good


def test_kills():
    status, text = run(KILL, "--icount", "--tests")
    print("\n".join(line for line in text.splitlines() if line.startswith("# ")))
    ended = text.count(BACK)
    lines = re.search(r"# (\d+) lines were written", text)
    wanted = "".join("%d\n" % i for i in range(1, int(lines[1]) + 1)) if lines else ""
    count = repeats_of_numbers(TAP.sub("", LOG.sub("", text)), wanted)
    print("# the driver ended %d times; %d times something came again" % (ended, count))
    good = check("a machine whose console dies ends well", status == 0, text)
    good &= check("the driver had the device, and ended", ended > KILLS // 2, text)
    return check("nothing that was written is lost", bool(lines) and 0 <= count <= ended, text) and good


def test_board():
    """The machine has no power-off on every board: it reboots, which ends the run."""
    status, text = run(BOARD + "; reboot", "--append", "kernel.quiet")
    if status == 77:
        return status
    wanted = "".join("%d\n" % i for i in range(1, 501)) * ROUNDS
    count = repeats_of_numbers(text, wanted)
    print("# %d times something came again" % count)
    good = check("a board whose console dies ends well", status == 0, text)
    return 0 if check("nothing that was written is lost", 0 <= count <= ROUNDS, text) and good else 1


def test_hang():
    """The driver stands still under what is written: the console goes on without it."""
    commands = "sleep 1; /boot/test/driver/hang uart & sleep 1; echo %s; seq 1 500; echo the end" % MARK.strip()
    status, text = run(commands, "--icount", "--tests", "--append", "kernel.quiet")
    wanted = "".join("%d\n" % i for i in range(1, 501))
    count = repeats_of_numbers(text, wanted)
    good = check("a machine whose console hangs ends well", status == 0, text)
    return check("nothing is lost with a driver that hangs", 0 <= count <= 1, text) and good


def test_kept():
    status, text = run("lsdev -r console0; sleep 1; lsdev -r console0; sleep 1; dmesg", "--icount", "--append",
                       "jacinth.console=kernel")
    return check("the device stays the kernel's if it is told so",
                 status == 0 and ": restarted" in text and BACK not in text, text)


def test_panic():
    _, text = run("sleep 1; lsdev -r console0; sleep 1; kernel crash panic", "--icount")
    good = check("the driver had the device before the panic", BACK in text, text)
    return check("a panic is seen while a driver has the device",
                 re.search(r"\*\*\* KERNEL PANIC: asked for.*\*\*\* end of panic report", text, re.S),
                 text) and good


def wait_for(person, text):
    """As the person's, but the end of what came of the text before a driver ended may come again."""
    forms = {text} | {text[:end] + text[start:] for end in range(len(text) + 1)
                      for start in range(max(end - HELD, 0), end)}
    pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
    deadline = time.monotonic() + PATIENCE
    while not pattern.search(person.seen):
        if not person.read(max(0, deadline - time.monotonic())):
            raise AssertionError("no %r" % text)
    person.seen = person.seen[pattern.search(person.seen).end():]


def test_typing():
    person = terminal.Person(["--preset", sys.argv[1], *sys.argv[3:]])

    def body():
        wait_for(person, PROMPT)
        for i in range(LINES):
            person.type(END + "echo %d-$((%d + 1))\r" % (i, i))
            wait_for(person, "%d-%d\n" % (i, i + 1))
            wait_for(person, PROMPT)
        print("ok - what is typed arrives by way of the driver")

    return terminal.run(person, body) == 0


def main():
    if sys.argv[2] == "typing":
        return 0 if test_typing() else 1
    if sys.argv[2] == "board":
        return test_board()
    good = test_kills()
    good &= test_hang()
    good &= test_kept()
    return 0 if test_panic() and good else 1


if __name__ == "__main__":
    sys.exit(main())
