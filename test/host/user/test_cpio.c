// SPDX-License-Identifier: MIT
//
// The reader of cpio archives: what it finds in good ones, what it says about bad ones, and that no
// bytes whatever make it look outside the archive.

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>

#include <cpio/cpio.h>
#include <zircon/errors.h>

#define ARCHIVE_MAX 16384u

struct builder {
    uint8_t bytes[ARCHIVE_MAX];
    size_t size;
};

static void pad(struct builder *b)
{
    while (b->size % 4 != 0) {
        b->bytes[b->size++] = 0;
    }
}

static void add_raw(struct builder *b, const char *magic, const char *name, size_t name_size,
                    unsigned mode, const void *data, size_t size)
{
    char header[111];
    int length =
        snprintf(header, sizeof(header), "%s%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
                 magic, 1u, mode, 0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u, name_size, 0u);

    assert_int_equal(length, 110);
    memcpy(b->bytes + b->size, header, 110);
    b->size += 110;
    memcpy(b->bytes + b->size, name, name_size);
    b->size += name_size;
    pad(b);
    if (size != 0) {
        memcpy(b->bytes + b->size, data, size);
    }
    b->size += size;
    pad(b);
}

static void add(struct builder *b, const char *name, unsigned mode, const char *data)
{
    add_raw(b, "070701", name, strlen(name) + 1, mode, data, strlen(data));
}

static void add_end(struct builder *b)
{
    add(b, "TRAILER!!!", 0, "");
}

// An archive like those that tools make: directories, files of odd sizes, a padded end.
static void build_sample(struct builder *b)
{
    *b = (struct builder){0};
    add(b, ".", 040755, "");
    add(b, "./bin", 040755, "");
    add(b, "./bin/mon", 0100755, "monitor");
    add(b, "bin/hello", 0100755, "hi");
    add(b, "empty", 0100644, "");
    add(b, "bin/hello", 0100755, "a second one");
    add_end(b);
    b->size = (b->size + 511) / 512 * 512;
}

static void test_find_returns_the_first_regular_file(void **state)
{
    struct builder b;
    struct cpio_entry entry;

    (void)state;
    build_sample(&b);
    uint8_t *archive = exact_copy(b.bytes, b.size);

    assert_int_equal(cpio_find(archive, b.size, "bin/mon", &entry), ZX_OK);
    assert_int_equal(entry.size, 7);
    assert_memory_equal(entry.data, "monitor", 7);
    assert_string_equal(entry.name, "bin/mon");
    assert_int_equal(cpio_find(archive, b.size, "bin/hello", &entry), ZX_OK);
    assert_int_equal(entry.size, 2);
    assert_int_equal(cpio_find(archive, b.size, "empty", &entry), ZX_OK);
    assert_int_equal(entry.size, 0);
    free(archive);
}

static void test_find_refuses_what_is_no_file_or_no_path(void **state)
{
    struct builder b;
    struct cpio_entry entry;

    (void)state;
    build_sample(&b);
    assert_int_equal(cpio_find(b.bytes, b.size, "bin", &entry), ZX_ERR_NOT_FILE);
    assert_int_equal(cpio_find(b.bytes, b.size, "bin/mo", &entry), ZX_ERR_NOT_FOUND);
    assert_int_equal(cpio_find(b.bytes, b.size, "bin/mon2", &entry), ZX_ERR_NOT_FOUND);
    assert_int_equal(cpio_find(b.bytes, b.size, "", &entry), ZX_ERR_INVALID_ARGS);
    assert_int_equal(cpio_find(b.bytes, b.size, "/bin/mon", &entry), ZX_ERR_INVALID_ARGS);
    assert_int_equal(cpio_find(b.bytes, b.size, "bin/../bin/mon", &entry), ZX_ERR_INVALID_ARGS);
    assert_int_equal(cpio_find(b.bytes, b.size, "TRAILER!!!", &entry), ZX_ERR_NOT_FOUND);
}

static void test_names_are_made_plain_and_parents_are_skipped(void **state)
{
    struct builder b = {0};
    struct cpio archive;
    struct cpio_entry entry;

    (void)state;
    add(&b, "/abs/file", 0100644, "1");
    add(&b, "../outside", 0100644, "2");
    add(&b, "a/../../b", 0100644, "3");
    add(&b, "a/..", 0100644, "4");
    add(&b, "././/x", 0100644, "5");
    add(&b, "..name/..x/x..", 0100644, "6");
    add_end(&b);
    cpio_init(&archive, b.bytes, b.size);
    assert_int_equal(cpio_next(&archive, &entry), ZX_OK);
    assert_string_equal(entry.name, "abs/file");
    assert_int_equal(cpio_next(&archive, &entry), ZX_OK);
    assert_string_equal(entry.name, "x");
    assert_int_equal(cpio_next(&archive, &entry), ZX_OK);
    assert_string_equal(entry.name, "..name/..x/x..");
    assert_int_equal(cpio_next(&archive, &entry), ZX_ERR_STOP);
    assert_int_equal(cpio_next(&archive, &entry), ZX_ERR_STOP);
    assert_int_equal(archive.skipped, 3);
}

static void test_identify_names_what_is_there(void **state)
{
    struct builder b;
    uint8_t zeros[200] = {0};

    (void)state;
    build_sample(&b);
    assert_int_equal(cpio_identify(b.bytes, b.size), CPIO_KIND_NEWC);
    assert_int_equal(cpio_identify(NULL, 0), CPIO_KIND_EMPTY);
    assert_int_equal(cpio_identify(zeros, sizeof(zeros)), CPIO_KIND_EMPTY);
    assert_int_equal(cpio_identify(zeros, 1), CPIO_KIND_EMPTY);
    assert_int_equal(cpio_identify("\x1f\x8b\x08", 3), CPIO_KIND_COMPRESSED);
    assert_int_equal(cpio_identify("\x28\xb5\x2f\xfd", 4), CPIO_KIND_COMPRESSED);
    assert_int_equal(cpio_identify("070707", 6), CPIO_KIND_OTHER_CPIO);
    assert_int_equal(cpio_identify("\xc7\x71", 2), CPIO_KIND_OTHER_CPIO);
    assert_int_equal(cpio_identify("07070", 5), CPIO_KIND_UNKNOWN);
    assert_int_equal(cpio_identify("\x7f"
                                   "ELF",
                                   4),
                     CPIO_KIND_UNKNOWN);
}

// Every possible cut: an entry is either whole or reported as lost, never invented.
static void test_every_truncation_is_reported(void **state)
{
    struct builder b;

    (void)state;
    build_sample(&b);
    size_t end = 0;
    struct cpio whole;
    struct cpio_entry entry;

    cpio_init(&whole, b.bytes, b.size);
    while (cpio_next(&whole, &entry) == ZX_OK) {
        end = whole.position;
    }
    end += 110 + sizeof("TRAILER!!!"); // what must be there of the end mark
    for (size_t size = 0; size < end; size++) {
        uint8_t *cut = exact_copy(b.bytes, size);
        struct cpio archive;
        zx_status_t status;

        cpio_init(&archive, cut, size);
        while ((status = cpio_next(&archive, &entry)) == ZX_OK) {
            assert_true(entry.data >= cut && entry.data + entry.size <= cut + size);
        }
        assert_int_equal(status, ZX_ERR_IO_DATA_LOSS);
        assert_int_equal(cpio_next(&archive, &entry), ZX_ERR_IO_DATA_LOSS);
        free(cut);
    }
}

static void test_malformed_headers_are_corruption(void **state)
{
    struct builder b = {0};
    struct cpio_entry entry;
    char long_name[CPIO_NAME_MAX + 2];

    (void)state;
    memset(long_name, 'n', sizeof(long_name));
    long_name[CPIO_NAME_MAX] = '\0';
    add_raw(&b, "070701", long_name, CPIO_NAME_MAX + 1, 0100644, "x", 1);
    assert_int_equal(cpio_find(b.bytes, b.size, "x", &entry), ZX_ERR_IO_DATA_INTEGRITY);

    b.size = 0;
    long_name[CPIO_NAME_MAX - 1] = '\0';
    add_raw(&b, "070701", long_name, CPIO_NAME_MAX, 0100644, "x", 1);
    add_end(&b);
    assert_int_equal(cpio_find(b.bytes, b.size, long_name, &entry), ZX_OK);

    b.size = 0;
    add_raw(&b, "070701", "name", 4, 0100644, "x", 1); // no NUL
    assert_int_equal(cpio_find(b.bytes, b.size, "x", &entry), ZX_ERR_IO_DATA_INTEGRITY);

    b.size = 0;
    add_raw(&b, "070701", "na\0me", 6, 0100644, "x", 1); // a NUL inside
    assert_int_equal(cpio_find(b.bytes, b.size, "na", &entry), ZX_ERR_IO_DATA_INTEGRITY);

    b.size = 0;
    add_raw(&b, "070702", "sum", 4, 0100644, "x", 1); // the kind with checksums is read too
    add_end(&b);
    assert_int_equal(cpio_find(b.bytes, b.size, "sum", &entry), ZX_OK);

    b.bytes[14] = 'g'; // in the mode
    assert_int_equal(cpio_find(b.bytes, b.size, "sum", &entry), ZX_ERR_IO_DATA_INTEGRITY);
}

static void test_huge_sizes_do_not_wrap(void **state)
{
    struct builder b;
    struct cpio_entry entry;

    (void)state;
    build_sample(&b);
    for (size_t field = 0; field < 13; field++) {
        uint8_t *archive = exact_copy(b.bytes, b.size);

        memcpy(archive + 6 + field * 8, "ffffffff", 8);
        zx_status_t status = cpio_find(archive, b.size, "bin/mon", &entry);

        if (field == 6) {
            assert_int_equal(status, ZX_ERR_IO_DATA_LOSS); // the size of the first entry's data
        } else if (field == 11) {
            assert_int_equal(status, ZX_ERR_IO_DATA_INTEGRITY); // the size of its name
        } else {
            assert_int_equal(status, ZX_OK);
        }
        free(archive);
    }
}

static void test_mutated_archives_stay_inside(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct mutator mutator = {seed};
        struct builder b;
        struct cpio archive;
        struct cpio_entry entry;
        size_t steps = 0;

        build_sample(&b);
        b.size -= mutator_next(&mutator) % 3 == 0 ? mutator_next(&mutator) % b.size : 0;
        uint8_t *bytes = exact_copy(b.bytes, b.size);

        mutate(&mutator, bytes, b.size);
        (void)cpio_identify(bytes, b.size);
        (void)cpio_find(bytes, b.size, "bin/hello", &entry);
        cpio_init(&archive, bytes, b.size);
        while (cpio_next(&archive, &entry) == ZX_OK) {
            assert_true(entry.data >= bytes && entry.data + entry.size <= bytes + b.size);
            assert_true(strlen(entry.name) < CPIO_NAME_MAX);
            steps++;
        }
        assert_true(steps <= b.size / 110);
        free(bytes);
    }
}

int run_cpio_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_returns_the_first_regular_file),
        cmocka_unit_test(test_find_refuses_what_is_no_file_or_no_path),
        cmocka_unit_test(test_names_are_made_plain_and_parents_are_skipped),
        cmocka_unit_test(test_identify_names_what_is_there),
        cmocka_unit_test(test_every_truncation_is_reported),
        cmocka_unit_test(test_malformed_headers_are_corruption),
        cmocka_unit_test(test_huge_sizes_do_not_wrap),
        cmocka_unit_test(test_mutated_archives_stay_inside),
    };

    return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
