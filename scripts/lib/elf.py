# SPDX-License-Identifier: MIT
"""A small reader of 64-bit little-endian ELF files: sections, segments, symbols.

For scripts/symtab and scripts/symbolize, so that neither depends on the output of a tool.
"""

import struct
from collections import namedtuple

SHT_SYMTAB = 2
SHT_NOTE = 7
NT_GNU_BUILD_ID = 3
SHF_ALLOC = 2
SHF_EXECINSTR = 4
PT_LOAD = 1
STT_NOTYPE = 0
STT_FUNC = 2
STB_LOCAL = 0

Section = namedtuple("Section", "name type flags addr offset size link entsize")
Segment = namedtuple("Segment", "type flags offset vaddr filesz memsz")
Symbol = namedtuple("Symbol", "name value size type bind section")


class Elf:
    """An ELF file in memory. Raises ValueError for anything that is not one."""

    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        self.data = data
        (self.type, self.machine, _, self.entry, phoff, shoff, _, _, phentsize, phnum, shentsize,
         shnum, shstrndx) = struct.unpack_from("<HHIQQQIHHHHHH", data, 16)
        self.segments = []
        for i in range(phnum):
            kind, flags, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from(
                "<IIQQQQQQ", data, phoff + i * phentsize)
            self.segments.append(Segment(kind, flags, offset, vaddr, filesz, memsz))
        raw = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize) for i in range(shnum)]
        self.sections = []
        for name, kind, flags, addr, offset, size, link, _, _, entsize in raw:
            self.sections.append(Section(self._string(raw[shstrndx][4], name), kind, flags, addr,
                                         offset, size, link, entsize))

    def _string(self, table, index):
        end = self.data.index(b"\0", table + index)
        return self.data[table + index:end].decode("utf-8", "replace")

    @classmethod
    def read(cls, path):
        with open(path, "rb") as f:
            return cls(f.read())

    def symbols(self):
        """The symbols of .symtab, if the file has not been stripped."""
        result = []
        for section in self.sections:
            if section.type != SHT_SYMTAB:
                continue
            strings = self.sections[section.link].offset
            for at in range(section.offset, section.offset + section.size, section.entsize):
                name, info, _, index, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
                result.append(Symbol(self._string(strings, name), value, size, info & 15, info >> 4,
                                     index))
        return result

    def image_base(self):
        """Address of the first byte that is loaded."""
        return min(s.vaddr for s in self.segments if s.type == PT_LOAD and s.memsz)

    def functions(self):
        """(address, name) of everything callable, sorted; one name an address."""
        best = {}
        for symbol in self.symbols():
            if symbol.section == 0 or symbol.section >= len(self.sections):
                continue
            if not self.sections[symbol.section].flags & SHF_EXECINSTR:
                continue
            name = symbol.name
            # Mapping symbols ($x, $d), the compiler's labels, and plain labels inside assembly.
            if not name or name[0] in "$." or symbol.type not in (STT_NOTYPE, STT_FUNC):
                continue
            if symbol.type == STT_NOTYPE and symbol.bind == STB_LOCAL:
                continue
            rank = (symbol.type == STT_FUNC, symbol.bind != STB_LOCAL, symbol.size)
            if symbol.value not in best or rank > best[symbol.value][0]:
                best[symbol.value] = (rank, name)
        return sorted((address, name) for address, (_, name) in best.items())

    def build_id(self):
        """The linker's build id in hexadecimal, or None."""
        for section in self.sections:
            at, end = section.offset, section.offset + section.size
            while section.type == SHT_NOTE and at + 12 <= end:
                name, size, kind = struct.unpack_from("<III", self.data, at)
                data = at + 12 + (name + 3 & ~3)
                if kind == NT_GNU_BUILD_ID and self.data[at + 12:at + 12 + name] == b"GNU\0":
                    return self.data[data:data + size].hex()
                at = data + (size + 3 & ~3)
        return None

    def text_end(self):
        """First address behind the last executable section."""
        return max(s.addr + s.size for s in self.sections if s.flags & SHF_EXECINSTR)

    def file_offset(self, address, size):
        """Where in the file the loaded bytes [address, address + size) come from, or None."""
        for s in self.segments:
            if s.type == PT_LOAD and s.vaddr <= address and address + size <= s.vaddr + s.filesz:
                return s.offset + address - s.vaddr
        return None
