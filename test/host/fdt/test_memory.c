// SPDX-License-Identifier: MIT
/*
 * Memory banks and reservations.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

/* The tree describes exactly one bank. */
static void assert_one_bank(const char *name, uint64_t base, uint64_t bytes)
{
    struct fixture f;
    struct fdt_memory memory;
    fixture_begin(&f, name);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, 1);
    fixture_assert_range(&memory.ranges[0], base, bytes);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void assert_no_memory(const char *name)
{
    struct fixture f;
    struct fdt_memory memory;
    fixture_begin(&f, name);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_ERR_NOT_FOUND);
    assert_int_equal(memory.count, 0);
    assert_int_equal(f.report_count, 1);
    fixture_assert_reported(&f, "", "no memory is described");
    fixture_end(&f);
}

/* Trap 1: found by device_type; absent, without unit address, of size 0 or disabled. */
static void test_trap1_memory_without_unit_address(void **state)
{
    (void)state;
    assert_one_bank("a64-uboot", 0x40000000, 0x40000000);
}

static void test_trap1_memory_absent_is_reported(void **state)
{
    (void)state;
    assert_no_memory("a64");
}

static void test_trap1_memory_of_size_0_is_none(void **state)
{
    (void)state;
    assert_no_memory("rpi4");
    assert_one_bank("rpi4-uboot", 0, 0x3c000000);
}

static void test_trap1_disabled_memory_is_ignored(void **state)
{
    (void)state;
    assert_one_bank("virt-gic2-el2", 0x40000000, 0x20000000);
}

static void test_trap1_memory_known_by_type_not_by_name(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_memory memory;
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/memory@40000000", "device_type", NULL, 0);
    fixture_open(&f);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_ERR_NOT_FOUND);
    fixture_assert_reported(&f, "/memory@40000000",
                            "device_type: absent, so this is not taken for memory");
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/memory@40000000", "device_type", NULL, 0);
    fixture_set_string(&f, "/virtio_mmio@a000000", "device_type", "memory");
    fixture_open(&f);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    fixture_assert_range(&memory.ranges[0], 0xa000000, 0x200);
    fixture_end(&f);
}

static void test_trap1_several_entries(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_memory memory;
    fixture_begin(&f, "rpi4-vendor");
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, 3); /* the last two touch each other */
    fixture_assert_range(&memory.ranges[0], 0, 0x3b400000);
    fixture_assert_range(&memory.ranges[1], 0x40000000, 0xbc000000);
    fixture_assert_range(&memory.ranges[2], 0x100000000, 0x100000000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_overlaps_memory(void **state)
{
    static const struct {
        struct fdt_range range;
        bool inside;
    } cases[] = {
        {{0xfe215040, 0x40}, false},      {{0x3b3fffff, 1}, true},  {{0x3b400000, 1}, false},
        {{0x3fffff00, 0x101}, true},      {{0x3fffff00, 0}, false}, {{0x0, 0x1000}, true},
        {{0xf8000000, 0x10000000}, true}, // over the end of one and the start of the next
        {{0x200000000, 1}, false},        {{0, UINT64_MAX}, true},
    };
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4-vendor");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(fdt_overlaps_memory(&f.tree, &cases[i].range), cases[i].inside);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_memory_sorts_and_merges_banks(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_memory memory;
    fixture_begin(&f, "banks");
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, 5);
    fixture_assert_range(&memory.ranges[0], 0x0, 0x2000);
    fixture_assert_range(&memory.ranges[1], 0x80000000, 0x50000000); /* two that touch */
    fixture_assert_range(&memory.ranges[2], 0x100000000, 0x1000);
    fixture_assert_range(&memory.ranges[3], 0x200000000, 0x40001000); /* two that overlap */
    fixture_assert_range(&memory.ranges[4], 0xfffffffffffff000, 0x1000);
    fixture_assert_reported(&f, "/memory@240000000", "reg: overlaps other memory");
    fixture_assert_reported(&f, "/memory@400000000",
                            "device_type: absent, so this is not taken for memory");
    fixture_assert_reported(&f, "/memory@500000000", "reg: shorter than one entry");
    fixture_assert_reported(&f, "/memory@600000000", "reg: absent from a memory node");
    fixture_assert_reported(&f, "/memory@700000000",
                            "reg: an entry wraps round the end of the address space");
    fixture_end(&f);
}

/* A bank of one page every two pages; `count` of them in one reg, from the last to the first. */
static void set_scattered_banks(struct fixture *f, uint32_t count)
{
    uint8_t cells[16 * 2 * FDT_MEMORY_MAX] = {0};
    assert_in_range(count, 1, 2 * FDT_MEMORY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t base = 0x2000 * (count - i);
        cells[16 * i + 5] = (uint8_t)(base >> 16);
        cells[16 * i + 6] = (uint8_t)(base >> 8);
        cells[16 * i + 14] = 0x10;
    }
    fixture_set(f, "/memory@40000000", "reg", cells, 16 * (size_t)count);
}

static void test_read_memory_too_many_banks_are_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_memory memory;
    fixture_load(&f, "virt-gic3");
    set_scattered_banks(&f, FDT_MEMORY_MAX);
    fixture_open(&f);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, FDT_MEMORY_MAX);
    fixture_assert_range(&memory.ranges[0], 0x2000, 0x1000);
    fixture_assert_range(&memory.ranges[1], 0x4000, 0x1000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    set_scattered_banks(&f, FDT_MEMORY_MAX + 1);
    fixture_open(&f);
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, FDT_MEMORY_MAX);
    fixture_assert_reported(&f, "/memory@40000000",
                            "reg: more memory banks than the kernel has room for");
    fixture_end(&f);
}

static void assert_reserved(struct fixture *f, const struct fdt_reservation *entry, uint64_t base,
                            uint64_t bytes, bool no_map, const char *path)
{
    fixture_assert_range(&entry->range, base, bytes);
    assert_int_equal(entry->no_map, no_map);
    if (path == NULL) {
        assert_false(fdt_node_valid(entry->node));
    } else {
        fixture_assert_path(f, entry->node, path);
    }
}

/* Trap 6: the Pi reserves page 0, where its spin table lies. */
static void test_trap6_memreserve_keeps_page_0(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_reserved reserved;
    fixture_begin(&f, "rpi4");
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 1);
    assert_reserved(&f, &reserved.entries[0], 0, 0x1000, false, NULL);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

/* Trap 7: reservations without reg, of size 0, disabled. */
static void test_trap7_reservations_without_reg_or_size_are_ignored(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_reserved reserved;
    fixture_begin(&f, "rpi4-tfa"); /* atf is real; cma has no reg; nvram is empty and disabled */
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 2);
    assert_reserved(&f, &reserved.entries[0], 0, 0x1000, false, NULL);
    assert_reserved(&f, &reserved.entries[1], 0, 0x80000, true, "/reserved-memory/atf@0");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "rpi4-tfa");
    fixture_set_string(&f, "/reserved-memory/nvram@0", "status", "okay");
    fixture_open(&f);
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 2);
    fixture_end(&f);
}

static void test_read_reserved_takes_all_shapes(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_reserved reserved;
    fixture_begin(&f, "banks");
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 5);
    assert_reserved(&f, &reserved.entries[0], 0x80000000, 0x1000, false, NULL);
    assert_reserved(&f, &reserved.entries[1], 0xfffffffffffff000, 0x1000, false, NULL);
    fixture_assert_reported(&f, "", "memreserve: an entry wraps round, cut at the end");
    assert_reserved(&f, &reserved.entries[2], 0x80100000, 0x1000, true,
                    "/reserved-memory/two@80100000");
    assert_reserved(&f, &reserved.entries[3], 0x80200000, 0x2000, true,
                    "/reserved-memory/two@80100000");
    assert_reserved(&f, &reserved.entries[4], 0x80300000, 0x3000, false,
                    "/reserved-memory/mapped@80300000");
    fixture_assert_reported(&f, "/reserved-memory/short@80600000", "reg: shorter than one entry");
    assert_int_equal(f.report_count, 2);
    fixture_end(&f);
}

static void test_read_reserved_without_ranges_is_kept(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_reserved reserved;
    fixture_load(&f, "rpi4-tfa");
    fixture_set(&f, "/reserved-memory", "ranges", NULL, 0);
    fixture_open(&f);
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 2);
    assert_reserved(&f, &reserved.entries[1], 0, 0x80000, true, "/reserved-memory/atf@0");
    fixture_assert_reported(&f, "/reserved-memory/atf@0",
                            "reg: not addressable: a bus above has no ranges");
    fixture_end(&f);
}

static void test_read_reserved_too_many_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_reserved reserved;
    uint8_t cells[16 * FDT_RESERVED_MAX] = {0};
    for (uint32_t i = 0; i < FDT_RESERVED_MAX; i++) {
        cells[16 * i + 5] = (uint8_t)i;
        cells[16 * i + 14] = 0x10;
    }
    fixture_load(&f, "banks");
    fixture_set(&f, "/reserved-memory/mapped@80300000", "reg", cells, sizeof(cells));
    fixture_open(&f);
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(reserved.count, FDT_RESERVED_MAX);
    fixture_assert_reported(&f, "/reserved-memory/mapped@80300000",
                            "more reservations than the kernel has room for");
    fixture_end(&f);
}

int run_memory_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trap1_memory_without_unit_address),
        cmocka_unit_test(test_trap1_memory_absent_is_reported),
        cmocka_unit_test(test_trap1_memory_of_size_0_is_none),
        cmocka_unit_test(test_trap1_disabled_memory_is_ignored),
        cmocka_unit_test(test_trap1_memory_known_by_type_not_by_name),
        cmocka_unit_test(test_trap1_several_entries),
        cmocka_unit_test(test_overlaps_memory),
        cmocka_unit_test(test_read_memory_sorts_and_merges_banks),
        cmocka_unit_test(test_read_memory_too_many_banks_are_reported),
        cmocka_unit_test(test_trap6_memreserve_keeps_page_0),
        cmocka_unit_test(test_trap7_reservations_without_reg_or_size_are_ignored),
        cmocka_unit_test(test_read_reserved_takes_all_shapes),
        cmocka_unit_test(test_read_reserved_without_ranges_is_kept),
        cmocka_unit_test(test_read_reserved_too_many_is_an_error),
    };
    return cmocka_run_group_tests_name("fdt memory", tests, NULL, NULL);
}
