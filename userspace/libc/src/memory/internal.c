// SPDX-License-Identifier: MIT
//
// Memory for the library's own purposes, whatever malloc() the program has.

#include "cache.h"

void *__libc_malloc(size_t size);

void *__libc_malloc(size_t size)
{
    return __libc_malloc_impl(size);
}
