// SPDX-License-Identifier: MIT
/*
 * Opening blobs: sizes, headers, truncation, and how problems are reported.
 */
#include "fixture.h"
#include "suites.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static void test_blob_size_reads_the_header_only(void **state)
{
    (void)state;
    struct fixture f;
    size_t bytes = 0;
    fixture_load(&f, "virt-gic3");
    assert_int_equal(fdt_blob_size(f.blob, 40, &bytes), ZX_OK);
    assert_int_equal(bytes, f.bytes);
    assert_int_equal(fdt_blob_size(f.blob, 39, &bytes), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(fdt_blob_size(NULL, 40, &bytes), ZX_ERR_IO_DATA_INTEGRITY);
    fdt_set_totalsize(f.blob, FDT_BLOB_BYTES_MAX + 1);
    assert_int_equal(fdt_blob_size(f.blob, f.bytes, &bytes), ZX_ERR_IO_DATA_INTEGRITY);
    fdt_set_totalsize(f.blob, 39);
    assert_int_equal(fdt_blob_size(f.blob, f.bytes, &bytes), ZX_ERR_IO_DATA_INTEGRITY);
    fdt_set_magic(f.blob, 0);
    assert_int_equal(fdt_blob_size(f.blob, f.bytes, &bytes), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_end(&f);
}

/* Opens the blob expecting a refusal, and checks the one report. */
static void assert_refused(struct fixture *f, const void *blob, size_t bytes, const char *why)
{
    f->report_count = 0;
    assert_int_equal(fdt_tree_open(&f->tree, (void *)(uintptr_t)blob, bytes, fixture_report, f),
                     ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(f->report_count, 1);
    fixture_assert_reported(f, "", why);
}

static void test_blob_used_leaves_out_padding_only(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    size_t used = fdt_blob_used(f.blob, f.bytes);
    assert_int_equal(used, f.bytes); /* dtc writes no padding */
    assert_int_equal(fdt_blob_used(f.blob, f.bytes + 0x10000), used);
    assert_int_equal(fdt_blob_used(f.blob, used - 1), used - 1);
    fdt_set_off_mem_rsvmap(f.blob, (uint32_t)f.bytes); /* behind the rest: no guess is made */
    assert_int_equal(fdt_blob_used(f.blob, f.bytes + 0x10000), f.bytes + 0x10000);
    fixture_end(&f);
}

static void test_tree_index_refuses_more_nodes_than_it_holds(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    assert_int_equal(fdt_tree_open(&f.tree, f.blob, f.bytes, fixture_report, &f), ZX_OK);
    assert_false(fdt_tree_index(&f.tree, f.index, 3));
    assert_true(fdt_node_valid(fdt_node_by_path(&f.tree, "/chosen")));
    assert_true(fdt_tree_index(&f.tree, f.index, FIXTURE_INDEX_MAX));
    struct fdt_node chosen = fdt_node_by_path(&f.tree, "/chosen");
    assert_true(fdt_node_valid(chosen));
    static struct fdt_index_entry elsewhere[FIXTURE_INDEX_MAX];
    memcpy(elsewhere, f.index, sizeof(elsewhere));
    fdt_tree_index_moved(&f.tree, elsewhere);
    memset(f.index, 0xff, sizeof(f.index));
    assert_true(fdt_node_same(fdt_node_by_path(&f.tree, "/chosen"), chosen));
    fixture_end(&f);
}

static void test_tree_open_refuses_what_is_no_tree(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    assert_refused(&f, NULL, 4096, "there is no device tree");
    assert_refused(&f, (uint8_t *)f.blob + 4, f.bytes - 4, "not 8-byte aligned");
    assert_refused(&f, f.blob, 39, "shorter than its header");
    assert_refused(&f, f.blob, f.bytes - 1, "its header claims more bytes than there are");
    fdt_set_version(f.blob, 15);
    fdt_set_last_comp_version(f.blob, 15);
    assert_refused(&f, f.blob, f.bytes, "version not supported");
    fdt_set_version(f.blob, 17);
    fdt_set_last_comp_version(f.blob, 18);
    assert_refused(&f, f.blob, f.bytes, "version not supported");
    fdt_set_last_comp_version(f.blob, 16);
    fdt_set_totalsize(f.blob, FDT_BLOB_BYTES_MAX + 8);
    assert_refused(&f, f.blob, FDT_BLOB_BYTES_MAX * 2, "larger than 2 MiB");
    fdt_set_magic(f.blob, 0x05000000); /* ATAGS, what QEMU passes without -dtb */
    assert_refused(&f, f.blob, f.bytes, "no device tree magic");
    fixture_end(&f);
}

static void test_tree_open_refuses_broken_structure(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    uint32_t at = fdt_off_dt_struct(f.blob);
    fdt32_t *tags = (fdt32_t *)((uint8_t *)f.blob + at);
    fdt32_t saved = tags[0];

    tags[0] = cpu_to_fdt32(FDT_NOP); /* NOPs, then a property without a node */
    tags[1] = cpu_to_fdt32(FDT_NOP);
    assert_int_equal(fdt_tree_open(&f.tree, f.blob, f.bytes, fixture_report, &f),
                     ZX_ERR_IO_DATA_INTEGRITY);
    tags[0] = cpu_to_fdt32(FDT_END); /* a tree without any node */
    assert_refused(&f, f.blob, f.bytes, "no root node");
    tags[0] = saved;
    tags[1] = cpu_to_fdt32(0x61000000); /* a root with a name */
    assert_int_equal(fdt_tree_open(&f.tree, f.blob, f.bytes, fixture_report, &f),
                     ZX_ERR_IO_DATA_INTEGRITY);
    tags[1] = 0;
    fdt_set_off_dt_strings(f.blob, 0xfffffff0);
    assert_refused(&f, f.blob, f.bytes, "cut short");
    fixture_end(&f);
}

static void test_tree_open_refuses_unaligned_blocks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    uint32_t reservations = fdt_off_mem_rsvmap(f.blob);
    fdt_set_off_mem_rsvmap(f.blob, reservations + 4);
    assert_refused(&f, f.blob, f.bytes, "a block is not aligned");
    fdt_set_off_mem_rsvmap(f.blob, reservations);
    fdt_set_off_dt_struct(f.blob, fdt_off_dt_struct(f.blob) + 2);
    assert_refused(&f, f.blob, f.bytes, "a block is not aligned");
    fixture_end(&f);
}

/* Every length from nothing to one byte less than all of it, in a block of just that size. */
static void test_tree_open_refuses_every_truncation(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4");
    for (size_t bytes = 0; bytes < f.bytes; bytes++) {
        uint8_t *cut = malloc(bytes + 1);
        assert_non_null(cut);
        memcpy(cut, f.blob, bytes);
        uint8_t *exact = realloc(cut, bytes == 0 ? 1 : bytes);
        assert_non_null(exact);
        f.report_count = 0;
        assert_int_equal(fdt_tree_open(&f.tree, exact, bytes, fixture_report, &f),
                         ZX_ERR_IO_DATA_INTEGRITY);
        assert_int_equal(f.report_count, 1);
        if (bytes >= 40) {
            fdt_set_totalsize(exact, bytes); /* a header that agrees with the cut */
            assert_int_equal(fdt_tree_open(&f.tree, exact, bytes, NULL, NULL),
                             ZX_ERR_IO_DATA_INTEGRITY);
        }
        free(exact);
    }
    fixture_end(&f);
}

static void test_tree_open_takes_padding_behind_the_tree(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic2");
    size_t room = 0x10000; /* QEMU pads to 1 MiB and says so in the header */
    void *padded = calloc(1, room);
    assert_non_null(padded);
    assert_int_equal(fdt_open_into(f.blob, padded, (int)room), 0);
    free(f.blob);
    f.blob = padded;
    f.bytes = room;
    fixture_open(&f);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_tree_moved_keeps_nodes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    struct fdt_node uart = fixture_node(&f, "/soc/serial@7e215040");
    void *other = malloc(f.bytes);
    assert_non_null(other);
    memcpy(other, f.blob, f.bytes);
    memset(f.blob, 0xee, f.bytes);
    free(f.blob);
    f.blob = other;
    fdt_tree_moved(&f.tree, other);
    fixture_assert_path(&f, uart, "/soc/serial@7e215040");
    fixture_end(&f);
}

static void test_tree_open_reports_nodes_too_deep_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_int_equal(f.report_count, 1);
    fixture_assert_reported(&f, "", "nodes nested too deeply are ignored");
    fixture_end(&f);
}

static void test_report_composes_path_property_and_problem(void **state)
{
    (void)state;
    struct fixture f;
    char longest[400];
    fixture_begin(&f, "rpi4");
    fdt_report(&f.tree, fixture_node(&f, "/soc/serial@7e215040"), "reg", "is odd");
    fixture_assert_reported(&f, "/soc/serial@7e215040", "reg: is odd");
    fdt_report(&f.tree, fdt_root(), NULL, "is odd");
    fixture_assert_reported(&f, "/", "is odd");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    fdt_report(&f.tree, FDT_NODE_NONE, longest, longest);
    assert_string_equal(f.reports[2].path, "");
    assert_int_equal(strlen(f.reports[2].message), 127);
    fixture_end(&f);
}

static void test_report_falls_silent_after_the_limit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    for (uint32_t i = 0; i < 3 * FDT_REPORTS_MAX; i++) {
        fdt_report(&f.tree, fdt_root(), "p", "is odd");
    }
    assert_int_equal(f.report_count, FDT_REPORTS_MAX);
    assert_string_equal(f.reports[FDT_REPORTS_MAX - 1].message,
                        "too many problems, no more are shown");
    assert_string_equal(f.reports[FDT_REPORTS_MAX - 1].path, "");
    fixture_end(&f);
}

int run_tree_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blob_size_reads_the_header_only),
        cmocka_unit_test(test_blob_used_leaves_out_padding_only),
        cmocka_unit_test(test_tree_index_refuses_more_nodes_than_it_holds),
        cmocka_unit_test(test_tree_open_refuses_what_is_no_tree),
        cmocka_unit_test(test_tree_open_refuses_broken_structure),
        cmocka_unit_test(test_tree_open_refuses_unaligned_blocks),
        cmocka_unit_test(test_tree_open_refuses_every_truncation),
        cmocka_unit_test(test_tree_open_takes_padding_behind_the_tree),
        cmocka_unit_test(test_tree_moved_keeps_nodes),
        cmocka_unit_test(test_tree_open_reports_nodes_too_deep_once),
        cmocka_unit_test(test_report_composes_path_property_and_problem),
        cmocka_unit_test(test_report_falls_silent_after_the_limit),
    };
    return cmocka_run_group_tests_name("fdt tree", tests, NULL, NULL);
}
