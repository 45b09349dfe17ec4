// SPDX-License-Identifier: MIT
//
// Which pages of a file have been written: a sparse bitmap. Pure; no locks.

#ifndef RAMFS_PAGES_H
#define RAMFS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES  4096u
#define GROUP_PAGES 512u

struct page_group {
    uint64_t bits[GROUP_PAGES / 64];
};

// All zero: no pages.
struct pages {
    struct page_group **groups; // NULL: none of its pages
    size_t group_count;
    size_t groups_made; // of those, not NULL
    uint64_t count;     // of pages that are set
};

bool pages_get(const struct pages *pages, uint64_t page);

// Bytes of memory that pages_set() would take for the bitmap.
uint64_t pages_cost(const struct pages *pages, uint64_t page);

// Bytes of memory of the pages that are set and of the bitmap.
uint64_t pages_memory(const struct pages *pages);

// Sets a page. False: no memory, nothing changed.
bool pages_set(struct pages *pages, uint64_t page);

// Forgets all pages from `first` on.
void pages_cut(struct pages *pages, uint64_t first);

#endif
