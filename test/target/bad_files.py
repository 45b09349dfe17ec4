#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with initrds and programs that cannot be used, and looks for the line that says so.

usage: bad_files.py PRESET [CASE]

Two kinds of cases. A bad initrd, or a bad first program, is refused by userboot: one line in the log,
and the machine powers off (userboot.shutdown). Bad programs that are run from the monitor are refused
one after the other, and the monitor lives on to say so.
"""

import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = os.path.join(ROOT, "scripts", "run")
PACK = os.path.join(ROOT, "scripts", "mkinitrd")

PT_LOAD, PT_INTERP, PT_NOTE = 1, 3, 4
PT_GNU_STACK = 0x6474e551


def patch(data, offset, kind, *values):
    changed = bytearray(data)
    struct.pack_into("<" + kind, changed, offset, *values)
    return bytes(changed)


def phdr_offset(data, index):
    phoff, = struct.unpack_from("<Q", data, 32)
    return phoff + 56 * index


def load_indices(data):
    count, = struct.unpack_from("<H", data, 56)
    return [i for i in range(count)
            if struct.unpack_from("<I", data, phdr_offset(data, i))[0] == PT_LOAD]


def with_header(data, kind, offset, filesz, memsz):
    """The program with this in place of a program header that is no PT_LOAD."""
    other = [i for i in range(struct.unpack_from("<H", data, 56)[0])
             if i not in load_indices(data)][0]
    return patch(data, phdr_offset(data, other), "IIQQQQQQ", kind, 4, offset, 0, 0, filesz, memsz, 1)


def with_interpreter(data, name):
    """The program with a PT_INTERP that holds these bytes, at the end of the file."""
    return with_header(data, PT_INTERP, len(data), len(name), len(name)) + name


def bad_programs(good):
    """name -> (contents, part of the reason that must be given)."""
    first, second = load_indices(good)[:2]
    at_first, at_second = phdr_offset(good, first), phdr_offset(good, second)
    return {
        "text": (b"#!/bin/sh\necho no ELF file at all, and longer than a header of one\n" * 2,
                 "not an ELF file"),
        "empty": (b"", "not an ELF file"),
        "machine": (patch(good, 18, "H", 62), "program for another machine"),
        "class": (patch(good, 4, "B", 1), "not a 64-bit ELF file"),
        "static": (patch(good, 16, "H", 2), "not a position-independent program"),
        "cut": (good[:len(good) // 8], "outside the file"),
        "overlap": (patch(good, at_second + 16, "Q",
                          struct.unpack_from("<Q", good, at_second + 16)[0] & 0xfff),
                    "overlap"),
        "overflow": (patch(good, at_second + 40, "Q", 2**64 - 4096), "out of range"),
        "wrap": (patch(good, at_second + 16, "Q",
                       2**64 - 4096 + (struct.unpack_from("<Q", good, at_second + 16)[0] & 0xfff)),
                 "out of range"),
        "offset": (patch(good, at_first + 8, "Q", 2**64 - 4096), "outside the file"),
        "phnum": (patch(good, 56, "H", 0xffff), "too many program headers"),
        "phoff": (patch(good, 32, "Q", 2**63), "program headers outside the file"),
        "entry": (patch(good, 24, "Q", 0x7fffffff0), "entry point outside the code"),
        "interp": (with_interpreter(good, b"ld.so.1\0"), "needs a dynamic linker (PT_INTERP)"),
        "interp-nul": (with_interpreter(good, b"ld.so.1"), "PT_INTERP without a NUL"),
        "interp-empty": (with_interpreter(good, b"\0"), "PT_INTERP without a name"),
        "interp-none": (with_interpreter(good, b""), "PT_INTERP without a name"),
        "interp-long": (with_interpreter(good, b"n" * 256 + b"\0"), "PT_INTERP too long"),
        "interp-far": (with_header(good, PT_INTERP, 2**64 - 8, 16, 16), "PT_INTERP outside the file"),
        "stack": (with_header(good, PT_GNU_STACK, 0, 0, 2**64 - 1), "too large a stack"),
        "nothing": (patch(patch(good, at_first, "I", PT_NOTE), at_second, "I", PT_NOTE),
                    "nothing to load"),
    }


class Lab:
    def __init__(self, preset, folder):
        self.preset = preset
        self.folder = folder
        self.build = os.path.join(ROOT, "build", preset)
        self.failures = 0

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o755)
        return path

    def built(self, name):
        with open(os.path.join(self.build, "gen", "initrd", "bin", name), "rb") as f:
            return f.read()

    def pack(self, name, files):
        """An initrd of {path: contents}; returns its bytes."""
        output = os.path.join(self.folder, name)
        arguments = ["%s=%s" % (path, self.file("%s-%d" % (name, i), data))
                     for i, (path, data) in enumerate(files.items())]
        subprocess.run([sys.executable, "-B", PACK, output, *arguments], check=True)
        with open(output, "rb") as f:
            return f.read()

    def boot(self, name, initrd, commands):
        """Boots; returns the exit status and the output."""
        path = self.file(name + ".cpio", initrd)
        command = [RUN, "--no-build", "--preset", self.preset, "--icount", "--smp", "1",
                   "--initrd", path,
                   "--program", "bin/mon", "--cmd", commands]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def expect(self, case, output, *texts):
        missing = [text for text in texts if text not in output]
        if not missing:
            print("ok - %s" % case)
            return
        self.failures += 1
        print("not ok - %s" % case)
        for text in missing:
            print("# not said: %s" % text)
        print("".join("# | %s\n" % line for line in output.splitlines()[-25:]))


def initrd_cases(lab):
    mon = lab.built("mon")
    good = lab.pack("good", {"bin/mon": mon, "zz/last": b"x" * 4000})
    cases = {
        "missing": (b"", "userboot: no initrd"),
        "zeros": (bytes(8192), "userboot: no initrd"),
        "compressed": (b"\x1f\x8b\x08" + bytes(range(256)) * 20, "userboot: the initrd is compressed"),
        "old cpio": (b"070707" + b"0" * 500, "userboot: the initrd is a cpio archive of another kind"),
        "no archive": (b"this is no archive " * 100, "userboot: the initrd is not a cpio archive"),
        "cut in the program": (good[:len(mon) // 2], "userboot: the initrd is cut short after"),
        "cut behind the program": (good[:-2048], "userboot: the initrd is cut short after"),
        "without the program": (lab.pack("other", {"bin/other": mon}),
                                "userboot: bin/mon: no such file in the initrd"),
        "program is text": (lab.pack("text", {"bin/mon": b"hello\n" * 40}),
                            "userboot: bin/mon: not an ELF file"),
        "linker is missing": (lab.pack("absent", {"bin/mon": with_interpreter(mon, b"ld.so.1\0")}),
                              "userboot: lib/ld.so.1: ZX_ERR_NOT_FOUND"),
        "linker is text": (lab.pack("textual", {"bin/mon": with_interpreter(mon, b"ld.so.1\0"),
                                                "lib/ld.so.1": b"hello\n" * 40}),
                           "userboot: bin/mon: not an ELF file"),
        "linker wants itself": (lab.pack("loop", {"bin/mon": with_interpreter(mon, b"ld.so.1\0"),
                                                  "lib/ld.so.1": with_interpreter(mon, b"ld.so.1\0")}),
                                "userboot: bin/mon: its dynamic linker needs a dynamic linker itself"),
        "linker outside of lib": (lab.pack("parent", {"bin/mon": with_interpreter(mon, b"../bin/mon\0")}),
                                  "userboot: lib/../bin/mon: ZX_ERR_INVALID_ARGS"),
    }
    for case, (initrd, text) in cases.items():
        status, output = lab.boot("case", initrd, "true")
        lab.expect("initrd: " + case, output, text)
        # Only the archive that is cut behind the program can still be used.
        usable = case == "cut behind the program"
        if (status == 0) != usable:
            lab.failures += 1
            print("not ok - initrd: %s: status %d" % (case, status))


def program_cases(lab):
    programs = bad_programs(lab.built("hello"))
    files = {"bin/mon": lab.built("mon"), "bin/hello": lab.built("hello")}
    files.update(("bin/bad-" + name, data) for name, (data, _) in programs.items())
    commands = "; ".join("run bad-%s" % name for name in programs)
    status, output = lab.boot("programs", lab.pack("programs", files),
                              commands + "; run absent; run bin; run ../mon; run hello a; echo alive")
    for name, (_, text) in programs.items():
        lines = [line for line in output.splitlines() if line.startswith("bin/bad-%s: " % name)]
        lab.expect("program: " + name, "\n".join(lines), text)
    lab.expect("program: absent", output, "bin/absent: no such file in the initrd")
    lab.expect("program: folder", output, "bin/bin: no such file in the initrd")
    lab.expect("program: parent", output, "../mon: not a path in the initrd")
    lab.expect("monitor lives on", output, "hello from user mode", "alive")
    if status != 0:
        lab.failures += 1
        print("not ok - status %d" % status)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    cases = {"initrds": initrd_cases, "programs": program_cases}
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(sys.argv[1], folder)
        for name in sys.argv[2:] or cases:
            cases[name](lab)
    return 1 if lab.failures else 0


sys.exit(main())
