// SPDX-License-Identifier: MIT
//
// What the tests of loading share: an ELF file that is small and whole, and a launch that needs no
// ARM64 machine.

#ifndef LOADING_H
#define LOADING_H

#include <lab/lab.h>

#include <elfload/elf64.h>

#define PAGE 4096u

// The file: read-only bytes, code, data with zeros behind it, the name of a dynamic linker.
#define SAMPLE_SIZE      0x4000u
#define SAMPLE_TEXT      0x1000u // address and offset
#define SAMPLE_TEXT_SIZE 0x2000u
#define SAMPLE_ENTRY     0x1010u
#define SAMPLE_DATA      0x4010u // address
#define SAMPLE_DATA_AT   0x3010u // offset
#define SAMPLE_DATA_SIZE 0x100u
#define SAMPLE_ZEROS     0x2f00u // bytes behind the data
#define SAMPLE_NAME_AT   0x3800u
#define SAMPLE_SPAN      0x8000u

struct sample {
    struct elf64_header elf;
    struct elf64_phdr phdrs[5];
};

enum { SEG_RODATA, SEG_TEXT, SEG_DATA, SEG_STACK, SEG_INTERPRETER };

// The whole file, every byte a function of its place; with a PT_INTERP if `interpreter` is not
// NULL.
void sample_build(uint8_t file[SAMPLE_SIZE], const char *interpreter);

// The byte at an offset that sample_build() leaves to the pattern.
uint8_t sample_byte(size_t offset);

// Puts a file into a VMO; a status only for lack of memory.
zx_status_t sample_vmo(const uint8_t *file, size_t size, const char *name, zx_handle_t *out);

// What the scenario's process has: the laboratory looks at the kernel only, where the end of a
// process closes whatever it forgot.
struct possessions {
    uint64_t handles;
    uint64_t mapped; // bytes of address space
};

struct possessions possessions_count(void);

// Asserts that the process has as much as before.
void possessions_check(struct possessions before);

extern const struct CMUnitTest load_tests[], launch_tests[], service_tests[];
extern const size_t load_test_count, launch_test_count, service_test_count;

// xorshift64*, for mutations.
uint64_t next_random(uint64_t *state);

// Changes up to four places of the first `size` bytes.
void mutate_bytes(uint64_t *state, uint8_t *bytes, size_t size);

#endif
