// SPDX-License-Identifier: MIT
//
// Counted allocations, see alloc.h.

#include <stdlib.h>

#include "tests.h"

void *alloc_calloc(size_t count, size_t size);
void *alloc_malloc(size_t size);
void *alloc_realloc(void *old, size_t size);
void alloc_free(void *memory);

static atomic_long live;
static atomic_uint countdown;
static atomic_bool failed;

void alloc_fail_at(unsigned k)
{
    atomic_store(&failed, false);
    atomic_store(&countdown, k);
}

bool alloc_failed(void)
{
    return atomic_load(&failed);
}

long alloc_live(void)
{
    return atomic_load(&live);
}

static bool fails(void)
{
    unsigned left = atomic_load(&countdown);

    if (left == 0)
        return false;
    atomic_store(&countdown, left - 1);
    if (left != 1)
        return false;
    atomic_store(&failed, true);
    return true;
}

static void *counted(void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&live, 1);
    return memory;
}

void *alloc_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(calloc(count, size));
}

void *alloc_malloc(size_t size)
{
    return fails() ? NULL : counted(malloc(size));
}

void *alloc_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return old == NULL ? counted(malloc(size)) : realloc(old, size);
}

void alloc_free(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&live, 1);
    free(memory);
}

// The vDSO's own call: the laboratory has no vDSO. The same each time, so that runs can be
// replayed.
void zx_cprng_draw(void *buffer, size_t buffer_size)
{
    memset(buffer, 0x5c, buffer_size);
}
