#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves that the laboratory finds classic bugs.

usage: run.py [--source TREE] [--work FOLDER] [--list] [NAME ...]

Each NAME.mutant beside this script brings one bug back:

    # what it is
    file: path in the tree
    target: test program (a ninja target of the host preset)
    args: its arguments
    --- find
    text that occurs exactly once in the file
    --- replace
    what it becomes

For each, the file is changed in a copy of the tree, the target is built there and run; it must fail
within LIMIT seconds. A mutant whose text is no longer found is an error: mend it with the code.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import time

LIMIT = 600  # seconds until a mutant counts as not found: a slow host takes its time
QUICK = ["--seeds", "30"]  # for the look that the tests pass without mutants


def parse(path):
    """The parts of a mutant file as a dictionary."""
    head, _, rest = path.read_text().partition("--- find\n")
    find, _, replace = rest.partition("--- replace\n")
    mutant = {"name": path.stem, "find": find, "replace": replace}
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            mutant[key.strip()] = value.strip()
    mutant["what"] = " ".join(l[1:].strip() for l in head.splitlines() if l.startswith("#"))
    return mutant


def copy_tree(source, target):
    """Makes target what git sees of source; keeps time stamps, so that a second run builds little."""
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=source, check=True,
                           capture_output=True, text=True).stdout.split("\n")
    wanted = {target / name for name in files if name}
    for old in [p for p in target.rglob("*") if p.is_file() and p not in wanted]:
        old.unlink()
    for name in filter(None, files):
        a, b = source / name, target / name
        if not a.is_file():
            continue
        if b.exists() and b.read_bytes() == a.read_bytes():
            continue
        b.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(a, b)


def build(work, target):
    return subprocess.run(["ninja", "-C", str(work / "build"), target], capture_output=True, text=True)


def program(work, target):
    return next(p for p in (work / "build").rglob(target) if p.is_file())


def try_mutant(mutant, work):
    """True if the mutant was found. Prints one line."""
    path = work / "src" / mutant["file"]
    original = path.read_text()
    if original.count(mutant["find"]) != 1:
        print(f"not ok {mutant['name']}: its text occurs {original.count(mutant['find'])} times in "
              f"{mutant['file']}")
        return False
    try:
        path.write_text(original.replace(mutant["find"], mutant["replace"]))
        built = build(work, mutant["target"])
        if built.returncode != 0:
            print(f"not ok {mutant['name']}: does not build\n{built.stdout[-3000:]}")
            return False
        begin = time.monotonic()
        command = [str(program(work, mutant["target"]))] + mutant.get("args", "").split()
        try:
            found = subprocess.run(command, capture_output=True, timeout=LIMIT).returncode != 0
        except subprocess.TimeoutExpired:
            found = False
        seconds = time.monotonic() - begin
        print(f"{'ok' if found else 'not ok'} {mutant['name']}: "
              f"{'found' if found else 'NOT FOUND'} after {seconds:.1f} s", flush=True)
        return found
    finally:
        path.write_text(original)


def main():
    here = pathlib.Path(__file__).resolve().parent
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--source", type=pathlib.Path, default=here.parent.parent)
    options.add_argument("--work", type=pathlib.Path)
    options.add_argument("--list", action="store_true")
    options.add_argument("names", nargs="*")
    args = options.parse_args()
    mutants = [parse(p) for p in sorted(here.glob("*.mutant"))]
    if args.names:
        mutants = [m for m in mutants if m["name"] in args.names]
    if args.list:
        for m in mutants:
            print(f"{m['name']:28} {m['what']}")
        return 0
    work = (args.work or args.source / "build" / "mutants").resolve()
    copy_tree(args.source.resolve(), work / "src")
    # -w: mutated code may well leave something unused.
    subprocess.run(["cmake", "--preset", "host", "-B", str(work / "build"), "-DCMAKE_C_FLAGS=-w"],
                   cwd=work / "src", check=True, capture_output=True)
    for target in sorted({m["target"] for m in mutants}):
        built = build(work, target)
        if built.returncode != 0:
            print(built.stdout[-3000:], built.stderr[-3000:])
            return 1
    for target, arguments in sorted({(m["target"], m.get("args", "")) for m in mutants}):
        if subprocess.run([str(program(work, target))] + arguments.split() + QUICK,
                          capture_output=True).returncode != 0:
            print(f"not ok: {target} {arguments} fails without any mutant")
            return 1
    found = sum(try_mutant(m, work) for m in mutants)
    print(f"{found} of {len(mutants)} mutants found")
    return 0 if found == len(mutants) and mutants else 1


if __name__ == "__main__":
    sys.exit(main())
