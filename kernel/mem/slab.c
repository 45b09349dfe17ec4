// SPDX-License-Identifier: MIT
// Slab caches (interface: mem/slab.h).
//
// A slab is a block of 2^order pages, aligned to its size, so that an object finds its slab by masking.
// It begins with a struct slab; the objects follow. Objects that were never handed out are not on the
// free list: `untouched` counts them, so that making a slab touches only its header.
//
// Invariants: S1 a slab with free and used objects is on `partial`, one without used ones on `empty`,
// one without free ones on no list; S2 in_use counts objects outside of the slab: in magazines or with
// users; S3 `taken` of the cache is the sum of in_use; S4 each page of a slab has page->owner = the
// cache, by which kfree finds it.
// Locks: [L] the cache's lock; [P] preemption off for the magazine; the registry lock for the list of
// caches. None is held while pages are allocated or freed. All of RANK_PAGES and never nested.

#include <mem/slab.h>

#include <debug/assert.h>
#include <mem/page.h>

#include "internal.h"
#include "slab_debug.h"

#define SLAB_ORDER_MAX   4u
#define SLAB_OBJECTS_MIN 6u // a slab should hold so many before a larger one is tried no more
#define EMPTY_MAX        1u // empty slabs a cache keeps
#define BATCH            ((SLAB_MAGAZINE_SIZE + 1) / 2)

LOCK_CLASS_PUBLIC(slab_cache_lock, RANK_PAGES, LOCK_SPIN);
LOCK_CLASS(slab_registry_lock_class, RANK_PAGES, LOCK_SPIN);

struct slab {
    struct list_node node;    // [L]
    struct slab_cache *cache; // [I]
    void *free;               // [L] chain of free objects through their first word
    uint32_t in_use;          // [L]
    uint32_t untouched;       // [L] objects at the end that were never handed out
};

static struct spinlock registry_lock = SPINLOCK_INIT(slab_registry_lock_class);
static struct slab_cache *registry; // [registry lock] newest first

// ---- geometry ------------------------------------------------------------------------------------

static uint32_t objects_in(const struct slab_cache *c, unsigned order)
{
    return (uint32_t)(((PAGE_SIZE << order) - c->first) / c->stride);
}

// Chooses the smallest slab that holds enough objects and wastes at most an eighth.
static void choose_order(struct slab_cache *c)
{
    unsigned order = 0;
    for (; order < SLAB_ORDER_MAX; order++) {
        uint32_t n = objects_in(c, order);
        size_t bytes = PAGE_SIZE << order;
        if (n >= SLAB_OBJECTS_MIN && (bytes - (size_t)n * c->stride) * 8 <= bytes)
            break;
    }
    c->order = order;
    c->per_slab = objects_in(c, order);
    ASSERT(c->per_slab > 0);
}

static NO_INLINE void cache_setup(struct slab_cache *c)
{
    spin_lock(&registry_lock);
    if (!atomic_load_explicit(&c->ready, memory_order_relaxed)) {
        c->align = MAX(c->align, (uint32_t)sizeof(void *));
        ASSERT(c->size && (c->align & (c->align - 1)) == 0 && c->align <= PAGE_SIZE);
        uint32_t size = MAX(c->size, (uint32_t)sizeof(void *));
        c->stride = ROUND_UP(size + slab_tag_space(size), c->align);
        c->first = ROUND_UP((uint32_t)sizeof(struct slab), c->align);
        choose_order(c);
        list_init(&c->partial);
        list_init(&c->empty);
        c->next = registry;
        registry = c;
        atomic_store_explicit(&c->ready, true, memory_order_release);
    }
    spin_unlock(&registry_lock);
}

ALWAYS_INLINE void cache_ready(struct slab_cache *c)
{
    if (unlikely(!atomic_load_explicit(&c->ready, memory_order_acquire)))
        cache_setup(c);
}

ALWAYS_INLINE struct slab *slab_of(const struct slab_cache *c, const void *object)
{
    return (struct slab *)((uintptr_t)object & ~((PAGE_SIZE << c->order) - 1));
}

// ---- slabs ---------------------------------------------------------------------------------------

// Makes a slab; it is on no list yet.
static struct slab *slab_create(struct slab_cache *c)
{
    struct page *first = page_block_alloc(c->order, PAGE_STATE_HEAP);
    if (!first)
        return NULL;
    struct slab *slab = page_to_virt(first);
    *slab = (struct slab){.cache = c, .untouched = c->per_slab};
    for (size_t i = 0; i < 1ul << c->order; i++)
        first[i].owner = c; // S4
    return slab;
}

static void slab_destroy(struct slab_cache *c, struct slab *slab)
{
    struct page *first = page_from_virt(slab);
    slab_debug_forget(slab, PAGE_SIZE << c->order);
    page_block_free(first, c->order);
}

static void *slab_take_locked(struct slab_cache *c, struct slab *slab)
{
    void *object = slab->free;
    slab->in_use++;
    if (object) {
        slab->free = *(void **)object;
        return object;
    }
    uint32_t index = c->per_slab - slab->untouched--;
    object = (char *)slab + c->first + (size_t)index * c->stride;
    slab_debug_fresh(c, object);
    return object;
}

// Moves up to `want` objects into the magazine.
static void take_batch_locked(struct slab_cache *c, struct slab_magazine *m, uint64_t want)
{
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    uint64_t before = count;
    while (count < want) {
        struct slab *slab = list_peek_head_entry(&c->partial, struct slab, node);
        if (!slab) {
            slab = list_pop_head_entry(&c->empty, struct slab, node);
            if (!slab)
                break;
            c->empty_count--;
            list_add_head(&c->partial, &slab->node);
        }
        while (count < want && slab->in_use < c->per_slab)
            m->object[count++] = slab_take_locked(c, slab);
        if (slab->in_use == c->per_slab)
            list_remove(&slab->node);
    }
    c->taken += count - before;
    atomic_store_explicit(&m->count, count, memory_order_relaxed);
}

// Puts one object into its slab. A slab that becomes superfluous goes onto `dead`.
static void put_locked(struct slab_cache *c, void *object, struct list *dead)
{
    struct slab *slab = slab_of(c, object);
    DEBUG_ASSERT(slab->cache == c && slab->in_use > 0);
    *(void **)object = slab->free;
    slab->free = object;
    c->taken--;
    if (slab->in_use-- == c->per_slab)
        list_add_head(&c->partial, &slab->node);
    if (slab->in_use)
        return;
    list_remove(&slab->node);
    if (c->empty_count < EMPTY_MAX) {
        list_add_head(&c->empty, &slab->node);
        c->empty_count++;
    } else {
        list_add_head(dead, &slab->node);
        c->slab_count--;
    }
}

static void destroy_list(struct slab_cache *c, struct list *dead)
{
    struct slab *slab;
    while ((slab = list_pop_head_entry(dead, struct slab, node)) != NULL)
        slab_destroy(c, slab);
}

// ---- slow paths of the magazines; preemption is off ----------------------------------------------

void *slab_alloc_slow(struct slab_cache *c)
{
    struct slab_magazine *m = &c->cpu[hal_cpu_num()];
    cache_ready(c);
    spin_lock(&c->lock);
    take_batch_locked(c, m, BATCH);
    spin_unlock(&c->lock);
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    if (!count) {
        struct slab *slab = slab_create(c);
        if (!slab)
            return NULL;
        spin_lock(&c->lock);
        c->slab_count++;
        list_add_head(&c->empty, &slab->node);
        c->empty_count++;
        take_batch_locked(c, m, BATCH);
        spin_unlock(&c->lock);
        count = atomic_load_explicit(&m->count, memory_order_relaxed);
        if (!count) // others may have emptied it at once
            return NULL;
    }
    void *object = m->object[count - 1];
    atomic_store_explicit(&m->count, count - 1, memory_order_relaxed);
    return object;
}

// Puts the `n` objects that have lain in the magazine longest into their slabs.
static void flush(struct slab_cache *c, struct slab_magazine *m, uint64_t n)
{
    struct list dead = LIST_INIT(dead);
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    n = MIN(n, count);
    spin_lock(&c->lock);
    for (uint64_t i = 0; i < n; i++)
        put_locked(c, m->object[i], &dead);
    spin_unlock(&c->lock);
    memmove(&m->object[0], &m->object[n], (count - n) * sizeof(m->object[0]));
    atomic_store_explicit(&m->count, count - n, memory_order_relaxed);
    destroy_list(c, &dead);
}

void slab_free_slow(struct slab_cache *c, void *object)
{
    struct slab_magazine *m = &c->cpu[hal_cpu_num()];
    flush(c, m, BATCH);
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    m->object[count] = object;
    atomic_store_explicit(&m->count, count + 1, memory_order_relaxed);
}

// ---- draining, statistics ------------------------------------------------------------------------

void slab_drain(struct slab_cache *c)
{
    struct list dead = LIST_INIT(dead);
    if (!atomic_load_explicit(&c->ready, memory_order_acquire))
        return;
    preempt_disable();
    flush(c, &c->cpu[hal_cpu_num()], SLAB_MAGAZINE_SIZE);
    preempt_enable();
    spin_lock(&c->lock);
    c->slab_count -= c->empty_count;
    c->empty_count = 0;
    list_splice_tail(&dead, &c->empty);
    spin_unlock(&c->lock);
    destroy_list(c, &dead);
}

// Caches never leave the list, so a walk needs the lock only to see its start.
static struct slab_cache *registry_first(void)
{
    spin_lock(&registry_lock);
    struct slab_cache *c = registry;
    spin_unlock(&registry_lock);
    return c;
}

void slab_drain_all(void)
{
    for (struct slab_cache *c = registry_first(); c; c = c->next)
        slab_drain(c);
}

uint64_t slab_outstanding(struct slab_cache *c)
{
    if (!atomic_load_explicit(&c->ready, memory_order_acquire))
        return 0;
    spin_lock(&c->lock);
    uint64_t count = c->taken;
    spin_unlock(&c->lock);
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        uint64_t cached = atomic_load_explicit(&c->cpu[cpu].count, memory_order_relaxed);
        count -= MIN(cached, count);
    }
    return count;
}

void slab_for_each(void (*fn)(void *ctx, const struct slab_cache *c, uint64_t outstanding),
                   void *ctx)
{
    for (struct slab_cache *c = registry_first(); c; c = c->next)
        fn(ctx, c, slab_outstanding(c));
}

void slab_stats_get(struct slab_stats *out)
{
    *out = (struct slab_stats){0};
    for (struct slab_cache *c = registry_first(); c; c = c->next) {
        spin_lock(&c->lock);
        out->total_bytes += c->slab_count * (PAGE_SIZE << c->order);
        spin_unlock(&c->lock);
        uint64_t outstanding = slab_outstanding(c);
        out->outstanding += outstanding;
        out->outstanding_bytes += outstanding * c->stride;
    }
}
