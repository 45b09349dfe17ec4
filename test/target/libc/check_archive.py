#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No file of libc.a makes a system call by itself: those are the vDSO's.

    check_archive.py libc.a
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(HERE))),
                                "scripts", "lib"))
import elf  # noqa: E402


def members(path):
    """(name, bytes) of each object file in an archive."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:8] != b"!<arch>\n":
        raise ValueError("%s: not an archive" % path)
    names, at = b"", 8
    while at < len(data):
        name = data[at:at + 16].rstrip()
        size = int(data[at + 48:at + 58])
        content = data[at + 60:at + 60 + size]
        at += 60 + size + size % 2
        if name == b"//":
            names = content
        elif name != b"/":
            if name[:1] == b"/":
                start = int(name[1:])
                name = names[start:names.index(b"/\n", start)]
            yield name.rstrip(b"/").decode(), content


def main():
    count, bad = 0, []
    for name, content in members(sys.argv[1]):
        image = elf.Elf(content)
        count += 1
        for section in image.sections:
            if not section.flags & elf.SHF_EXECINSTR:
                continue
            code = content[section.offset:section.offset + (section.size & ~3)]
            for i, word in enumerate(struct.unpack("<%dI" % (len(code) // 4), code)):
                if word & 0xffe0001f == 0xd4000001:
                    bad.append("%s: svc at %s+%#x" % (name, section.name, i * 4))
    if count < 500:
        bad.append("only %d files" % count)
    print("\n".join(bad) or "%d files, no system call" % count)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
