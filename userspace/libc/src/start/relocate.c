// SPDX-License-Identifier: MIT
//
// The program relocates itself. A static PIE carries its relocations: "add where I was loaded" for
// its own pointers, and, for the imports from libzircon.so, "the address of the symbol". There is
// one library to import from, the vDSO, and it is mapped already; its symbols are found by its GNU
// hash table. So &zx_handle_close is the vDSO's own function.
//
// Until this is done nothing here may use an address that needs a relocation, nor the thread pointer:
// everything below is static or hidden, and built without stack protector.
//
// The hash table: {bucket count, index of the first hashed symbol, bloom word count, bloom shift},
// the words of the bloom filter (64 bits each), the buckets (first symbol of each chain), then a word
// for each hashed symbol: its hash, with bit 0 replaced by "last of its chain".

#include <elf.h>

#include "start_impl.h"

// From the linker: where the file was loaded, and its dynamic section.
extern hidden const Elf64_Ehdr __ehdr_start;
extern hidden const Elf64_Dyn _DYNAMIC[];

#define DYNAMIC_TAGS 32

// Where calls lead that this vDSO does not have.
static void missing_call(void)
{
    __builtin_trap();
}

bool __start_find_exports(const char *base, struct start_exports *out)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;

    if (base == NULL || *(const uint32_t *)base != 0x464c457f) {
        return false;
    }
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + header->e_phoff);
    unsigned left = header->e_phnum;

    for (; left > 0 && segment->p_type != PT_DYNAMIC; left--) {
        segment++;
    }
    if (left == 0) {
        return false;
    }
    const uint32_t *hash = NULL;

    out->base = base;
    out->strings = NULL;
    out->symbols = NULL;
    for (const Elf64_Dyn *entry = (const Elf64_Dyn *)(base + segment->p_vaddr);
         entry->d_tag != DT_NULL; entry++) {
        const char *value = base + entry->d_un.d_ptr;

        if (entry->d_tag == DT_STRTAB) {
            out->strings = value;
        } else if (entry->d_tag == DT_SYMTAB) {
            out->symbols = (const Elf64_Sym *)value;
        } else if (entry->d_tag == DT_GNU_HASH) {
            hash = (const uint32_t *)value;
        }
    }
    if (hash == NULL || hash[0] == 0 || out->strings == NULL || out->symbols == NULL) {
        return false;
    }
    out->bucket_count = hash[0];
    out->first = hash[1];
    out->buckets = hash + 4 + 2 * hash[2]; // behind the bloom filter
    out->chains = out->buckets + out->bucket_count;
    return true;
}

static bool same(const char *a, const char *b)
{
    for (; *a == *b; a++, b++) {
        if (*a == '\0') {
            return true;
        }
    }
    return false;
}

// The address of an exported symbol, or 0.
static uintptr_t look_up(const struct start_exports *exports, const char *name)
{
    uint32_t hash = 5381;

    for (const char *at = name; *at != '\0'; at++) {
        hash = hash * 33 + (unsigned char)*at;
    }
    uint32_t index = exports->buckets[hash % exports->bucket_count];

    if (index < exports->first) {
        return 0; // empty bucket
    }
    for (;; index++) {
        uint32_t entry = exports->chains[index - exports->first];
        const Elf64_Sym *symbol = &exports->symbols[index];

        if ((entry | 1) == (hash | 1) && ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
            same(exports->strings + symbol->st_name, name)) {
            return (uintptr_t)exports->base + symbol->st_value;
        }
        if (entry & 1) {
            return 0;
        }
    }
}

// The value of a symbol of this program: its own, or an import.
static uintptr_t resolve(const struct start_exports *exports, uintptr_t base,
                         const Elf64_Sym *symbol, const char *strings)
{
    if (symbol->st_shndx != SHN_UNDEF) {
        return base + symbol->st_value;
    }
    uintptr_t address = look_up(exports, strings + symbol->st_name);

    if (address == 0 && ELF64_ST_BIND(symbol->st_info) != STB_WEAK) {
        address = (uintptr_t)missing_call;
    }
    return address;
}

// Applies one table of relocations; false if there is one that cannot be in a program of ours.
static bool apply(const struct start_exports *exports, uintptr_t base, const uint64_t *dynamic,
                  uint64_t table, uint64_t size)
{
    const Elf64_Rela *rela = (const Elf64_Rela *)(base + table);
    const Elf64_Sym *symbols = (const Elf64_Sym *)(base + dynamic[DT_SYMTAB]);
    const char *strings = (const char *)(base + dynamic[DT_STRTAB]);

    for (uint64_t i = 0; i < size / sizeof(*rela); i++) {
        uint64_t *place = (uint64_t *)(base + rela[i].r_offset);
        const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(rela[i].r_info)];

        switch (ELF64_R_TYPE(rela[i].r_info)) {
        case R_AARCH64_RELATIVE: *place = base + (uint64_t)rela[i].r_addend; break;
        case R_AARCH64_GLOB_DAT:
        case R_AARCH64_JUMP_SLOT:
        case R_AARCH64_ABS64:
            *place = resolve(exports, base, symbol, strings) + (uint64_t)rela[i].r_addend;
            break;
        case R_AARCH64_NONE: break;
        default: return false;
        }
    }
    return true;
}

bool __start_relocate(const void *vdso)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;
    uint64_t dynamic[DYNAMIC_TAGS];
    struct start_exports exports;

    for (unsigned i = 0; i < DYNAMIC_TAGS; i++) {
        dynamic[i] = 0;
        // Keeps the loop from becoming a call of memset, which is a call to nowhere yet.
        __asm__ volatile("" ::: "memory");
    }
    for (const Elf64_Dyn *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag < DYNAMIC_TAGS) {
            dynamic[entry->d_tag] = entry->d_un.d_val;
        }
    }
    if (!__start_find_exports(vdso, &exports)) {
        return false;
    }
    bool ok = apply(&exports, base, dynamic, dynamic[DT_RELA], dynamic[DT_RELASZ]) &&
              apply(&exports, base, dynamic, dynamic[DT_JMPREL], dynamic[DT_PLTRELSZ]);

    // What follows must not read a relocated pointer before it was written.
    __asm__ volatile("" ::: "memory");
    return ok;
}
