// SPDX-License-Identifier: MIT
//
// ELF objects in memory, as a dynamic linker sees them: their symbols and their relocations.

#ifndef OBJECT_H
#define OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <elfload/elf64.h>

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

struct object {
    uintptr_t base;
    const char *strings;
    const struct symbol *symbols;
    const uint32_t *hash; // DT_GNU_HASH
    const struct elf64_rela *rela, *jumps;
    uint64_t rela_count, jump_count;
    const struct elf64_dyn *dynamic;
};

// Reads the dynamic section of the image whose ELF header is at `base`; false if it has none that
// could be used.
bool object_read(uintptr_t base, struct object *out);

// The address of a symbol that the object defines, or 0.
uintptr_t object_find(const struct object *object, const char *name);

// Applies the relocations of `object` with the symbols of the first of `scope` that has them.
// Returns NULL, or what could not be resolved.
const char *object_relocate(const struct object *object, const struct object *const *scope,
                            unsigned scope_count);

// The n-th DT_NEEDED name, or NULL behind the last.
const char *object_needed(const struct object *object, unsigned n);

#endif
