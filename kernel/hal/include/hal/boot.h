// SPDX-License-Identifier: MIT
// What the platform tells the portable kernel once, at boot.
#pragma once

#include <hal/types.h>

struct boot_range {
    paddr_t base;
    uint64_t size; // bytes
};

#define BOOT_MAX_MEM 32u
#define BOOT_MAX_RESERVED 96u

struct boot_info {
    struct boot_range mem[BOOT_MAX_MEM]; // RAM, page aligned, sorted, disjoint
    unsigned mem_count;
    // Must not be given to the allocator: kernel image, FDT, initrd, reservations, page 0, tables
    // made so far. Any order, may overlap.
    struct boot_range reserved[BOOT_MAX_RESERVED];
    unsigned reserved_count;
    uint64_t memory_limit; // bytes of RAM that the kernel makes do with, from the lowest; 0: all
    paddr_t initrd;      // 0 = none
    uint64_t initrd_size;
    paddr_t fdt;
    uint64_t fdt_size;
    const void *fdt_data; // the same, where the kernel can read it: not always in the direct map
    // Reserved memory that a warm reset leaves as it is, for the crash log, where the kernel can read and
    // write it; NULL and 0: none was found. The same place in every boot of a machine.
    void *crashlog;
    uint64_t crashlog_size;
    const char *cmdline; // NUL-terminated, never NULL
    const char *machine; // root "model" or "compatible", for the banner
    uint8_t seed[64];    // entropy from the boot loader
    unsigned seed_size;
    uint8_t mixin[64]; // kernel.entropy-mixin of the command line, which does not have it any more
    size_t mixin_size;
    uintptr_t image_base; // link address 0 of the kernel image, as mapped (for symbols)
    size_t image_size;    // bytes, bss included
    uint64_t entry_ticks; // counter at the first instruction
};

// The one boot_info, valid for ever after the platform's early boot.
extern struct boot_info boot_info;
