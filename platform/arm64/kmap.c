// SPDX-License-Identifier: MIT
// The kernel's own translation tables (TTBR1), and hal_kernel_map().
//
// Interface: kmap.h, <hal/mmu.h>. Locks: kmap_lock (rank PAGES) for the dynamic areas after boot.
// Invariants:
//   K1  an entry of the kernel's tables is never changed while valid; it goes valid -> invalid ->
//       (TLBI) -> valid, so break-before-make holds by construction;
//   K2  tables are never freed.
#include "kmap.h"

#include <arm64/sysreg.h>
#include <hal/mmu.h>
#include <hal/spinlock.h>
#include <hal/upcall.h>

#include "boot.h"
#include "pte.h"

LOCK_CLASS(kmap_lock_class, RANK_PAGES, LOCK_SPIN);
static struct spinlock kmap_lock = SPINLOCK_INIT(kmap_lock_class);

static paddr_t root;
static uintptr_t table_offset; // what makes a table's physical address a pointer
static paddr_t pool_start;
static paddr_t pool_next; // table pages set aside while booting
static paddr_t pool_end;
static vaddr_t dynamic_next = DYNAMIC_BASE;

static uint64_t *table_pointer(paddr_t pa)
{
    return (uint64_t *)(pa | table_offset);
}

// A zeroed table: from the boot pool until it is closed, then from the page allocator. 0: none.
static paddr_t table_alloc(void)
{
    if (pool_next == pool_end)
        return table_offset == 0 ? 0 : kernel_table_page_alloc();
    paddr_t pa = pool_next;
    pool_next += PAGE_SIZE;
    arm64_zero_page(table_pointer(pa));
    return pa;
}

// Walks to the entry for va at `level`. A missing table is filled in by *spare, which is then
// nulled; NULL if one is missing and there is no spare.
static uint64_t *kmap_entry(vaddr_t va, unsigned level, paddr_t *spare)
{
    uint64_t *table = table_pointer(root);
    for (unsigned l = 0; l < level; l++) {
        uint64_t *pte = &table[TABLE_INDEX(va, l)];
        uint64_t value = pte_read(pte);
        if (!(value & PTE_VALID)) {
            if (*spare == 0)
                return NULL;
            value = *spare | PTE_PAGE;
            *spare = 0;
            // Zeroes first, then the way to them.
            dmb(ishst);
            pte_write(pte, value);
        }
        table = table_pointer(value & PTE_ADDRESS);
    }
    return &table[TABLE_INDEX(va, level)];
}

// The same while booting, with as many tables as it takes.
static uint64_t *kmap_entry_early(vaddr_t va, unsigned level)
{
    for (;;) {
        paddr_t spare = 0;
        uint64_t *pte = kmap_entry(va, level, &spare);
        if (pte != NULL)
            return pte;
        spare = table_alloc();
        if (spare == 0)
            early_stop("memory is too scattered: no room for its page tables");
        (void)kmap_entry(va, level, &spare); // puts the table in
    }
}

// ---- while booting ----

void kmap_early_init(paddr_t pool, uint64_t bytes)
{
    pool_start = pool;
    pool_next = pool;
    pool_end = pool + bytes;
    root = table_alloc();
}

paddr_t kmap_root(void)
{
    return root;
}

void kmap_early(vaddr_t va, paddr_t pa, uint64_t bytes, uint64_t attributes)
{
    while (bytes != 0) {
        unsigned level = 3;
        if (((va | pa) & (BLOCK_1G - 1)) == 0 && bytes >= BLOCK_1G)
            level = 1;
        else if (((va | pa) & (BLOCK_2M - 1)) == 0 && bytes >= BLOCK_2M)
            level = 2;
        uint64_t *pte = kmap_entry_early(va, level);
        pte_write(pte, pa | attributes | (level == 3 ? PTE_PAGE : PTE_BLOCK));
        uint64_t step = 1ul << LEVEL_SHIFT(level);
        va += step;
        pa += step;
        bytes -= step;
    }
}

void kmap_early_areas(void)
{
    // Level-2 tables for both areas: then a mapping needs at most one more table.
    (void)kmap_entry_early(DYNAMIC_BASE, 2);
    (void)kmap_entry_early(STACKS_BASE, 2);
}

void kmap_finalize(void)
{
    table_offset = PLAT_DIRECT_MAP;
}

paddr_t kmap_pool_start(void)
{
    return pool_start;
}

paddr_t kmap_pool_close(void)
{
    pool_end = pool_next;
    return pool_end;
}

bool hal_direct_mapped(paddr_t pa)
{
    if (pa >= DIRECT_MAP_BYTES)
        return false;
    const uint64_t *table = table_pointer(root);
    for (unsigned level = 0;; level++) { // no lock: K1, K2, and here nothing changes after boot
        uint64_t pte = pte_read(&table[TABLE_INDEX(PLAT_DIRECT_MAP + pa, level)]);
        if (level == 3 || (pte & PTE_PAGE) != PTE_PAGE) // not a table
            return (pte & PTE_VALID) != 0;
        table = table_pointer(pte & PTE_ADDRESS);
    }
}

// ---- pages of the dynamic areas ----

zx_status_t kmap_page(vaddr_t va, paddr_t pa, uint64_t attributes)
{
    paddr_t spare = 0;
    uint64_t *pte;

    for (;;) {
        spin_lock(&kmap_lock);
        pte = kmap_entry(va, 3, &spare);
        if (pte != NULL)
            pte_write(pte, pa | attributes | PTE_PAGE);
        spin_unlock(&kmap_lock);
        if (pte != NULL)
            break;
        spare = table_alloc();
        if (spare == 0)
            return ZX_ERR_NO_MEMORY;
    }
    if (spare != 0)
        kernel_table_page_free(spare); // somebody else was faster
    // The walkers of all CPUs see the entry before anybody is told the address; the ISB is for this
    // CPU's own next access.
    dsb(ishst);
    isb();
    return ZX_OK;
}

paddr_t kunmap_page(vaddr_t va)
{
    paddr_t spare = 0;

    spin_lock(&kmap_lock);
    uint64_t *pte = kmap_entry(va, 3, &spare);
    paddr_t pa = pte_read(pte) & PTE_ADDRESS;
    pte_write(pte, 0);
    spin_unlock(&kmap_lock);
    // The entry is gone before the invalidation, and the invalidation done before the page is
    // reused.
    dsb(ishst);
    __asm__ volatile("tlbi vaale1is, %0" ::"r"((va >> PAGE_SHIFT) & 0xfffffffffff) : "memory");
    dsb(ish);
    isb();
    return pa;
}

static uint64_t kernel_attributes(unsigned prot)
{
    uint64_t attributes = PTE_KERNEL_COMMON | PTE_PXN;
    if (!(prot & HAL_PROT_WRITE))
        attributes |= PTE_AP_RO;
    switch (prot & HAL_MEM_MASK) {
    case HAL_MEM_CACHED: return attributes | PTE_ATTR(ATTR_NORMAL);
    case HAL_MEM_DEVICE: return attributes | PTE_ATTR(ATTR_DEVICE);
    default: return attributes | PTE_ATTR(ATTR_UNCACHED);
    }
}

void *hal_kernel_map(paddr_t pa, size_t bytes, unsigned prot)
{
    // A device tree may name any address: none above what an entry can hold.
    if (pa > PTE_ADDRESS || bytes > PTE_ADDRESS - pa)
        return NULL;
    paddr_t start = ROUND_DOWN(pa, PAGE_SIZE);
    size_t size = ROUND_UP(pa + bytes, PAGE_SIZE) - start;

    spin_lock(&kmap_lock);
    vaddr_t va = dynamic_next;
    bool fits = bytes != 0 && size <= DYNAMIC_BASE + DYNAMIC_BYTES - va;
    if (fits)
        dynamic_next += size;
    spin_unlock(&kmap_lock);
    if (!fits)
        return NULL;
    for (size_t at = 0; at < size; at += PAGE_SIZE) {
        if (kmap_page(va + at, start + at, kernel_attributes(prot)) != ZX_OK)
            return NULL;
    }
    return (void *)(va + (pa - start));
}
