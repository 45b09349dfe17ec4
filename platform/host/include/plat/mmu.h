// SPDX-License-Identifier: MIT
// The fake MMU: an address space is a software page table (four levels, table pages from
// kernel_table_page_alloc); each virtual CPU has a small TLB. See mmu.c.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct host_aspace;

struct hal_aspace {
    struct host_aspace *host; // NULL before hal_aspace_init and after hal_aspace_destroy
};

// Physical RAM starts at HOST_RAM_BASE and has a hole of HOST_RAM_HOLE bytes after its first half.
// Both functions stop the run on an address outside RAM.
void *hal_phys_to_virt(uint64_t pa);
uint64_t hal_virt_to_phys(const void *va);
void hal_zero_page(void *page);
