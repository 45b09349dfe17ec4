#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A board whose watchdog is fed (jacinth.watchdog): it stays up, and one that hangs starts anew.

usage: watchdog.py PRESET BOARD

Time is the guest's (--icount): how fast this computer is has no say in what happens. Skipped where scripts/run would
be.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test", "target"), os.path.join(ROOT, "scripts", "lib")]
import machine  # noqa: E402
import recipes  # noqa: E402
import terminal  # noqa: E402
from terminal import BANNER, PROMPT, check  # noqa: E402

SECONDS = recipes.WATCHDOG_SECONDS  # as the cards of boards have it
TOO_LONG, LONGEST = 500, 128  # of drivers/watchdog/imx.c


def longest(preset, board):
    """A board whose watchdog has no time as long as it is told to have is fed with the longest that there is."""
    done = subprocess.run(
        [os.path.join(ROOT, "scripts", "run"), "--no-build", "--preset", preset, "--board", board, "--icount",
         "--append", "kernel.quiet jacinth.watchdog=%d" % TOO_LONG,
         "--cmd", "until dmesg | grep 'watchdog0 is fed'; do sleep 1; done; reboot"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    check("the longest time instead of a longer one", "watchdog0 is fed: %d s" % LONGEST in text, text)


def main():
    preset, board = sys.argv[1:]
    # A panic would reboot by itself: here it leaves that to the watchdog.
    arguments = ["--preset", preset, "--board", board, "--tests", "--icount", "--append",
                 recipes.with_watchdog("kernel.quiet kernel.halt-on-panic")]
    machine.command(machine.parser("watchdog.py", "").parse_args(arguments))
    person = terminal.Person(arguments)

    def say(command):
        return terminal.say(person, command)

    def armed():
        say("until dmesg | grep -q 'watchdog0 is fed'; do sleep 1; done")

    def reset(what):
        check("it starts anew: %s" % what, BANNER in person.wait_for(PROMPT), person.log)

    def body():
        longest(preset, board)
        person.wait_for(PROMPT)
        armed()
        check("lsdev knows it", "watchdog0" in say("lsdev"), person.log)
        say("sleep %d" % (10 * SECONDS))
        say("lsdev -r watchdog0; sleep %d" % (3 * SECONDS))
        person.type("/boot/test/driver/hang sbin/svc\r")
        reset("nobody feeds")
        check("the end of its log is there",
              "told" in say("dmesg --last | grep 'watchdog0 is fed' && echo to''ld"), person.log)
        check("without a panic", "told" not in say("dmesg --last | grep -q PANIC && echo to''ld"), person.log)
        armed()
        person.type("/boot/test/driver/hang watchdog\r")
        reset("its driver hangs, and nothing feeds it instead")
        armed()
        person.type("kernel crash panic\r")
        while "end of panic report" not in person.seen:
            if not person.read(terminal.PATIENCE):
                raise AssertionError("no report of the panic")
        person.seen = person.seen.split("end of panic report", 1)[1]
        reset("the kernel has panicked, and halts")
        check("what it said is there still",
              "told" in say("dmesg --last | grep -q 'PANIC: asked for' && echo to''ld"), person.log)

    return terminal.run(person, body, "\x01x")


if __name__ == "__main__":
    sys.exit(machine.main(main))
