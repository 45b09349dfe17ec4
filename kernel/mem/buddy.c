// SPDX-License-Identifier: MIT
// The buddy allocator under the per-CPU page caches (interface: internal.h).
//
// A free block of order n is 2^n pages, aligned to its size in physical memory. Its first page, the
// head, carries free_order1 = n + 1 and is on the list of its order; all other pages have 0 there.
//
// Invariants: B1 two buddies are never both free blocks of the same order: they would be one block.
// Hence a run of k free pages consists of at most 2 log2(k) blocks. B2 a block lies within one arena.
// B3 bit n of `available` is set exactly if list n is not empty.
// Locks: [L] page_lock, RANK_PAGES, preemption off. A hold is bounded: at most PAGE_ORDER_MAX steps of
// splitting or merging, or SCAN_STEPS of the search.

#include "internal.h"

#include <debug/assert.h>

#define SCAN_STEPS 256u

LOCK_CLASS(page_lock_class, RANK_PAGES, LOCK_SPIN);

struct spinlock page_lock = SPINLOCK_INIT(page_lock_class);
static struct list free_blocks[PAGE_ORDERS]; // [L]
static uint64_t available;                   // [L] bit n: list n is not empty
static _Atomic uint64_t free_pages;          // [L] to write

void buddy_init(void)
{
    for (unsigned order = 0; order < PAGE_ORDERS; order++)
        list_init(&free_blocks[order]);
}

uint64_t buddy_free_pages(void)
{
    return atomic_load_explicit(&free_pages, memory_order_relaxed);
}

static void count_free_locked(int64_t pages) REQUIRES(page_lock)
{
    uint64_t now = atomic_load_explicit(&free_pages, memory_order_relaxed);
    atomic_store_explicit(&free_pages, now + (uint64_t)pages, memory_order_relaxed);
}

static void block_put_locked(struct page *head, unsigned order) REQUIRES(page_lock)
{
    head->free_order1 = (uint8_t)(order + 1);
    list_add_head(&free_blocks[order], &head->node);
    available |= 1ull << order;
}

static void block_take_locked(struct page *head, unsigned order) REQUIRES(page_lock)
{
    DEBUG_ASSERT(head->free_order1 == order + 1);
    head->free_order1 = 0;
    list_remove(&head->node);
    if (list_is_empty(&free_blocks[order]))
        available &= ~(1ull << order);
}

struct page *buddy_alloc_locked(unsigned order)
{
    spin_assert_held(&page_lock);
    uint64_t fitting = order < PAGE_ORDERS ? available >> order : 0;
    if (!fitting)
        return NULL;
    unsigned have = order + (unsigned)__builtin_ctzll(fitting);
    struct page *page = list_entry(list_peek_head(&free_blocks[have]), struct page, node);
    block_take_locked(page, have);
    while (have > order) {
        have--;
        block_put_locked(page + (1ul << have), have);
    }
    count_free_locked(-(int64_t)(1ul << order));
    return page;
}

void buddy_free_locked(struct page *page, unsigned order)
{
    spin_assert_held(&page_lock);
    const struct page_arena *arena = page_arena_of(page);
    uint64_t first = arena->base >> PAGE_SHIFT;
    uint64_t end = first + (arena->size >> PAGE_SHIFT);
    uint64_t frame = first + (uint64_t)(page - arena->pages);

    DEBUG_ASSERT((frame & ((1ull << order) - 1)) == 0);
    DEBUG_ASSERT(page->free_order1 == 0);
    count_free_locked((int64_t)(1ul << order));
    for (; order < PAGE_ORDER_MAX; order++) {
        uint64_t other = frame ^ (1ull << order);
        if (other < first || other >= end)
            break;
        struct page *buddy = &arena->pages[other - first];
        if (buddy->free_order1 != order + 1)
            break;
        block_take_locked(buddy, order);
        frame &= ~(1ull << order);
    }
    block_put_locked(&arena->pages[frame - first], order);
}

// Order of the largest aligned block that starts at page frame `frame` and has at most `count` pages.
static unsigned largest_order(uint64_t frame, uint64_t count)
{
    unsigned order = 63u - (unsigned)__builtin_clzll(count);
    if (frame)
        order = MIN(order, (unsigned)__builtin_ctzll(frame));
    return MIN(order, PAGE_ORDER_MAX);
}

void buddy_free_run(struct page *page, size_t count)
{
    uint64_t frame = page_to_paddr(page) >> PAGE_SHIFT;
    while (count) {
        unsigned order = largest_order(frame, count);
        spin_lock(&page_lock);
        buddy_free_locked(page, order);
        spin_unlock(&page_lock);
        page += 1ul << order;
        frame += 1ull << order;
        count -= 1ul << order;
    }
}

// ---- runs across blocks ------------------------------------------------------------------------

// Where the search stands in an arena; indices of pages.
struct scan {
    const struct page_arena *arena;
    uint64_t first; // page frame of index 0
    uint64_t pages; // in the arena
    uint64_t at;    // the next page to look at
    uint64_t run;   // all pages of [run, at) were free when they were looked at
};

// First aligned index at or after the run's start.
static uint64_t scan_candidate(const struct scan *s, unsigned align_order)
{
    uint64_t frame = s->first + s->run;
    return ROUND_UP(frame, 1ull << align_order) - s->first;
}

// True if [s->run, end) consists of free blocks right now. By B1 there are few.
static bool scan_verify_locked(const struct scan *s, uint64_t end) REQUIRES(page_lock)
{
    for (uint64_t i = s->run; i < end;) {
        unsigned order1 = s->arena->pages[i].free_order1;
        if (!order1)
            return false;
        i += 1ull << (order1 - 1);
    }
    return true;
}

// Puts the free pages [from, to) of an arena into the lists. They have no free neighbour that they
// could merge with but those they were cut from.
static void put_back_locked(const struct scan *s, uint64_t from, uint64_t to) REQUIRES(page_lock)
{
    while (from < to) {
        unsigned order = largest_order(s->first + from, to - from);
        block_put_locked(&s->arena->pages[from], order);
        from += 1ull << order;
    }
}

// Takes [start, end) out of the free blocks that begin at s->run; what sticks out goes back.
static void scan_carve_locked(const struct scan *s, uint64_t start, uint64_t end)
    REQUIRES(page_lock)
{
    for (uint64_t i = s->run; i < end;) {
        struct page *head = &s->arena->pages[i];
        unsigned order = head->free_order1 - 1u;
        uint64_t next = i + (1ull << order);
        if (next > start) {
            block_take_locked(head, order);
            put_back_locked(s, i, MIN(MAX(start, i), next));
            put_back_locked(s, MAX(MIN(end, next), i), next);
        }
        i = next;
    }
    count_free_locked(-(int64_t)(end - start));
}

// Searches one arena. The lock is held on entry and exit, and let go in between.
static struct page *scan_arena_locked(struct scan *s, size_t count, unsigned align_order)
    REQUIRES(page_lock)
{
    unsigned steps = 0;
    while (s->at < s->pages) {
        if (++steps == SCAN_STEPS) {
            steps = 0;
            spin_unlock(&page_lock);
            spin_lock(&page_lock);
        }
        unsigned order1 = s->arena->pages[s->at].free_order1;
        if (!order1) {
            s->run = ++s->at;
            continue;
        }
        s->at += 1ull << (order1 - 1);
        uint64_t start = scan_candidate(s, align_order);
        if (start + count > s->at)
            continue;
        if (!scan_verify_locked(s, start + count)) {
            s->run = s->at; // the run's older part was taken while the lock was free
            continue;
        }
        scan_carve_locked(s, start, start + count);
        return &s->arena->pages[start];
    }
    return NULL;
}

struct page *buddy_find_run(size_t count, unsigned align_order)
{
    struct page *found = NULL;
    if (align_order >= 64 - PAGE_SHIFT || count == 0)
        return NULL;
    for (unsigned i = 0; i < page_arena_count && !found; i++) {
        struct scan s = {.arena = &page_arenas[i],
                         .first = page_arenas[i].base >> PAGE_SHIFT,
                         .pages = page_arenas[i].size >> PAGE_SHIFT};
        if (count > s.pages)
            continue;
        spin_lock(&page_lock);
        found = scan_arena_locked(&s, count, align_order);
        spin_unlock(&page_lock);
    }
    return found;
}
