// SPDX-License-Identifier: MIT
//
// ELF objects in memory; the interface is in object.h. The objects are the test's own: they are not
// checked beyond what the test needs. No state.

#include "object.h"

#include <minilib/string.h>

enum {
    DT_NEEDED = 1,
    DT_PLTRELSZ = 2,
    DT_STRTAB = 5,
    DT_SYMTAB = 6,
    DT_JMPREL = 23,
    DT_GNU_HASH = 0x6ffffef5,
};

enum {
    R_AARCH64_ABS64 = 257,
    R_AARCH64_GLOB_DAT = 1025,
    R_AARCH64_JUMP_SLOT = 1026,
};

#define PT_DYNAMIC 2u
#define STB_WEAK   2u

bool object_read(uintptr_t base, struct object *out)
{
    const struct elf64_header *header = (const struct elf64_header *)base;
    const struct elf64_phdr *phdr = (const struct elf64_phdr *)(base + header->phoff);

    *out = (struct object){.base = base};
    for (unsigned i = 0; i < header->phnum; i++) {
        if (phdr[i].type == PT_DYNAMIC) {
            out->dynamic = (const struct elf64_dyn *)(base + phdr[i].vaddr);
        }
    }
    for (const struct elf64_dyn *dyn = out->dynamic; dyn != NULL && dyn->tag != ELF_DT_NULL;
         dyn++) {
        uintptr_t address = base + dyn->value;

        switch (dyn->tag) {
        case DT_STRTAB: out->strings = (const char *)address; break;
        case DT_SYMTAB: out->symbols = (const struct symbol *)address; break;
        case DT_GNU_HASH: out->hash = (const uint32_t *)address; break;
        case ELF_DT_RELA: out->rela = (const struct elf64_rela *)address; break;
        case ELF_DT_RELASZ: out->rela_count = dyn->value / sizeof(*out->rela); break;
        case DT_JMPREL: out->jumps = (const struct elf64_rela *)address; break;
        case DT_PLTRELSZ: out->jump_count = dyn->value / sizeof(*out->jumps); break;
        default: break;
        }
    }
    return out->strings != NULL && out->symbols != NULL && out->hash != NULL;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name != '\0'; name++) {
        hash = hash * 33 + (uint8_t)*name;
    }
    return hash;
}

uintptr_t object_find(const struct object *object, const char *name)
{
    uint32_t bucket_count = object->hash[0], first = object->hash[1];
    const uint32_t *buckets = object->hash + 4 + 2 * object->hash[2];
    const uint32_t *chains = buckets + bucket_count;
    uint32_t hash = hash_of(name), index = buckets[hash % bucket_count];

    if (index == 0) {
        return 0;
    }
    for (;; index++) {
        const struct symbol *symbol = &object->symbols[index];
        uint32_t entry = chains[index - first];

        if ((entry | 1) == (hash | 1) && symbol->section != 0 &&
            strcmp(object->strings + symbol->name, name) == 0) {
            return object->base + symbol->value;
        }
        if (entry & 1) {
            return 0;
        }
    }
}

static uintptr_t resolve(const char *name, const struct object *const *scope, unsigned scope_count)
{
    for (unsigned i = 0; i < scope_count; i++) {
        uintptr_t address = object_find(scope[i], name);

        if (address != 0) {
            return address;
        }
    }
    return 0;
}

// Applies one relocation; returns what could not be resolved, or NULL.
static const char *apply(const struct object *object, const struct elf64_rela *rela,
                         const struct object *const *scope, unsigned scope_count)
{
    uintptr_t *where = (uintptr_t *)(object->base + rela->offset);
    const struct symbol *symbol = &object->symbols[rela->info >> 32];
    const char *name = object->strings + symbol->name;
    uintptr_t value;

    switch (ELF_RELA_TYPE(rela->info)) {
    case ELF_R_AARCH64_RELATIVE: *where = object->base + (uintptr_t)rela->addend; return NULL;
    case R_AARCH64_ABS64:
    case R_AARCH64_GLOB_DAT:
    case R_AARCH64_JUMP_SLOT: break;
    default: return "a relocation of an unknown kind";
    }
    value = resolve(name, scope, scope_count);
    if (value == 0 && symbol->info >> 4 != STB_WEAK) {
        return name;
    }
    *where = value + (uintptr_t)rela->addend;
    return NULL;
}

const char *object_relocate(const struct object *object, const struct object *const *scope,
                            unsigned scope_count)
{
    const char *missing = NULL;

    for (uint64_t i = 0; i < object->rela_count && missing == NULL; i++) {
        missing = apply(object, &object->rela[i], scope, scope_count);
    }
    for (uint64_t i = 0; i < object->jump_count && missing == NULL; i++) {
        missing = apply(object, &object->jumps[i], scope, scope_count);
    }
    return missing;
}

const char *object_needed(const struct object *object, unsigned n)
{
    for (const struct elf64_dyn *dyn = object->dynamic; dyn->tag != ELF_DT_NULL; dyn++) {
        if (dyn->tag == DT_NEEDED && n-- == 0) {
            return object->strings + dyn->value;
        }
    }
    return NULL;
}
