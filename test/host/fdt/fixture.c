// SPDX-License-Identifier: MIT
/*
 * Loading, editing and opening device-tree fixtures; see fixture.h.
 */
#include "fixture.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for what a test adds to a blob. */
#define EDIT_BYTES 4096

const char *const fixture_names[] = {
    "virt-gic3",   "virt-gic2", "virt-gic2-el2", "rpi4",  "rpi4-uboot", "rpi4-tfa",
    "rpi4-vendor", "a64",       "a64-uboot",     "banks", "buses",      "broken",
};
const size_t fixture_count = countof(fixture_names);

bool fixture_indexed;

void fixture_load_path(struct fixture *fixture, const char *path)
{
    memset(fixture, 0, sizeof(*fixture));
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    fixture->bytes = (size_t)ftell(file);
    rewind(file);
    fixture->blob = malloc(fixture->bytes);
    assert_non_null(fixture->blob);
    assert_int_equal(fread(fixture->blob, 1, fixture->bytes, file), fixture->bytes);
    fclose(file);
}

void fixture_load(struct fixture *fixture, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s.dtb", FIXTURE_DIR, name);
    fixture_load_path(fixture, path);
}

void fixture_open(struct fixture *fixture)
{
    assert_int_equal(
        fdt_tree_open(&fixture->tree, fixture->blob, fixture->bytes, fixture_report, fixture),
        ZX_OK);
    if (fixture_indexed) {
        assert_true(fdt_tree_index(&fixture->tree, fixture->index, FIXTURE_INDEX_MAX));
    }
}

void fixture_begin(struct fixture *fixture, const char *name)
{
    fixture_load(fixture, name);
    fixture_open(fixture);
}

void fixture_end(struct fixture *fixture)
{
    free(fixture->blob);
    fixture->blob = NULL;
}

void fixture_set(struct fixture *fixture, const char *path, const char *property, const void *value,
                 size_t bytes)
{
    size_t room = fixture->bytes + bytes + EDIT_BYTES;
    void *larger = malloc(room);
    assert_non_null(larger);
    assert_int_equal(fdt_open_into(fixture->blob, larger, (int)room), 0);
    int node = fdt_path_offset(larger, path);
    assert_true(node >= 0);
    if (value == NULL) {
        assert_int_equal(fdt_delprop(larger, node, property), 0);
    } else {
        assert_int_equal(fdt_setprop(larger, node, property, value, (int)bytes), 0);
    }
    assert_int_equal(fdt_pack(larger), 0);

    free(fixture->blob);
    fixture->bytes = fdt_totalsize(larger);
    fixture->blob = malloc(fixture->bytes);
    assert_non_null(fixture->blob);
    memcpy(fixture->blob, larger, fixture->bytes);
    free(larger);
}

void fixture_set_string(struct fixture *fixture, const char *path, const char *property,
                        const char *value)
{
    fixture_set(fixture, path, property, value, strlen(value) + 1);
}

void fixture_set_u32(struct fixture *fixture, const char *path, const char *property,
                     uint32_t value)
{
    fdt32_t cell = cpu_to_fdt32(value);
    fixture_set(fixture, path, property, &cell, sizeof(cell));
}

void fixture_report(void *context, const char *path, const char *message)
{
    struct fixture *fixture = context;
    assert_in_range(fixture->report_count, 0, countof(fixture->reports) - 1);
    struct fixture_report *report = &fixture->reports[fixture->report_count++];
    snprintf(report->path, sizeof(report->path), "%s", path);
    snprintf(report->message, sizeof(report->message), "%s", message);
}

uint32_t fixture_reported(const struct fixture *fixture, const char *path, const char *message)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fixture->report_count; i++) {
        count += strcmp(fixture->reports[i].path, path) == 0 &&
                 strcmp(fixture->reports[i].message, message) == 0;
    }
    return count;
}

/* Shows all reports, for a failing test. */
static void print_reports(const struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->report_count; i++) {
        print_error("report: \"%s\" \"%s\"\n", fixture->reports[i].path,
                    fixture->reports[i].message);
    }
}

void fixture_assert_reported(const struct fixture *fixture, const char *path, const char *message)
{
    if (fixture_reported(fixture, path, message) == 0) {
        print_reports(fixture);
        fail_msg("not reported: \"%s\" \"%s\"", path, message);
    }
}

void fixture_assert_quiet(const struct fixture *fixture)
{
    print_reports(fixture);
    assert_int_equal(fixture->report_count, 0);
}

struct fdt_node fixture_node(struct fixture *fixture, const char *path)
{
    struct fdt_node node = fdt_node_by_path(&fixture->tree, path);
    if (!fdt_node_valid(node)) {
        fail_msg("no node %s", path);
    }
    return node;
}

void fixture_assert_path(struct fixture *fixture, struct fdt_node node, const char *path)
{
    char buffer[FDT_PATH_BYTES];
    assert_true(fdt_node_valid(node));
    assert_string_equal(fdt_node_path(&fixture->tree, node, buffer, sizeof(buffer)), path);
}

void fixture_assert_range(const struct fdt_range *range, uint64_t base, uint64_t bytes)
{
    assert_int_equal(range->base, base);
    assert_int_equal(range->bytes, bytes);
}
