// SPDX-License-Identifier: MIT
//
// free() as programs call it. A program may have its own instead: nothing else is in this file.

#include <stdlib.h>

#include "cache.h"

void free(void *block)
{
    __free_cached(block);
}
