// SPDX-License-Identifier: MIT
// Arenas: which physical memory there is, and its page array (interface: mem/page.h).
//
// pages_init runs once on the boot CPU. The page arrays lie in the RAM that they describe. A zeroed
// struct page is a free page that heads no block, so only blocks and reserved pages are written.
// Invariants: A1 arenas are disjoint, page aligned, and arena 0 is the largest; A2 they do not change
// after pages_init, so that readers take no lock.

#include <debug/assert.h>
#include <debug/log.h>
#include <lib/string.h>

#include "internal.h"

struct page_arena page_arenas[BOOT_MAX_MEM];
unsigned page_arena_count;
static uint64_t total_bytes;

// Ranges that are not free, sorted by base and merged. Used during pages_init only.
#define TAKEN_MAX (BOOT_MAX_RESERVED + BOOT_MAX_MEM)
static struct boot_range taken[TAKEN_MAX];
static unsigned taken_count;

uint64_t page_total_bytes(void)
{
    return total_bytes;
}

const struct page_arena *page_arena_of(const struct page *page)
{
    for (unsigned i = 0; i < page_arena_count; i++) {
        const struct page_arena *a = &page_arenas[i];
        if ((uint64_t)((uintptr_t)page - (uintptr_t)a->pages) < a->bytes)
            return a;
    }
    panic("page %p is in no arena", (const void *)page);
}

struct page *page_from_paddr_slow(paddr_t pa)
{
    for (unsigned i = 0; i < page_arena_count; i++) {
        const struct page_arena *a = &page_arenas[i];
        if (pa - a->base < a->size)
            return &a->pages[(pa - a->base) >> PAGE_SHIFT];
    }
    return NULL;
}

paddr_t page_to_paddr_slow(const struct page *page)
{
    const struct page_arena *a = page_arena_of(page);
    return a->base + ((uint64_t)(page - a->pages) << PAGE_SHIFT);
}

static uint64_t range_end(const struct boot_range *r)
{
    return r->base + r->size;
}

// Adds a range to `taken`, rounded outwards to pages and merged with what it touches. False: full.
static bool take(uint64_t base, uint64_t size)
{
    if (!size)
        return true;
    uint64_t end = base + size < base ? ~PAGE_MASK : base + size;
    end = end > ~PAGE_MASK ? ~PAGE_MASK : ROUND_UP(end, PAGE_SIZE);
    base = ROUND_DOWN(base, PAGE_SIZE);

    unsigned i = 0;
    while (i < taken_count && range_end(&taken[i]) < base)
        i++;
    unsigned last = i; // entries [i, last) touch the new range
    while (last < taken_count && taken[last].base <= end) {
        base = MIN(base, taken[last].base);
        end = MAX(end, range_end(&taken[last]));
        last++;
    }
    if (last == i && taken_count == TAKEN_MAX)
        return false;
    memmove(&taken[i + 1], &taken[last], (taken_count - last) * sizeof(taken[0]));
    taken_count = taken_count - (last - i) + 1;
    taken[i] = (struct boot_range){.base = base, .size = end - base};
    return true;
}

// Finds the highest gap of `size` bytes between taken ranges in [base, end); 0 if there is none.
static paddr_t find_gap(uint64_t base, uint64_t end, uint64_t size)
{
    uint64_t top = end;
    for (unsigned i = taken_count; i-- > 0;) {
        if (taken[i].base >= end)
            continue;
        uint64_t gap = MAX(range_end(&taken[i]), base);
        if (top >= gap && top - gap >= size && top > base)
            return top - size;
        top = MIN(top, taken[i].base);
        if (top <= base)
            return 0;
    }
    return top >= base && top - base >= size ? top - size : 0;
}

// Copies the memory ranges, page aligned, with adjacent ones joined and up to the limit, into
// page_arenas.
static void collect_arenas(const struct boot_info *boot)
{
    uint64_t left = ROUND_DOWN(boot->memory_limit != 0 ? boot->memory_limit : UINT64_MAX, PAGE_SIZE);
    page_arena_count = 0;
    for (unsigned i = 0; i < boot->mem_count && i < BOOT_MAX_MEM; i++) {
        uint64_t base = ROUND_UP(boot->mem[i].base, PAGE_SIZE);
        uint64_t end = ROUND_DOWN(range_end(&boot->mem[i]), PAGE_SIZE);
        if (end <= base || left == 0)
            continue;
        end = base + MIN(end - base, left);
        left -= end - base;
        struct page_arena *last = page_arena_count ? &page_arenas[page_arena_count - 1] : NULL;
        if (last && last->base + last->size == base)
            last->size += end - base;
        else
            page_arenas[page_arena_count++] = (struct page_arena){.base = base, .size = end - base};
    }
    // A1.
    for (unsigned i = 1; i < page_arena_count; i++) {
        if (page_arenas[i].size > page_arenas[0].size) {
            struct page_arena swap = page_arenas[0];
            page_arenas[0] = page_arenas[i];
            page_arenas[i] = swap;
        }
    }
}

// Finds room for the arena's page array, in itself if possible, and zeroes it.
static bool place_array(struct page_arena *a)
{
    a->bytes = (a->size >> PAGE_SHIFT) * sizeof(struct page);
    uint64_t size = ROUND_UP(a->bytes, PAGE_SIZE);
    paddr_t pa = find_gap(a->base, a->base + a->size, size);
    for (unsigned i = 0; !pa && i < page_arena_count; i++)
        pa = find_gap(page_arenas[i].base, page_arenas[i].base + page_arenas[i].size, size);
    if (!pa || !take(pa, size))
        return false;
    a->pages = hal_phys_to_virt(pa);
    for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE)
        hal_zero_page((char *)a->pages + offset);
    return true;
}

static void wire(struct page *page, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        page[i].state = PAGE_STATE_WIRED;
    page_stats_add_wired(count);
}

// Hands the free parts of an arena to the buddy lists and marks the others.
static void fill_arena(const struct page_arena *a)
{
    uint64_t at = a->base, end = a->base + a->size;
    for (unsigned i = 0; i < taken_count && at < end; i++) {
        uint64_t from = MAX(taken[i].base, at);
        uint64_t to = MIN(range_end(&taken[i]), end);
        if (from >= to)
            continue;
        if (from > at)
            buddy_free_run(&a->pages[(at - a->base) >> PAGE_SHIFT], (from - at) >> PAGE_SHIFT);
        wire(&a->pages[(from - a->base) >> PAGE_SHIFT], (to - from) >> PAGE_SHIFT);
        at = to;
    }
    if (at < end)
        buddy_free_run(&a->pages[(at - a->base) >> PAGE_SHIFT], (end - at) >> PAGE_SHIFT);
}

zx_status_t pages_init(const struct boot_info *boot)
{
    buddy_init();
    kmalloc_init();
    collect_arenas(boot);
    taken_count = 0;
    for (unsigned i = 0; i < boot->reserved_count; i++) {
        // Room for every reservation and every array: TAKEN_MAX.
        if (!take(boot->reserved[i].base, boot->reserved[i].size))
            return ZX_ERR_NO_MEMORY;
    }
    for (unsigned i = 0; i < page_arena_count;) {
        if (place_array(&page_arenas[i])) {
            total_bytes += page_arenas[i++].size;
            continue;
        }
        klog(LOG_WARN, "mem: no room for the page array of [0x%lx, 0x%lx): left out",
             (unsigned long)page_arenas[i].base,
             (unsigned long)(page_arenas[i].base + page_arenas[i].size));
        page_arenas[i] = page_arenas[--page_arena_count];
        page_arenas[page_arena_count] = (struct page_arena){0};
    }
    if (!page_arena_count)
        return ZX_ERR_NO_MEMORY;
    for (unsigned i = 0; i < page_arena_count; i++)
        fill_arena(&page_arenas[i]);
    return ZX_OK;
}
