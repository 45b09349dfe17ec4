// SPDX-License-Identifier: MIT
/*
 * The tests' hold on a device-tree fixture: loads a blob that the build compiled from
 * test/fixtures/dts, lets a test edit it, opens it, and keeps what was reported.
 *
 * The blob lies in a heap block of exactly its own size, so that AddressSanitizer sees a read of
 * the first byte behind it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* asks for the four above */

#include <fdt/boot.h>
#include <fdt/driver.h>
#include <zircon/compiler.h>
#include <zircon/errors.h>

struct fixture_report {
    char path[FDT_PATH_BYTES];
    char message[160];
};

/* More nodes than any fixture has. */
#define FIXTURE_INDEX_MAX 1024

/* True: fixture_open gives trees an index. All tests run both ways, and expect the same. */
extern bool fixture_indexed;

struct fixture {
    void *blob;
    size_t bytes;
    struct fdt_tree tree;
    struct fdt_index_entry index[FIXTURE_INDEX_MAX];
    struct fixture_report reports[FDT_REPORTS_MAX + 8];
    uint32_t report_count;
};

/* The names of all fixtures, without folder and extension. */
extern const char *const fixture_names[];
extern const size_t fixture_count;

/* Reads a fixture's blob without opening it. Fails the test if it cannot. */
void fixture_load(struct fixture *fixture, const char *name);

/* The same for any file. */
void fixture_load_path(struct fixture *fixture, const char *path);

/* Opens the loaded blob; fails the test if it is refused. */
void fixture_open(struct fixture *fixture);

/* Loads and opens. */
void fixture_begin(struct fixture *fixture, const char *name);

/* Frees the blob. */
void fixture_end(struct fixture *fixture);

/* Sets or replaces a property of a loaded, not yet opened blob; NULL for `value` deletes it. */
void fixture_set(struct fixture *fixture, const char *path, const char *property, const void *value,
                 size_t bytes);
void fixture_set_string(struct fixture *fixture, const char *path, const char *property,
                        const char *value);
void fixture_set_u32(struct fixture *fixture, const char *path, const char *property,
                     uint32_t value);

/* The report function to hand to fdt_tree_open, with the fixture as context. */
void fixture_report(void *context, const char *path, const char *message);

/* How often exactly this was reported. */
uint32_t fixture_reported(const struct fixture *fixture, const char *path, const char *message);

/* Fails the test unless it was reported. */
void fixture_assert_reported(const struct fixture *fixture, const char *path, const char *message);

/* Fails the test if anything was reported, and shows it. */
void fixture_assert_quiet(const struct fixture *fixture);

/* A node that must exist. */
struct fdt_node fixture_node(struct fixture *fixture, const char *path);

/* Fails the test unless the node's path is this. */
void fixture_assert_path(struct fixture *fixture, struct fdt_node node, const char *path);

/* Fails the test unless the range is this. */
void fixture_assert_range(const struct fdt_range *range, uint64_t base, uint64_t bytes);
