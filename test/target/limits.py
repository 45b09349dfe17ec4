#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`limit` and `ps -l` on the target: a bomb in a job with limits, and a shell that goes on.

limits.py PRESET, for ctest. The machine's own time, and no log on the console: the output is the same in
every run.
"""

import os
import re
import subprocess
import sys

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/run")

COMMANDS = [
    "limit --processes 1 sh -c '/boot/bin/true; echo status $?'",
    "limit --pages 500 sort /dev/zero 2>&1; echo sorted $?",
    "limit --processes 1 sh -c '/boot/bin/true; /boot/bin/true' 2>&1 | grep limit:",
    "limit --threads 3x true; echo usage $?",
    "limit --handles 500 true; echo true $?",
    "limit --processes 4 sh -c 'bomb() { bomb | bomb & }; while :; do bomb; done' 2>/dev/null &",
    "until line=$(ps -l | grep '4/4!'); do :; done; echo \"$line\"; set -- $line; job=$1",
    "limit --job $job --processes 6 --handles 2k; ps -l | grep -c '/2048 .*/6!* *limit$'",
    "limit --job $job --processes 3; until ps -l | grep '/3! '; do :; done",
    "limit --job $job --processes none true; echo usage $?; limit --job 1 --pages 5; echo nothing $?",
    "limit --job $job; echo changes $?; set -- $(ps | grep 'sbin/svc$'); limit --job $1 --pages 5; echo process $?",
    "seq 1 100 | grep -c 1",
    "kill %1; wait; echo gone",
    "while ps -l | grep -q '/3! '; do :; done; echo nothing is left",
    "true",
]

# What must be there, in this order.
EXPECTED = [
    r"^sh: /boot/bin/true: Resource temporarily unavailable$", r"^status 126$",
    r"^limit: --processes 1: more was refused once$",
    r"^limit: --pages 500: more was refused (once|\d+ times)$", r"^sorted [1-9]\d*$",
    r"^limit: --processes 1: more was refused 2 times$",
    r"^limit: --threads 3x: not a number$", r"^usage: limit ", r"^usage 2$",
    r"^true 0$",
    r"^ *\d+( +\S+){4} +4/4! +limit$", r"^1$", r"^ *\d+( +\S+){3} +\S+ +\d+/3! +limit$",
    r"^usage: limit ", r"^usage 2$", r"^limit: 1: no such task$", r"^nothing 1$",
    r"^usage: limit ", r"^changes 2$", r"^limit: \d+: not a job$", r"^process 1$",
    r"^20$", r"^gone$", r"^nothing is left$",
]


def main():
    done = subprocess.run([RUN, "--no-build", "--preset", sys.argv[1], "--icount", "--append", "kernel.quiet",
                           "--cmd", "; ".join(COMMANDS).replace("&; ", "& ")], stdin=subprocess.DEVNULL,
                          capture_output=True, encoding="utf-8", errors="replace", check=False)
    output, at = done.stdout.replace("\r", ""), 0
    for pattern in EXPECTED:
        found = re.compile(pattern, re.M).search(output, at)
        if not found:
            print("not ok - %s is missing in:\n%s%s" % (pattern, output, done.stderr))
            return 1
        at = found.end()
    return 0 if done.returncode == 0 else print("not ok - status %d" % done.returncode) or 1


if __name__ == "__main__":
    sys.exit(main())
