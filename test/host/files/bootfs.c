// SPDX-License-Identifier: MIT
//
// bootfs over archives made here: good ones and mutated ones.

#include <stdio.h>
#include <stdlib.h>

#include "../user/tests.h"
#include "bootfs.h"
#include "tests.h"

static uint8_t archive[64 * 1024];
static size_t archive_size;

static void pad(void)
{
    while (archive_size % 4 != 0)
        archive[archive_size++] = 0;
}

// Adds a member in the newc format.
static void add(const char *name, uint32_t mode, const char *data, size_t size)
{
    char header[112];

    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             1u, mode, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1,
             0u);
    memcpy(archive + archive_size, header, 110);
    archive_size += 110;
    memcpy(archive + archive_size, name, strlen(name) + 1);
    archive_size += strlen(name) + 1;
    pad();
    memcpy(archive + archive_size, data, size);
    archive_size += size;
    pad();
}

static void make_archive(void)
{
    static char big[10000];

    memset(big, 'b', sizeof(big));
    archive_size = 0;
    add("bin", 0040755, "", 0);
    add("bin/sh", 0100755, "#!shell", 7);
    add("bin/big", 0100755, big, sizeof(big));
    add("./etc//motd", 0100644, "hello\n", 6);
    add("bin/sh", 0100755, "second", 6);
    add("bin/sh/below", 0100755, "in the way", 10);
    add("etc", 0100644, "in the way", 10);
    add("link", 0120777, "bin/sh", 6);
    add("empty", 0100644, "", 0);
    add("TRAILER!!!", 0, "", 0);
}

static void tree(void *arg)
{
    static struct server server;
    struct bootfs *bootfs;
    struct file_attributes attributes;
    struct file_system system;
    zx_handle_t root, file, vmo;
    zx_koid_t koids[2];
    uint64_t size;
    char text[16];

    (void)arg;
    make_archive();
    assert_ok(bootfs_create(archive, archive_size, &bootfs));
    vfs_node_ref(bootfs_root(bootfs));
    root = server_start(&server, bootfs_root(bootfs), NULL, 0);
    expect_names(root, "bin etc empty");
    file = open_path(root, "bin", FILE_OPEN_READ);
    expect_names(file, "sh big");
    assert_ok(file_query_file_system(file, FOREVER, &system));
    assert_int_equal(system.read_only, 1);
    assert_ok(zx_handle_close(file));
    file = open_path(root, "etc/motd", FILE_OPEN_READ);
    expect_text(file, "hello\n");
    expect_text(file, "");
    assert_status(file_write(file, FOREVER, "x", 1, NULL), ZX_ERR_BAD_HANDLE);
    assert_status(file_set_attributes(file, FOREVER, FILE_SET_MODE, 0, 0), ZX_ERR_IO_REFUSED);
    assert_ok(zx_handle_close(file));
    assert_ok(do_stat(root, "bin/sh", &attributes));
    assert_int_equal(attributes.size, 7);
    assert_int_equal(attributes.mode, 0555);
    // Nothing can be changed.
    expect_open(root, "bin/sh", FILE_OPEN_WRITE, ZX_ERR_IO_REFUSED);
    expect_open(root, "bin/sh", FILE_OPEN_WRITE | FILE_OPEN_TRUNCATE, ZX_ERR_IO_REFUSED);
    expect_open(root, "bin/new", FILE_OPEN_WRITE | FILE_OPEN_CREATE, ZX_ERR_IO_REFUSED);
    assert_status(do_unlink(root, "bin/sh"), ZX_ERR_IO_REFUSED);
    assert_status(do_mkdir(root, "d"), ZX_ERR_IO_REFUSED);
    assert_status(do_rename(root, "bin/sh", "x"), ZX_ERR_IO_REFUSED);
    // Everybody gets the same pages, nobody writable ones.
    file = open_path(root, "bin/sh", FILE_OPEN_READ);
    for (unsigned i = 0; i < 2; i++) {
        zx_info_handle_basic_t info;

        assert_ok(file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_EXECUTE, &vmo, &size));
        assert_int_equal(size, 7);
        assert_ok(zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
        assert_int_equal(info.rights & (ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE),
                         ZX_RIGHT_READ | ZX_RIGHT_EXECUTE);
        koids[i] = info.koid;
        assert_ok(zx_vmo_read(vmo, text, 0, 9));
        assert_memory_equal(text, "#!shell\0\0", 9);
        assert_ok(zx_handle_close(vmo));
    }
    assert_int_equal(koids[0], koids[1]);
    assert_ok(
        file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_WRITE | FILE_VMO_PRIVATE, &vmo, NULL));
    assert_ok(zx_vmo_write(vmo, "x", 0, 1));
    assert_ok(zx_handle_close(vmo));
    expect_text(file, "#!shell");
    assert_ok(bootfs_open_vmo(bootfs, "bin/sh", &vmo));
    assert_ok(zx_vmo_read(vmo, text, 0, 1));
    assert_int_equal(text[0], '#');
    assert_ok(zx_handle_close(vmo));
    assert_status(file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_WRITE, &vmo, NULL),
                  ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(file));
    assert_status(bootfs_open_vmo(bootfs, "bin/none", &vmo), ZX_ERR_NOT_FOUND);
    assert_status(bootfs_open_vmo(bootfs, "bin", &vmo), ZX_ERR_NOT_FILE);
    assert_status(bootfs_open_vmo(bootfs, "bin/sh/x", &vmo), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close(root));
    // server_stop() demands that everything is freed: the tree goes with its last reference. References are
    // the server's thread's while it runs.
    server_join(&server);
    bootfs_destroy(bootfs);
    server_stop(&server);
}

static void test_the_archive_is_a_tree(void **state)
{
    (void)state;
    lab_seeds(tree, 2, 10);
}

// Reads every file of a tree through its ops.
static void read_all(struct vfs_directory *directory)
{
    static uint8_t data[64 * 1024];

    for (struct vfs_link *at = directory->table.order.next; at != &directory->table.order;
         at = at->next) {
        struct vfs_node *node = vfs_container(at, struct vfs_entry, order)->node;
        size_t size = 0;

        if (node->kind == FILE_KIND_DIRECTORY)
            read_all(vfs_container(node, struct vfs_directory, node));
        else
            assert_ok(node->ops->read(node, 0, data, sizeof(data), &size));
    }
}

static void damaged(void *arg)
{
    struct mutator mutator = {.state = *(const uint64_t *)arg};

    for (unsigned i = 0; i < 200; i++) {
        struct bootfs *bootfs = NULL;
        size_t size;
        uint8_t *copy;

        make_archive();
        mutate(&mutator, archive, archive_size);
        size =
            mutator_next(&mutator) % 3 == 0 ? mutator_next(&mutator) % archive_size : archive_size;
        // Of exactly that size, so that reading beyond it is noticed.
        copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, archive, size);
        bootfs_create(copy, size, &bootfs);
        assert_non_null(bootfs);
        read_all(vfs_container(bootfs_root(bootfs), struct vfs_directory, node));
        bootfs_destroy(bootfs);
        free(copy);
        assert_int_equal(alloc_live(), 0);
    }
}

static void test_damaged_archives_give_what_is_left(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        lab_seeds_arg(damaged, &seed, 1, 1);
}

static void memory(void *arg)
{
    (void)arg;
    make_archive();
    for (unsigned k = 1;; k++) {
        struct bootfs *bootfs = NULL;
        zx_handle_t vmo = ZX_HANDLE_INVALID;
        zx_status_t status;

        alloc_fail_at(k);
        status = bootfs_create(archive, archive_size, &bootfs);
        if (status != ZX_OK)
            assert_status(status, ZX_ERR_NO_MEMORY);
        if (status == ZX_OK && bootfs_open_vmo(bootfs, "bin/sh", &vmo) == ZX_OK)
            zx_handle_close(vmo);
        if (bootfs != NULL)
            bootfs_destroy(bootfs);
        assert_int_equal(alloc_live(), 0);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
}

static void test_failing_allocations_leak_nothing(void **state)
{
    (void)state;
    lab_seeds(memory, 1, 1);
}

static void kernel_memory(void *arg)
{
    struct bootfs *bootfs = NULL;
    zx_handle_t vmo;

    (void)arg;
    make_archive();
    assert_ok(bootfs_create(archive, archive_size, &bootfs));
    if (bootfs_open_vmo(bootfs, "bin/big", &vmo) == ZX_OK)
        zx_handle_close(vmo);
    bootfs_destroy(bootfs);
}

static void test_no_memory_for_a_vmo_leaks_nothing(void **state)
{
    (void)state;
    lab_sweep(kernel_memory);
}

const struct CMUnitTest bootfs_tests[] = {
    cmocka_unit_test(test_the_archive_is_a_tree),
    cmocka_unit_test(test_damaged_archives_give_what_is_left),
    cmocka_unit_test(test_failing_allocations_leak_nothing),
    cmocka_unit_test(test_no_memory_for_a_vmo_leaks_nothing),
};
const size_t bootfs_test_count = sizeof(bootfs_tests) / sizeof(bootfs_tests[0]);
