#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps the table of lock classes in kernel/LOCKING.md true.

usage: check_locks.py [--update] [--root FOLDER]

Without options: compares the table with the LOCK_CLASS and LOCK_CLASS_PUBLIC declarations of the
tree and says what differs; the exit status is 1 then. --update rewrites the table. The column
"protects" is written by hand: it is kept for each class, and an empty one is an error.
"""

import argparse
import os
import re
import sys

FOLDERS = ("kernel", "syscalls", "platform", "boards")
RANKS = "kernel/hal/include/hal/lock_class.h"
PAGE = "kernel/LOCKING.md"
BEGIN = "<!-- lock classes: written by scripts/check_locks.py --update -->"
END = "<!-- end of lock classes -->"
MISSING = "?"

KINDS = {
    "LOCK_MUTEX": ("mutex", "no-fault copies only"),
    "LOCK_SPIN": ("spin, preemption off", "never"),
    "LOCK_SPIN_IRQ": ("spin, interrupts off", "never"),
}
HEAD = ("rank", "class", "kind", "user copy under it", "protects", "declared in")

RANK_LINE = re.compile(r"^\s*(RANK_\w+)\s*=\s*(\d+)\s*,", re.M)
CLASS = re.compile(r"^(?!\s*(?://|#|\*))\s*LOCK_CLASS(?:_PUBLIC)?\(\s*(\w+)\s*,\s*(\w+)\s*,"
                   r"\s*(\w+)\s*\)\s*;", re.M)


class Problem(Exception):
    """Something that a person has to put right."""


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def ranks(root):
    """Name -> number of every rank; they must rise in the order in which they are written."""
    found = [(name, int(number)) for name, number in RANK_LINE.findall(read(root, RANKS))]
    if not found:
        raise Problem("%s: no ranks found" % RANKS)
    for (a, x), (b, y) in zip(found, found[1:]):
        if x >= y:
            raise Problem("%s: %s does not rise above %s" % (RANKS, b, a))
    return dict(found)


def classes(root, known):
    """(rank number, rank, class, kind, path) of every declaration, in order of rank and name."""
    found = {}
    for folder in FOLDERS:
        for place, folders, names in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(names):
                if not name.endswith((".c", ".h")):
                    continue
                path = os.path.relpath(os.path.join(place, name), root)
                for ident, rank, kind in CLASS.findall(read(root, path)):
                    if rank not in known:
                        raise Problem("%s: %s has the unknown rank %s" % (path, ident, rank))
                    if kind not in KINDS:
                        raise Problem("%s: %s has the unknown kind %s" % (path, ident, kind))
                    if ident in found:
                        raise Problem("%s: %s is declared in %s too" % (path, ident,
                                                                         found[ident][4]))
                    found[ident] = (known[rank], rank, ident, kind, path)
    return sorted(found.values())


def rows_of(table):
    """The cells of each row of a table of the page, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def make_table(found, protects):
    """The table's text. The order of locks of one rank is the alphabet's."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for number, rank, ident, kind, path in found:
        name, copy = KINDS[kind]
        lines.append("| %d %s | `%s` | %s | %s | %s | `%s` |" % (
            number, rank[len("RANK_"):].lower().replace("_", " "), ident, name, copy,
            protects.get(ident, MISSING), path))
    return "\n".join(lines) + "\n"


def split_page(text):
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise Problem("%s: the marks around the table are missing" % PAGE)
    begin += len(BEGIN)
    return text[:begin] + "\n\n", text[begin:end], "\n" + text[end:]


def run(root, update):
    """Returns the list of complaints; rewrites the page if `update`."""
    found = classes(root, ranks(root))
    before, table, after = split_page(read(root, PAGE))
    protects = {row[1].strip("`"): row[4] for row in rows_of(table) if len(row) == len(HEAD)}
    fresh = make_table(found, protects)
    complaints = []
    if update:
        with open(os.path.join(root, PAGE), "w", encoding="utf-8") as f:
            f.write(before + fresh + after)
    elif table.strip() != fresh.strip():
        old, new = set(table.strip().splitlines()), set(fresh.strip().splitlines())
        complaints.append("%s is out of date; run scripts/check_locks.py --update" % PAGE)
        complaints += ["  gone: " + line for line in sorted(old - new)]
        complaints += ["  new:  " + line for line in sorted(new - old)]
    for row in rows_of(fresh):
        if row[4] in ("", MISSING):
            complaints.append("%s: say what %s protects" % (PAGE, row[1]))
    return complaints


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="rewrite the table")
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))), help="the source tree")
    args = parser.parse_args(argv)
    try:
        complaints = run(args.root, args.update)
    except Problem as problem:
        complaints = [str(problem)]
    for line in complaints:
        print(line, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
