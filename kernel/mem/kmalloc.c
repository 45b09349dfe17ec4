// SPDX-License-Identifier: MIT
// Memory of any size (interface: mem/kmalloc.h): size classes on slab caches, and runs of pages above
// KMALLOC_SLAB_MAX.
//
// How kfree tells them apart: a page of a slab has page->owner = its slab; the first page of a large
// allocation has owner NULL and index = number of pages.
// Locks: those of the caches and pages; the counters of large allocations are atomic.

#include <mem/kmalloc.h>

#include <debug/assert.h>
#include <mem/page.h>
#include <mem/slab.h>

#include "internal.h"
#include "slab_debug.h"

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

// Class numbers: of sizes up to SMALL_MAX in steps of 16, of larger ones in steps of 128.
#define SMALL_MAX    1024u
#define SMALL_SHIFT  4u
#define MEDIUM_SHIFT 7u
static uint8_t small_class[(SMALL_MAX >> SMALL_SHIFT) + 1];
static uint8_t medium_class[(KMALLOC_SLAB_MAX >> MEDIUM_SHIFT) + 1];

static atomic_uint_fast64_t large_bytes;
static atomic_uint_fast64_t large_count;

static void fill_table(uint8_t *table, size_t entries, unsigned shift)
{
    unsigned class_ = 0;
    for (size_t i = 0; i < entries; i++) {
        while (classes[class_].size < i << shift)
            class_++;
        table[i] = (uint8_t)class_;
    }
}

void kmalloc_init(void)
{
    fill_table(small_class, countof(small_class), SMALL_SHIFT);
    fill_table(medium_class, countof(medium_class), MEDIUM_SHIFT);
}

// The class for 1 <= size <= KMALLOC_SLAB_MAX.
ALWAYS_INLINE struct slab_cache *class_of(size_t size)
{
    if (likely(size <= SMALL_MAX))
        return &classes[small_class[(size + (1u << SMALL_SHIFT) - 1) >> SMALL_SHIFT]];
    return &classes[medium_class[(size + (1u << MEDIUM_SHIFT) - 1) >> MEDIUM_SHIFT]];
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

void *kmalloc(size_t size)
{
    if (unlikely(size - 1 >= KMALLOC_SLAB_MAX)) // 0 wraps round
        return size ? large_alloc(size, 0) : NULL;
    return slab_alloc(class_of(size));
}

void *kzalloc(size_t size)
{
    if (unlikely(size - 1 >= KMALLOC_SLAB_MAX))
        return size ? large_alloc(size, PAGE_ALLOC_ZERO) : NULL;
    void *p = slab_alloc(class_of(size));
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
    struct slab_cache *c = slab_cache_of_page(page);
    if (c)
        slab_free(c, p);
    else
        large_free(p);
}

void kfree_sized(void *p, size_t size)
{
    if (!p)
        return;
    if (unlikely(size - 1 >= KMALLOC_SLAB_MAX)) {
        large_free(p);
        return;
    }
    DEBUG_ASSERT(slab_cache_of_page(page_from_virt(p)) == class_of(size));
    slab_free(class_of(size), p);
}

size_t kmalloc_usable_size(const void *p)
{
    const struct page *page = page_from_virt(p);
    const struct slab_cache *c = slab_cache_of_page(page);
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
