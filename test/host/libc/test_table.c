// SPDX-License-Identifier: MIT
//
// The table of descriptors.

#include "tests.h"

#include <errno.h>
#include <pthread.h>

static const struct fd_ops plain_ops = {
    .read = __fd_no_read,
    .write = __fd_no_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = __fd_no_seek,
    .truncate = __fd_no_truncate,
    .list = __fd_no_list,
    .control = __fd_no_control,
    .poll_signals = __fd_no_poll_signals,
    .poll_events = __fd_no_poll_events,
    .close = __fd_no_close,
};

static struct description *plain(zx_handle_t handle)
{
    struct description *d =
        __fd_description_new(sizeof(*d), &plain_ops, handle, 0, FD_READ | FD_WRITE);

    assert_non_null(d);
    return d;
}

static void close_fd(int fd)
{
    struct description *d = __fd_remove(fd);

    assert_non_null(d);
    __fd_put(d);
}

static void test_table_numbers_are_the_lowest_free(void **state)
{
    unsigned before = closed_handles();

    (void)state;
    assert_int_equal(__fd_install(plain(1), 0, false), 0);
    assert_int_equal(__fd_install(plain(2), 0, true), 1);
    assert_int_equal(__fd_install(plain(3), 40, false), 40); // the table grows
    assert_int_equal(__fd_install(plain(4), 40, false), 41);
    assert_int_equal(__fd_get_cloexec(1), 1);
    assert_int_equal(__fd_set_cloexec(1, false), 0);
    assert_int_equal(__fd_get_cloexec(1), 0);
    assert_int_equal(__fd_get_cloexec(2), -EBADF);
    assert_int_equal(__fd_set_cloexec(1024, true), -EBADF);
    assert_int_equal(__fd_set_cloexec(1, true), 0);
    assert_int_equal(__fd_table_next(0, false), 0);
    assert_int_equal(__fd_table_next(1, true), 40);
    assert_int_equal(__fd_table_next(42, false), -1);
    assert_int_equal(__fd_table_next(-5, false), 0);
    close_fd(0);
    assert_int_equal(__fd_install(plain(5), 0, false), 0);
    for (int fd = __fd_table_next(0, false); fd >= 0; fd = __fd_table_next(fd, false)) {
        close_fd(fd);
    }
    assert_int_equal(closed_handles(), before + 5);
}

static void test_table_reserved_is_neither_open_nor_free(void **state)
{
    unsigned before = closed_handles();

    (void)state;
    assert_int_equal(__fd_reserve(0), 0);
    assert_null(__fd_get(0));
    assert_null(__fd_remove(0));
    assert_int_equal(__fd_reserve(0), 1);
    assert_int_equal(__fd_replace(0, plain(1), false), -EBUSY);
    assert_int_equal(closed_handles(), before + 1);
    __fd_fill(0, plain(2), false);
    assert_int_equal(__fd_replace(0, plain(3), false), 0);
    assert_int_equal(closed_handles(), before + 2);
    __fd_release(1);
    assert_int_equal(__fd_reserve(0), 1);
    __fd_release(1);
    close_fd(0);
}

static void test_table_has_an_end(void **state)
{
    struct description *d = plain(1);

    (void)state;
    for (int fd = 0; fd < FD_LIMIT; fd++) {
        assert_int_equal(__fd_install(__fd_hold(d), 0, false), fd);
    }
    assert_int_equal(__fd_install(__fd_hold(d), 0, false), -EMFILE);
    assert_int_equal(__fd_reserve(FD_LIMIT - 1), -EMFILE);
    assert_int_equal(__fd_replace(FD_LIMIT, __fd_hold(d), false), -EBADF);
    assert_int_equal(__fd_replace(-1, __fd_hold(d), false), -EBADF);
    assert_int_equal(d->references, FD_LIMIT + 1);
    for (int fd = 0; fd < FD_LIMIT; fd++) {
        close_fd(fd);
    }
    assert_int_equal(d->references, 1);
    __fd_put(d);
    __fd_put(NULL);
}

static atomic_uint made;

static void *hammer(void *argument)
{
    uint64_t seed = (uintptr_t)argument;

    for (int i = 0; i < 5000; i++) {
        int fd = (int)(next_random(&seed) % 6);
        struct description *d;

        switch (next_random(&seed) % 4) {
        case 0:
            made++;
            __fd_install(plain(1), 0, false);
            break;
        case 1: __fd_put(__fd_remove(fd)); break;
        case 2:
            d = __fd_get(fd);
            if (d != NULL) {
                __fd_replace((int)(next_random(&seed) % 6), d, true);
            }
            break;
        default:
            // In use while others close it.
            d = __fd_get(fd);
            if (d != NULL) {
                d->ops->seek(d, 0, 0);
            }
            __fd_put(d);
        }
    }
    return NULL;
}

static void test_table_closes_each_description_once(void **state)
{
    unsigned before = closed_handles();
    pthread_t threads[4];

    (void)state;
    for (uintptr_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)(i + 1)), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int fd = __fd_table_next(0, false); fd >= 0; fd = __fd_table_next(fd, false)) {
        close_fd(fd);
    }
    assert_int_equal(closed_handles(), before + made);
}

int run_table_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_numbers_are_the_lowest_free),
        cmocka_unit_test(test_table_reserved_is_neither_open_nor_free),
        cmocka_unit_test(test_table_has_an_end),
        cmocka_unit_test(test_table_closes_each_description_once),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
