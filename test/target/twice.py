#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: twice.py BUILD [REGEX]

Runs every case of ctest in the folder BUILD that boots with --icount, or those whose names match, twice,
and compares all that the two guests print, the log's time stamps too. With --icount they have to be the
same run: what differs knows something of the host (its time, its randomness, the order of its threads).
"""

import concurrent.futures
import difflib
import json
import os
import re
import subprocess
import sys


def cases(build, pattern):
    """(name, command) of the cases of ctest that are deterministic."""
    answer = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                            stdin=subprocess.DEVNULL, capture_output=True)
    return [(test["name"], test["command"]) for test in json.loads(answer.stdout)["tests"]
            if "--icount" in test.get("command", ()) and re.search(pattern, test["name"])]


def run(command):
    """Status and output lines of one run."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace").splitlines()


def compare(case):
    """What is wrong with a case, as lines."""
    (status, one), (again, two) = run(case[1]), run(case[1])
    if status or again:
        return ["ended with %d and %d" % (status, again), *one]
    return list(difflib.unified_diff(one, two, "one run", "another", lineterm="", n=1))


def main():
    build, pattern = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    found = cases(build, pattern)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for (name, _), problems in zip(found, pool.map(compare, found)):
            failed += bool(problems)
            print("%s %s" % ("not ok" if problems else "ok", name), flush=True)
            for line in problems:
                print("    " + line)
    print("%d cases twice, %d not the same" % (len(found), failed))
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
