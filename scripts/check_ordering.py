#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks docs/ordering.md against the sources: every barrier, cache and TLB operation of the kernel
and the platform is listed there, in the row of its file and function, and nothing else is.

    check_ordering.py [ROOT]

Exits 0 if they agree; else prints each file that differs, with what is missing or too much.
"""

import collections
import os
import re
import sys

FOLDERS = ("kernel", "platform", "boards", "syscalls")
SKIPPED = ("platform/host/", "platform/arm64/include/arm64/sysreg.h")
C_CALL = re.compile(r"\b(dsb|dmb|isb)\((\w*)\)\s*;")
IN_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
ASM = re.compile(r"(?:^|[\s:;]|\\n\\t|\\t)(dsb|dmb|isb|tlbi|dc|ic)(?:[ \t]+([a-z][a-z0-9]*))?(?=$|[\s,;\\\"])")
FENCE = re.compile(r"\batomic_thread_fence\(")


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def operations(path):
    """Multiset of the operations in a source file."""
    with open(path, encoding="utf-8") as f:
        text = strip_comments(f.read())
    found = collections.Counter()
    if path.endswith(".S"):
        for line in text.split("\n"):
            for op, arg in ASM.findall(line):
                found[(op + " " + arg).strip()] += 1
        return found
    for op, arg in C_CALL.findall(text):
        found[(op + " " + arg).strip()] += 1
    for string in IN_STRING.findall(text):
        for op, arg in ASM.findall(string):
            if op in ("isb", "dsb", "dmb") or arg:
                found[(op + " " + arg).strip()] += 1
    # The macros' own definitions in headers are skipped by name; stand-alone fences are forbidden.
    found["fence"] += len(FENCE.findall(text))
    return +found


def listed(path):
    """Multiset of the operations in the page, by file."""
    rows = collections.defaultdict(collections.Counter)
    with open(path, encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) < 4 or "/" not in cells[0] or " " in cells[0]:
                continue
            for op in cells[2].split(","):
                if not op.strip().startswith("("):
                    rows[cells[0]][op.strip()] += 1
    return rows


def check(root):
    """What differs, a line a file."""
    rows = listed(os.path.join(root, "docs", "ordering.md"))
    files = {}
    for folder in FOLDERS:
        for base, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                relative = os.path.relpath(os.path.join(base, name), root)
                if name.endswith((".c", ".h", ".S")) and not relative.startswith(SKIPPED):
                    files[relative] = operations(os.path.join(base, name))
    differences = []
    for name in sorted(set(files) | set(rows)):
        code, page = files.get(name, collections.Counter()), rows[name]
        if code != page:
            differences.append("%s: in the code only: %s; in docs/ordering.md only: %s" %
                               (name, dict(code - page) or "nothing", dict(page - code) or "nothing"))
    return differences


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
    differences = check(root)
    print("\n".join(differences) or "docs/ordering.md agrees with the sources")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
