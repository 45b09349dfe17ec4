#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which functions of the C library end in ENOSYS: checks the list in docs/libc.md.

    check_libc.py            say what differs, and fail if anything does
    check_libc.py --write    put the right list into the page

The list comes from the sources: userspace/libc/**/sources.cmake say which calls are answered and which
of musl's files are not compiled; a file of musl that makes calls, none of which is answered, has
functions that fail. musl's source is the one that scripts/setup has fetched, or MUSL_SOURCE_DIR.
"""

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBC = os.path.join(ROOT, "userspace", "libc")
PAGE = os.path.join(ROOT, "docs", "libc.md")
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
MUSL = os.environ.get("MUSL_SOURCE_DIR") or os.path.join(CACHE, "jacinth", "musl")
BEGIN, END = "<!-- made by scripts/check_libc.py -->", "<!-- end of what is made -->"

# Names that musl's syscall.h gives to calls of this architecture.
ALIASES = {"fstatat": "newfstatat", "pread": "pread64", "pwrite": "pwrite64", "getdents": "getdents64",
           "fadvise": "fadvise64"}

# Calls that only finish what another one has begun.
HELPERS = {"fcntl", "close"}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def described():
    """(calls that are answered, musl's files that are not compiled)"""
    answered, replaced = set(), set()
    for path in glob.glob(os.path.join(LIBC, "src", "*", "sources.cmake")) + \
            [os.path.join(LIBC, "replaced.cmake")]:
        text = re.sub(r"#.*", "", read(path))
        answered |= set(re.findall(r'"([a-z0-9_]+) [0-6]"', text))
        replaced |= set(re.findall(r"^\s+(src/\S+)\s", text, re.M))
    return answered, replaced


def functions(text):
    """Public functions that a C file defines, by their definitions and aliases."""
    names = re.findall(r"^(?!static|weak_alias)[A-Za-z_][^;={}#\n]*?\b(\w+)\([^;{}#]*?\)\s*\{", text,
                       re.M)
    names += re.findall(r"^weak_alias\(\w+, (\w+)\)", text, re.M)
    return {name for name in names if not name.startswith("_")}


def missing_of_musl(answered, replaced):
    numbers = set(re.findall(r"__NR_(\w+)", read(os.path.join(
        MUSL, "arch", "aarch64", "bits", "syscall.h.in"))))
    found = set()
    for path in glob.glob(os.path.join(MUSL, "src", "*", "*.c")):
        if os.path.relpath(path, MUSL) in replaced:
            continue
        text = read(path)
        calls = set(re.findall(r"\bSYS_(\w+)", text))
        calls |= set(re.findall(r"\b_*socketcall(?:_cp)?\((\w+)", text))
        calls |= {"openat"} if re.search(r"\bsys_open(_cp)?\(", text) else set()
        calls = {ALIASES.get(call, call) for call in calls} & numbers - HELPERS
        if calls and not calls & answered:
            found |= functions(text)
    return found


def missing_of_ours():
    """Functions in the files whose business is that there is nothing."""
    found = set()
    for path in glob.glob(os.path.join(LIBC, "src", "*", "missing.c")):
        text = read(path)
        found |= set(re.findall(r"^MISSING\((\w+),", text, re.M))
        for match in re.finditer(r"^[a-z][^;={}#\n]*?\b(\w+)\([^;{}#]*?\)\s*\{(.*?)^\}", text,
                                 re.M | re.S):
            if "ENOSYS" in match.group(2):
                found.add(match.group(1))
    return {name for name in found if not name.startswith("_")}


def section():
    names = sorted(missing_of_musl(*described()) | missing_of_ours())
    lines, line = [], ""
    for name in names:
        word = "`%s`" % name
        if len(line) + len(word) > 108:
            lines.append(line.rstrip())
            line = ""
        line += word + " "
    return "\n".join([BEGIN, ""] + lines + [line.rstrip(), "", END])


def main():
    page = read(PAGE)
    right = page[:page.index(BEGIN)] + section() + page[page.index(END) + len(END):]
    if page == right:
        return 0
    if sys.argv[1:] == ["--write"]:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(right)
        return 0
    old, new = (set(re.findall(r"`(\w+)`", text[text.index(BEGIN):])) for text in (page, right))
    print("docs/libc.md: the list of functions that are missing is not what the sources say: "
          "new %s, gone %s; run scripts/check_libc.py --write" % (sorted(new - old), sorted(old - new)))
    return 1


if __name__ == "__main__":
    sys.exit(main())
