// SPDX-License-Identifier: MIT
// Memory of any size: slab caches by size class up to KMALLOC_SLAB_MAX, physically contiguous pages
// above (up to what page_alloc_contiguous finds). Alignment 16 (pages: 4096). Rules as in <mem/slab.h>:
// thread context, nothing blocks, NULL when out of memory or for a size of 0.
#pragma once

#include <hal/types.h>

#define KMALLOC_SLAB_MAX 8192u // bytes served from slabs

void *kmalloc(size_t size) MUST_CHECK;
// Filled with zeroes.
void *kzalloc(size_t size) MUST_CHECK;
// Zeroed array; NULL also when count * size overflows.
void *kcalloc(size_t count, size_t size) MUST_CHECK;

// Frees what kmalloc gave; NULL is allowed.
void kfree(void *p);
// Faster, for callers that know the size they asked for.
void kfree_sized(void *p, size_t size);

// The bytes that kmalloc(size) takes; 0 for a size of 0 or that nothing can have.
size_t kmalloc_size(size_t size);
// Usable bytes of an allocation: what kmalloc_size says.
size_t kmalloc_usable_size(const void *p);

// Bytes in use in allocations too large for slabs, and how many there are.
void kmalloc_large_stats(uint64_t *out_bytes, uint64_t *out_count);

// Everything this layer has handed out and not got back, for leak checks: slab objects of all caches
// (kmalloc's classes included) plus large allocations.
uint64_t mem_outstanding(void);
