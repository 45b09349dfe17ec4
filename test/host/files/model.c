// SPDX-License-Identifier: MIT
//
// ramfs against a model in plain arrays, driven by random operations; and with allocations failing.

#include <stdio.h>

#include "../user/tests.h"
#include "pages.h"
#include "ramfs.h"
#include "tests.h"

#define RW      (FILE_OPEN_READ | FILE_OPEN_WRITE)
#define FILES   3u
#define LONGEST 60000u

struct model {
    bool exists;
    size_t size;
    uint8_t data[LONGEST];
};

static struct server server;
static struct model models[FILES];
static uint8_t block[FILE_MAX_DATA];

static zx_handle_t start(uint64_t capacity)
{
    struct vfs_node *root;

    assert_ok(ramfs_create(capacity, &root));
    return server_start(&server, root, NULL, 0);
}

static const char *const names[FILES] = {"one", "two", "three"};

static void compare(zx_handle_t file, const struct model *model)
{
    struct file_attributes attributes;
    size_t at = 0;
    size_t size;

    assert_ok(file_stat(file, FOREVER, &attributes));
    assert_int_equal(attributes.size, model->size);
    do {
        assert_ok(file_read_at(file, FOREVER, at, sizeof(block), block, sizeof(block), &size));
        assert_true(size <= model->size - at);
        assert_memory_equal(block, model->data + at, size);
        at += size;
    } while (size != 0);
    assert_int_equal(at, model->size);
}

static void write_somewhere(struct mutator *mutator, zx_handle_t file, struct model *model)
{
    size_t offset = mutator_next(mutator) % LONGEST;
    size_t size = mutator_next(mutator) % sizeof(block);
    uint32_t written;

    if (size > LONGEST - offset)
        size = LONGEST - offset;
    for (size_t i = 0; i < size; i++)
        block[i] = (uint8_t)mutator_next(mutator);
    assert_ok(file_write_at(file, FOREVER, offset, block, size, &written));
    assert_int_equal(written, size);
    if (size == 0)
        return;
    if (offset > model->size)
        memset(model->data + model->size, 0, offset - model->size);
    memcpy(model->data + offset, block, size);
    if (offset + size > model->size)
        model->size = offset + size;
}

static void truncate_somewhere(struct mutator *mutator, zx_handle_t file, struct model *model)
{
    size_t size = mutator_next(mutator) % LONGEST;

    assert_ok(file_truncate(file, FOREVER, size));
    if (size > model->size)
        memset(model->data + model->size, 0, size - model->size);
    model->size = size;
}

static void step(struct mutator *mutator, zx_handle_t root)
{
    unsigned number = mutator_next(mutator) % FILES;
    struct model *model = &models[number];
    zx_handle_t file;

    if (!model->exists) {
        expect_open(root, names[number], RW, ZX_ERR_NOT_FOUND);
        make_file(root, names[number], "");
        *model = (struct model){.exists = true};
        return;
    }
    file = open_path(root, names[number], RW);
    switch (mutator_next(mutator) % 8) {
    case 0: truncate_somewhere(mutator, file, model); break;
    case 1:
        assert_ok(do_unlink(root, names[number]));
        model->exists = false;
        break;
    case 2: {
        unsigned other = mutator_next(mutator) % FILES;

        assert_ok(do_rename(root, names[number], names[other]));
        if (other != number) {
            models[other] = *model;
            model->exists = false;
        }
        break;
    }
    case 3: compare(file, model); break;
    default: write_somewhere(mutator, file, model); break;
    }
    assert_ok(zx_handle_close(file));
}

static void random_operations(void *arg)
{
    struct mutator mutator = {.state = *(const uint64_t *)arg};
    zx_handle_t root = start(4 << 20);
    struct file_system before, after;

    memset(models, 0, sizeof(models));
    assert_ok(file_query_file_system(root, FOREVER, &before));
    for (unsigned i = 0; i < 150; i++)
        step(&mutator, root);
    for (unsigned i = 0; i < FILES; i++) {
        zx_handle_t file;

        if (!models[i].exists)
            continue;
        file = open_path(root, names[i], FILE_OPEN_READ);
        compare(file, &models[i]);
        assert_ok(zx_handle_close(file));
        assert_ok(do_unlink(root, names[i]));
    }
    do
        assert_ok(file_query_file_system(root, FOREVER, &after));
    while (after.used != before.used);
    assert_ok(zx_handle_close(root));
    server_stop(&server);
}

static void test_random_operations_agree_with_a_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        lab_seeds_arg(random_operations, &seed, 2, 1);
}

// ---- failing allocations ------------------------------------------------------------------------

static void expect_ok_or_full(zx_status_t status)
{
    if (status != ZX_OK && status != ZX_ERR_NO_MEMORY && status != ZX_ERR_NO_SPACE &&
        status != ZX_ERR_PEER_CLOSED && status != ZX_ERR_NOT_FOUND)
        assert_ok(status);
}

// Whatever fails, nothing else breaks: statuses of memory, connections that end, names that are not
// there because they could not be made.
static void script(zx_handle_t root)
{
    zx_handle_t file, ends[2];
    zx_handle_t vmo;

    expect_ok_or_full(do_mkdir(root, "dir"));
    expect_ok_or_full(try_open(root, "dir/file", RW | FILE_OPEN_CREATE, &file));
    if (file != ZX_HANDLE_INVALID) {
        expect_ok_or_full(file_write_at(file, FOREVER, 5000, "data", 4, NULL));
        expect_ok_or_full(
            file_get_vmo(file, FOREVER, FILE_VMO_READ | FILE_VMO_PRIVATE, &vmo, NULL));
        if (vmo != ZX_HANDLE_INVALID)
            zx_handle_close(vmo);
        if (zx_channel_create(0, &ends[0], &ends[1]) == ZX_OK) {
            expect_ok_or_full(file_clone(file, FOREVER, ends[1]));
            zx_handle_close(ends[0]);
        }
        expect_ok_or_full(file_truncate(file, FOREVER, 100));
        zx_handle_close(file);
    }
    expect_ok_or_full(do_rename(root, "dir/file", "file"));
    for (unsigned i = 0; i < 12; i++) {
        char name[8];

        snprintf(name, sizeof(name), "d%u", i);
        expect_ok_or_full(do_mkdir(root, name));
    }
    expect_ok_or_full(do_unlink(root, "file"));
}

static void user_memory(void *arg)
{
    bool failed = true;

    (void)arg;
    for (unsigned k = 1; failed; k++) {
        zx_handle_t root = start(1 << 20);

        alloc_fail_at(k);
        script(root);
        failed = alloc_failed();
        alloc_fail_at(0);
        // The server is as good as before.
        do_rmdir(root, "dir");
        make_file(root, "after", "text");
        expect_open(root, "after", FILE_OPEN_READ, ZX_OK);
        assert_ok(zx_handle_close(root));
        server_stop(&server);
        assert_true(k < 500);
    }
}

static void test_failing_allocations_break_nothing(void **state)
{
    (void)state;
    lab_seeds(user_memory, 1, 1);
}

// The kernel's allocations fail, on either side: calls may find the server's answer missing, so
// each ends by a deadline.
static void kernel_memory(void *arg)
{
    struct vfs_loop *loop = NULL;
    struct vfs *vfs = NULL;
    struct vfs_node *root = NULL;
    zx_handle_t ends[2];
    zx_status_t status;

    (void)arg;
    if (zx_channel_create(0, &ends[0], &ends[1]) != ZX_OK)
        return;
    status = vfs_loop_create(&loop);
    if (status == ZX_OK)
        status = vfs_create(loop, NULL, &vfs);
    if (status == ZX_OK)
        status = ramfs_create(1 << 20, &root);
    if (status == ZX_OK)
        status = vfs_serve(vfs, root, FILE_OPEN_READ, ends[1], 0, NULL, NULL);
    else
        zx_handle_close(ends[1]);
    if (status == ZX_OK) {
        zx_handle_t file[2];

        file_send_make_directory(ends[0], 1, 0, "d", 1);
        if (zx_channel_create(0, &file[0], &file[1]) == ZX_OK) {
            file_send_open(ends[0], 2, RW | FILE_OPEN_CREATE, 0, "f", 1, file[1]);
            file_send_write(file[0], 3, "data", 4);
            file_send_get_vmo(file[0], 4, FILE_VMO_READ);
            for (unsigned i = 0; i < 12; i++)
                vfs_loop_run_once(loop, 0);
            zx_handle_close(file[0]);
        }
        for (unsigned i = 0; i < 4; i++)
            vfs_loop_run_once(loop, 0);
    }
    zx_handle_close(ends[0]);
    vfs_destroy(vfs);
    if (root != NULL)
        vfs_node_unref(root);
    vfs_loop_destroy(loop);
    assert_int_equal(alloc_live(), 0);
}

static void test_no_memory_in_the_kernel_breaks_nothing(void **state)
{
    (void)state;
    lab_sweep(kernel_memory);
}

// ---- the bitmap of pages ------------------------------------------------------------------------

static void bitmap(void *arg)
{
    static bool model[4096];
    struct mutator mutator = {.state = 99};
    struct pages pages = {0};
    uint64_t count = 0;

    (void)arg;
    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t page = mutator_next(&mutator) % 4096;
        uint64_t before = pages_memory(&pages);

        if (mutator_next(&mutator) % 16 == 0) {
            pages_cut(&pages, page);
            for (uint64_t at = page; at < 4096; at++) {
                count -= model[at];
                model[at] = false;
            }
        } else {
            uint64_t cost = pages_cost(&pages, page) + (model[page] ? 0 : PAGE_BYTES);

            assert_true(pages_set(&pages, page));
            assert_int_equal(pages_memory(&pages), before + cost);
            count += !model[page];
            model[page] = true;
        }
        assert_int_equal(pages.count, count);
        page = mutator_next(&mutator) % 5000;
        assert_int_equal(pages_get(&pages, page), page < 4096 && model[page]);
    }
    pages_cut(&pages, 0);
    assert_int_equal(pages_memory(&pages), 0);
    assert_int_equal(alloc_live(), 0);
}

static void test_the_bitmap_agrees_with_a_model(void **state)
{
    (void)state;
    lab_seeds(bitmap, 1, 1);
}

const struct CMUnitTest model_tests[] = {
    cmocka_unit_test(test_random_operations_agree_with_a_model),
    cmocka_unit_test(test_failing_allocations_break_nothing),
    cmocka_unit_test(test_no_memory_in_the_kernel_breaks_nothing),
    cmocka_unit_test(test_the_bitmap_agrees_with_a_model),
};
const size_t model_test_count = sizeof(model_tests) / sizeof(model_tests[0]);
