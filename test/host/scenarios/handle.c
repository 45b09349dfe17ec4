// SPDX-License-Identifier: MIT
// Handles: storms of duplicate and close, stale values.
// CALLS(zx_handle_duplicate, zx_handle_close, zx_handle_replace, zx_handle_close_many)
#include "scenarios.h"

#define ROUNDS 20u

static void storm_thread(void *arg)
{
    zx_handle_t source = *(zx_handle_t *)arg, copies[4];

    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned made = 1 + (unsigned)host_random(4);
        for (unsigned i = 0; i < made; i++)
            assert_ok(zx_handle_duplicate(source, ZX_RIGHT_SAME_RIGHTS, &copies[i]));
        for (unsigned i = 0; i < made; i++) {
            assert_ok(zx_object_signal(copies[i], 0, ZX_USER_SIGNAL_0));
            assert_ok(zx_handle_close(copies[i]));
            assert_status(zx_handle_close(copies[i]), ZX_ERR_BAD_HANDLE);
        }
    }
}

static void storm(void *arg)
{
    zx_handle_t event, threads[4];

    (void)arg;
    assert_ok(zx_event_create(0, &event));
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(storm_thread, &event);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    assert_ok(zx_handle_close(event));
}

static void test_duplicate_close_storm(void **state)
{
    (void)state;
    lab_seeds(storm, 4, 40);
}

struct shared {
    _Atomic zx_handle_t handle;
    atomic_uint closed;
};

static void close_shared(void *arg)
{
    struct shared *s = arg;
    zx_status_t status = zx_handle_close(atomic_load(&s->handle));

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    atomic_fetch_add(&s->closed, status == ZX_OK);
}

static void duplicate_shared(void *arg)
{
    struct shared *s = arg;
    zx_handle_t copy;
    zx_status_t status = zx_handle_duplicate(atomic_load(&s->handle), ZX_RIGHT_SAME_RIGHTS, &copy);

    if (status == ZX_OK)
        assert_ok(zx_handle_close(copy));
    else
        assert_status(status, ZX_ERR_BAD_HANDLE);
}

// Of two closes of one value exactly one succeeds, whatever duplicates do meanwhile.
static void double_close(void *arg)
{
    struct shared s = { 0 };
    zx_handle_t event, threads[4];

    (void)arg;
    assert_ok(zx_event_create(0, &event));
    atomic_store(&s.handle, event);
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(i < 2 ? close_shared : duplicate_shared, &s);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(atomic_load(&s.closed), 1);
}

static void test_double_close_succeeds_once(void **state)
{
    (void)state;
    lab_seeds(double_close, 3, 300);
}

static void replace_thread(void *arg)
{
    struct shared *s = arg;
    zx_handle_t fresh;
    zx_status_t status = zx_handle_replace(atomic_load(&s->handle), ZX_RIGHT_SAME_RIGHTS, &fresh);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    if (status == ZX_OK) {
        atomic_fetch_add(&s->closed, 1);
        assert_ok(zx_handle_close(fresh));
    }
}

static void replace_race(void *arg)
{
    struct shared s = { 0 };
    zx_handle_t event, threads[3];

    (void)arg;
    assert_ok(zx_event_create(0, &event));
    atomic_store(&s.handle, event);
    for (unsigned i = 0; i < 3; i++)
        threads[i] = lab_thread(i < 2 ? replace_thread : close_shared, &s);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(atomic_load(&s.closed), 1);
}

static void test_replace_against_close(void **state)
{
    (void)state;
    lab_seeds(replace_race, 3, 300);
}

static void bad_pointers(void *arg)
{
    zx_handle_t event;

    (void)arg;
    assert_status(zx_event_create(0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_event_create(0, (zx_handle_t *)0x10), ZX_ERR_INVALID_ARGS);
    assert_status(zx_event_create(0, (zx_handle_t *)0xffff000000001000), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_event_create(0, &event));
    assert_status(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, LAB_BAD_PTR),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close(event));
}

static void test_bad_pointers_leak_nothing(void **state)
{
    (void)state;
    lab_seeds(bad_pointers, 1, 1);
}

const struct CMUnitTest handle_tests[] = {
    cmocka_unit_test(test_duplicate_close_storm),
    cmocka_unit_test(test_double_close_succeeds_once),
    cmocka_unit_test(test_replace_against_close),
    cmocka_unit_test(test_bad_pointers_leak_nothing),
};
const size_t handle_test_count = countof(handle_tests);
