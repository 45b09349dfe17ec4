// SPDX-License-Identifier: MIT
//
// dladdr(): what an address belongs to. There are two images in a process, the program, whose symbols
// are not in memory, and the vDSO.

#include <dlfcn.h>
#include <stdint.h>

#include "libc.h"
#include "start_impl.h"

#define PAGE 4096u

extern hidden const Elf64_Ehdr __ehdr_start;

// Whether the address is in one of the image's segments.
static bool is_inside(const Elf64_Ehdr *image, uintptr_t address)
{
    uintptr_t base = (uintptr_t)image;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + image->e_phoff);

    for (unsigned left = image->e_phnum; left > 0; left--, segment++) {
        if (segment->p_type == PT_LOAD && address >= base + segment->p_vaddr &&
            address - base - segment->p_vaddr < segment->p_memsz) {
            return true;
        }
    }
    return false;
}

// Of the exported symbols of a bucket's chain, takes the one that starts last at or before the
// address; of two at the same place the one without an underscore.
static void search_chain(const struct start_exports *exports, uint32_t index, uintptr_t address,
                         Dl_info *info)
{
    for (; index >= exports->first; index++) {
        const Elf64_Sym *symbol = &exports->symbols[index];
        uintptr_t start = (uintptr_t)exports->base + symbol->st_value;
        const char *name = exports->strings + symbol->st_name;

        if (symbol->st_shndx != SHN_UNDEF && start <= address &&
            (start > (uintptr_t)info->dli_saddr ||
             (start == (uintptr_t)info->dli_saddr && name[0] != '_'))) {
            info->dli_sname = name;
            info->dli_saddr = (void *)start;
        }
        if (exports->chains[index - exports->first] & 1) {
            return;
        }
    }
}

int dladdr(const void *address, Dl_info *info)
{
    struct start_exports exports;

    if (is_inside(&__ehdr_start, (uintptr_t)address)) {
        *info = (Dl_info){.dli_fname = __progname_full, .dli_fbase = (void *)&__ehdr_start};
        return 1;
    }
    if (!is_inside(__start_vdso, (uintptr_t)address) ||
        !__start_find_exports(__start_vdso, &exports)) {
        return 0;
    }
    *info = (Dl_info){.dli_fname = "libzircon.so", .dli_fbase = (void *)__start_vdso};
    for (uint32_t bucket = 0; bucket < exports.bucket_count; bucket++) {
        search_chain(&exports, exports.buckets[bucket], (uintptr_t)address, info);
    }
    return 1;
}
