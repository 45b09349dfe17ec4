#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When the last process has ended, the machine ends, and says why (spec 20 section 2.1).

usage: last.py PRESET
"""

import os
import subprocess
import sys

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "run")
REASON = "no job and no process is left: the machine halts"


def main():
    # Nobody asks for a status, so userboot does not stay to power off (`userboot.shutdown`).
    done = subprocess.run([RUN, "--no-build", "--preset", sys.argv[1], "--program", "test/last"],
                          stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
                          check=False)
    if done.returncode != 0 or done.stdout.count(REASON) != 1:
        print("not ok - status %d\n%s%s" % (done.returncode, done.stdout, done.stderr))
        return 1
    print("ok - " + REASON)
    return 0


if __name__ == "__main__":
    sys.exit(main())
