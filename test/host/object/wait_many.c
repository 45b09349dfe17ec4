// SPDX-License-Identifier: MIT
// Waits for many objects: spec 10 section 3.
// CALLS(zx_object_wait_many)
#include "object_test.h"

#define ITEMS ZX_WAIT_MANY_MAX_ITEMS

static zx_wait_item_t item(zx_handle_t handle, zx_signals_t waitfor)
{
    return (zx_wait_item_t){.handle = handle, .waitfor = waitfor, .pending = 0x77};
}

// A thread in wait_many.
struct many {
    zx_wait_item_t items[4];
    size_t count;
    zx_handle_t thread;
    zx_status_t status;
};

static void many_main(void *arg)
{
    struct many *m = arg;

    m->status = zx_object_wait_many(m->items, m->count, FOREVER);
}

static void many_start(struct many *m)
{
    m->thread = lab_thread(many_main, m);
    await_state(m->thread, ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
}

SCENARIO(wait_many_fills_in_every_item)
{
    zx_wait_item_t items[3];

    for (unsigned i = 0; i < 3; i++)
        items[i] = item(make_event(), ZX_USER_SIGNAL_0);
    assert_ok(zx_object_signal(items[1].handle, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_object_signal(items[2].handle, 0, ZX_USER_SIGNAL_5));
    assert_ok(zx_object_wait_many(items, 3, FOREVER));
    assert_int_equal(items[0].pending, 0);
    assert_int_equal(items[1].pending, ZX_USER_SIGNAL_0);
    assert_int_equal(items[2].pending, ZX_USER_SIGNAL_5);
    for (unsigned i = 0; i < 3; i++)
        close_handle(items[i].handle);
}

SCENARIO(wait_many_times_out_with_all_states)
{
    zx_wait_item_t items[2] = {item(make_event(), 0), item(make_event(), ZX_USER_SIGNAL_0)};
    zx_time_t deadline = zx_deadline_after(100000);

    assert_ok(zx_object_signal(items[0].handle, 0, ZX_USER_SIGNAL_1));
    assert_status(zx_object_wait_many(items, 2, deadline), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_int_equal(items[0].pending, ZX_USER_SIGNAL_1);
    assert_int_equal(items[1].pending, 0);
    assert_status(zx_object_wait_many(items, 2, 0), ZX_ERR_TIMED_OUT);
    assert_ok(zx_object_signal(items[1].handle, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_object_wait_many(items, 2, 0)); // past deadlines poll
    assert_ok(zx_object_wait_many(items, 2, ZX_TIME_INFINITE_PAST));
    close_handle(items[0].handle);
    close_handle(items[1].handle);
}

SCENARIO(wait_many_of_nothing_sleeps)
{
    zx_time_t deadline = zx_deadline_after(300000);

    assert_status(raw_call(object_wait_many, 0, 0, (uint64_t)deadline), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_status(raw_call(object_wait_many, 0, 0, 0), ZX_ERR_TIMED_OUT);
    assert_status(zx_object_wait_many(LAB_BAD_PTR, 0, 0), ZX_ERR_TIMED_OUT);
}

SCENARIO(wait_many_takes_16_items_and_no_more)
{
    zx_wait_item_t items[ITEMS + 1];

    assert_int_equal(ITEMS, 16);
    for (unsigned i = 0; i <= ITEMS; i++)
        items[i] = item(make_event(), ZX_USER_SIGNAL_0);
    assert_ok(zx_object_signal(items[15].handle, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_object_wait_many(items, ITEMS, FOREVER));
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(items[i].pending, 0);
    assert_int_equal(items[15].pending, ZX_USER_SIGNAL_0);
    items[0].pending = 0x77;
    assert_status(zx_object_wait_many(items, ITEMS + 1, FOREVER), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_object_wait_many(items, SIZE_MAX, FOREVER), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_object_wait_many(LAB_BAD_PTR, ITEMS + 1, FOREVER), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(items[0].pending, 0x77);
    for (unsigned i = 0; i <= ITEMS; i++)
        close_handle(items[i].handle);
}

SCENARIO(wait_many_may_name_a_handle_twice)
{
    zx_handle_t e = make_event();
    zx_wait_item_t items[3] = {
        item(e, ZX_USER_SIGNAL_0),
        item(e, ZX_USER_SIGNAL_1),
        item(e, 0),
    };
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
    assert_ok(zx_object_wait_many(items, 3, FOREVER));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(items[i].pending, ZX_USER_SIGNAL_1);
    close_handle(e);
}

SCENARIO_ON(close_of_a_handle_named_twice_cancels_both, 2, 10)
{
    zx_handle_t e = make_event(), other = make_event();
    struct many m = {.count = 3};

    m.items[0] = item(e, ZX_USER_SIGNAL_0);
    m.items[1] = item(other, ZX_USER_SIGNAL_0);
    m.items[2] = item(e, ZX_USER_SIGNAL_1);
    many_start(&m);
    close_handle(e);
    lab_thread_join(m.thread);
    assert_status(m.status, ZX_ERR_CANCELED);
    assert_int_equal(m.items[0].pending, ZX_SIGNAL_HANDLE_CLOSED);
    assert_int_equal(m.items[1].pending, 0);
    assert_int_equal(m.items[2].pending, ZX_SIGNAL_HANDLE_CLOSED);
    close_handle(other);
}

SCENARIO(wait_many_checks_items_in_order_and_writes_nothing)
{
    zx_handle_t e = make_event(), weak = duplicate_without(e, ZX_RIGHT_WAIT);
    zx_wait_item_t items[3] = {item(e, 1), item(weak, 1), item(0, 1)};

    assert_status(zx_object_wait_many(items, 3, FOREVER), ZX_ERR_ACCESS_DENIED);
    items[1] = item(0x1000001, 1);
    items[2] = item(weak, 1);
    assert_status(zx_object_wait_many(items, 3, FOREVER), ZX_ERR_BAD_HANDLE);
    items[1] = item(lab.vmar, 1);
    assert_status(zx_object_wait_many(items, 3, FOREVER), ZX_ERR_ACCESS_DENIED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(items[i].pending, 0x77);
    assert_status(zx_object_wait_many(LAB_BAD_PTR, 1, FOREVER), ZX_ERR_INVALID_ARGS);
    // No observer remains: a change after the failed calls finds none.
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_ALL));
    close_handle(weak);
    close_handle(e);
}

SCENARIO(wait_many_accumulates_like_wait_one)
{
    zx_handle_t a = make_event(), b = make_event();
    struct many m = {.count = 2};

    m.items[0] = item(a, ZX_USER_SIGNAL_0);
    m.items[1] = item(b, ZX_USER_SIGNAL_0);
    many_start(&m);
    assert_ok(zx_object_signal(a, 0, ZX_USER_SIGNAL_3));
    assert_ok(zx_object_signal(a, ZX_USER_SIGNAL_3, 0));
    assert_ok(zx_object_signal(b, 0, ZX_USER_SIGNAL_0));
    lab_thread_join(m.thread);
    assert_ok(m.status);
    assert_int_equal(m.items[0].pending, ZX_USER_SIGNAL_3);
    assert_int_equal(m.items[1].pending, ZX_USER_SIGNAL_0);
    close_handle(a);
    close_handle(b);
}

SCENARIO_ON(cancel_wins_over_success, 2, 20)
{
    zx_handle_t a = make_event(), b = make_event();
    struct many m = {.count = 2};

    m.items[0] = item(a, ZX_USER_SIGNAL_0);
    m.items[1] = item(b, ZX_USER_SIGNAL_0);
    many_start(&m);
    close_handle(b);
    (void)zx_object_signal(a, 0, ZX_USER_SIGNAL_0);
    lab_thread_join(m.thread);
    assert_status(m.status, ZX_ERR_CANCELED);
    assert_int_equal(m.items[1].pending, ZX_SIGNAL_HANDLE_CLOSED);
    close_handle(a);
}

SCENARIO(unwritable_items_are_reported_after_the_wait)
{
    zx_handle_t e = make_event(), vmo, vmar_handle = lab.vmar;
    zx_vaddr_t va = 0;
    zx_wait_item_t it = item(e, 0);

    // The array is read from a page that cannot be written.
    assert_ok(zx_vmo_create(ZX_PAGE_SIZE, 0, &vmo));
    assert_ok(zx_vmo_write(vmo, &it, 0, sizeof(it)));
    assert_ok(zx_vmar_map(vmar_handle, ZX_VM_PERM_READ, 0, vmo, 0, ZX_PAGE_SIZE, &va));
    zx_time_t deadline = zx_deadline_after(100000);
    assert_status(zx_object_wait_many((zx_wait_item_t *)va, 1, deadline), ZX_ERR_INVALID_ARGS);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_ok(zx_vmar_unmap(vmar_handle, va, ZX_PAGE_SIZE));
    close_handle(vmo);
    close_handle(e);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest wait_many_tests[] = {
    T(wait_many_fills_in_every_item),
    T(wait_many_times_out_with_all_states),
    T(wait_many_of_nothing_sleeps),
    T(wait_many_takes_16_items_and_no_more),
    T(wait_many_may_name_a_handle_twice),
    T(close_of_a_handle_named_twice_cancels_both),
    T(wait_many_checks_items_in_order_and_writes_nothing),
    T(wait_many_accumulates_like_wait_one),
    T(cancel_wins_over_success),
    T(unwritable_items_are_reported_after_the_wait),
};
const size_t wait_many_test_count = countof(wait_many_tests);
