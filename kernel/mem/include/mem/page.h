// SPDX-License-Identifier: MIT
// Physical pages: arenas with one struct page a page, a buddy allocator over all of them, and per-CPU
// caches of single pages.
//
// Ownership: an allocated page belongs to whoever allocated it, who may use the fields marked [O]. A
// page carries the state it was allocated for, which is what ZX_INFO_KMEM_STATS counts.
// Contexts: threads only (preemption may be off); interrupt handlers never allocate or free. Nothing
// here blocks. No function panics for lack of memory; they return NULL.
// Locks: one spinlock of RANK_PAGES around the buddy lists; the per-CPU caches need preemption off.
#pragma once

#include <hal/boot.h>
#include <hal/mmu.h>
#include <hal/types.h>
#include <lib/list.h>

// What a page is used for. Zero is free: the page array starts as zeroes.
enum page_state {
    PAGE_STATE_FREE,
    PAGE_STATE_WIRED, // kernel image, reservations, the page array, stacks
    PAGE_STATE_HEAP,  // slabs, kmalloc
    PAGE_STATE_VMO,
    PAGE_STATE_MMU, // page tables
    PAGE_STATE_IPC, // messages
    PAGE_STATE_OTHER,
    PAGE_STATE_COUNT,
};

// Locks: [O] the owner's  [L] page lock  [D] debug builds' poison mark, owner's
struct page {
    union {
        struct list_node node; // [O] the owner's list; [L] while free
        struct {
            void *owner;    // [O] e.g. the VMO
            uint64_t index; // [O] e.g. the page number in it
        };
    };
    uint8_t state;       // [O] enum page_state
    uint8_t free_order1; // [L] head of a free block: its order + 1; else 0
    uint16_t flags;      // [O] owner's bits 0..14; bit 15 is [D]
    uint32_t count;      // [O] e.g. pins or busy references; 0 when allocated
};
_Static_assert(sizeof(struct page) == 24, "memory overhead of a page");

#define PAGE_FLAG_POISONED (1u << 15)

// Largest block of the buddy allocator: 2^18 pages, 1 GiB.
#define PAGE_ORDER_MAX 18u
#define PAGE_ORDERS    (PAGE_ORDER_MAX + 1)

// A run of RAM with one struct page for each page.
struct page_arena {
    paddr_t base;
    uint64_t size;      // bytes
    struct page *pages; // array of size / PAGE_SIZE
    uint64_t bytes;     // size of that array
};

// [I] after pages_init. Arena 0 is the largest.
extern struct page_arena page_arenas[BOOT_MAX_MEM];
extern unsigned page_arena_count;

// The same for any arena.
struct page *page_from_paddr_slow(paddr_t pa);
paddr_t page_to_paddr_slow(const struct page *page);

// The struct page of a physical address, NULL if it is not RAM of any arena.
ALWAYS_INLINE struct page *page_from_paddr(paddr_t pa)
{
    uint64_t offset = pa - page_arenas[0].base;
    if (likely(offset < page_arenas[0].size))
        return &page_arenas[0].pages[offset >> PAGE_SHIFT];
    return page_from_paddr_slow(pa);
}

// `offset / sizeof(struct page) << PAGE_SHIFT` where nothing remains: times the inverse of 3, modulo 2^64, and
// a shift. Compilers take a step more.
#define PAGE_INVERSE_3 0xaaaaaaaaaaaaaaabull
_Static_assert(PAGE_INVERSE_3 * 3 == 1 && sizeof(struct page) == 3 * 8, "the division is exact");

ALWAYS_INLINE uint64_t page_bytes_before(uint64_t offset)
{
    return (offset * PAGE_INVERSE_3) << (PAGE_SHIFT - 3);
}

// Physical address of a page.
ALWAYS_INLINE paddr_t page_to_paddr(const struct page *page)
{
    uint64_t offset = (uint64_t)((uintptr_t)page - (uintptr_t)page_arenas[0].pages);
    if (likely(offset < page_arenas[0].bytes))
        return page_arenas[0].base + page_bytes_before(offset);
    return page_to_paddr_slow(page);
}

// The page's contents through the direct map.
ALWAYS_INLINE void *page_to_virt(const struct page *page)
{
    return hal_phys_to_virt(page_to_paddr(page));
}

// The page that holds a direct-map address.
ALWAYS_INLINE struct page *page_from_virt(const void *va)
{
    return page_from_paddr(hal_virt_to_phys(va));
}

// Builds the arenas from boot->mem minus boot->reserved; the page arrays come out of that RAM. Boot CPU
// only, before any other function here. ZX_ERR_NO_MEMORY: no usable RAM.
zx_status_t pages_init(const struct boot_info *boot) MUST_CHECK;

#define PAGE_ALLOC_ZERO (1u << 0) // contents are zero; otherwise they are undefined

// One page for the given use. The [O] fields: count and flags 0, the union undefined. NULL: out of
// memory.
struct page *page_alloc(enum page_state state, unsigned flags) MUST_CHECK;
// Gives back a page that its owner holds alone. Also for single pages of a contiguous run, and for
// wired pages that are no longer needed.
void page_free(struct page *page);

// `count` pages onto the tail of `list`, linked by page->node: all of them or none. Returns success.
bool page_alloc_list(size_t count, enum page_state state, unsigned flags,
                     struct list *list) MUST_CHECK;
// Frees every page on the list; it is empty afterwards.
void page_free_list(struct list *list);

// `count` physically adjacent pages whose start is aligned to 2^align_shift bytes (at least a page).
// Any count: hundreds of MiB are found if they are there. Returns the first page or NULL.
struct page *page_alloc_contiguous(size_t count, unsigned align_shift, enum page_state state,
                                   unsigned flags) MUST_CHECK;
void page_free_contiguous(struct page *first, size_t count);

// Moves an allocated page from one use to another in the statistics.
void page_set_state(struct page *page, enum page_state state);

// Gives this CPU's cached pages back to the buddy lists. Thread context.
void page_cache_drain(void);

struct page_stats {
    uint64_t total_pages;             // all arenas
    uint64_t pages[PAGE_STATE_COUNT]; // by state; free includes the per-CPU caches
};
// A snapshot; exact when nothing allocates meanwhile.
void page_stats_get(struct page_stats *out);
// Free pages, roughly and cheaply (without the per-CPU caches).
uint64_t page_free_estimate(void);
// Fewer free pages than this are the last reserve; fixed after pages_init.
uint64_t page_reserve(void);
// From now on `fn` is called when pages come out of the last reserve, or there are none: once for each refill
// of a CPU's cache, run, or block for the heap. Any mutex may be held and preemption off, but no spinlock:
// it must not block nor allocate. At boot, once.
void page_set_low_handler(void (*fn)(void));
// Bytes of RAM that the allocator manages; fixed after pages_init.
uint64_t page_total_bytes(void);

// A line, without its end, about the page at `pa`: what it is used for, and its owner's fields. Returns its
// length, as ksnprintf.
size_t page_describe(paddr_t pa, char *out, size_t size);
// A line about the run of pages from *pa on that are used for the same; *pa becomes its end. 0: *pa is in no
// arena, nothing has been written.
size_t page_describe_run(paddr_t *pa, char *out, size_t size);
