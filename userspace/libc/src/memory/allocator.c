// SPDX-License-Identifier: MIT
//
// musl's allocator, which this file includes, and what the threads' caches (cache.c) need of its
// inside: many blocks for one lock. musl's functions have the names __libc_malloc_impl, __libc_free
// and so on here; programs reach them through the cache.
//
// Locks: __malloc_lock, musl's own, for the groups and their masks.

#include "musl_allocator.h"

#include "cache.h"

size_t __malloc_batch(size_t size, void **out, size_t wanted)
{
    struct meta *group;
    uint32_t available, taken = 0;
    size_t count = 1;

    // The ordinary way first: it finds a group with free blocks, or makes one.
    out[0] = malloc(size);
    if (out[0] == NULL) {
        return 0;
    }
    rdlock();
    group = ctx.active[size_to_class(size)];
    available = group != NULL ? group->avail_mask : 0;
    for (; count < wanted && available != 0; count++) {
        uint32_t first = available & -available;

        taken |= first;
        available ^= first;
    }
    if (taken != 0) {
        group->avail_mask = available;
    }
    int counter = (int)ctx.mmap_counter;

    unlock();
    for (count = 1; taken != 0; taken &= taken - 1) {
        out[count++] = enframe(group, a_ctz_32(taken), size, counter);
    }
    return count;
}
