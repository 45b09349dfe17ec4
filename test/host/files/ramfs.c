// SPDX-License-Identifier: MIT
//
// ramfs as its clients see it.

#include <stdio.h>

#include "ramfs.h"
#include "tests.h"

#define RW (FILE_OPEN_READ | FILE_OPEN_WRITE)

static struct server server;

static zx_handle_t start(uint64_t capacity)
{
    struct vfs_node *root;

    assert_ok(ramfs_create(capacity, &root));
    return server_start(&server, root, NULL, 0);
}

static void stop(zx_handle_t root)
{
    assert_ok(zx_handle_close(root));
    server_stop(&server);
}

static struct file_system query(zx_handle_t root)
{
    struct file_system system;

    assert_ok(file_query_file_system(root, FOREVER, &system));
    return system;
}

static uint64_t size_of(zx_handle_t file)
{
    struct file_attributes attributes;

    assert_ok(file_stat(file, FOREVER, &attributes));
    return attributes.size;
}

static void data(void *arg)
{
    zx_handle_t root = start(1 << 20);
    zx_handle_t file, other, ends[2];
    char text[32];
    size_t size;
    uint64_t position;

    (void)arg;
    expect_open(root, "f", RW, ZX_ERR_NOT_FOUND);
    file = open_path(root, "f", RW | FILE_OPEN_CREATE | FILE_OPEN_EXCLUSIVE);
    expect_open(root, "f", RW | FILE_OPEN_CREATE | FILE_OPEN_EXCLUSIVE, ZX_ERR_ALREADY_EXISTS);
    expect_text(file, "");
    write_text(file, "hello");
    expect_text(file, "");
    // A clone shares the position; another open has its own.
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(file_clone(file, FOREVER, ends[1]));
    assert_ok(file_seek(ends[0], FOREVER, -4, FILE_SEEK_CURRENT, &position));
    assert_int_equal(position, 1);
    other = open_path(root, "f", FILE_OPEN_READ);
    expect_text(file, "ello");
    expect_text(other, "hello");
    assert_status(file_write(other, FOREVER, "x", 1, NULL), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_close(ends[0]));
    // Offsets, holes, the end.
    assert_ok(file_write_at(file, FOREVER, 9, "!", 1, NULL));
    assert_ok(file_read_at(file, FOREVER, 3, 32, text, sizeof(text), &size));
    assert_int_equal(size, 7);
    assert_memory_equal(text, "lo\0\0\0\0!", 7);
    assert_ok(file_read_at(file, FOREVER, 10, 32, text, sizeof(text), &size));
    assert_int_equal(size, 0);
    assert_status(file_read_at(file, FOREVER, UINT64_MAX, 1, text, 1, &size), ZX_ERR_INVALID_ARGS);
    assert_status(file_write_at(file, FOREVER, RAMFS_MAX_FILE, "x", 1, NULL), ZX_ERR_FILE_BIG);
    assert_status(file_seek(file, FOREVER, -11, FILE_SEEK_END, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(file_seek(file, FOREVER, INT64_MAX, FILE_SEEK_END, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(file_seek(file, FOREVER, 0, 3, NULL), ZX_ERR_INVALID_ARGS);
    // Truncation: what comes back after it is zeros.
    assert_ok(file_truncate(file, FOREVER, 3));
    assert_ok(file_truncate(file, FOREVER, 5));
    assert_ok(file_read_at(file, FOREVER, 0, 32, text, sizeof(text), &size));
    assert_int_equal(size, 5);
    assert_memory_equal(text, "hel\0\0", 5);
    assert_status(file_truncate(other, FOREVER, 0), ZX_ERR_BAD_HANDLE);
    assert_status(file_truncate(file, FOREVER, RAMFS_MAX_FILE + 1), ZX_ERR_FILE_BIG);
    assert_status(file_truncate(file, FOREVER, UINT64_MAX), ZX_ERR_FILE_BIG);
    assert_ok(zx_handle_close(other));
    // Append, and truncation by open.
    other = open_path(root, "f", FILE_OPEN_WRITE | FILE_OPEN_APPEND);
    assert_ok(file_truncate(file, FOREVER, 2));
    write_text(other, "++");
    assert_ok(file_seek(file, FOREVER, 0, FILE_SEEK_START, NULL));
    expect_text(file, "he++");
    assert_ok(zx_handle_close(other));
    other = open_path(root, "f", FILE_OPEN_WRITE | FILE_OPEN_TRUNCATE);
    assert_int_equal(size_of(file), 0);
    assert_ok(zx_handle_close(other));
    assert_ok(zx_handle_close(file));
    stop(root);
}

static void test_data_is_kept(void **state)
{
    (void)state;
    lab_seeds(data, 2, 20);
}

static void names(void *arg)
{
    zx_handle_t root = start(1 << 20);
    zx_handle_t file;
    struct file_attributes attributes;

    (void)arg;
    assert_ok(do_mkdir(root, "d"));
    assert_ok(do_mkdir(root, "d/e"));
    assert_ok(do_mkdir(root, "d/e/f/"));
    make_file(root, "d/e/x", "x");
    assert_status(do_mkdir(root, "d"), ZX_ERR_ALREADY_EXISTS);
    assert_status(do_mkdir(root, "no/such"), ZX_ERR_NOT_FOUND);
    assert_status(do_mkdir(root, "d/e/x/y"), ZX_ERR_NOT_DIR);
    expect_open(root, "d/e/x/y", RW | FILE_OPEN_CREATE, ZX_ERR_NOT_DIR);
    expect_open(root, "d/new/", RW | FILE_OPEN_CREATE, ZX_ERR_NOT_FILE);
    expect_open(root, "d", RW, ZX_ERR_NOT_FILE);
    expect_open(root, "d", FILE_OPEN_READ | FILE_OPEN_CREATE, ZX_ERR_NOT_FILE);
    expect_open(root, "d", FILE_OPEN_CREATE | FILE_OPEN_DIRECTORY, ZX_ERR_INVALID_ARGS);
    assert_status(do_unlink(root, "d"), ZX_ERR_NOT_FILE);
    assert_status(do_unlink(root, "d/"), ZX_ERR_NOT_FILE);
    assert_status(do_rmdir(root, "d/e/x"), ZX_ERR_NOT_DIR);
    assert_status(do_unlink(root, "d/e/x/"), ZX_ERR_NOT_DIR);
    assert_status(do_rmdir(root, "d"), ZX_ERR_NOT_EMPTY);
    assert_status(do_rmdir(root, ""), ZX_ERR_UNAVAILABLE);
    assert_status(do_unlink(root, "nothing"), ZX_ERR_NOT_FOUND);
    assert_status(file_unlink(root, FOREVER, 2, "d", 1), ZX_ERR_INVALID_ARGS);
    file = open_path(root, "d", FILE_OPEN_READ);
    assert_status(file_read(file, FOREVER, 1, &attributes, 1, NULL), ZX_ERR_NOT_FILE);
    assert_status(file_truncate(file, FOREVER, 1), ZX_ERR_NOT_FILE);
    expect_names(file, "e");
    assert_ok(zx_handle_close(file));
    // mode and mtime
    file = open_path(root, "d/e/x", 0);
    assert_status(file_read(file, FOREVER, 1, &attributes, 1, NULL), ZX_ERR_BAD_HANDLE);
    assert_ok(file_set_attributes(file, FOREVER, FILE_SET_MODE | FILE_SET_MTIME, 0170600, 1234));
    assert_ok(do_stat(root, "d/e/x", &attributes));
    assert_int_equal(attributes.mode, 0600);
    assert_int_equal(attributes.mtime, 1234);
    assert_int_equal(attributes.size, 1);
    assert_int_equal(attributes.links, 1);
    assert_status(file_set_attributes(file, FOREVER, 4, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close(file));
    stop(root);
}

static void test_names_behave_as_in_unix(void **state)
{
    (void)state;
    lab_seeds(names, 2, 10);
}

static void renames(void *arg)
{
    zx_handle_t root = start(1 << 20);
    zx_handle_t file, dir;

    (void)arg;
    make_file(root, "a", "A");
    make_file(root, "b", "B");
    assert_ok(do_mkdir(root, "d"));
    assert_ok(do_mkdir(root, "d/in"));
    assert_ok(do_mkdir(root, "empty"));
    file = open_path(root, "b", FILE_OPEN_READ);
    assert_ok(do_rename(root, "a", "b"));
    expect_names(root, "b d empty");
    // The one replaced lives on for those who have it open.
    expect_text(file, "B");
    assert_ok(zx_handle_close(file));
    file = open_path(root, "b", FILE_OPEN_READ);
    expect_text(file, "A");
    assert_ok(zx_handle_close(file));
    assert_ok(do_rename(root, "b", "b"));
    assert_ok(do_rename(root, "b", "d/in/c"));
    expect_names(root, "d empty");
    assert_status(do_rename(root, "nothing", "x"), ZX_ERR_NOT_FOUND);
    assert_status(do_rename(root, "d", "d/in/d"), ZX_ERR_INVALID_ARGS);
    assert_status(do_rename(root, "d", "d/d"), ZX_ERR_INVALID_ARGS);
    assert_ok(do_rename(root, "d", "d"));
    assert_status(do_rename(root, "empty", "d"), ZX_ERR_NOT_EMPTY);
    assert_status(do_rename(root, "d/in/c", "empty"), ZX_ERR_NOT_FILE);
    assert_status(do_rename(root, "empty", "d/in/c"), ZX_ERR_NOT_DIR);
    assert_status(do_rename(root, "d/in/c", "x/"), ZX_ERR_NOT_DIR);
    assert_status(do_rename(root, "", "x"), ZX_ERR_UNAVAILABLE);
    assert_status(do_rename(root, "empty", ""), ZX_ERR_UNAVAILABLE);
    dir = open_path(root, "empty", FILE_OPEN_READ);
    assert_ok(do_rename(root, "d/in/", "empty/"));
    expect_names(root, "d empty");
    // Nothing can be put into a directory that was removed.
    expect_open(dir, "x", RW | FILE_OPEN_CREATE, ZX_ERR_NOT_FOUND);
    assert_status(do_mkdir(dir, "x"), ZX_ERR_NOT_FOUND);
    expect_names(dir, "");
    assert_ok(zx_handle_close(dir));
    expect_open(root, "empty/c", FILE_OPEN_READ, ZX_OK);
    assert_ok(do_rmdir(root, "d"));
    stop(root);
}

static void test_renames_replace_as_in_unix(void **state)
{
    (void)state;
    lab_seeds(renames, 2, 10);
}

static void unlinked(void *arg)
{
    zx_handle_t root = start(1 << 20);
    uint64_t before = query(root).used;
    static uint8_t block[FILE_MAX_DATA];
    struct file_attributes attributes;
    zx_handle_t file = open_path(root, "f", RW | FILE_OPEN_CREATE);
    zx_handle_t ends[2];

    (void)arg;
    assert_ok(file_write(file, FOREVER, block, sizeof(block), NULL));
    assert_true(query(root).used >= before + sizeof(block));
    assert_ok(do_unlink(root, "f"));
    expect_open(root, "f", RW, ZX_ERR_NOT_FOUND);
    assert_ok(file_stat(file, FOREVER, &attributes));
    assert_int_equal(attributes.links, 0);
    assert_int_equal(attributes.size, sizeof(block));
    assert_int_equal(attributes.storage, sizeof(block));
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(file_clone(file, FOREVER, ends[1]));
    assert_ok(zx_handle_close(file));
    assert_ok(file_read_at(ends[0], FOREVER, 0, 1, block, sizeof(block), NULL));
    assert_ok(zx_handle_close(ends[0]));
    // Closing is seen by the server in its turn.
    while (query(root).used != before)
        ;
    assert_int_equal(query(root).nodes, 1);
    stop(root);
}

static void test_an_unlinked_file_lives_until_it_is_closed(void **state)
{
    (void)state;
    lab_seeds(unlinked, 2, 30);
}

static void capacity(void *arg)
{
    zx_handle_t root = start(64 * 1024);
    uint64_t before = query(root).used;
    static uint8_t block[FILE_MAX_DATA];
    zx_handle_t file;
    char name[32];
    unsigned made = 0;
    zx_status_t status;

    (void)arg;
    file = open_path(root, "f", RW | FILE_OPEN_CREATE);
    while ((status = file_write(file, FOREVER, block, sizeof(block), NULL)) == ZX_OK)
        ;
    assert_status(status, ZX_ERR_NO_SPACE);
    assert_ok(file_write_at(file, FOREVER, 5, "x", 1, NULL));
    assert_ok(file_truncate(file, FOREVER, 10));
    assert_ok(file_write_at(file, FOREVER, 1 << 20, "x", 1, NULL));
    assert_ok(file_read_at(file, FOREVER, 10, 16, block, sizeof(block), NULL));
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(block[i], 0);
    assert_ok(file_truncate(file, FOREVER, 0));
    assert_ok(zx_handle_close(file));
    for (;; made++) {
        snprintf(name, sizeof(name), "file%u", made);
        status = try_open(root, name, FILE_OPEN_CREATE, &file);
        if (status != ZX_OK)
            break;
        assert_ok(zx_handle_close(file));
    }
    assert_status(status, ZX_ERR_NO_SPACE);
    assert_status(do_mkdir(root, "d"), ZX_ERR_NO_SPACE);
    assert_true(made > 30 && made < 64);
    assert_true(query(root).used <= query(root).total);
    for (unsigned i = 0; i < made; i++) {
        snprintf(name, sizeof(name), "file%u", i);
        assert_ok(do_unlink(root, name));
    }
    assert_ok(do_unlink(root, "f"));
    while (query(root).used != before)
        ;
    stop(root);
}

static void test_the_capacity_holds_and_comes_back(void **state)
{
    (void)state;
    lab_seeds(capacity, 2, 5);
}

static void listing(void *arg)
{
    zx_handle_t root = start(16 << 20);
    static uint8_t records[FILE_MAX_DATA];
    static uint8_t seen[700];
    char name[160];
    size_t size;

    (void)arg;
    memset(seen, 0, sizeof(seen));
    for (unsigned i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "%04u-%0100u", i, i);
        make_file(root, name, "");
    }
    // Between the parts of the list some go, and others come: those are for the next listing.
    for (unsigned round = 0;; round++) {
        assert_ok(file_read_directory(root, FOREVER, records, sizeof(records), &size));
        if (size == 0)
            break;
        for (size_t at = 0; at < size;) {
            struct file_record record;
            unsigned number;

            memcpy(&record, records + at, sizeof(record));
            snprintf(name, sizeof(name), "%.4s", (const char *)records + at + sizeof(record));
            assert_int_equal(sscanf(name, "%u", &number), 1);
            assert_int_equal(record.kind, FILE_KIND_FILE);
            assert_true(number < 600);
            seen[number]++;
            at += sizeof(record) + ((record.name_size + 7) & ~7u);
        }
        for (unsigned i = 3 * round; i < 600; i += 3 * 97) {
            snprintf(name, sizeof(name), "%04u-%0100u", i, i);
            do_unlink(root, name);
        }
        snprintf(name, sizeof(name), "%04u-new", 600 + round);
        make_file(root, name, "");
        assert_true(round < 100);
    }
    for (unsigned i = 0; i < 600; i++) {
        assert_true(seen[i] <= 1);
        if (i % 3 != 0)
            assert_int_equal(seen[i], 1);
    }
    snprintf(name, sizeof(name), "%04u-new", 600u);
    expect_open(root, name, FILE_OPEN_READ, ZX_OK);
    // Any cursor may be asked for.
    assert_ok(file_seek(root, FOREVER, INT64_MAX, FILE_SEEK_START, NULL));
    assert_ok(file_read_directory(root, FOREVER, records, sizeof(records), &size));
    assert_int_equal(size, 0);
    assert_status(file_seek(root, FOREVER, -1, FILE_SEEK_START, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(file_seek(root, FOREVER, 0, FILE_SEEK_END, NULL), ZX_ERR_INVALID_ARGS);
    stop(root);
}

static void test_listings_are_stable(void **state)
{
    (void)state;
    lab_seeds(listing, 2, 2);
}

static void vmos(void *arg)
{
    zx_handle_t root = start(1 << 20);
    zx_handle_t file = open_path(root, "f", RW | FILE_OPEN_CREATE);
    zx_handle_t reader = open_path(root, "f", FILE_OPEN_READ);
    zx_handle_t vmo;
    uint64_t size;
    char text[8];

    (void)arg;
    assert_ok(file_get_vmo(file, FOREVER, FILE_VMO_READ, &vmo, &size));
    assert_int_equal(size, 0);
    assert_ok(zx_handle_close(vmo));
    assert_ok(file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_PRIVATE, &vmo, &size));
    assert_int_equal(size, 0);
    assert_ok(zx_handle_close(vmo));
    write_text(file, "text");
    // A copy: changes stay on either side's own.
    assert_ok(file_get_vmo(reader, FOREVER, FILE_VMO_READ | FILE_VMO_WRITE | FILE_VMO_PRIVATE, &vmo,
                           &size));
    assert_int_equal(size, 4);
    assert_ok(zx_vmo_write(vmo, "T", 0, 1));
    assert_ok(zx_vmo_read(vmo, text, 0, 6));
    assert_memory_equal(text, "Text\0\0", 6);
    assert_ok(file_read_at(file, FOREVER, 0, 8, text, 8, NULL));
    assert_memory_equal(text, "text", 4);
    assert_ok(zx_handle_close(vmo));
    // The file itself: to be read, never written.
    assert_ok(file_get_vmo(reader, FOREVER, FILE_VMO_READ | FILE_VMO_EXECUTE, &vmo, &size));
    assert_ok(zx_vmo_read(vmo, text, 0, 4));
    assert_memory_equal(text, "text", 4);
    assert_status(zx_vmo_write(vmo, "x", 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_set_size(vmo, 0), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(vmo));
    assert_status(file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_WRITE, &vmo, &size),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(file_get_vmo(reader, FOREVER, FILE_VMO_READ | FILE_VMO_WRITE, &vmo, &size),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(file_get_vmo(reader, FOREVER, 0x10, &vmo, &size), ZX_ERR_INVALID_ARGS);
    assert_status(file_get_vmo(root, FOREVER, FILE_VMO_READ, &vmo, &size), ZX_ERR_NOT_FILE);
    assert_ok(zx_handle_close(file));
    assert_ok(zx_handle_close(reader));
    stop(root);
}

static void test_vmos_are_copies_or_read_only(void **state)
{
    (void)state;
    lab_seeds(vmos, 2, 10);
}

static void deep(void *arg)
{
    zx_handle_t root = start(16 << 20);
    zx_handle_t at = open_path(root, "", FILE_OPEN_READ);
    zx_handle_t next;
    unsigned depth = 0;
    zx_status_t status;

    (void)arg;
    while ((status = do_mkdir(at, "d")) == ZX_OK) {
        next = open_path(at, "d", FILE_OPEN_READ);
        assert_ok(zx_handle_close(at));
        at = next;
        depth++;
    }
    assert_status(status, ZX_ERR_BAD_PATH);
    assert_int_equal(depth, RAMFS_MAX_DEPTH);
    assert_ok(zx_handle_close(at));
    stop(root);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    lab_seeds(deep, 1, 1);
}

const struct CMUnitTest ramfs_tests[] = {
    cmocka_unit_test(test_data_is_kept),
    cmocka_unit_test(test_names_behave_as_in_unix),
    cmocka_unit_test(test_renames_replace_as_in_unix),
    cmocka_unit_test(test_an_unlinked_file_lives_until_it_is_closed),
    cmocka_unit_test(test_the_capacity_holds_and_comes_back),
    cmocka_unit_test(test_listings_are_stable),
    cmocka_unit_test(test_vmos_are_copies_or_read_only),
    cmocka_unit_test(test_depth_is_limited),
};
const size_t ramfs_test_count = sizeof(ramfs_tests) / sizeof(ramfs_tests[0]);
