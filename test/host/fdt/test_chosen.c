// SPDX-License-Identifier: MIT
/*
 * /chosen: command line, initrd, seeds.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

static void test_bootargs_present_absent_and_malformed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "virt-gic3");
    assert_string_equal(fdt_bootargs(&f.tree), "userboot=bin/mon");
    fdt_bootargs_to_change(&f.tree)[0] = 'U';
    assert_string_equal(fdt_bootargs(&f.tree), "Userboot=bin/mon");
    fixture_end(&f);
    fixture_begin(&f, "rpi4");
    assert_string_equal(fdt_bootargs(&f.tree), "");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "banks"); /* no /chosen at all */
    assert_string_equal(fdt_bootargs(&f.tree), "");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "broken");
    assert_string_equal(fdt_bootargs(&f.tree), "");
    fixture_assert_reported(&f, "/chosen", "bootargs: a string without its end");
    fixture_end(&f);
}

/* Trap 5: 4 or 8 bytes, the end exclusive, the same range in memreserve. */
static void test_trap5_initrd_in_4_or_8_bytes_end_exclusive(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_range range;
    struct fdt_reserved reserved;
    fixture_begin(&f, "a64-uboot"); /* 4 bytes */
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_OK);
    fixture_assert_range(&range, 0x49ffe000, 0x1388);
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    fixture_assert_range(&reserved.entries[0].range, 0x49ffe000, 0x1388);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "rpi4-uboot"); /* 8 bytes */
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_OK);
    fixture_assert_range(&range, 0x2700000, 0x1388);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_initrd_absent_or_empty_is_not_found(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_range range;
    fixture_begin(&f, "rpi4");
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set_u32(&f, "/chosen", "linux,initrd-end", 0x48000000); /* 8 bytes and 4 mixed */
    fixture_open(&f);
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_initrd_contradictory_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_range range;
    fixture_begin(&f, "broken"); /* 3 bytes */
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/chosen", "linux,initrd-start: neither 4 nor 8 bytes long");
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/chosen", "linux,initrd-end", NULL, 0);
    fixture_open(&f);
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/chosen",
                            "linux,initrd-start: an initrd needs both start and end");
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set_u32(&f, "/chosen", "linux,initrd-end", 0x47ffffff);
    fixture_open(&f);
    assert_int_equal(fdt_initrd(&f.tree, &range), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/chosen", "linux,initrd-end: lies before the start");
    fixture_end(&f);
}

/* True if the bytes occur anywhere in the blob. */
static bool blob_holds(const struct fixture *f, const void *bytes, size_t count)
{
    for (size_t i = 0; i + count <= f->bytes; i++) {
        if (memcmp((const uint8_t *)f->blob + i, bytes, count) == 0) {
            return true;
        }
    }
    return false;
}

static void test_take_kaslr_seed_wipes_it(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t seed = 0;
    const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    fixture_begin(&f, "virt-gic3");
    assert_true(blob_holds(&f, bytes, sizeof(bytes)));
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &seed), ZX_OK);
    assert_int_equal(seed, 0x0123456789abcdef);
    assert_false(blob_holds(&f, bytes, sizeof(bytes)));
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &seed), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    fixture_open(&f); /* still a good tree */
    fixture_end(&f);
    fixture_begin(&f, "rpi4");
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &seed), ZX_ERR_NOT_FOUND);
    fixture_end(&f);
}

static void test_take_kaslr_seed_of_odd_length_is_wiped_too(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t seed = 0;
    const uint8_t bytes[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
    fixture_begin(&f, "broken");
    assert_true(blob_holds(&f, bytes, sizeof(bytes)));
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &seed), ZX_ERR_IO_DATA_INTEGRITY);
    const uint8_t *left = NULL;
    uint32_t count = 0;
    assert_int_equal(
        fdt_prop_bytes(&f.tree, fixture_node(&f, "/chosen"), "kaslr-seed", &left, &count), ZX_OK);
    assert_int_equal(count, 12);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(left[i], 0);
    }
    fixture_end(&f);
}

static void test_take_rng_seed_wipes_it(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t seed[FDT_RNG_SEED_MAX];
    uint32_t bytes = 0;
    fixture_begin(&f, "virt-gic3");
    assert_int_equal(fdt_take_rng_seed(&f.tree, seed, &bytes), ZX_OK);
    assert_int_equal(bytes, 32);
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(seed[i], i + 1);
    }
    assert_false(blob_holds(&f, seed, 32));
    assert_int_equal(fdt_take_rng_seed(&f.tree, seed, &bytes), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_take_rng_seed_folds_a_long_one(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t long_seed[FDT_RNG_SEED_MAX + 2];
    uint8_t seed[FDT_RNG_SEED_MAX];
    uint32_t bytes = 0;
    memset(long_seed, 0x55, sizeof(long_seed));
    long_seed[FDT_RNG_SEED_MAX] = 0x0f;
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/chosen", "rng-seed", long_seed, sizeof(long_seed));
    fixture_open(&f);
    assert_int_equal(fdt_take_rng_seed(&f.tree, seed, &bytes), ZX_OK);
    assert_int_equal(bytes, FDT_RNG_SEED_MAX);
    assert_int_equal(seed[0], 0x55 ^ 0x0f);
    assert_int_equal(seed[1], 0);
    assert_int_equal(seed[2], 0x55);
    fixture_end(&f);
}

int run_chosen_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bootargs_present_absent_and_malformed),
        cmocka_unit_test(test_trap5_initrd_in_4_or_8_bytes_end_exclusive),
        cmocka_unit_test(test_initrd_absent_or_empty_is_not_found),
        cmocka_unit_test(test_initrd_contradictory_is_reported),
        cmocka_unit_test(test_take_kaslr_seed_wipes_it),
        cmocka_unit_test(test_take_kaslr_seed_of_odd_length_is_wiped_too),
        cmocka_unit_test(test_take_rng_seed_wipes_it),
        cmocka_unit_test(test_take_rng_seed_folds_a_long_one),
    };
    return cmocka_run_group_tests_name("fdt chosen", tests, NULL, NULL);
}
