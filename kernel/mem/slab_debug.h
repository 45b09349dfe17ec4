// SPDX-License-Identifier: MIT
// Checks of debug builds on slab objects. In release builds every call folds to nothing.
#pragma once

#include <mem/slab.h>
#include <memcheck/memcheck.h>

// Bytes behind an object of `size` bytes for padding and tag.
ALWAYS_INLINE uint32_t slab_tag_space(uint32_t size)
{
    return JACINTH_DEBUG ? ROUND_UP(size, 8u) - size + 8u : 0;
}

// An object that was never handed out leaves its slab.
void slab_debug_fresh_slow(struct slab_cache *c, void *object);

ALWAYS_INLINE void slab_debug_fresh(struct slab_cache *c, void *object)
{
    if (JACINTH_DEBUG)
        slab_debug_fresh_slow(c, object);
}

// A slab goes back to the pages.
ALWAYS_INLINE void slab_debug_forget(void *slab, size_t bytes)
{
    if (JACINTH_DEBUG)
        memcheck_unpoison(slab, bytes);
}
