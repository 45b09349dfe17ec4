// SPDX-License-Identifier: MIT
//
// Put in front of the sources under test: their allocations are counted, and one can be made to
// fail.

#ifndef TEST_HOST_FILES_ALLOC_H
#define TEST_HOST_FILES_ALLOC_H

#include <stdlib.h>

void *alloc_calloc(size_t count, size_t size);
void *alloc_malloc(size_t size);
void *alloc_realloc(void *old, size_t size);
void alloc_free(void *memory);

#define calloc  alloc_calloc
#define malloc  alloc_malloc
#define realloc alloc_realloc
#define free    alloc_free

#endif
