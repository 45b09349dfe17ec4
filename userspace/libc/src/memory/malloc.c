// SPDX-License-Identifier: MIT
//
// malloc() as programs call it. A program may have its own instead: nothing else is in this file.

#include <stdlib.h>

#include "cache.h"

void *malloc(size_t size)
{
    return __malloc_cached(size);
}
