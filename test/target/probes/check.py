# SPDX-License-Identifier: MIT
"""usage: check.py PRESET PROBE [--smp N]

Runs test/probe-PROBE and compares its lines with expected/PROBE.txt. differences.txt lists what may
differ: `PROBE REGEX` and, after ` # `, why. A listed line that does not differ is an error as well, so
that the list stays true.
"""

import difflib
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))


def allowed(probe):
    with open(os.path.join(HERE, "differences.txt"), encoding="ascii") as f:
        rows = (line.split(" # ")[0].split(None, 1) for line in f if not line.startswith("#"))
        return [row[1].strip() for row in rows if len(row) == 2 and row[0] == probe]


def main():
    preset, probe, more = sys.argv[1], sys.argv[2], sys.argv[3:]
    run = subprocess.run([os.path.join(ROOT, "scripts", "run"), "--no-build", "--preset", preset,
                          *more, "--program", "test/probe-" + probe, "--cmd", "true"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         errors="replace", check=False)
    if run.returncode != 0:
        sys.stdout.write(run.stdout + run.stderr)
        return 1
    lines = [line for line in run.stdout.splitlines() if line.startswith(probe + ".")]
    with open(os.path.join(HERE, "expected", probe + ".txt"), encoding="ascii") as f:
        expected = f.read().splitlines()
    patterns = {pattern: 0 for pattern in allowed(probe)}
    bad = []
    for line in difflib.unified_diff(expected, lines, "the reference", "here", lineterm="", n=0):
        if line.startswith(("---", "+++", "@@")):
            continue
        hits = [p for p in patterns if re.match(p, line[1:])]
        for pattern in hits:
            patterns[pattern] += 1
        if not hits:
            bad.append(line)
    unused = [p for p, count in patterns.items() if count == 0]
    for line in bad:
        print(line)
    for pattern in unused:
        print("differences.txt: nothing differs for %s %s" % (probe, pattern))
    print("%s: %d lines, %d differ unexpectedly" % (probe, len(lines), len(bad)))
    return 1 if bad or unused else 0


sys.exit(main())
