// SPDX-License-Identifier: MIT
// Pages as text, for the debug console: what each is used for, page by page from the page array itself.
//
// Locks: none; what changes meanwhile shows as it was or as it is.

#include <lib/printf.h>
#include <mem/page.h>

static const char state_names[PAGE_STATE_COUNT][8] = {
    [PAGE_STATE_FREE] = "free", [PAGE_STATE_WIRED] = "wired", [PAGE_STATE_HEAP] = "heap",
    [PAGE_STATE_VMO] = "vmo",   [PAGE_STATE_MMU] = "mmu",     [PAGE_STATE_IPC] = "ipc",
    [PAGE_STATE_OTHER] = "other",
};

static const char *state_name(unsigned state)
{
    return state < PAGE_STATE_COUNT ? state_names[state] : "?";
}

size_t page_describe(paddr_t pa, char *out, size_t size)
{
    const struct page *page = page_from_paddr(pa);

    if (page == NULL)
        return ksnprintf(out, size, "page 0x%lx: not memory", (unsigned long)pa);
    if (page->state == PAGE_STATE_FREE)
        return ksnprintf(out, size, "page 0x%lx: free", (unsigned long)pa);
    return ksnprintf(out, size, "page 0x%lx: %s, owner %p, index %lu, flags 0x%x, count 0x%x",
                     (unsigned long)pa, state_name(page->state), page->owner,
                     (unsigned long)page->index, page->flags, page->count);
}

// One past the last page from `from` on that has its state, in the arena that ends at `end`.
static const struct page *same_state(const struct page *from, const struct page *end)
{
    const struct page *page = from;

    while (page < end && page->state == from->state)
        page++;
    return page;
}

size_t page_describe_run(paddr_t *pa, char *out, size_t size)
{
    for (unsigned i = 0; i < page_arena_count; i++) {
        const struct page_arena *a = &page_arenas[i];
        if (*pa < a->base || *pa - a->base >= a->size)
            continue;
        const struct page *first = &a->pages[(*pa - a->base) >> PAGE_SHIFT];
        const struct page *end = same_state(first, &a->pages[a->size >> PAGE_SHIFT]);
        const paddr_t start = *pa;
        *pa += (paddr_t)(end - first) << PAGE_SHIFT;
        return ksnprintf(out, size, "0x%010lx-0x%010lx %8lu %s", (unsigned long)start,
                         (unsigned long)*pa, (unsigned long)(end - first),
                         state_name(first->state));
    }
    return 0;
}
