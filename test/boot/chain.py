#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots through a board's own firmware, from the card of scripts/image, to the shell and back off.

usage: chain.py PRESET [--say TEXT] ... [--reset] -- OPTIONS of scripts/run

The shell runs a command whose answer is looked for; then the machine powers off, or resets
(--reset), by itself: scripts/run ends with another status if it does not. Each TEXT has to be said
on the way. Ends with status 77 (skipped) where this computer lacks the firmware or the machine.
"""

import argparse
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import machine  # noqa: E402

COMMANDS = "sleep 0.1; demo; echo $((6 * 7)) is the answer"
ANSWERS = ("all as it should be\n", "42 is the answer\n")


def problems_of(done, texts):
    """What is wrong with a run that has ended."""
    found = ["not said: %r" % text for text in (*texts, *ANSWERS) if text not in done.stdout]
    if done.returncode:
        found.append("ended with status %d" % done.returncode)
    return found


def main():
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--say", action="append", default=[], metavar="TEXT")
    parser.add_argument("--reset", action="store_true")
    options = parser.parse_args(sys.argv[1:at])
    # SD cards are slow in QEMU, and silent while U-Boot reads them.
    command = [os.path.join(ROOT, "scripts", "run"), "--no-build", "--preset", options.preset,
               "--silence", "300", *sys.argv[at + 1:],
               "--cmd", COMMANDS + ("; reboot" if options.reset else "")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    done.stdout = done.stdout.decode("utf-8", "replace").replace("\r", "")
    if done.returncode == machine.SKIPPED:
        print(done.stdout, end="")
        return machine.SKIPPED
    found = problems_of(done, options.say)
    for problem in found:
        print("not ok - %s" % problem)
    if found:
        print("".join("# | %s\n" % line for line in done.stdout.splitlines()))
        return 1
    print("ok - %s" % " ".join(command[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
