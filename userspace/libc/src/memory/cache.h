// SPDX-License-Identifier: MIT
//
// Between the allocator and the caches in front of it.
#pragma once

#include <stddef.h>

#include <features.h>

// musl's allocator, under one lock.
hidden void *__libc_malloc_impl(size_t size);
hidden void __libc_free(void *block);
size_t malloc_usable_size(void *block);

// Allocates up to `wanted` blocks of the same size, at most two locks for all of them. Returns how
// many there are; 0 if there is no memory, with errno set.
hidden size_t __malloc_batch(size_t size, void **out, size_t wanted);

// As malloc() and free(), by way of the thread's cache.
hidden void *__malloc_cached(size_t size);
hidden void __free_cached(void *block);

// Gives back what a thread's cache holds, and the cache itself. Called last in a thread that ends.
hidden void __malloc_thread_exit(void *cache);
