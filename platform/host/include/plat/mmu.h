// SPDX-License-Identifier: MIT
// The fake MMU: an address space is a software page table (four levels, table pages from
// kernel_user_table_alloc); each virtual CPU has a small TLB. See mmu.c.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Address spaces end where the host's own memory may begin, so that a user address is either the
// simulated program's or the host's, and its value says which (usercopy.c). Linux puts nothing of a
// position-independent program below 5 TiB: where the stack has no limit, mappings grow down from
// 1/6 of the 47 bits of x86-64, less up to 16 TiB of randomness.
#define USER_MAP_END 0x0000040000000000ul

struct host_aspace;

struct hal_aspace {
    struct host_aspace *host; // NULL before hal_aspace_init and after hal_aspace_destroy
};

// Physical RAM starts at HOST_RAM_BASE and has a hole of HOST_RAM_HOLE bytes after its first half.
// Both functions stop the run on an address outside RAM.
void *hal_phys_to_virt(uint64_t pa);
uint64_t hal_virt_to_phys(const void *va);
void hal_zero_page(void *page);
