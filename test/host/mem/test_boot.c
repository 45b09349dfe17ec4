// SPDX-License-Identifier: MIT
// pages_init over memory maps of many shapes; each in a process of its own.
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mem/page.h>

#define BASE STUB_RAM_BASE
#define MIB  (1ul << 20)

// For children, where a cmocka assertion would go on with the other tests.
#define CHECK(expr)                                                    \
    do {                                                               \
        if (!(expr)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __func__, __LINE__, #expr); \
            exit(1);                                                   \
        }                                                              \
    } while (0)

static void mem(uint64_t base, uint64_t size)
{
    boot_info.mem[boot_info.mem_count++] = (struct boot_range){BASE + base, size};
}

static void reserve(uint64_t base, uint64_t size)
{
    boot_info.reserved[boot_info.reserved_count++] = (struct boot_range){BASE + base, size};
}

static bool in(uint64_t pa, const struct boot_range *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (pa + PAGE_SIZE > r[i].base && pa < r[i].base + r[i].size)
            return true;
    }
    return false;
}

// Takes every page, checks that each is memory, not reserved, of no array and new, gives all back.
static void check_all_pages(void)
{
    struct page_stats s;
    uint64_t window = 512 * MIB;
    uint8_t *seen = calloc(window / PAGE_SIZE, 1);
    struct list all = LIST_INIT(all);
    struct page *page;
    page_stats_get(&s);
    uint64_t want = s.pages[PAGE_STATE_FREE], got = 0;
    CHECK(s.total_pages == want + s.pages[PAGE_STATE_WIRED]);
    CHECK(page_total_bytes() == s.total_pages * PAGE_SIZE);
    while ((page = page_alloc(PAGE_STATE_VMO, PAGE_ALLOC_ZERO)) != NULL) {
        uint64_t pa = page_to_paddr(page);
        CHECK(page_from_paddr(pa) == page);
        CHECK(page_from_virt(page_to_virt(page)) == page);
        CHECK(in(pa, boot_info.mem, boot_info.mem_count));
        CHECK(!in(pa, boot_info.reserved, boot_info.reserved_count));
        CHECK(!seen[(pa - BASE) / PAGE_SIZE]++);
        for (unsigned i = 0; i < page_arena_count; i++) {
            uint64_t array = hal_virt_to_phys(page_arenas[i].pages);
            CHECK(pa + PAGE_SIZE <= array || pa >= array + page_arenas[i].bytes);
        }
        memset(page_to_virt(page), 0xee, PAGE_SIZE);
        list_add_tail(&all, &page->node);
        got++;
    }
    CHECK(got == want);
    page_free_list(&all);
    page_cache_drain();
    CHECK(page_free_estimate() == want);
    free(seen);
}

static void init_and_check(void)
{
    CHECK(pages_init(&boot_info) == ZX_OK);
    check_all_pages();
}

static void one_bank(void)
{
    stub_ram(16 * MIB);
    init_and_check();
    CHECK(page_from_paddr(0) == NULL);
    CHECK(page_from_paddr(BASE + 16 * MIB) == NULL);
}

static void messy_reservations(void)
{
    stub_ram_window(64 * MIB);
    mem(0, 64 * MIB);
    reserve(40 * MIB, 3); // a few bytes: a page
    reserve(0, MIB);
    reserve(20 * MIB - 1, 2);       // across two pages
    reserve(512 * 1024, 2 * MIB);   // overlaps the second
    reserve(40 * MIB + 4096, 4096); // adjacent to the first
    reserve(63 * MIB + 100, MIB);   // beyond the end
    reserve(200 * MIB, MIB);        // no memory there
    reserve(0, 0);
    reserve(0, MIB); // twice
    init_and_check();
    struct page_stats s;
    page_stats_get(&s);
    uint64_t array = (64 * MIB / PAGE_SIZE * sizeof(struct page) + PAGE_MASK) / PAGE_SIZE;
    // 2.5 MiB at the start, 2 pages at 20 MiB, 2 at 40 MiB, 1 MiB at the end.
    CHECK(s.pages[PAGE_STATE_WIRED] == (2560 + 1024) * 1024 / PAGE_SIZE + 2 + 2 + array);
}

static void several_banks(void)
{
    stub_ram_window(512 * MIB);
    mem(0, 8 * MIB);
    mem(8 * MIB, 4 * MIB); // joins the first
    mem(100 * MIB, 64 * MIB);
    mem(300 * MIB, 3 * MIB);
    reserve(0, 4096);
    reserve(101 * MIB, 5 * MIB);
    init_and_check();
    CHECK(page_arena_count == 3);
    CHECK(page_arenas[0].size == 64 * MIB);
    CHECK(page_total_bytes() == 79 * MIB);
    CHECK(page_from_paddr(BASE + 50 * MIB) == NULL);
}

// The array of the second bank finds no room in it, but in the first.
static void full_bank(void)
{
    stub_ram_window(64 * MIB);
    mem(0, 16 * MIB);
    mem(32 * MIB, 32 * MIB);
    reserve(32 * MIB, 32 * MIB - 4096);
    init_and_check();
    CHECK(page_arena_count == 2);
    struct page *last = page_from_paddr(BASE + 64 * MIB - 4096);
    CHECK(last && last->state == PAGE_STATE_FREE);
}

static void unaligned_ends(void)
{
    stub_ram_window(8 * MIB);
    mem(100, 4 * MIB);
    reserve(0, 8192);
    init_and_check();
    CHECK(page_total_bytes() == 4 * MIB - 4096);
}

static void many_reservations(void)
{
    stub_ram_window(16 * MIB);
    mem(0, 16 * MIB);
    for (unsigned i = 0; i < BOOT_MAX_RESERVED; i++)
        reserve((i * 61 % BOOT_MAX_RESERVED) * 3 * 4096, 4096); // out of order, every third page
    init_and_check();
}

// The lowest so many bytes, and what lies above is not there.
static void limited(void)
{
    stub_ram_window(64 * MIB);
    mem(0, 16 * MIB);
    mem(32 * MIB, 16 * MIB);
    mem(52 * MIB, 8 * MIB);
    reserve(53 * MIB, MIB);
    boot_info.memory_limit = 20 * MIB + 5000;
    init_and_check();
    CHECK(page_total_bytes() == 20 * MIB + 4096);
    CHECK(page_from_paddr(BASE + 36 * MIB) != NULL);
    CHECK(page_from_paddr(BASE + 36 * MIB + 4096) == NULL);
    CHECK(page_from_paddr(BASE + 52 * MIB) == NULL);
}

static void limit_beyond_all(void)
{
    stub_ram_window(64 * MIB);
    mem(0, 16 * MIB);
    boot_info.memory_limit = 17 * MIB;
    init_and_check();
    CHECK(page_total_bytes() == 16 * MIB);
}

static void nothing_usable(void)
{
    stub_ram_window(MIB);
    CHECK(pages_init(&boot_info) == ZX_ERR_NO_MEMORY);
    mem(0, MIB);
    reserve(0, MIB);
    CHECK(pages_init(&boot_info) == ZX_ERR_NO_MEMORY);
}

static void test_pages_init_shapes(void **state)
{
    (void)state;
    assert_true(stub_in_child(one_bank));
    assert_true(stub_in_child(messy_reservations));
    assert_true(stub_in_child(several_banks));
    assert_true(stub_in_child(full_bank));
    assert_true(stub_in_child(unaligned_ends));
    assert_true(stub_in_child(many_reservations));
    assert_true(stub_in_child(limited));
    assert_true(stub_in_child(limit_beyond_all));
    assert_true(stub_in_child(nothing_usable));
}

int run_boot_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages_init_shapes)};
    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
