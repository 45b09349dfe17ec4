# SPDX-License-Identifier: MIT
"""From places in programs to functions and source lines, for scripts/symbolize."""

import bisect
import os
import re
import shutil
import subprocess

from elf import Elf

NOT_LINKED = (".o", ".obj", ".a", ".cpio", ".bin", ".json", ".ninja", ".cmake", ".txt", ".c", ".h", ".d")


class Symbols:
    """Functions and lines of one ELF file."""

    def __init__(self, path):
        elf = Elf.read(path)
        self.base = elf.image_base()
        self.end = elf.text_end()
        self.functions = elf.functions()
        self.addr2line = self._start_addr2line(path)

    @staticmethod
    def _start_addr2line(path):
        """A running addr2line, or None: then there are functions but no lines."""
        for tool in ("aarch64-none-elf-addr2line", "aarch64-linux-gnu-addr2line"):
            if shutil.which(tool):
                return subprocess.Popen([tool, "-e", path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        return None

    def close(self):
        if self.addr2line:
            self.addr2line.stdin.close()
            self.addr2line.stdout.close()
            self.addr2line.wait()

    def line(self, address):
        """The source line at an address, or an empty string."""
        if not self.addr2line:
            return ""
        self.addr2line.stdin.write("0x%x\n" % address)
        self.addr2line.stdin.flush()
        place = self.addr2line.stdout.readline().strip().split(" ")[0]
        return "" if "?" in place else re.sub(r"^(\.\.?/)+", "", place)

    def explain(self, offset, is_return):
        """'function+0x10 (file.c:12)' for an offset into the image, or None."""
        address = self.base + offset
        # A call that does not return may be its function's last instruction.
        inside = address - 4 if is_return else address
        if not self.functions or not self.functions[0][0] <= inside < self.end:
            return None
        index = bisect.bisect_right(self.functions, (inside, "\uffff")) - 1
        start, name = self.functions[index]
        place = self.line(inside) or self.line(address - 4)
        return "%s+0x%x%s" % (name, address - start, " (%s)" % place if place else "")


def programs_of(folder):
    """{build id: path} of the linked files with symbols in a build folder."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = os.path.join(place, name)
            if name.endswith(NOT_LINKED) or os.path.islink(path):
                continue
            build_id = build_id_of(path)
            if build_id:
                found.setdefault(build_id, path)
    return found


def build_id_of(path):
    """The build id of an ELF file that has symbols, in hexadecimal; or None."""
    try:
        with open(path, "rb") as f:
            if f.read(4) != b"\x7fELF":
                return None
        elf = Elf.read(path)
    except (OSError, ValueError):
        return None
    return elf.build_id() if elf.functions() else None
