// SPDX-License-Identifier: MIT
// The kernel's half of the address space (TTBR1): layout and the tables behind it.
//
//   ffff000000000000  direct map: RAM at this address plus its physical address
//   ffffc00000000000  dynamic area, first GiB: hal_kernel_map()
//   ffffc00040000000  dynamic area, second GiB: kernel stacks
//   ffffe00000000000  the image, plus a slide below 512 GiB
#pragma once

#include <hal/types.h>

#define DIRECT_MAP_BYTES (1ul << 47) // RAM above this physical address is not used
#define DYNAMIC_BASE     0xffffc00000000000ul
#define DYNAMIC_BYTES    (1ul << 30)
#define STACKS_BASE      (DYNAMIC_BASE + (1ul << 30))
#define STACKS_BYTES     (1ul << 30)
#define IMAGE_BASE       0xffffe00000000000ul
#define IMAGE_AREA_BYTES (1ul << 39)

// The empty table: TTBR0 of a CPU without user space, and TTBR1 until there is better.
extern uint64_t arm64_empty_table[512];
extern paddr_t arm64_empty_table_pa; // [I] after boot

// ---- while booting, in the identity map ----

// Gives the table allocator [pool, pool + bytes), reachable at its physical address.
void kmap_early_init(paddr_t pool, uint64_t bytes);
// The kernel's root table.
paddr_t kmap_root(void);
// Maps [va, va + bytes) to pa with blocks where possible; stops the boot when out of tables.
void kmap_early(vaddr_t va, paddr_t pa, uint64_t bytes, uint64_t attributes);
// Makes the tables of the dynamic areas down to level 2.
void kmap_early_areas(void);

// ---- at the final address ----

// From now on tables are reached through the direct map.
void kmap_finalize(void);
// First byte of the boot pool.
paddr_t kmap_pool_start(void);
// Ends the boot pool, once no table is needed before the page allocator works; returns the first
// byte that was not used.
paddr_t kmap_pool_close(void);

// Maps one page of a dynamic area, which was not mapped; ZX_ERR_NO_MEMORY: no table page. Unmaps
// one that was, returns its physical address, and every CPU has forgotten it by then.
zx_status_t kmap_page(vaddr_t va, paddr_t pa, uint64_t attributes) MUST_CHECK;
paddr_t kunmap_page(vaddr_t va);
