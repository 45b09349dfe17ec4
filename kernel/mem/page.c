// SPDX-License-Identifier: MIT
// Allocation and release of pages: per-CPU caches of single pages over the buddy allocator, and
// contiguous runs (interface: mem/page.h).
//
// Invariants: P1 a page in a cache has state FREE and free_order1 0; P2 the counters of all CPUs
// together say how many pages of each state are allocated (one CPU's may be negative, for pages
// allocated elsewhere and freed here).
// Locks: [P] preemption off on the cache's CPU; page_lock for the buddy lists. Interrupt handlers do
// not come here. Debug builds fill freed pages with PAGE_POISON and look whether it is still there
// when the page goes out again.

#include <mem/page.h>

#include <debug/assert.h>
#include <hal/cpu.h>
#include <lib/string.h>
#include <mem/alloc_fail.h>
#include <memcheck/memcheck.h>

#include "internal.h"

#define CACHE_MAX         56u // what makes a cache 512 bytes, so that finding one takes a shift
#define CACHE_BATCH       32u // pages moved at once, a power of two
#define CACHE_BATCH_ORDER 5u
_Static_assert(1u << CACHE_BATCH_ORDER == CACHE_BATCH, "a batch is one block if there is one");
#define PAGE_POISON 0xd5d5d5d5d5d5d5d5ull

struct page_cache {
    size_t count;                             // [P]
    _Atomic int64_t in_use[PAGE_STATE_COUNT]; // [P] to write; anybody reads (P2)
    struct page *page[CACHE_MAX];             // [P]
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct page_cache) == 512 && CACHE_MAX > CACHE_BATCH, "a power of two");

static struct page_cache caches[MAX_CPUS];
static uint64_t wired_at_boot;

void page_stats_add_wired(uint64_t count)
{
    wired_at_boot += count;
}

// Preemption is off, so that nobody else writes the counter: no read-modify-write is needed.
ALWAYS_INLINE void count_use(struct page_cache *c, enum page_state state, int64_t by)
{
    int64_t now = atomic_load_explicit(&c->in_use[state], memory_order_relaxed);
    atomic_store_explicit(&c->in_use[state], now + by, memory_order_relaxed);
}

// This CPU's cache; preemption is off. The empty asm keeps the compiler from working the address out
// anew for every field.
ALWAYS_INLINE struct page_cache *this_cache(void)
{
    struct page_cache *c = &caches[hal_cpu_num()];
    __asm__("" : "+r"(c));
    return c;
}

// ---- debug ---------------------------------------------------------------------------------------

static void poison_page(struct page *page)
{
    uint64_t *word = page_to_virt(page);
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*word); i++)
        word[i] = PAGE_POISON;
    page->flags = PAGE_FLAG_POISONED;
    memcheck_poison(word, PAGE_SIZE);
}

static void unpoison_page(struct page *page)
{
    uint64_t *word = page_to_virt(page);
    memcheck_unpoison(word, PAGE_SIZE);
    if (!(page->flags & PAGE_FLAG_POISONED))
        return;
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*word); i++) {
        if (word[i] != PAGE_POISON)
            panic("page 0x%lx was written while free: offset %zu holds 0x%lx",
                  (unsigned long)page_to_paddr(page), i * sizeof(*word), (unsigned long)word[i]);
    }
}

// A page leaves the allocator, as it is.
ALWAYS_INLINE void page_hand_out_raw(struct page *page, enum page_state state)
{
    if (JACINTH_DEBUG)
        unpoison_page(page);
    page->state = (uint8_t)state;
    page->flags = 0;
    page->count = 0;
}

ALWAYS_INLINE void page_hand_out(struct page *page, enum page_state state, unsigned flags)
{
    page_hand_out_raw(page, state);
    if (flags & PAGE_ALLOC_ZERO)
        hal_zero_page(page_to_virt(page));
}

// The same for pages side by side, whose contents are too.
static void run_hand_out(struct page *first, size_t count, enum page_state state, unsigned flags)
{
    uint8_t *contents = page_to_virt(first);

    for (size_t i = 0; i < count; i++) {
        page_hand_out_raw(&first[i], state);
        if (flags & PAGE_ALLOC_ZERO)
            hal_zero_page(contents + i * PAGE_SIZE);
    }
}

// A page comes back; its state is still what it was used for.
ALWAYS_INLINE void page_take_back(struct page *page)
{
    DEBUG_ASSERT(page->state != PAGE_STATE_FREE && page->state < PAGE_STATE_COUNT);
    page->state = PAGE_STATE_FREE;
    if (JACINTH_DEBUG)
        poison_page(page);
}

// ---- single pages --------------------------------------------------------------------------------

// Fills the empty cache with a batch, in one block if there is one. False: there is no page left.
static NO_INLINE bool cache_refill(struct page_cache *c)
{
    unsigned order = CACHE_BATCH_ORDER;
    spin_lock(&page_lock);
    while (c->count < CACHE_BATCH) {
        struct page *block = buddy_alloc_locked(order);
        if (!block) {
            if (order-- == 0)
                break;
            continue;
        }
        // Downwards, so that pages are handed out by rising address.
        for (unsigned i = 1u << order; i--;)
            c->page[c->count++] = block + i;
        while (order && c->count + (1u << order) > CACHE_BATCH)
            order--;
    }
    spin_unlock(&page_lock);
    return c->count != 0;
}

// Gives the `count` pages that were put in first back to the buddy lists.
static NO_INLINE void cache_flush(struct page_cache *c, size_t count)
{
    spin_lock(&page_lock);
    for (size_t i = 0; i < count; i++)
        buddy_free_locked(c->page[i], 0);
    spin_unlock(&page_lock);
    c->count -= count;
    memmove(&c->page[0], &c->page[count], c->count * sizeof(c->page[0]));
}

// Takes the page on top of the cache, which is not empty. Preemption is off and on afterwards. The
// page is made ready before that, so that little has to be kept across the call into the scheduler.
ALWAYS_INLINE struct page *cache_pop(struct page_cache *c, enum page_state state, unsigned flags)
{
    size_t count = c->count - 1;
    struct page *page = c->page[count];
    c->count = count;
    count_use(c, state, 1);
    page_hand_out(page, state, flags);
    preempt_enable();
    return page;
}

static void (*low_handler)(void); // both set at boot
static uint64_t low_mark;         // the reserve once there is a handler

#define RESERVE_SHARE 64u         // of all pages
#define RESERVE_MAX   1024u       // 4 MiB

uint64_t page_reserve(void)
{
    return MIN(page_total_bytes() / PAGE_SIZE / RESERVE_SHARE, RESERVE_MAX);
}

void page_set_low_handler(void (*fn)(void))
{
    low_handler = fn;
    low_mark = page_reserve();
}

// Whoever has had pages from the buddy lists says so, or has been refused. No spinlock is held.
static void tell_if_low(void)
{
    if (unlikely(page_free_estimate() < low_mark))
        low_handler();
}

// page_alloc with an empty cache.
static NO_INLINE struct page *page_alloc_slow(struct page_cache *c, enum page_state state,
                                              unsigned flags)
{
    struct page *page = NULL;
    if (cache_refill(c))
        page = cache_pop(c, state, flags);
    else
        preempt_enable();
    tell_if_low();
    return page;
}

ALWAYS_INLINE struct page *alloc_one(enum page_state state, unsigned flags)
{
    if (alloc_should_fail())
        return NULL;
    lock_debug_assert_no_spinlock("page_alloc");
    preempt_disable();
    struct page_cache *c = this_cache();
    if (unlikely(!c->count))
        return page_alloc_slow(c, state, flags);
    return cache_pop(c, state, flags);
}

struct page *page_alloc(enum page_state state, unsigned flags)
{
    return alloc_one(state, flags);
}

ALWAYS_INLINE void cache_push(struct page_cache *c, struct page *page)
{
    size_t count = c->count;
    c->page[count] = page;
    c->count = count + 1;
    preempt_enable();
}

// page_free with a full cache.
static NO_INLINE void page_free_slow(struct page_cache *c, struct page *page)
{
    cache_flush(c, CACHE_BATCH);
    cache_push(c, page);
}

void page_free(struct page *page)
{
    enum page_state state = page->state;
    page_take_back(page);
    preempt_disable();
    struct page_cache *c = this_cache();
    count_use(c, state, -1);
    if (unlikely(c->count == CACHE_MAX)) {
        page_free_slow(c, page);
        return;
    }
    cache_push(c, page);
}

bool page_alloc_list(size_t count, enum page_state state, unsigned flags, struct list *list)
{
    struct list got = LIST_INIT(got);
    while (count--) {
        struct page *page = alloc_one(state, flags);
        if (!page) {
            page_free_list(&got);
            return false;
        }
        list_add_tail(&got, &page->node);
    }
    list_splice_tail(list, &got);
    return true;
}

void page_free_list(struct list *list)
{
    struct page *page;
    while ((page = list_pop_head_entry(list, struct page, node)) != NULL)
        page_free(page);
}

void page_cache_drain(void)
{
    bool more = true;
    while (more) {
        preempt_disable();
        struct page_cache *c = this_cache();
        if (c->count)
            cache_flush(c, MIN(c->count, (size_t)CACHE_BATCH));
        more = c->count != 0;
        preempt_enable();
    }
}

// ---- contiguous runs -----------------------------------------------------------------------------

static void count_use_here(enum page_state state, int64_t by)
{
    preempt_disable();
    count_use(this_cache(), state, by);
    preempt_enable();
}

// A whole block of 2^order pages from the lists, not handed out yet.
static struct page *block_get(unsigned order)
{
    spin_lock(&page_lock);
    struct page *first = buddy_alloc_locked(order);
    spin_unlock(&page_lock);
    return first;
}

struct page *page_block_alloc(unsigned order, enum page_state state)
{
    struct page *first = block_get(order);
    tell_if_low();
    if (!first)
        return NULL;
    run_hand_out(first, 1ul << order, state, 0);
    count_use_here(state, (int64_t)(1ul << order));
    return first;
}

void page_block_free(struct page *first, unsigned order)
{
    count_use_here(first->state, -(int64_t)(1ul << order));
    for (size_t i = 0; i < 1ul << order; i++)
        page_take_back(&first[i]);
    spin_lock(&page_lock);
    buddy_free_locked(first, order);
    spin_unlock(&page_lock);
}

static unsigned order_for(size_t count)
{
    return count <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(count - 1);
}

// A run from one block, whose tail goes back, or from several. Not handed out yet.
static struct page *run_get(size_t count, unsigned align_order)
{
    unsigned order = MAX(order_for(count), align_order);
    if (order <= PAGE_ORDER_MAX) {
        struct page *first = block_get(order);
        if (first) {
            if (count < 1ul << order)
                buddy_free_run(first + count, (1ul << order) - count);
            return first;
        }
    }
    return buddy_find_run(count, align_order);
}

struct page *page_alloc_contiguous(size_t count, unsigned align_shift, enum page_state state,
                                   unsigned flags)
{
    unsigned align_order = align_shift > PAGE_SHIFT ? align_shift - PAGE_SHIFT : 0;
    if (count == 0)
        return NULL;
    if (count == 1 && align_order == 0)
        return page_alloc(state, flags);
    if (alloc_should_fail())
        return NULL;
    lock_debug_assert_no_spinlock("page_alloc_contiguous");
    struct page *first = run_get(count, align_order);
    if (!first) {
        page_cache_drain();
        first = run_get(count, align_order);
    }
    tell_if_low();
    if (!first)
        return NULL;
    run_hand_out(first, count, state, flags);
    count_use_here(state, (int64_t)count);
    return first;
}

void page_free_contiguous(struct page *first, size_t count)
{
    int64_t freed[PAGE_STATE_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        freed[first[i].state]++;
        page_take_back(&first[i]);
    }
    for (unsigned state = 0; state < PAGE_STATE_COUNT; state++) {
        if (freed[state])
            count_use_here(state, -freed[state]);
    }
    buddy_free_run(first, count);
}

// ---- statistics ----------------------------------------------------------------------------------

void page_set_state(struct page *page, enum page_state state)
{
    DEBUG_ASSERT(page->state != PAGE_STATE_FREE && state != PAGE_STATE_FREE);
    preempt_disable();
    struct page_cache *c = this_cache();
    count_use(c, page->state, -1);
    count_use(c, state, 1);
    preempt_enable();
    page->state = (uint8_t)state;
}

void page_stats_get(struct page_stats *out)
{
    int64_t used = 0;
    out->total_pages = page_total_bytes() >> PAGE_SHIFT;
    for (unsigned state = PAGE_STATE_FREE + 1; state < PAGE_STATE_COUNT; state++) {
        int64_t sum = state == PAGE_STATE_WIRED ? (int64_t)wired_at_boot : 0;
        for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
            sum += atomic_load_explicit(&caches[cpu].in_use[state], memory_order_relaxed);
        // While others allocate, a snapshot may catch a free before its allocation.
        sum = MAX(sum, (int64_t)0);
        out->pages[state] = (uint64_t)sum;
        used += sum;
    }
    out->pages[PAGE_STATE_FREE] = out->total_pages - MIN((uint64_t)used, out->total_pages);
}

uint64_t page_free_estimate(void)
{
    return buddy_free_pages();
}
