#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Drives the monitor over a pseudo-terminal, as a person does, for a long time.

usage: person.py PRESET [--commands N] [--seed N] [--smp N] [--gic N]

First what a person does wrong: slips and corrections, Ctrl-U, Ctrl-C, bytes that are no text, lines
that are too long, typing ahead. Then N commands in a row, drawn by the seed, after which `ps` and
`mem` have to say what they said before. It ends with poweroff, after which QEMU must be gone.

test/target/typing.py looks at more kinds of lines; this one is about the terminal and about staying
well over a long session.
"""

import argparse
import os
import random
import re
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "target"))
import terminal  # noqa: E402
from terminal import check  # noqa: E402

PROMPT = "jacinth> "
WARM_UP = 60         # commands that fill the kernel's caches before anything is compared
SLACK = 128 * 1024   # bytes of free memory that caches may hold more than before


class Person(terminal.Person):
    """Somebody at the monitor."""

    def type(self, keys):
        super().type(keys.encode("latin-1"))

    def command(self, line):
        """Types a line; returns what came back up to the next prompt, without the echo."""
        self.type(line + "\r")
        return self.wait_for(PROMPT)[:-len(PROMPT)].split("\n", 1)[-1]


def slips(person):
    """What a person gets wrong at a terminal."""
    # Echo, letter by letter.
    for letter in "echo letters":
        person.type(letter)
        person.wait_for(letter)
    person.type("\r")
    check("letters are echoed", person.wait_for(PROMPT).startswith("\nletters\n"))
    # A backspace takes the letter off the screen, and stops at the prompt.
    person.type("xy\x7f")
    person.wait_for("xy\b \b")
    person.type("\b" * 20)
    person.wait_for("\b \b")
    check("backspace stops at the prompt", "clean\n" in person.command("echo clean"), person.log)
    check("nothing is left of it", "no such command" not in person.log)
    # Ctrl-U throws the line away; Ctrl-C too, and asks anew.
    person.type("poweroff now\x15")
    check("Ctrl-U clears the line", person.command("echo kept") == "kept\n", person.log)
    person.type("poweroff now\x03")
    person.wait_for(PROMPT)
    check("Ctrl-C clears the line", person.command("echo kept") == "kept\n", person.log)
    # Ctrl-C ends a program that would run for ever, in user mode and in a wait.
    person.type("run spin\r")
    person.wait_for("run spin")
    person.type("\x03")
    check("Ctrl-C ends a program", "spin: killed" in person.wait_for(PROMPT), person.log)
    # Bytes that are no text, all of them but the keys that mean something.
    keys = "".join(chr(byte) for byte in range(256) if byte not in (1, 3, 10, 13, 21))
    person.type(keys + "\x15")
    check("odd bytes do no harm", person.command("echo still here") == "still here\n", person.log)
    # Ctrl-A is QEMU's own key: twice gives one.
    person.type("\x01\x01\x15")
    check("Ctrl-A passes", person.command("echo yes") == "yes\n", person.log)
    # A line far longer than there is room for: cut, run or refused, but the next one is whole.
    person.command("echo " + "long " * 400)
    check("a line that is too long", person.command("echo next") == "next\n", person.log)
    # Typing ahead: while a program runs, and several lines at once.
    person.type("demo\recho first\recho second\r")
    for word in ("all as it should be", "\nfirst\n", "\nsecond\n", PROMPT):
        person.wait_for(word)
    print("ok - lines typed ahead are run", flush=True)
    for line in ("nonsense", "kill 0", "kill 99999999999999999999", "kill -1", "run", "run bin",
                 "mem 1 2", "kernel", "kernel nonsense", "crash it", ";", "echo ;; echo", "\t \t"):
        person.command(line)
    check("wrong commands", person.command("echo fine") == "fine\n", person.log)


# What is drawn for a long session, and how often each.
LONG = (("echo some words", 20), ("true", 10), ("false", 5), ("nonsense", 5), ("uptime", 10),
        ("ls", 3), ("mem", 5), ("ps", 5), ("handles", 3), ("run hello a b", 12), ("run nothing", 3),
        ("kill 1", 3), ("crash null", 3), ("crash stack", 2), ("crash svc", 2), ("demo", 3),
        ("true; false; echo x", 4), ("spin", 2))


def one_command(person, name):
    if name != "spin":
        return person.command(name)
    # In the background, and killed by number.
    started = person.command("run spin &")
    koid = re.search(r"spin: process (\d+)", started)
    if not koid:
        raise AssertionError("no process: " + started)
    return person.command("kill " + koid.group(1))


def figures(person):
    """Tree of tasks (names only) and memory figures."""
    tasks = [line.split()[-1] for line in person.command("ps").splitlines()[1:]]
    memory = dict((what, int(size)) for size, what in
                  re.findall(r"^ *(\d+)K +[\d.]+%  (.*)$", person.command("mem"), re.M))
    # The kernel's caches keep what they have had.
    memory["free"] += memory.pop("kernel heap, free")
    return tasks, memory


def differences(before, after):
    """What is not as it was, of two answers of figures()."""
    problems = [] if after[0] == before[0] else ["ps: before %s\nafter %s" % (before[0], after[0])]
    for what in ("free", "memory objects (VMOs)", "kernel heap, in use", "page tables", "messages"):
        more = after[1][what] - before[1][what]
        if (-more if what == "free" else more) * 1024 > SLACK:
            problems.append("%s: before %s\nafter %s" % (what, before[1], after[1]))
    return problems


def await_figures(person, good):
    """Looks until `good` says so of the figures, or it has been too long: what was killed goes soon,
    what leaks never does."""
    deadline = time.monotonic() + terminal.PATIENCE
    now = figures(person)
    while not good(now) and time.monotonic() < deadline:
        time.sleep(0.2)
        now = figures(person)
    return now


def session(person, count, seed, idle):
    """A long session: `count` commands, and nothing is left behind of the tasks but `idle`, those of before."""
    dice = random.Random(seed)
    bag = [name for name, weight in LONG for _ in range(weight)]
    for name, _ in LONG:
        one_command(person, name)
    for _ in range(WARM_UP):
        one_command(person, dice.choice(bag))
    before = await_figures(person, lambda now: now[0] == idle)
    start = time.monotonic()
    for _ in range(count):
        one_command(person, dice.choice(bag))
    after = await_figures(person, lambda now: not differences(before, now))
    print("# %d commands in %.0f s; seed %d" % (count, time.monotonic() - start, seed))
    check("after %d commands ps and mem are what they were" % count, not differences(before, after),
          "\n".join(differences(before, after)))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--commands", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--smp", default="4")
    parser.add_argument("--gic", default="3")
    options = parser.parse_args()
    person = Person(["--program", "bin/mon", "--preset", options.preset, "--smp", options.smp,
                     "--gic", options.gic])

    def body():
        person.wait_for(PROMPT)
        idle, _ = figures(person)
        slips(person)
        if options.commands:
            session(person, options.commands, options.seed, idle)

    return terminal.run(person, body)


if __name__ == "__main__":
    sys.exit(main())
