#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with initrds that are damaged, and looks for the line that says so.

usage: bad_initrd.py PRESET [--random COUNT] [--seed N] [--only TEXT]

test/target/bad_files.py has the kinds of files that people hand in by mistake, and bad programs.
Here are archives and first programs that are wrong byte by byte. With --random, that many archives
with random changes: the machine may live, or refuse, or see its first program die, each in words.
"""

import argparse
import random
import struct
import sys

import guest
from devicetree import longs
from guest import CANNOT_BOOT, INITRD_AT, PANIC

MIB = 1 << 20
CASES = []
HEADER_BYTES = 110


def entry(name, data=b"", mode=0o100755, magic=b"070701", **fields):
    """A member of an archive; `fields` override the header's."""
    header = dict(ino=1, mode=mode, uid=0, gid=0, nlink=1, mtime=0, filesize=len(data), devmajor=0,
                  devminor=0, rdevmajor=0, rdevminor=0, namesize=len(name) + 1, check=0)
    header.update(fields)
    head = magic + b"".join(b"%08X" % value for value in header.values()) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


TRAILER = entry("TRAILER!!!", mode=0)


def program(build):
    with open(build.path + "/gen/initrd/bin/mon", "rb") as f:
        return f.read()


def result_problems(result, kind, texts):
    problems = ["not said: " + text for text in texts if text not in result.output]
    if PANIC in result.output:
        problems.append("the kernel panicked")
    lives = result.status == 0 and "\nalive\n" in result.output
    if kind == "lives" and not lives:
        problems.append("the monitor did not run its commands")
    if kind == "refused" and (lives or result.ended != "off"):
        problems.append("ended by '%s', status %s" % (result.ended, result.status))
    if kind == "stops" and result.ended != "stopped":
        problems.append("ended by '%s'" % result.ended)
    return problems


def case(name, kind, *texts, more=""):
    """Registers a case. The function gets the monitor's file and returns the archive."""
    def register(make):
        def run(build):
            loader = guest.Loader(build, "initrd " + name)
            loader.more_arguments = more
            loader.initrd = make(program(build))
            loader.describe()
            result = loader.run()
            return result, result_problems(result, kind, texts)
        CASES.append((name, run))
        return make
    return register


# Behind the archive the last page is zeros: a cut in a header looks like another kind of damage.
CUT = "userboot: the initrd is cut short after"
DAMAGED = "userboot: the initrd is c"
CORRUPT = "userboot: the initrd is corrupt after"


@case("as it should be", "lives")
def _(mon):
    return entry("bin", mode=0o040755) + entry("bin/mon", mon) + TRAILER


@case("one byte", "refused", "userboot: the initrd is not a cpio archive")
def _(mon):
    return b"0"


@case("nothing but a magic number", "refused", DAMAGED, " after 0 entries")
def _(mon):
    return b"070701"


@case("cut in the first header", "refused", DAMAGED, " after 0 entries")
def _(mon):
    return entry("bin/mon", mon)[:HEADER_BYTES - 1]


@case("cut in the first name", "refused", DAMAGED, " after 0 entries")
def _(mon):
    return entry("bin/mon", mon)[:HEADER_BYTES + 4]


@case("cut in the first data", "refused", CUT + " 0 entries")
def _(mon):
    return entry("bin/mon", mon)[:HEADER_BYTES + 2000]


@case("cut in the last header", "lives", DAMAGED, " after 1 entries")
def _(mon):
    return entry("bin/mon", mon) + TRAILER[:50]


@case("without its end", "lives", "userboot: the initrd is ")
def _(mon):
    return entry("bin/mon", mon)


@case("only its end", "refused", "bin/mon: no such file in the initrd")
def _(mon):
    return TRAILER


@case("more behind its end", "lives")
def _(mon):
    return entry("bin/mon", mon) + TRAILER + b"\xff" * 5000


@case("a header with letters for digits", "refused", CORRUPT + " 0 entries")
def _(mon):
    bad = bytearray(entry("bin/mon", mon) + TRAILER)
    bad[54:62] = b"0000zz00"
    return bytes(bad)


@case("a size of 4 GiB", "refused", "userboot: the initrd is c")
def _(mon):
    return entry("bin/mon", mon, filesize=0xffffffff) + TRAILER


@case("a name of 4 GiB", "refused", "userboot: the initrd is c")
def _(mon):
    return entry("bin/mon", mon, namesize=0xffffffff) + TRAILER


@case("a name of no bytes", "refused", CORRUPT + " 0 entries")
def _(mon):
    return entry("bin/mon", mon, namesize=0) + TRAILER


@case("a name without its end", "refused", CORRUPT + " 0 entries")
def _(mon):
    return entry("bin/mon", mon, namesize=7) + TRAILER


@case("another magic number in the middle", "lives", CORRUPT + " 1 entries")
def _(mon):
    return entry("bin/mon", mon) + entry("x", b"y", magic=b"070703") + TRAILER


@case("sums (newc with checks)", "lives")
def _(mon):
    return entry("bin/mon", mon, magic=b"070702") + TRAILER


@case("the program twice", "lives")
def _(mon):
    return entry("bin/mon", mon) + entry("bin/mon", mon) + TRAILER


@case("the program is a folder", "refused", "userboot: bin/mon: ")
def _(mon):
    return entry("bin/mon", mode=0o040755) + TRAILER


@case("the program is a link", "refused", "userboot: bin/mon: ")
def _(mon):
    return entry("bin/mon", b"bin/other", mode=0o120777) + entry("bin/other", mon) + TRAILER


@case("names that lead out", "lives", "entries with '..' in their names")
def _(mon):
    return entry("../bin/mon", b"text") + entry("bin/mon", mon) + TRAILER


@case("names with a leading ./ and /", "lives")
def _(mon):
    return entry(".", mode=0o040755) + entry("./bin/mon", mon) + entry("/etc/x", b"y") + TRAILER


@case("ten thousand files", "lives")
def _(mon):
    return b"".join(entry("f%d" % i, b"x") for i in range(10000)) + entry("bin/mon", mon) + TRAILER


@case("another program asked for", "refused", "userboot: bin/nothing: no such file in the initrd",
      more="userboot=bin/nothing")
def _(mon):
    return entry("bin/mon", mon) + TRAILER


@case("an absolute path asked for", "refused", "userboot: /bin/mon: not a path in the initrd",
      more="userboot=/bin/mon")
def _(mon):
    return entry("bin/mon", mon) + TRAILER


@case("a path that leads out asked for", "refused", "userboot: ../bin/mon: ",
      more="userboot=../bin/mon")
def _(mon):
    return entry("bin/mon", mon) + TRAILER


def patched(mon, offset, kind, value):
    changed = bytearray(mon)
    struct.pack_into("<" + kind, changed, offset, value)
    return entry("bin/mon", bytes(changed)) + TRAILER


@case("entry at NULL", "refused", "killed: nothing mapped at 0", "userboot: bin/mon has ended")
def _(mon):
    return patched(mon, 24, "Q", 0)


def entry_offset(mon):
    """Where in the file the first instruction is."""
    start, phoff = struct.unpack_from("<2Q", mon, 24)
    count, = struct.unpack_from("<H", mon, 56)
    for i in range(count):
        kind, _, offset, address, _, size, _, _ = struct.unpack_from("<2I6Q", mon, phoff + 56 * i)
        if kind == 1 and address <= start < address + size:
            return offset + start - address
    raise ValueError("no entry")


@case("a program that jumps to NULL", "refused", "killed: nothing mapped at 0",
      "userboot: bin/mon has ended")
def _(mon):
    return patched(mon, entry_offset(mon), "Q", 0xd61f0200d2800010)  # mov x16, #0; br x16


@case("a program that is no code", "refused", "undefined instruction",
      "userboot: bin/mon has ended")
def _(mon):
    return patched(mon, entry_offset(mon), "Q", 0)


@case("a program with its own svc", "refused", "userboot: bin/mon has ended")
def _(mon):
    return patched(mon, entry_offset(mon), "Q", 0xd4000001d2800010)  # mov x16, #0; svc #0


def too_large(build):
    """An initrd of which there is no room for a copy."""
    loader = guest.Loader(build, "initrd too large")
    loader.describe()
    loader.chosen().props["linux,initrd-end"] = longs(INITRD_AT + 150 * MIB)
    loader.tree_at = INITRD_AT - MIB
    result = loader.run()
    return result, result_problems(result, "stops", (CANNOT_BOOT + "only ",))


def random_case(seed):
    def run(build):
        dice = random.Random(seed)
        mon = program(build)
        good = entry("bin", mode=0o040755) + entry("bin/mon", mon) + TRAILER
        loader = guest.Loader(build, "initrd-%d" % seed)
        changed = bytearray(good)
        start = good.index(b"\x7fELF")
        # Headers of the archive, of the program, and anything.
        for _ in range(dice.choice((1, 1, 2, 4))):
            low, high = dice.choice(((0, start), (start, start + 64 + 56 * 8), (0, len(good))))
            at = dice.randrange(low, high)
            changed[at] = dice.choice((0, 0xff, 0x30, changed[at] ^ 1 << dice.randrange(8),
                                       dice.randrange(256)))
        if dice.random() < 0.2:
            del changed[dice.randrange(len(changed)):]
        loader.initrd = bytes(changed) or b"\0"
        loader.describe()
        result = loader.run((guest.PROMPTS,))
        problems = []
        if PANIC in result.output:
            problems.append("the kernel panicked")
        # A monitor with a wrong bit may do anything, but for harm to the machine.
        if changed[start:start + len(mon)] == mon:
            if result.ended == "hang":
                problems.append("a hang")
            if (result.ended == "off" and result.status is None and
                    "userboot: " not in result.output):
                problems.append("no word why")
        return result, problems
    return "random bytes, seed %d" % seed, run


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--random", type=int, default=0, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first random case")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has this text")
    options = parser.parse_args()
    cases = CASES + [("too large", too_large)]
    if options.random:
        cases = [random_case(options.seed + i) for i in range(options.random)]
    return guest.run_all(options.preset, cases, options.only)


if __name__ == "__main__":
    sys.exit(main())
