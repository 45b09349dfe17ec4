#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots a board of scripts/run as a person would: types at its console, runs programs and the
self-test, resets it and turns it off.

usage: board.py PRESET BOARD TEXT ... [--only-reset]

Each TEXT has to be said while booting: the board's name, its CPUs. --only-reset: the machine has no
way to turn itself off, only to start again. Ends with status 77 (skipped) where scripts/run says that
this computer lacks the machine or its device tree.
"""

import argparse
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test", "target"), os.path.join(ROOT, "scripts", "lib")]
import machine  # noqa: E402
import terminal  # noqa: E402
from terminal import check  # noqa: E402

PROMPT = "jacinth:~$ "
TYPED = "abcdefghijklmnopqrstuvwxyz0123456789"


def boot(person, texts):
    """Up to the first prompt."""
    said = person.wait_for(PROMPT)
    for text in texts:
        check("it says " + text, text in said, said)


def type_at(person):
    """Every byte arrives by interrupt, in order, typed one by one and all at once."""
    for letter in "echo one":
        person.type(letter)
        person.wait_for(letter)
    person.type("\r")
    check("letters typed one by one", person.wait_for(PROMPT) == "\none\n" + PROMPT, person.log)
    person.type("echo %s\r" % TYPED)
    person.wait_for("echo " + TYPED)
    check("a line typed at once", person.wait_for(PROMPT) == "\n%s\n" % TYPED + PROMPT, person.log)
    # Once it has been echoed: the console keeps what it has taken while a program runs.
    person.type("demo\r")
    check("a demonstration", "all as it should be" in person.wait_for(PROMPT), person.log)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("board")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--only-reset", action="store_true")
    options = parser.parse_args()
    # Lines of the log come at any time later than what they tell of.
    arguments = ["--preset", options.preset, "--board", options.board, "--append", "kernel.quiet"]
    # Skipped, or the command line that a person would get.
    machine.command(machine.parser("board.py", "").parse_args(arguments))
    person = terminal.Person(arguments)

    def body():
        boot(person, options.texts)
        type_at(person)
        person.type("reboot\r")
        boot(person, options.texts)
        # The machine's own account of itself, which ends with a reset that asks no service.
        person.type("selftest -r\r")
        log = person.wait_for(" checks, ") + person.wait_for(" failed")
        check("the self-test", log.endswith(" checks, 0 failed"), log)
        boot(person, options.texts)
        type_at(person)

    # Ctrl-A X is QEMU's own.
    return terminal.run(person, body, "\x01x" if options.only_reset else "poweroff\r")


if __name__ == "__main__":
    sys.exit(machine.main(main))
