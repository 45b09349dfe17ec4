// SPDX-License-Identifier: MIT
//
// Mounts and the current directory.

#include "tests.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static void expect_mount(const char *path, zx_handle_t directory, const char *rest)
{
    const char *found = NULL;
    bool above;
    struct mount *mount = __fd_mount_find(path, &found, &above);

    if (directory == ZX_HANDLE_INVALID) {
        assert_null(mount);
        return;
    }
    assert_non_null(mount);
    assert_int_equal(mount->directory, directory);
    assert_string_equal(found, rest);
    __fd_mount_put(mount);
}

static void test_mount_find_takes_the_longest(void **state)
{
    (void)state;
    assert_int_equal(__fd_namespace_mount("/a", 1), 0);
    assert_int_equal(__fd_namespace_mount("/a/b", 2), 0);
    assert_int_equal(__fd_namespace_mount("/c/d", 3), 0);
    expect_mount("/a", 1, "");
    expect_mount("/a/x/y", 1, "x/y");
    expect_mount("/a/b", 2, "");
    expect_mount("/a/b/x", 2, "x");
    expect_mount("/a/bc", 1, "bc");
    expect_mount("/ab", 0, NULL);
    expect_mount("/c", 0, NULL);
    expect_mount("/c/d/e", 3, "e");
    expect_mount("/", 0, NULL);
    assert_int_equal(__fd_namespace_mount("/", 4), 0);
    expect_mount("/", 4, "");
    expect_mount("/ab", 4, "ab");
    expect_mount("/a/b/x", 2, "x");
    assert_int_equal(__fd_namespace_unmount("/"), 0);
    assert_int_equal(__fd_namespace_unmount("/a/b/"), 0);
    expect_mount("/a/b/x", 1, "b/x");
    assert_int_equal(__fd_namespace_unmount("/a"), 0);
    assert_int_equal(__fd_namespace_unmount("/c/d"), 0);
    assert_int_equal(__fd_namespace_unmount("/c/d"), -ENOENT);
}

static void test_mount_find_tells_what_is_above_mounts(void **state)
{
    const char *rest;
    bool above;

    (void)state;
    assert_int_equal(__fd_namespace_mount("/c/d/e", 1), 0);
    assert_null(__fd_mount_find("/", &rest, &above));
    assert_true(above);
    assert_null(__fd_mount_find("/c/d", &rest, &above));
    assert_true(above);
    assert_null(__fd_mount_find("/c/de", &rest, &above));
    assert_false(above);
    assert_int_equal(__fd_namespace_unmount("/c/d/e"), 0);
    assert_null(__fd_mount_find("/c/d", &rest, &above));
    assert_false(above);
}

static void test_mount_name_lists_each_once(void **state)
{
    char name[256];

    (void)state;
    __fd_namespace_mount("/x/a", 1);
    __fd_namespace_mount("/x/b", 2);
    __fd_namespace_mount("/y", 3);
    assert_true(__fd_mount_name("/", 0, name));
    assert_string_equal(name, "x");
    assert_true(__fd_mount_name("/", 1, name));
    assert_string_equal(name, "y");
    assert_false(__fd_mount_name("/", 2, name));
    assert_true(__fd_mount_name("/x", 1, name));
    assert_string_equal(name, "b");
    assert_false(__fd_mount_name("/x", 2, name));
    assert_false(__fd_mount_name("/y", 0, name));
    __fd_namespace_unmount("/x/a");
    __fd_namespace_unmount("/x/b");
    __fd_namespace_unmount("/y");
}

static void test_namespace_mount_consumes_always(void **state)
{
    unsigned before = closed_handles();
    const char *rest;
    bool above;
    struct mount *held;

    (void)state;
    assert_int_equal(__fd_namespace_mount("relative", 7), -EINVAL);
    assert_int_equal(__fd_namespace_mount("", 7), -EINVAL);
    assert_int_equal(__fd_namespace_mount(NULL, 7), -EINVAL);
    assert_int_equal(closed_handles(), before + 3);
    assert_int_equal(__fd_namespace_mount("/m", 7), 0);
    held = __fd_mount_find("/m", &rest, &above);
    assert_int_equal(__fd_namespace_mount("/m/.", 8), 0); // replaces
    assert_int_equal(closed_handles(), before + 3);       // somebody is still using the old one
    __fd_mount_put(held);
    assert_int_equal(closed_handles(), before + 4);
    assert_int_equal(__fd_namespace_unmount("/m"), 0);
    assert_int_equal(closed_handles(), before + 5);
}

static void test_mount_renew_keeps_what_others_put_there(void **state)
{
    unsigned before = closed_handles();
    const char *rest;
    bool above;
    struct mount *old, *now;

    (void)state;
    assert_int_equal(__fd_namespace_mount("/n", 20), 0);
    old = __fd_mount_find("/n", &rest, &above);
    now = __fd_mount_renew(old, 21);
    assert_int_equal(now->directory, 21);
    expect_mount("/n/x", 21, "x");
    assert_int_equal(closed_handles(), before); // the old one is still held
    __fd_mount_put(now);
    now = __fd_mount_renew(old, 22); // too late: somebody was faster
    assert_int_equal(now->directory, 21);
    assert_int_equal(closed_handles(), before + 1);
    __fd_mount_put(now);
    assert_int_equal(__fd_namespace_unmount("/n"), 0);
    assert_null(__fd_mount_renew(old, 23));
    expect_mount("/n", 0, NULL);
    __fd_mount_put(old);
    assert_int_equal(closed_handles(), before + 4);
}

static void *look(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3000; i++) {
        const char *rest;
        bool above;
        struct mount *mount = __fd_mount_find("/r/file", &rest, &above);
        char *current = __fd_namespace_cwd();

        // The rest points into the path, the mount stays as it was.
        if (mount != NULL && (mount->directory == 0 || strcmp(rest, "file") != 0)) {
            abort();
        }
        if (current == NULL || current[0] != '/') {
            abort();
        }
        free(current);
        __fd_mount_put(mount);
    }
    return NULL;
}

static void test_mounts_are_replaced_under_lookups(void **state)
{
    unsigned before = closed_handles();
    pthread_t threads[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look, NULL), 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(__fd_namespace_mount("/r", 100 + i), 0);
        __fd_namespace_set_cwd(strdup(i % 2 ? "/r" : "/elsewhere/quite/long"));
        if (i % 3 == 0) {
            assert_int_equal(__fd_namespace_unmount("/r"), 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    __fd_namespace_unmount("/r");
    __fd_namespace_set_cwd(NULL);
    assert_int_equal(closed_handles(), before + 1000);
}

int run_namespace_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mount_find_takes_the_longest),
        cmocka_unit_test(test_mount_find_tells_what_is_above_mounts),
        cmocka_unit_test(test_mount_name_lists_each_once),
        cmocka_unit_test(test_namespace_mount_consumes_always),
        cmocka_unit_test(test_mount_renew_keeps_what_others_put_there),
        cmocka_unit_test(test_mounts_are_replaced_under_lookups),
    };

    return cmocka_run_group_tests_name("namespace", tests, NULL, NULL);
}
