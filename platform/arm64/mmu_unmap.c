// SPDX-License-Identifier: MIT
// User address spaces: unmapping, changing protection, the end.
//
// Interface: <hal/mmu.h>. Locks and invariants: aspace.h.
#include <arm64/sysreg.h>
#include <hal/upcall.h>

#include "aspace.h"

// One step of a walk over [va, end): what to do at va. `*out_next` is where to go on.
enum step { STEP_NOTHING, STEP_BLOCK, STEP_PAGES };

static enum step next_step(struct hal_aspace *as, vaddr_t va, vaddr_t end, struct walk *w,
                           vaddr_t *out_next)
{
    for (;;) {
        aspace_walk(as, va, w);
        uint64_t span = 1ul << LEVEL_SHIFT(MIN(w->depth, 2u)); // of a table for pages: the table's
        *out_next = MIN(ROUND_DOWN(va, span) + span, end);
        if (w->depth == 3)
            return STEP_PAGES;
        if (pte_read(w->entry[w->depth]) == 0)
            return STEP_NOTHING;
        if ((va & (BLOCK_2M - 1)) == 0 && *out_next - va == BLOCK_2M)
            return STEP_BLOCK;
        aspace_block_split(as, w, va); // only part of it: now it is pages, or gone
    }
}

// How many there were.
static size_t unmap_pages(struct gather *g, struct walk *w, vaddr_t va, vaddr_t next)
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
        return 0;
    count_add(w, 2, -removed);
    if ((pte_read(w->entry[2]) & PTE_COUNT_MASK) == 0)
        aspace_table_emptied(g->as, va - PAGE_SIZE, g);
    return (size_t)removed;
}

// From va on, while there is room. Returns where the rest begins.
static NO_INLINE vaddr_t unmap_range(struct hal_aspace *as, vaddr_t va, vaddr_t end, size_t *room)
{
    struct gather g = {.as = as};
    vaddr_t next;

    for (; va < end && *room > 0; va = next) {
        struct walk w;
        size_t work = 1;
        switch (next_step(as, va, end, &w, &next)) {
        case STEP_NOTHING: break;
        case STEP_BLOCK:
            pte_write(w.entry[2], 0);
            gather_page(&g, va);
            aspace_block_removed(&w, va, &g);
            break;
        case STEP_PAGES: work += unmap_pages(&g, &w, va, next); break;
        }
        *room -= MIN(*room, work);
    }
    aspace_flush(&g);
    return va;
}

static void unmap_all(struct hal_aspace *as, vaddr_t va, vaddr_t end)
{
    size_t room = SIZE_MAX;

    (void)unmap_range(as, va, end, &room);
}

size_t hal_aspace_unmap_some(struct hal_aspace *as, vaddr_t va, size_t count, size_t *room)
{
    return (unmap_range(as, va, va + count * PAGE_SIZE, room) - va) >> PAGE_SHIFT;
}

void hal_aspace_unmap(struct hal_aspace *as, vaddr_t va, size_t count)
{
    if (count != 1) {
        unmap_all(as, va, va + count * PAGE_SIZE);
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
        unmap_all(as, va, va + PAGE_SIZE);
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

// What hal_aspace_protect may change in a valid entry.
#define PERMISSION_BITS (PTE_AP_RO | PTE_UXN)

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
    uint64_t permissions = aspace_attributes(prot) & PERMISSION_BITS;
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
    aspace_flush(&g);
}

// Unmaps whatever is left, so that no table can be lost; normally only the idle table is.
void hal_aspace_destroy(struct hal_aspace *as)
{
    struct gather g = {.as = as};

    if (as->idle_table != 0)
        aspace_prune(as, as->idle_table, &g);
    aspace_flush(&g);
    if (as->table_pages != 1) {
        unmap_all(as, 0, USER_END);
        aspace_prune(as, as->idle_table, &g);
        aspace_flush(&g);
    }
    kernel_user_table_free(as, hal_virt_to_phys(as->root));
    as->root = NULL;
}
