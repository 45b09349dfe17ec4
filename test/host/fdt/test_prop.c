// SPDX-License-Identifier: MIT
/*
 * Properties: lengths, cells, numbers and strings.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

static void test_prop_bytes_and_exists(void **state)
{
    (void)state;
    struct fixture f;
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    assert_true(fdt_prop_exists(&f.tree, node, "empty"));
    assert_false(fdt_prop_exists(&f.tree, node, "absent"));
    assert_false(fdt_prop_exists(&f.tree, FDT_NODE_NONE, "empty"));
    assert_int_equal(fdt_prop_bytes(&f.tree, node, "bytes", &bytes, &count), ZX_OK);
    assert_int_equal(count, 3);
    assert_memory_equal(bytes, "\xaa\xbb\xcc", 3);
    assert_int_equal(fdt_prop_bytes(&f.tree, node, "empty", &bytes, &count), ZX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(fdt_prop_bytes(&f.tree, node, "absent", &bytes, &count), ZX_ERR_NOT_FOUND);
    assert_int_equal(fdt_prop_bytes(&f.tree, FDT_NODE_NONE, "bytes", &bytes, &count),
                     ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_prop_u32_wrong_length_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t value = 99;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    assert_int_equal(fdt_prop_u32(&f.tree, node, "number", &value), ZX_OK);
    assert_int_equal(value, 7);
    assert_int_equal(fdt_prop_u32(&f.tree, node, "absent", &value), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    assert_int_equal(fdt_prop_u32(&f.tree, node, "bytes", &value), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/strings", "bytes: not one cell");
    assert_int_equal(fdt_prop_u32(&f.tree, node, "number64", &value), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(fdt_prop_u32(&f.tree, node, "empty", &value), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(value, 7);
    assert_int_equal(fdt_prop_u32_or(&f.tree, node, "number", 5), 7);
    assert_int_equal(fdt_prop_u32_or(&f.tree, node, "bytes", 5), 5);
    assert_int_equal(fdt_prop_u32_or(&f.tree, node, "absent", 5), 5);
    fixture_end(&f);
}

static void test_prop_number_takes_4_and_8_bytes(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t value = 0;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    assert_int_equal(fdt_prop_number(&f.tree, node, "number", &value), ZX_OK);
    assert_int_equal(value, 7);
    assert_int_equal(fdt_prop_number(&f.tree, node, "number64", &value), ZX_OK);
    assert_int_equal(value, 0x100000002);
    fixture_assert_quiet(&f);
    assert_int_equal(fdt_prop_number(&f.tree, node, "numbers", &value), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/strings", "numbers: neither 4 nor 8 bytes long");
    assert_int_equal(fdt_prop_number(&f.tree, node, "bytes", &value), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(fdt_prop_number(&f.tree, node, "absent", &value), ZX_ERR_NOT_FOUND);
    fixture_end(&f);
}

static void test_prop_cell_is_bounded_by_the_property(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t value = 0;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    assert_int_equal(fdt_prop_cell_count(&f.tree, node, "numbers", &value), ZX_OK);
    assert_int_equal(value, 3);
    assert_int_equal(fdt_prop_cell(&f.tree, node, "numbers", 2, &value), ZX_OK);
    assert_int_equal(value, 3);
    assert_int_equal(fdt_prop_cell(&f.tree, node, "numbers", 3, &value), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_prop_cell(&f.tree, node, "numbers", 0x40000000, &value),
                     ZX_ERR_OUT_OF_RANGE);
    fixture_assert_quiet(&f);
    assert_int_equal(fdt_prop_cell(&f.tree, node, "bytes", 0, &value), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/strings", "bytes: not a whole number of cells");
    fixture_end(&f);
}

static void test_prop_string_at_walks_the_list(void **state)
{
    (void)state;
    static const char *const expected[] = {"one", "two", "", "four"};
    struct fixture f;
    const char *string = NULL;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    for (uint32_t i = 0; i < countof(expected); i++) {
        assert_int_equal(fdt_prop_string_at(&f.tree, node, "list", i, &string), ZX_OK);
        assert_string_equal(string, expected[i]);
    }
    assert_int_equal(fdt_prop_string_at(&f.tree, node, "list", 4, &string), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_prop_string_at(&f.tree, node, "list", UINT32_MAX, &string),
                     ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_prop_string(&f.tree, node, "nul", &string), ZX_OK);
    assert_string_equal(string, "");
    assert_int_equal(fdt_prop_string(&f.tree, node, "absent", &string), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
    assert_int_equal(fdt_prop_string(&f.tree, node, "open", &string), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/strings", "open: a string without its end");
    assert_int_equal(fdt_prop_string(&f.tree, node, "empty", &string), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/strings", "empty: no string");
    fixture_end(&f);
}

static void test_prop_string_index_finds_the_place(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t index = 99;
    fixture_begin(&f, "broken");
    struct fdt_node node = fixture_node(&f, "/strings");
    assert_int_equal(fdt_prop_string_index(&f.tree, node, "list", "four", &index), ZX_OK);
    assert_int_equal(index, 3);
    assert_int_equal(fdt_prop_string_index(&f.tree, node, "list", "", &index), ZX_OK);
    assert_int_equal(index, 2);
    assert_int_equal(fdt_prop_string_index(&f.tree, node, "list", "tw", &index), ZX_ERR_NOT_FOUND);
    assert_int_equal(fdt_prop_string_index(&f.tree, node, "absent", "one", &index),
                     ZX_ERR_NOT_FOUND);
    assert_int_equal(fdt_prop_string_index(&f.tree, node, "open", "tw", &index),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_end(&f);
}

int run_prop_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prop_bytes_and_exists),
        cmocka_unit_test(test_prop_u32_wrong_length_is_reported),
        cmocka_unit_test(test_prop_number_takes_4_and_8_bytes),
        cmocka_unit_test(test_prop_cell_is_bounded_by_the_property),
        cmocka_unit_test(test_prop_string_at_walks_the_list),
        cmocka_unit_test(test_prop_string_index_finds_the_place),
    };
    return cmocka_run_group_tests_name("fdt prop", tests, NULL, NULL);
}
