// SPDX-License-Identifier: MIT
//
// Finds the system calls in the vDSO by its GNU hash table and fills the jump table with them. Runs
// in a program's first instructions: no relocations, no calls out, no locks.
//
// The hash table: {bucket count, index of the first hashed symbol, bloom word count, bloom shift},
// bloom filter words (64 bits each), buckets (first symbol of each chain), then a word for each
// hashed symbol: its hash, bit 0 replaced by "last of its chain".

#include <zxcalls.h>

#include "zxcalls_table.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_dynamic {
    int64_t tag;
    uint64_t value;
};

struct elf_symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

#define PT_DYNAMIC  2
#define DT_NULL     0
#define DT_STRTAB   5
#define DT_SYMTAB   6
#define DT_GNU_HASH 0x6ffffef5
#define STB_LOCAL   0

// The parts of the vDSO that a look-up needs.
struct symbols {
    const char *base;
    const char *strings;
    const struct elf_symbol *table;
    const uint32_t *buckets;
    const uint32_t *chains; // [symbol index - first]
    uint32_t bucket_count;
    uint32_t first;
};

static bool find_symbols(const char *base, struct symbols *out)
{
    const struct elf_header *header = (const struct elf_header *)base;
    if (base == NULL || header->ident[0] != 0x7f || header->ident[1] != 'E' ||
        header->ident[2] != 'L' || header->ident[3] != 'F')
        return false;
    const struct elf_segment *segment = (const struct elf_segment *)(base + header->phoff);
    for (unsigned left = header->phnum; left > 0 && segment->type != PT_DYNAMIC; left--)
        segment++;
    if (segment->type != PT_DYNAMIC)
        return false;

    const uint32_t *hash = NULL;
    out->base = base;
    out->strings = NULL;
    out->table = NULL;
    const struct elf_dynamic *dynamic = (const struct elf_dynamic *)(base + segment->vaddr);
    for (; dynamic->tag != DT_NULL; dynamic++) {
        const char *value = base + dynamic->value;
        if (dynamic->tag == DT_STRTAB)
            out->strings = value;
        else if (dynamic->tag == DT_SYMTAB)
            out->table = (const struct elf_symbol *)value;
        else if (dynamic->tag == DT_GNU_HASH)
            hash = (const uint32_t *)value;
    }
    if (hash == NULL || out->strings == NULL || out->table == NULL || hash[0] == 0)
        return false;
    out->bucket_count = hash[0];
    out->first = hash[1];
    out->buckets = hash + 4 + 2 * hash[2]; // behind the bloom filter, which is of no use here
    out->chains = out->buckets + out->bucket_count;
    return true;
}

static bool same(const char *a, const char *b)
{
    while (*a == *b) {
        if (*a == 0)
            return true;
        a++;
        b++;
    }
    return false;
}

static void *look_up(const struct symbols *symbols, const char *name, uint32_t hash)
{
    uint32_t index = symbols->buckets[hash % symbols->bucket_count];
    if (index < symbols->first)
        return NULL; // empty bucket
    for (;; index++) {
        uint32_t entry = symbols->chains[index - symbols->first];
        const struct elf_symbol *symbol = &symbols->table[index];
        if ((entry | 1) == (hash | 1) && symbol->info >> 4 != STB_LOCAL &&
            same(symbols->strings + symbol->name, name))
            return (void *)(symbols->base + symbol->value);
        if (entry & 1)
            return NULL;
    }
}

zx_status_t zxcalls_bind(const void *vdso_base)
{
    struct symbols symbols;
    if (!find_symbols(vdso_base, &symbols))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = ZX_OK;
    const char *name = zxcalls_names;
    for (unsigned i = 0; i < zxcalls_count; i++) {
        const char *at = name;
        uint32_t hash = 5381;
        for (; *at != 0; at++)
            hash = hash * 33 + (uint8_t)*at;
        void *call = look_up(&symbols, name, hash);
        if (call == NULL) {
            call = (void *)zxcalls_missing;
            status = ZX_ERR_NOT_FOUND;
        }
        zxcalls_table[i] = call;
        name = at + 1;
    }
    return status;
}
