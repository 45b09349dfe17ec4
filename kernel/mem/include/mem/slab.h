// SPDX-License-Identifier: MIT
// Slab caches: objects of one size, O(1), with a magazine of free objects for each CPU, so that the
// common alloc or free is a pop or push with preemption off.
//
// Contexts: threads; never interrupt handlers. Nothing blocks; NULL when out of memory. Memory is not
// zeroed unless slab_zalloc is used; objects have no constructor state.
// Locks: each cache has a spinlock of RANK_PAGES for its slabs; magazines need preemption off.
// Debug builds: a tag behind each object finds double frees and overruns; freed objects are filled
// with SLAB_POISON_FREE and checked for it when they are handed out again.
#pragma once

#include <hal/cpu.h>
#include <hal/spinlock.h>
#include <hal/types.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mem/alloc_fail.h>

#define SLAB_MAGAZINE_SIZE 15u
#define SLAB_POISON_FREE   0xd5u // contents of a freed object
#define SLAB_POISON_FRESH  0xa7u // contents of a new object, until its owner writes them

// Free objects of one CPU. [P] preemption off on that CPU; others may look at the count, which is why
// it is atomic (relaxed loads and stores, no read-modify-write).
struct slab_magazine {
    _Atomic uint64_t count;
    void *object[SLAB_MAGAZINE_SIZE];
} __attribute__((aligned(128)));
_Static_assert(sizeof(struct slab_magazine) == 128, "two cache lines, indexed by a shift");

extern const struct lock_class slab_cache_lock;

// Locks: [I] fixed after the first allocation  [L] lock  [P] preemption off on the owning CPU
struct slab_cache {
    struct slab_magazine *cpu; // [I] array of MAX_CPUS; the magazines are [P]
    const char *name;          // [I]
    uint32_t size;             // [I] bytes the user sees
    uint32_t align;            // [I] bytes, power of two, at most 4096
    uint32_t stride;           // [I] bytes from object to object
    uint32_t first;            // [I] offset of the first object in a slab
    uint32_t order;            // [I] pages of a slab: 2^order
    uint32_t per_slab;         // [I] objects in a slab
    atomic_bool ready;         // [I] fields and lists are set up; registry lock to set
    uint32_t empty_count;      // [L] slabs on `empty`
    uint64_t slab_count;       // [L]
    uint64_t taken;            // [L] objects out of slabs: in use or in magazines
    struct spinlock lock;
    struct list partial;     // [L] slabs with free and used objects
    struct list empty;       // [L] slabs without used objects, kept up to a watermark
    struct slab_cache *next; // [registry lock] list of all caches
};

// Defines a cache with static storage: SLAB_CACHE(event_cache, sizeof(struct event),
// alignof(struct event)). Usable at once after pages_init. The magazines are a literal of their own, so
// that they are zeroed memory and not part of the image.
#define SLAB_CACHE(ident, size_, align_) \
    struct slab_cache ident = SLAB_CACHE_INIT(#ident, size_, align_)
#define SLAB_CACHE_INIT(name_, size_, align_)                                           \
    {                                                                                   \
        .cpu = (struct slab_magazine[MAX_CPUS]){{0}}, .name = (name_), .size = (size_), \
        .align = (align_), .lock = SPINLOCK_INIT(slab_cache_lock),                      \
    }

// The magazine is empty or full; preemption is off.
void *slab_alloc_slow(struct slab_cache *c);
void slab_free_slow(struct slab_cache *c, void *object);
// Debug builds' checks; `object` leaves or enters the allocator.
void slab_debug_alloc(struct slab_cache *c, void *object);
void slab_debug_free(struct slab_cache *c, void *object);

// One object, contents undefined. NULL: out of memory.
ALWAYS_INLINE void *slab_alloc(struct slab_cache *c)
{
    if (alloc_should_fail())
        return NULL;
    uint32_t before = preempt_disable_nested();
    struct slab_magazine *m = &c->cpu[hal_cpu_num()];
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    void *object;
    if (likely(count)) {
        object = m->object[count - 1];
        atomic_store_explicit(&m->count, count - 1, memory_order_relaxed);
        preempt_enable_nested(before);
    } else {
        object = slab_alloc_slow(c);
        preempt_enable(); // so that `before` need not be kept over the call
    }
    if (JACINTH_DEBUG && object)
        slab_debug_alloc(c, object);
    return object;
}

// One object filled with zeroes.
ALWAYS_INLINE void *slab_zalloc(struct slab_cache *c)
{
    void *object = slab_alloc(c);
    if (likely(object))
        memset(object, 0, c->size);
    return object;
}

// Gives an object back.
ALWAYS_INLINE void slab_free_object(struct slab_cache *c, void *object)
{
    if (JACINTH_DEBUG)
        slab_debug_free(c, object);
    uint32_t before = preempt_disable_nested();
    struct slab_magazine *m = &c->cpu[hal_cpu_num()];
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    if (likely(count < SLAB_MAGAZINE_SIZE)) {
        m->object[count] = object;
        atomic_store_explicit(&m->count, count + 1, memory_order_relaxed);
        preempt_enable_nested(before);
    } else {
        slab_free_slow(c, object);
        preempt_enable();
    }
}

// The same; NULL is allowed.
ALWAYS_INLINE void slab_free(struct slab_cache *c, void *object)
{
    if (likely(object))
        slab_free_object(c, object);
}

// Objects of the cache in its users' hands. Exact while nobody allocates or frees.
uint64_t slab_outstanding(struct slab_cache *c);
// Empties this CPU's magazine of the cache and gives all empty slabs back. Thread context.
void slab_drain(struct slab_cache *c);
// slab_drain on every cache that was ever used.
void slab_drain_all(void);

// Calls fn for each cache that was ever used, with its count of outstanding objects; no lock held.
void slab_for_each(void (*fn)(void *ctx, const struct slab_cache *c, uint64_t outstanding),
                   void *ctx);

struct slab_stats {
    uint64_t total_bytes;       // pages of all slabs
    uint64_t outstanding_bytes; // objects in use
    uint64_t outstanding;       // number of objects in use
};
void slab_stats_get(struct slab_stats *out);
