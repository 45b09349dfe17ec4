// SPDX-License-Identifier: MIT
// Memory of any size (interface: mem/kmalloc.h): size classes on slab caches, and runs of pages above
// KMALLOC_SLAB_MAX.
//
// How kfree tells them apart: a page of a slab has page->owner = its cache; the first page of a large
// allocation has owner NULL and index = number of pages.
// Locks: those of the caches and pages; the counters of large allocations are atomic.

#include <mem/kmalloc.h>

#include <debug/assert.h>
#include <mem/page.h>
#include <mem/slab.h>

#include "internal.h"

#define CLASS_ALIGN  16u
#define CLASS(size_) SLAB_CACHE_INIT("kmalloc-" #size_, size_, CLASS_ALIGN)

// Steps of at most a quarter, so that little is wasted. 5120 is for a message with 4 KiB of data.
static struct slab_cache classes[] = {
    CLASS(16),   CLASS(32),   CLASS(48),   CLASS(64),   CLASS(80),   CLASS(96),
    CLASS(112),  CLASS(128),  CLASS(160),  CLASS(192),  CLASS(224),  CLASS(256),
    CLASS(320),  CLASS(384),  CLASS(448),  CLASS(512),  CLASS(640),  CLASS(768),
    CLASS(896),  CLASS(1024), CLASS(1280), CLASS(1536), CLASS(1792), CLASS(2048),
    CLASS(2560), CLASS(3072), CLASS(4096), CLASS(5120), CLASS(6144), CLASS(8192),
};

// The class for a size: up to SMALL_MAX in steps of 16, above in steps of 128.
#define SMALL_MAX    1024u
#define SMALL_SHIFT  4u
#define MEDIUM_SHIFT 7u
static struct slab_cache *small_class[(SMALL_MAX >> SMALL_SHIFT) + 1];          // [I]
static struct slab_cache *medium_class[(KMALLOC_SLAB_MAX >> MEDIUM_SHIFT) + 1]; // [I]

static atomic_uint_fast64_t large_bytes;
static atomic_uint_fast64_t large_count;

static void fill_table(struct slab_cache **table, size_t entries, unsigned shift)
{
    struct slab_cache *c = classes;
    for (size_t i = 0; i < entries; i++) {
        while (c->size < i << shift)
            c++;
        table[i] = c;
    }
}

void kmalloc_init(void)
{
    fill_table(small_class, countof(small_class), SMALL_SHIFT);
    fill_table(medium_class, countof(medium_class), MEDIUM_SHIFT);
}

// 1 <= size <= SMALL_MAX; 0 wraps round.
ALWAYS_INLINE bool is_small(size_t size)
{
    return likely(size - 1 < SMALL_MAX);
}

ALWAYS_INLINE struct slab_cache *small_class_of(size_t size)
{
    return small_class[(size + (1u << SMALL_SHIFT) - 1) >> SMALL_SHIFT];
}

// The class of a size that is not small, NULL if it is for pages.
ALWAYS_INLINE struct slab_cache *medium_class_of(size_t size)
{
    if (size > KMALLOC_SLAB_MAX)
        return NULL;
    return medium_class[(size + (1u << MEDIUM_SHIFT) - 1) >> MEDIUM_SHIFT];
}

static NO_INLINE void *large_alloc(size_t size, unsigned flags)
{
    size_t count = (size >> PAGE_SHIFT) + ((size & PAGE_MASK) != 0);
    struct page *first = page_alloc_contiguous(count, PAGE_SHIFT, PAGE_STATE_HEAP, flags);
    if (!first)
        return NULL;
    first->owner = NULL;
    first->index = count;
    atomic_fetch_add_explicit(&large_bytes, count << PAGE_SHIFT, memory_order_relaxed);
    atomic_fetch_add_explicit(&large_count, 1, memory_order_relaxed);
    return page_to_virt(first);
}

static NO_INLINE void large_free(void *p)
{
    struct page *first = page_from_virt(p);
    size_t count = first->index;
    ASSERT(((uintptr_t)p & PAGE_MASK) == 0 && first->state == PAGE_STATE_HEAP && count > 0);
    first->index = 0;
    atomic_fetch_sub_explicit(&large_bytes, count << PAGE_SHIFT, memory_order_relaxed);
    atomic_fetch_sub_explicit(&large_count, 1, memory_order_relaxed);
    page_free_contiguous(first, count);
}

// kmalloc and kzalloc for sizes that are not small.
static NO_INLINE void *kmalloc_more(size_t size, unsigned flags)
{
    if (size == 0)
        return NULL;
    struct slab_cache *c = medium_class_of(size);
    if (!c)
        return large_alloc(size, flags);
    void *p = slab_alloc(c);
    if (p && (flags & PAGE_ALLOC_ZERO))
        memset(p, 0, size);
    return p;
}

void *kmalloc(size_t size)
{
    if (is_small(size))
        return slab_alloc(small_class_of(size));
    return kmalloc_more(size, 0);
}

void *kzalloc(size_t size)
{
    if (!is_small(size))
        return kmalloc_more(size, PAGE_ALLOC_ZERO);
    void *p = slab_alloc(small_class_of(size));
    if (likely(p))
        memset(p, 0, size);
    return p;
}

void *kcalloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return kzalloc(bytes);
}

void kfree(void *p)
{
    if (!p)
        return;
    struct page *page = page_from_virt(p);
    ASSERT(page && page->state == PAGE_STATE_HEAP);
    struct slab_cache *c = page->owner;
    if (likely(c))
        slab_free(c, p);
    else
        large_free(p);
}

static NO_INLINE void kfree_sized_more(void *p, size_t size)
{
    struct slab_cache *c = p ? medium_class_of(size) : NULL;
    if (c)
        slab_free(c, p);
    else if (p)
        large_free(p);
}

void kfree_sized(void *p, size_t size)
{
    DEBUG_ASSERT(!p || !is_small(size) || page_from_virt(p)->owner == small_class_of(size));
    if (is_small(size))
        slab_free(small_class_of(size), p);
    else
        kfree_sized_more(p, size);
}

size_t kmalloc_size(size_t size)
{
    if (is_small(size))
        return small_class_of(size)->size;
    const struct slab_cache *c = medium_class_of(size);
    if (size == 0 || size > SIZE_MAX - PAGE_MASK)
        return 0;
    return c ? c->size : ROUND_UP(size, PAGE_SIZE);
}

size_t kmalloc_usable_size(const void *p)
{
    const struct page *page = page_from_virt(p);
    const struct slab_cache *c = page->owner;
    return c ? c->size : page->index << PAGE_SHIFT;
}

void kmalloc_large_stats(uint64_t *out_bytes, uint64_t *out_count)
{
    *out_bytes = atomic_load_explicit(&large_bytes, memory_order_relaxed);
    *out_count = atomic_load_explicit(&large_count, memory_order_relaxed);
}

uint64_t mem_outstanding(void)
{
    struct slab_stats slabs;
    slab_stats_get(&slabs);
    return slabs.outstanding + atomic_load_explicit(&large_count, memory_order_relaxed);
}
