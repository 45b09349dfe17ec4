// SPDX-License-Identifier: MIT
//
// The parts of the ELF-64 object format that loading a program needs (System V ABI, chapters 4 and
// 5, and "ELF for the Arm 64-bit Architecture"). Layouts are little-endian, as on the target.

#ifndef ELFLOAD_ELF64_H
#define ELFLOAD_ELF64_H

#include <stdint.h>

#define ELF_IDENT_SIZE 16

struct elf64_header {
    uint8_t ident[ELF_IDENT_SIZE];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t phoff;
    uint64_t shoff;
    uint32_t flags;
    uint16_t ehsize;
    uint16_t phentsize;
    uint16_t phnum;
    uint16_t shentsize;
    uint16_t shnum;
    uint16_t shstrndx;
};

struct elf64_phdr {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t filesz;
    uint64_t memsz;
    uint64_t align;
};

struct elf64_dyn {
    int64_t tag;
    uint64_t value;
};

struct elf64_rela {
    uint64_t offset;
    uint64_t info;
    int64_t addend;
};

_Static_assert(sizeof(struct elf64_header) == 64, "ELF-64 file header");
_Static_assert(sizeof(struct elf64_phdr) == 56, "ELF-64 program header");
_Static_assert(sizeof(struct elf64_rela) == 24, "ELF-64 relocation with addend");

#define ELF_CLASS_64        2
#define ELF_DATA_LITTLE     1
#define ELF_VERSION_CURRENT 1
#define ELF_TYPE_DYN        3
#define ELF_MACHINE_AARCH64 183
#define ELF_PHNUM_EXTENDED  0xffff

enum {
    ELF_PT_LOAD = 1,
    ELF_PT_INTERP = 3,
    ELF_PT_GNU_STACK = 0x6474e551,
    ELF_PT_GNU_RELRO = 0x6474e552,
};
enum { ELF_PF_X = 1, ELF_PF_W = 2, ELF_PF_R = 4 };
enum { ELF_DT_NULL = 0, ELF_DT_RELA = 7, ELF_DT_RELASZ = 8 };

#define ELF_RELA_TYPE(info)    ((uint32_t)(info))
#define ELF_R_AARCH64_RELATIVE 1027u

#endif
