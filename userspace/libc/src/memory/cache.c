// SPDX-License-Identifier: MIT
//
// Caches of small free blocks, one for each thread, in front of musl's allocator: a thread that
// allocates and frees takes no lock, as long as the blocks that it holds on to come from its cache.
// Blocks are cached by size, in steps of 16 bytes; what is asked for is rounded up to a step less the
// allocator's own 4 bytes, so a block fits its step exactly. A free block is a member of a list of
// its size; it holds the next one's address, scrambled, and a mark that tells when it is freed twice.
// A list that grows too long gives half of it back, so that memory freed in bulk returns to the
// system; an empty one takes as many blocks as fit the same lock.
//
// A cache is made by the first small allocation of its thread, and lives in struct pthread.

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "cache.h"
#include "pthread_impl.h"

#include <zircon/syscalls.h>

#define STEP     16u
#define OVERHEAD 4u
#define STEPS    64u // blocks of 12, 28, ... 1004 bytes: [1] to [63]
#define LARGEST  (STEPS * STEP - STEP - OVERHEAD)

#define BATCH_MAX  16u
#define LIST_BYTES 8192u // that a list may hold, but at least LIST_MIN blocks
#define LIST_MIN   8u
#define LIST_MAX   64u

struct block {
    uintptr_t next; // scrambled
    uint32_t mark;
};

struct cache {
    struct block *lists[STEPS];
    uint8_t counts[STEPS];
    uintptr_t secret;
};

static unsigned step_of(size_t size)
{
    return (unsigned)((size + OVERHEAD + STEP - 1) / STEP);
}

static unsigned list_limit(unsigned step)
{
    unsigned limit = LIST_BYTES / (step * STEP);

    return limit < LIST_MIN ? LIST_MIN : limit > LIST_MAX ? LIST_MAX : limit;
}

static uint32_t mark_of(const struct cache *cache, const struct block *block)
{
    uintptr_t mixed = cache->secret ^ (uintptr_t)block;

    return (uint32_t)(mixed ^ mixed >> 32) | 1;
}

static void push(struct cache *cache, unsigned step, struct block *block)
{
    block->next = (uintptr_t)cache->lists[step] ^ cache->secret;
    block->mark = mark_of(cache, block);
    cache->lists[step] = block;
    cache->counts[step]++;
}

static struct block *pop(struct cache *cache, unsigned step)
{
    struct block *block = cache->lists[step];

    if (block->mark != mark_of(cache, block)) {
        __builtin_trap(); // somebody wrote into a free block
    }
    cache->lists[step] = (struct block *)(block->next ^ cache->secret);
    cache->counts[step]--;
    block->mark = 0;
    return block;
}

// The thread's cache, or NULL if there is no memory for one.
static struct cache *own_cache(void)
{
    pthread_t self = __pthread_self();
    struct cache *cache = self->malloc_cache;

    if (cache == NULL) {
        cache = __libc_malloc_impl(sizeof(*cache));
        if (cache != NULL) {
            *cache = (struct cache){0};
            zx_cprng_draw(&cache->secret, sizeof(cache->secret));
            self->malloc_cache = cache;
        }
    }
    return cache;
}

// Fills an empty list; one more block is returned. NULL if there is none.
static void *refill(struct cache *cache, unsigned step)
{
    void *blocks[BATCH_MAX];
    unsigned wanted = list_limit(step) / 2 < BATCH_MAX ? list_limit(step) / 2 : BATCH_MAX;
    size_t count = __malloc_batch(step * STEP - OVERHEAD, blocks, wanted);

    while (count > 1) {
        push(cache, step, blocks[--count]);
    }
    return count == 1 ? blocks[0] : NULL;
}

static void shrink(struct cache *cache, unsigned step, unsigned left)
{
    while (cache->counts[step] > left) {
        __libc_free(pop(cache, step));
    }
}

// A block with a mark is free already, unless its user wrote just that number there.
static void check_not_cached(const struct cache *cache, unsigned step, const struct block *block)
{
    for (const struct block *at = cache->lists[step]; at != NULL;
         at = (const struct block *)(at->next ^ cache->secret)) {
        if (at == block) {
            __builtin_trap(); // freed twice
        }
    }
}

void *__malloc_cached(size_t size)
{
    struct cache *cache;

    if (size > LARGEST || (cache = own_cache()) == NULL) {
        void *memory = __libc_malloc_impl(size);

        if (memory == NULL) {
            errno = ENOMEM; // whatever mmap() had against the size
        }
        return memory;
    }
    unsigned step = step_of(size);

    return cache->lists[step] != NULL ? pop(cache, step) : refill(cache, step);
}

void __free_cached(void *memory)
{
    struct cache *cache = __pthread_self()->malloc_cache;
    struct block *block = memory;

    if (memory == NULL) {
        return;
    }
    // Also the check that it is a block at all. A block may have become smaller or larger by
    // realloc(): it belongs to the largest step that it holds.
    size_t step = (malloc_usable_size(memory) + OVERHEAD) / STEP;

    // A block at the start of a page may be what aligned_alloc() cut out of a mapping of its own:
    // musl's calloc() takes such memory for fresh zeros, so it must never come from a list.
    if (cache == NULL || step == 0 || step >= STEPS || (uintptr_t)memory % PAGE_SIZE == 0) {
        __libc_free(memory);
        return;
    }
    if (block->mark == mark_of(cache, block)) {
        check_not_cached(cache, (unsigned)step, block);
    }
    if (cache->counts[step] >= list_limit((unsigned)step)) {
        shrink(cache, (unsigned)step, list_limit((unsigned)step) / 2);
    }
    push(cache, (unsigned)step, block);
}

void __malloc_thread_exit(void *memory)
{
    struct cache *cache = memory;

    for (unsigned step = 1; step < STEPS; step++) {
        shrink(cache, step, 0);
    }
    __pthread_self()->malloc_cache = NULL;
    __libc_free(cache);
}
