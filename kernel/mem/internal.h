// SPDX-License-Identifier: MIT
// What the files of this layer share and nobody else sees.
#pragma once

#include <hal/spinlock.h>
#include <mem/page.h>

// The buddy lists' lock.
extern struct spinlock page_lock;

// A free block of 2^order pages, or NULL. Its pages have state FREE and free_order1 0.
struct page *buddy_alloc_locked(unsigned order) REQUIRES(page_lock);
// Gives a block back: `page` is its first page, aligned to its size.
void buddy_free_locked(struct page *page, unsigned order) REQUIRES(page_lock);
// Adds a run of free pages, cut into blocks; takes the lock for each block.
void buddy_free_run(struct page *page, size_t count) EXCLUDES(page_lock);
// Looks for `count` free pages in a row, aligned to 2^align_order pages, which may span blocks, and
// takes them out. NULL if there are none. Lets the lock go from time to time.
struct page *buddy_find_run(size_t count, unsigned align_order) EXCLUDES(page_lock);
// Free pages in the lists.
uint64_t buddy_free_pages(void);
// Before the first use.
void buddy_init(void);

// The arena of a page that exists.
const struct page_arena *page_arena_of(const struct page *page);

// 2^order adjacent pages for the heap, aligned to their size, without a search beyond the buddy lists
// and without failure injection (the caller has consulted it). NULL: none.
struct page *page_block_alloc(unsigned order, enum page_state state);
void page_block_free(struct page *first, unsigned order);

// Reserved pages found at boot.
void page_stats_add_wired(uint64_t count);

// Sets up the size classes.
void kmalloc_init(void);
