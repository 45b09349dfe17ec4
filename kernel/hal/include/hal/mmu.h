// SPDX-License-Identifier: MIT
// Address translation. The vm layer decides what is mapped; the platform keeps the page tables.
//
// <plat/mmu.h> supplies `struct hal_aspace` and, inline,
//   void *hal_phys_to_virt(paddr_t pa);    direct map address of RAM
//   paddr_t hal_virt_to_phys(const void *va);   inverse, for direct-map addresses only
//   void hal_zero_page(void *page);        zeroes one page as fast as the CPU can
//   USER_MAP_END        end of what an address space covers, from USER_BASE on: USER_END, or less
//                       where the platform keeps user addresses for itself
//
// Locks: the caller holds the page-table lock that goes with `as` (vm_aspace.pt_lock) over
// map/unmap/protect/query; hal_aspace_activate needs none.
#pragma once

#include <hal/types.h>
#include <plat/mmu.h>

// Protection and memory type of a mapping.
#define HAL_PROT_READ (1u << 0)
#define HAL_PROT_WRITE (1u << 1)
#define HAL_PROT_EXEC (1u << 2)
#define HAL_MEM_CACHED (0u << 4)   // normal, write-back
#define HAL_MEM_UNCACHED (1u << 4) // normal non-cacheable
#define HAL_MEM_DEVICE (2u << 4)   // device-nGnRE
#define HAL_MEM_WRITE_COMBINE (3u << 4)
#define HAL_MEM_MASK (3u << 4)

// An empty user address space. ZX_ERR_NO_MEMORY.
zx_status_t hal_aspace_init(struct hal_aspace *as) MUST_CHECK;
// Frees all tables; nothing may be mapped any more and no CPU may run on it.
void hal_aspace_destroy(struct hal_aspace *as);

// Maps `count` pages at va to the given physical pages, HAL_NO_PAGE standing for none; in each 2 MiB of
// addresses there is at least one. Entries that are present stay as they are. ZX_ERR_NO_MEMORY when a table
// page is missing: what lies before it is mapped.
#define HAL_NO_PAGE (~(paddr_t)0)
zx_status_t hal_aspace_map(struct hal_aspace *as, vaddr_t va, const paddr_t *pages, size_t count,
                           unsigned prot) MUST_CHECK;
// Same for one page: the fault path. An entry that is present is replaced by the right sequence
// (break-before-make where the architecture asks for it).
zx_status_t hal_aspace_map_one(struct hal_aspace *as, vaddr_t va, paddr_t page, unsigned prot)
    MUST_CHECK;
// Same for a physically contiguous range; uses 2 MiB blocks where both sides are aligned.
zx_status_t hal_aspace_map_range(struct hal_aspace *as, vaddr_t va, paddr_t pa, size_t count,
                                 unsigned prot) MUST_CHECK;
// Removes every entry in the range. On return no CPU can use a stale translation.
void hal_aspace_unmap(struct hal_aspace *as, vaddr_t va, size_t count);
// The same from va on, until about *room entries have gone or been looked at, which becomes less, or all is done.
// Returns how many pages of the range are, at least one.
size_t hal_aspace_unmap_some(struct hal_aspace *as, vaddr_t va, size_t count, size_t *room);
// Changes the protection of the entries that are present; the same guarantee.
void hal_aspace_protect(struct hal_aspace *as, vaddr_t va, size_t count, unsigned prot);
// ZX_ERR_NOT_FOUND when nothing is mapped at va.
zx_status_t hal_aspace_query(struct hal_aspace *as, vaddr_t va, paddr_t *out_pa, unsigned *out_prot)
    MUST_CHECK;
// Number of table pages in use, for accounting.
size_t hal_aspace_table_pages(const struct hal_aspace *as);
// Runs the current CPU on `as`; NULL: no user space (kernel threads). Interrupts are off.
void hal_aspace_activate(struct hal_aspace *as);

// Maps device registers or other physical memory into the kernel, forever. NULL when out of space.
void *hal_kernel_map(paddr_t pa, size_t bytes, unsigned prot) MUST_CHECK;

// Whether the direct map shows the page at pa: RAM, and not reserved as no-map.
bool hal_direct_mapped(paddr_t pa);

// Cache maintenance by kernel address (direct map) and length in bytes.
void hal_cache_sync_icache(const void *va, size_t len); // data written as code becomes fetchable
void hal_cache_clean(const void *va, size_t len);       // to the point of coherency
void hal_cache_clean_invalidate(const void *va, size_t len);
void hal_cache_invalidate(void *va, size_t len);
