// SPDX-License-Identifier: MIT
// Translation tables of user address spaces (TTBR0).
//
// Interface: <hal/mmu.h>. Locks: [M] the caller's address-space lock, over everything here; the
// walkers of all CPUs read the tables at any time.
// Invariants:
//   M1  a valid entry changes to another valid one only in its permissions; anything else goes
//       through an invalid entry and a TLB invalidation (break-before-make);
//   M2  the count bits of a table entry tell how many valid entries its table has (pte.h);
//   M3  a table without valid entries is unlinked, except one at level 3, noted in idle_table, so
//       that mapping and unmapping the same page over and over makes no tables; tables above it are
//       not empty, since its own entry is valid;
//   M4  a table page is freed after the invalidation that followed its unlinking.
#include <arm64/sysreg.h>
#include <hal/mmu.h>
#include <hal/upcall.h>

#include "pte.h"

// ---- entries ------------------------------------------------------------------------------------

#define USER_COMMON (PTE_PAGE | PTE_AF | PTE_SH_INNER | PTE_NG | PTE_AP_USER | PTE_PXN)
#define USER_RO     (USER_COMMON | PTE_AP_RO | PTE_UXN)
#define USER_RW     (USER_COMMON | PTE_UXN)
#define USER_RX     (USER_COMMON | PTE_AP_RO)
#define USER_RWX    USER_COMMON
// By the three protection bits; whatever is accessible is readable.
#define USER_TYPE(mem, attr)                                                                \
    [(mem)] = USER_RO | PTE_ATTR(attr), [(mem) | HAL_PROT_READ] = USER_RO | PTE_ATTR(attr), \
    [(mem) | HAL_PROT_WRITE] = USER_RW | PTE_ATTR(attr),                                    \
    [(mem) | HAL_PROT_WRITE | HAL_PROT_READ] = USER_RW | PTE_ATTR(attr),                    \
    [(mem) | HAL_PROT_EXEC] = USER_RX | PTE_ATTR(attr),                                     \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_READ] = USER_RX | PTE_ATTR(attr),                     \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_WRITE] = USER_RWX | PTE_ATTR(attr),                   \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_WRITE | HAL_PROT_READ] = USER_RWX | PTE_ATTR(attr)

static const uint64_t user_attributes[64] = {
    USER_TYPE(HAL_MEM_CACHED, ATTR_NORMAL),
    USER_TYPE(HAL_MEM_UNCACHED, ATTR_UNCACHED),
    USER_TYPE(HAL_MEM_DEVICE, ATTR_DEVICE),
    USER_TYPE(HAL_MEM_WRITE_COMBINE, ATTR_UNCACHED),
};
#define PERMISSION_BITS (PTE_AP_RO | PTE_UXN)

static uint64_t attributes_of(unsigned prot)
{
    return user_attributes[prot % countof(user_attributes)];
}

static unsigned prot_of(uint64_t pte)
{
    static const unsigned memory[] = {[ATTR_NORMAL] = HAL_MEM_CACHED,
                                      [ATTR_DEVICE] = HAL_MEM_DEVICE,
                                      [ATTR_UNCACHED] = HAL_MEM_UNCACHED,
                                      [ATTR_STRICT] = HAL_MEM_DEVICE};
    return HAL_PROT_READ | (pte & PTE_AP_RO ? 0 : HAL_PROT_WRITE) |
           (pte & PTE_UXN ? 0 : HAL_PROT_EXEC) | memory[(pte >> 2) & 3];
}

// The table that a table entry points to.
static uint64_t *table_of(uint64_t pte)
{
    return hal_phys_to_virt(pte & PTE_ADDRESS);
}

static bool is_table(uint64_t pte)
{
    return (pte & PTE_TABLE) != 0; // at levels 0 to 2; an invalid entry is 0
}

// ---- TLB ----------------------------------------------------------------------------------------

static uint64_t tlb_asid(struct hal_aspace *as)
{
    return atomic_load_explicit(&as->asid, memory_order_relaxed) & 0xffff000000000000;
}

static uint64_t tlb_page(vaddr_t va)
{
    return (va >> PAGE_SHIFT) & 0xfffffffffff;
}

// What has to be invalidated before anything may be reused. At most 64 pages by address.
#define GATHER_TABLES 16u
struct gather {
    struct hal_aspace *as;
    vaddr_t base;    // address of bit 0 of `pages`
    uint64_t pages;  // pages whose entry was valid
    bool everything; // more than that
    unsigned tables; // unlinked tables: an address below each, and its page
    vaddr_t table_va[GATHER_TABLES];
    paddr_t table_pa[GATHER_TABLES];
};

static void gather_page(struct gather *g, vaddr_t va)
{
    if (g->pages == 0)
        g->base = va;
    uint64_t bit = (va - g->base) >> PAGE_SHIFT;
    if (bit < 64)
        g->pages |= 1ul << bit;
    else
        g->everything = true;
}

// Invalidates what was gathered, on all CPUs, and frees the tables. An address space that never had
// an ASID is in nobody's TLB.
static void gather_flush(struct gather *g)
{
    if ((g->pages | g->tables) == 0)
        return;
    // The entries are changed in memory before the invalidation, and before the ASID is read.
    dsb(ishst);
    uint64_t asid = tlb_asid(g->as);
    if (g->everything) {
        __asm__ volatile("tlbi aside1is, %0" ::"r"(asid) : "memory");
    } else {
        vaddr_t va = g->base;
        for (uint64_t pages = g->pages; pages != 0; pages >>= 1, va += PAGE_SIZE) {
            if (pages & 1)
                __asm__ volatile("tlbi vale1is, %0" ::"r"(asid | tlb_page(va)) : "memory");
        }
        // The walk caches' copies of table entries go by the form that is not "last level".
        for (unsigned i = 0; i < g->tables; i++)
            __asm__ volatile("tlbi vae1is, %0" ::"r"(asid | tlb_page(g->table_va[i])) : "memory");
    }
    dsb(ish); // done on all CPUs
    for (unsigned i = 0; i < g->tables; i++)
        kernel_table_page_free(g->table_pa[i]);
    g->as->table_pages -= g->tables;
    g->tables = 0;
    g->pages = 0;
    g->everything = false;
}

// ---- tables -------------------------------------------------------------------------------------

// The way to an address: the entry at each level. entry[l] is valid for l <= depth.
struct walk {
    uint64_t *entry[4];
    unsigned depth; // level of the last entry: it is no table
};

static void walk_to(struct hal_aspace *as, vaddr_t va, struct walk *w)
{
    uint64_t *table = as->root;
    for (unsigned level = 0;; level++) {
        w->entry[level] = &table[TABLE_INDEX(va, level)];
        w->depth = level;
        uint64_t value = pte_read(w->entry[level]);
        if (level == 3 || !is_table(value))
            return;
        table = table_of(value);
    }
}

// Counts entries that became valid (or, negative, invalid) in the table behind entry[level].
static void count_add(struct walk *w, unsigned level, int64_t entries)
{
    uint64_t *entry = w->entry[level];
    pte_write(entry, pte_read(entry) + (uint64_t)entries * PTE_COUNT_ONE);
}

// Unlinks the empty table behind entry[level].
static void table_unlink(struct walk *w, unsigned level, vaddr_t va, struct gather *g)
{
    if (g->tables == GATHER_TABLES)
        gather_flush(g);
    g->table_va[g->tables] = va;
    g->table_pa[g->tables++] = pte_read(w->entry[level]) & PTE_ADDRESS;
    pte_write(w->entry[level], 0);
    if (level > 0)
        count_add(w, level - 1, -1);
}

// Walks to level 3 and makes the missing tables, all or none. ZX_ERR_ALREADY_EXISTS: a block is in
// the way, at entry[2].
static zx_status_t walk_make(struct hal_aspace *as, vaddr_t va, struct walk *w)
{
    walk_to(as, va, w);
    if (w->depth < 3 && pte_read(w->entry[w->depth]) != 0)
        return ZX_ERR_ALREADY_EXISTS;
    unsigned made_from = w->depth;
    while (w->depth < 3) {
        paddr_t pa = kernel_table_page_alloc();
        if (pa == 0) {
            struct gather g = {.as = as};
            while (w->depth > made_from)
                table_unlink(w, --w->depth, va, &g);
            gather_flush(&g);
            return ZX_ERR_NO_MEMORY;
        }
        as->table_pages++;
        // The table's zeroes come before the way to them.
        dmb(ishst);
        pte_write(w->entry[w->depth], pa | PTE_PAGE);
        if (w->depth > 0)
            count_add(w, w->depth - 1, 1);
        w->depth++;
        uint64_t *table = hal_phys_to_virt(pa);
        w->entry[w->depth] = &table[TABLE_INDEX(va, w->depth)];
    }
    return ZX_OK;
}

// Unlinks the empty level-3 table at va, and the tables above it that this leaves empty.
static void prune(struct hal_aspace *as, vaddr_t va, struct gather *g)
{
    struct walk w;

    walk_to(as, va, &w);
    if (w.depth < 3 || (pte_read(w.entry[2]) & PTE_COUNT_MASK) != 0)
        return;
    for (unsigned level = 2;; level--) {
        table_unlink(&w, level, va, g);
        if (level == 0 || (pte_read(w.entry[level - 1]) & PTE_COUNT_MASK) != 0)
            return;
    }
}

// The level-3 table at va has become empty: it is kept, and the one kept before goes (M3).
static void table_emptied(struct hal_aspace *as, vaddr_t va, struct gather *g)
{
    vaddr_t block = ROUND_DOWN(va, BLOCK_2M);
    vaddr_t before = as->idle_table;

    as->idle_table = block;
    if (before != 0 && before != block)
        prune(as, before, g);
}

// A level-2 block was removed: the tables above it may be empty now.
static void block_removed(struct walk *w, vaddr_t va, struct gather *g)
{
    count_add(w, 1, -1);
    for (unsigned level = 1;; level--) {
        if ((pte_read(w->entry[level]) & PTE_COUNT_MASK) != 0)
            return;
        table_unlink(w, level, va, g);
        if (level == 0)
            return;
    }
}

// Replaces the block at entry[2] by a table of its pages, by break-before-make. Without memory for
// the table the whole block is unmapped: its other pages come back by faults.
static void block_split(struct hal_aspace *as, struct walk *w, vaddr_t va)
{
    struct gather g = {.as = as};
    uint64_t block = pte_read(w->entry[2]);
    paddr_t pa = kernel_table_page_alloc();

    if (pa != 0) {
        uint64_t *table = hal_phys_to_virt(pa);
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            pte_write(&table[i], (block | PTE_TABLE) + i * PAGE_SIZE);
        as->table_pages++;
    }
    pte_write(w->entry[2], 0);
    gather_page(&g, ROUND_DOWN(va, BLOCK_2M));
    gather_flush(&g); // also orders the new table before the way to it
    if (pa != 0) {
        pte_write(w->entry[2], pa | PTE_PAGE | TABLE_ENTRIES * PTE_COUNT_ONE);
        dsb(ishst); // visible to the walkers before anybody relies on it
    } else {
        block_removed(w, va, &g);
        gather_flush(&g);
    }
}

// ---- mapping ------------------------------------------------------------------------------------

// A page over a valid entry: equal entries need nothing, other ones break-before-make.
static void replace(struct hal_aspace *as, uint64_t *entry, vaddr_t va, uint64_t value)
{
    if (pte_read(entry) == value)
        return;
    struct gather g = {.as = as};
    pte_write(entry, 0);
    gather_page(&g, va);
    gather_flush(&g);
    pte_write(entry, value);
}

static NO_INLINE zx_status_t map_one_slow(struct hal_aspace *as, vaddr_t va, uint64_t value)
{
    struct walk w;
    zx_status_t status;

    while ((status = walk_make(as, va, &w)) == ZX_ERR_ALREADY_EXISTS)
        block_split(as, &w, va);
    if (status != ZX_OK)
        return status;
    if (pte_read(w.entry[3]) & PTE_VALID) {
        replace(as, w.entry[3], va, value);
    } else {
        pte_write(w.entry[3], value);
        count_add(&w, 2, 1);
    }
    dsb(ishst); // visible to the walkers before the access is made again
    return ZX_OK;
}

zx_status_t hal_aspace_map_one(struct hal_aspace *as, vaddr_t va, paddr_t page, unsigned prot)
{
    uint64_t value = page | attributes_of(prot);

    // All tables there and the entry free: by far the most frequent case.
    uint64_t pte = pte_read(&as->root[TABLE_INDEX(va, 0)]);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    pte = pte_read(&table_of(pte)[TABLE_INDEX(va, 1)]);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    uint64_t *parent = &table_of(pte)[TABLE_INDEX(va, 2)];
    pte = pte_read(parent);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    uint64_t *entry = &table_of(pte)[TABLE_INDEX(va, 3)];
    if (unlikely(pte_read(entry) & PTE_VALID))
        return map_one_slow(as, va, value);
    pte_write(entry, value);
    pte_write(parent, pte + PTE_COUNT_ONE);
    dsb(ishst); // visible to the walkers before the access is made again
    return ZX_OK;
}

zx_status_t hal_aspace_map(struct hal_aspace *as, vaddr_t va, const paddr_t *pages, size_t count,
                           unsigned prot)
{
    uint64_t attributes = attributes_of(prot);
    vaddr_t start = va;

    while (count != 0) {
        struct walk w;
        zx_status_t status = walk_make(as, va, &w);
        if (status == ZX_ERR_ALREADY_EXISTS) {
            block_split(as, &w, va);
            continue;
        }
        if (status != ZX_OK) {
            hal_aspace_unmap(as, start, (va - start) >> PAGE_SHIFT);
            return status;
        }
        // As many pages as this table holds.
        size_t here = MIN(count, TABLE_ENTRIES - TABLE_INDEX(va, 3));
        int64_t added = 0;
        for (size_t i = 0; i < here; i++, va += PAGE_SIZE) {
            uint64_t *entry = w.entry[3] + i;
            uint64_t value = pages[i] | attributes;
            if (unlikely(pte_read(entry) & PTE_VALID)) {
                replace(as, entry, va, value);
            } else {
                pte_write(entry, value);
                added++;
            }
        }
        count_add(&w, 2, added);
        pages += here;
        count -= here;
    }
    dsb(ishst); // visible to the walkers before the caller goes on
    return ZX_OK;
}

// Puts a block where level 2 has no entry yet. False: there is a table or a block.
static bool map_block(struct hal_aspace *as, vaddr_t va, uint64_t value, zx_status_t *out_status)
{
    struct walk w;

    walk_to(as, va, &w);
    if (w.depth == 2 && pte_read(w.entry[2]) == 0) {
        pte_write(w.entry[2], value & ~PTE_TABLE);
        count_add(&w, 1, 1);
        *out_status = ZX_OK;
        return true;
    }
    if (w.depth >= 2)
        return false;
    // Make the tables down to level 2 by way of a level-3 table, then put the block in its place.
    *out_status = walk_make(as, va, &w);
    if (*out_status != ZX_OK)
        return true;
    struct gather g = {.as = as, .tables = 1};
    g.table_va[0] = va;
    g.table_pa[0] = pte_read(w.entry[2]) & PTE_ADDRESS;
    pte_write(w.entry[2], 0);
    gather_flush(&g);
    pte_write(w.entry[2], value & ~PTE_TABLE); // the count of the table above stays: one for one
    return true;
}

zx_status_t hal_aspace_map_range(struct hal_aspace *as, vaddr_t va, paddr_t pa, size_t count,
                                 unsigned prot)
{
    uint64_t attributes = attributes_of(prot);
    vaddr_t start = va;
    zx_status_t status = ZX_OK;

    while (count != 0 && status == ZX_OK) {
        size_t step = BLOCK_2M / PAGE_SIZE;
        if (((va | pa) & (BLOCK_2M - 1)) != 0 || count < step ||
            !map_block(as, va, pa | attributes, &status)) {
            step = 1;
            status = hal_aspace_map_one(as, va, pa, prot);
        }
        if (status == ZX_OK) {
            va += step * PAGE_SIZE;
            pa += step * PAGE_SIZE;
            count -= step;
        }
    }
    if (status != ZX_OK)
        hal_aspace_unmap(as, start, (va - start) >> PAGE_SHIFT);
    dsb(ishst); // visible to the walkers before the caller goes on
    return status;
}

// ---- unmapping ----------------------------------------------------------------------------------

// One step of a walk over [va, end): what to do at va. `*out_next` is where to go on.
enum step { STEP_NOTHING, STEP_BLOCK, STEP_PAGES };

static enum step next_step(struct hal_aspace *as, vaddr_t va, vaddr_t end, struct walk *w,
                           vaddr_t *out_next)
{
    for (;;) {
        walk_to(as, va, w);
        uint64_t span = 1ul << LEVEL_SHIFT(MIN(w->depth, 2u)); // of a table for pages: the table's
        *out_next = MIN(ROUND_DOWN(va, span) + span, end);
        if (w->depth == 3)
            return STEP_PAGES;
        if (pte_read(w->entry[w->depth]) == 0)
            return STEP_NOTHING;
        if ((va & (BLOCK_2M - 1)) == 0 && *out_next - va == BLOCK_2M)
            return STEP_BLOCK;
        block_split(as, w, va); // only part of it: now it is pages, or gone
    }
}

static void unmap_pages(struct gather *g, struct walk *w, vaddr_t va, vaddr_t next)
{
    int64_t removed = 0;
    for (uint64_t *entry = w->entry[3]; va < next; va += PAGE_SIZE, entry++) {
        if (!(pte_read(entry) & PTE_VALID))
            continue;
        pte_write(entry, 0);
        gather_page(g, va);
        removed++;
    }
    if (removed == 0)
        return;
    count_add(w, 2, -removed);
    if ((pte_read(w->entry[2]) & PTE_COUNT_MASK) == 0)
        table_emptied(g->as, va - PAGE_SIZE, g);
}

static NO_INLINE void unmap_range(struct hal_aspace *as, vaddr_t va, vaddr_t end)
{
    struct gather g = {.as = as};
    vaddr_t next;

    for (; va < end; va = next) {
        struct walk w;
        switch (next_step(as, va, end, &w, &next)) {
        case STEP_NOTHING: break;
        case STEP_BLOCK:
            pte_write(w.entry[2], 0);
            gather_page(&g, va);
            block_removed(&w, va, &g);
            break;
        case STEP_PAGES: unmap_pages(&g, &w, va, next); break;
        }
    }
    gather_flush(&g);
}

void hal_aspace_unmap(struct hal_aspace *as, vaddr_t va, size_t count)
{
    if (count != 1) {
        unmap_range(as, va, va + count * PAGE_SIZE);
        return;
    }
    // One page whose table stays non-empty, or is the one that may stay empty.
    uint64_t pte = pte_read(&as->root[TABLE_INDEX(va, 0)]);
    if (!is_table(pte))
        return;
    pte = pte_read(&table_of(pte)[TABLE_INDEX(va, 1)]);
    if (!is_table(pte))
        return;
    uint64_t *parent = &table_of(pte)[TABLE_INDEX(va, 2)];
    pte = pte_read(parent);
    if (unlikely(!is_table(pte) || ((pte & PTE_COUNT_MASK) == PTE_COUNT_ONE &&
                                    as->idle_table != ROUND_DOWN(va, BLOCK_2M)))) {
        unmap_range(as, va, va + PAGE_SIZE);
        return;
    }
    uint64_t *entry = &table_of(pte)[TABLE_INDEX(va, 3)];
    if (!(pte_read(entry) & PTE_VALID))
        return;
    pte_write(entry, 0);
    pte_write(parent, pte - PTE_COUNT_ONE);
    // The entry is gone in memory before the invalidation, and before the ASID is read.
    dsb(ishst);
    __asm__ volatile("tlbi vale1is, %0" ::"r"(tlb_asid(as) | tlb_page(va)) : "memory");
    dsb(ish); // done on all CPUs
}

// ---- the rest -----------------------------------------------------------------------------------

static void protect_entry(struct gather *g, uint64_t *entry, vaddr_t va, uint64_t permissions)
{
    uint64_t old = pte_read(entry);
    uint64_t value = (old & ~PERMISSION_BITS) | permissions;

    if (!(old & PTE_VALID) || value == old)
        return;
    pte_write(entry, value); // M1: permissions only
    gather_page(g, va);
}

void hal_aspace_protect(struct hal_aspace *as, vaddr_t va, size_t count, unsigned prot)
{
    uint64_t permissions = attributes_of(prot) & PERMISSION_BITS;
    vaddr_t end = va + count * PAGE_SIZE;
    struct gather g = {.as = as};
    vaddr_t next;

    for (; va < end; va = next) {
        struct walk w;
        switch (next_step(as, va, end, &w, &next)) {
        case STEP_NOTHING: break;
        case STEP_BLOCK: protect_entry(&g, w.entry[2], va, permissions); break;
        case STEP_PAGES:
            for (uint64_t *entry = w.entry[3]; va < next; va += PAGE_SIZE, entry++)
                protect_entry(&g, entry, va, permissions);
            break;
        }
    }
    gather_flush(&g);
}

zx_status_t hal_aspace_query(struct hal_aspace *as, vaddr_t va, paddr_t *out_pa, unsigned *out_prot)
{
    struct walk w;

    walk_to(as, va, &w);
    uint64_t pte = pte_read(w.entry[w.depth]);
    if (!(pte & PTE_VALID))
        return ZX_ERR_NOT_FOUND;
    uint64_t span = 1ul << LEVEL_SHIFT(w.depth);
    *out_pa = (pte & PTE_ADDRESS & ~(span - 1)) | (va & (span - 1) & ~PAGE_MASK);
    *out_prot = prot_of(pte);
    return ZX_OK;
}

size_t hal_aspace_table_pages(const struct hal_aspace *as)
{
    return as->table_pages;
}

zx_status_t hal_aspace_init(struct hal_aspace *as)
{
    paddr_t root = kernel_table_page_alloc();
    if (root == 0)
        return ZX_ERR_NO_MEMORY;
    as->root = hal_phys_to_virt(root);
    atomic_init(&as->asid, 0);
    as->table_pages = 1;
    as->idle_table = 0;
    return ZX_OK;
}

// Unmaps whatever is left, so that no table can be lost; normally only the idle table is.
void hal_aspace_destroy(struct hal_aspace *as)
{
    struct gather g = {.as = as};

    if (as->idle_table != 0)
        prune(as, as->idle_table, &g);
    gather_flush(&g);
    if (as->table_pages != 1) {
        unmap_range(as, 0, USER_END);
        prune(as, as->idle_table, &g);
        gather_flush(&g);
    }
    kernel_table_page_free(hal_virt_to_phys(as->root));
    as->root = NULL;
}
