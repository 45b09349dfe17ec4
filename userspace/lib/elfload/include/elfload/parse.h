// SPDX-License-Identifier: MIT
//
// Reading and judging the headers of an ELF program. Pure functions over buffers: no system calls,
// no allocation, no state. The file is not trusted: what elfload_parse() lets through can be mapped
// by elfload/load.h without further checks of the numbers.

#ifndef ELFLOAD_PARSE_H
#define ELFLOAD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfload/elf64.h>
#include <zircon/types.h>

// The status for every malformed or foreign file: what loaders of this ABI have always returned.
#define ELFLOAD_BAD_FORMAT ZX_ERR_NOT_FOUND

// Limits of this loader. Real programs have about ten program headers, four of them PT_LOAD.
#define ELFLOAD_MAX_PHDRS       64u
#define ELFLOAD_MAX_SEGMENTS    16u
#define ELFLOAD_MAX_SPAN        (UINT64_C(1) << 46) // bytes of addresses, a quarter of what there is
#define ELFLOAD_MAX_STACK       (UINT64_C(1) << 30)
#define ELFLOAD_DEFAULT_STACK   (UINT64_C(256) << 10)
#define ELFLOAD_MAX_INTERPRETER 256u // bytes of the dynamic linker's name, with its NUL

// Where the program headers are, from the file header.
struct elfload_header {
    uint64_t entry;
    uint64_t phdr_offset; // bytes from the start of the file
    uint32_t phdr_count;  // 1 .. ELFLOAD_MAX_PHDRS
};

// One PT_LOAD. `vaddr` and `file_offset` are equal modulo the page size; file_size <= mem_size;
// [file_offset, file_offset + file_size) is inside the file; mem_size is not 0.
struct elfload_segment {
    uint64_t vaddr;
    uint64_t file_offset;
    uint64_t file_size;
    uint64_t mem_size;
    uint32_t flags; // ELF_PF_*
};

// A whole program. Segments ascend by address and no two touch the same page.
struct elfload_image {
    uint64_t entry;      // address before relocation; 0 or inside an executable segment
    uint64_t span_start; // page-aligned address of the first segment
    uint64_t span_size;  // page-aligned, to the end of the last segment
    uint64_t stack_size; // page-aligned, never 0
    bool has_interpreter;
    uint32_t interpreter_size;   // with one: 1 .. ELFLOAD_MAX_INTERPRETER bytes of the file
    uint64_t interpreter_offset; // from here, not yet known to be a name
    uint32_t segment_count;
    struct elfload_segment segments[ELFLOAD_MAX_SEGMENTS];
};

// Judges the file header. `bytes` are the first `size` bytes of a file of `file_size` bytes.
// ELFLOAD_BAD_FORMAT: not a program for this machine; *out_reason then says why, in a few words
// that continue "PROGRAM: ".
zx_status_t elfload_parse_header(const void *bytes, size_t size, uint64_t file_size,
                                 struct elfload_header *out, const char **out_reason);

// Judges the program headers. `phdrs` are header->phdr_count of them (8-byte aligned), as read from
// the place that the header names. Errors as above.
zx_status_t elfload_parse_segments(const struct elfload_header *header,
                                   const struct elf64_phdr *phdrs, uint64_t file_size,
                                   struct elfload_image *out, const char **out_reason);

// Judges what PT_INTERP holds: `size` bytes (not 0) that must be the NUL-terminated name of a
// dynamic linker. Errors as above.
zx_status_t elfload_check_interpreter(const char *name, size_t size, const char **out_reason);

#endif
