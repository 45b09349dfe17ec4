// SPDX-License-Identifier: MIT
// Handles: spec 10 section 2, sentence by sentence.
#include "object_test.h"

#define ALL_RIGHTS 0x000fffffu

// CALLS(zx_handle_close)
SCENARIO(close_of_zero_is_ok)
{
    assert_ok(zx_handle_close(ZX_HANDLE_INVALID));
}

SCENARIO(close_of_a_dead_value_is_bad_handle)
{
    zx_handle_t e = make_event();

    close_handle(e);
    assert_status(zx_handle_close(e), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(0x7ffffffe), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(0xffffffff), ZX_ERR_BAD_HANDLE);
}

SCENARIO(values_have_bit_0_set_and_bit_31_clear)
{
    zx_handle_t h[100];

    for (unsigned i = 0; i < 100; i++) {
        h[i] = make_event();
        assert_int_equal(h[i] & 0x80000001u, 1);
    }
    assert_ok(zx_handle_close_many(h, 100));
}

// CALLS(zx_handle_duplicate)
SCENARIO(values_do_not_repeat_within_2048_cycles)
{
    static zx_handle_t seen[2048];
    zx_handle_t e = make_event();

    for (unsigned i = 0; i < countof(seen); i++) {
        assert_ok(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &seen[i]));
        close_handle(seen[i]);
    }
    for (unsigned i = 0; i < countof(seen); i++) {
        assert_int_not_equal(seen[i], e);
        for (unsigned j = i + 1; j < countof(seen); j++)
            assert_true(seen[i] != seen[j]);
    }
    // A stale value stays dead however often its slot was used since.
    for (unsigned i = 0; i < countof(seen); i += 97)
        assert_false(alive(seen[i]));
    close_handle(e);
}

// Nothing of one process means anything in another.
static zx_handle_t foreign;

static void child_tries_value(zx_handle_t bootstrap)
{
    (void)bootstrap;
    zx_process_exit(alive(foreign) ? 1 : 7);
}

SCENARIO(value_means_nothing_in_another_process)
{
    foreign = make_event();
    struct child c = start_child(lab.job, child_tries_value, 0);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 7);
    close_child(&c);
    close_handle(foreign);
}

// CALLS(zx_handle_close_many)
SCENARIO(close_many_of_nothing_ignores_the_pointer)
{
    assert_ok(zx_handle_close_many(LAB_BAD_PTR, 0));
    assert_ok(raw_call(handle_close_many, 0, 0));
}

SCENARIO(close_many_skips_zeros)
{
    zx_handle_t h[4] = {0, make_event(), 0, make_event()};

    assert_ok(zx_handle_close_many(h, 4));
    assert_false(alive(h[1]) || alive(h[3]));
}

SCENARIO(close_many_closes_the_good_ones_though_others_are_bad)
{
    zx_handle_t h[5] = {make_event(), make_event(), 0x1000001, make_event(), 0};

    h[4] = h[0]; // a repeat is bad the second time
    assert_status(zx_handle_close_many(h, 5), ZX_ERR_BAD_HANDLE);
    for (unsigned i = 0; i < 4; i++)
        assert_false(alive(h[i]));
    zx_handle_t twice[2] = {make_event()};
    twice[1] = twice[0];
    assert_status(zx_handle_close_many(twice, 2), ZX_ERR_BAD_HANDLE);
    assert_false(alive(twice[0]));
}

SCENARIO(close_many_has_no_upper_bound)
{
    static zx_handle_t h[300];

    for (unsigned i = 0; i < countof(h); i++)
        h[i] = make_event();
    assert_ok(zx_handle_close_many(h, countof(h)));
    assert_status(zx_handle_close_many(h, countof(h)), ZX_ERR_BAD_HANDLE);
}

SCENARIO(close_many_of_an_unreadable_array_closes_nothing)
{
    zx_handle_t e = make_event();

    assert_ok(zx_handle_close_many(LAB_BAD_PTR, 1));
    assert_true(alive(e));
    close_handle(e);
}

SCENARIO(duplicate_copies_the_same_object)
{
    zx_handle_t e = make_event(), copy = 0;

    assert_ok(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &copy));
    zx_info_handle_basic_t a = basic(e), b = basic(copy);
    assert_int_not_equal(e, copy);
    assert_int_equal(a.koid, b.koid);
    assert_int_equal(a.rights, b.rights);
    assert_int_equal(handle_count(e), 2);
    close_handle(e);
    assert_int_equal(handle_count(copy), 1);
    close_handle(copy);
}

SCENARIO(duplicate_takes_any_subset_of_the_rights)
{
    zx_handle_t e = make_event(), copy = 0;

    assert_ok(zx_handle_duplicate(e, ZX_RIGHT_WAIT | ZX_RIGHT_SIGNAL, &copy));
    assert_int_equal(basic(copy).rights, ZX_RIGHT_WAIT | ZX_RIGHT_SIGNAL);
    assert_status(zx_handle_duplicate(copy, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_ERR_ACCESS_DENIED);
    close_handle(copy);
    assert_ok(zx_handle_duplicate(e, 0, &copy));
    assert_int_equal(basic(copy).rights, 0);
    close_handle(copy);
    close_handle(e);
}

SCENARIO(duplicate_checks_handle_then_right_then_subset)
{
    zx_handle_t e = make_event(), weak = duplicate_without(e, ZX_RIGHT_DUPLICATE), out = 77;

    assert_status(zx_handle_duplicate(0, ALL_RIGHTS, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_duplicate(weak, ALL_RIGHTS, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_handle_duplicate(e, ALL_RIGHTS, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS | ZX_RIGHT_WAIT, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    assert_status(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(handle_count(e), 2);
    close_handle(weak);
    close_handle(e);
}

SCENARIO(channels_cannot_be_duplicated)
{
    zx_handle_t ends[2], out = 0;

    make_pair(ends);
    assert_status(zx_handle_duplicate(ends[0], ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many(ends, 2));
}

// CALLS(zx_handle_replace)
SCENARIO(replace_consumes_the_source)
{
    zx_handle_t e = make_event(), fresh = 0;
    zx_koid_t koid = basic(e).koid;

    assert_ok(zx_handle_replace(e, ZX_RIGHT_WAIT, &fresh));
    assert_false(alive(e));
    assert_int_equal(basic(fresh).koid, koid);
    assert_int_equal(basic(fresh).rights, ZX_RIGHT_WAIT);
    close_handle(fresh);
}

SCENARIO(replace_needs_no_right_and_may_overwrite_its_argument)
{
    zx_handle_t h = make_event(), old;

    h = replace_without(h, ALL_RIGHTS);
    old = h;
    assert_ok(zx_handle_replace(h, ZX_RIGHT_SAME_RIGHTS, &h));
    assert_int_not_equal(h, old);
    assert_int_equal(basic(h).rights, 0);
    close_handle(h);
}

SCENARIO(replace_consumes_the_source_on_every_failure_but_bad_handle)
{
    zx_handle_t e = make_event(), keep, out = 77;

    assert_ok(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &keep));
    assert_status(zx_handle_replace(0, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_replace(e, ALL_RIGHTS, &out), ZX_ERR_INVALID_ARGS);
    assert_false(alive(e));
    assert_ok(zx_handle_duplicate(keep, ZX_RIGHT_SAME_RIGHTS, &e));
    assert_status(zx_handle_replace(e, ZX_RIGHT_SAME_RIGHTS, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_false(alive(e));
    assert_int_equal(handle_count(keep), 1);
    assert_int_equal(out, 77);
    close_handle(keep);
}

SCENARIO(replace_of_a_channel_end_does_not_close_it)
{
    zx_handle_t ends[2];

    make_pair(ends);
    ends[0] = replace_without(ends[0], ZX_RIGHT_TRANSFER);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(closing_one_handle_keeps_the_object)
{
    zx_handle_t e = make_event(), copy = duplicate_without(e, 0);

    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_3));
    close_handle(e);
    assert_int_equal(state_of(copy), ZX_USER_SIGNAL_3);
    close_handle(copy);
}

SCENARIO(creators_with_a_bad_pointer_leave_no_handle)
{
    zx_handle_t h = 0, before[2];
    zx_info_process_handle_stats_t a, b;

    assert_ok(
        zx_object_get_info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &a, sizeof(a), NULL, NULL));
    assert_status(zx_event_create(0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(0, LAB_BAD_PTR, &h), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(0, &h, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(event_create, 0, 0), ZX_ERR_INVALID_ARGS);
    // In the gap above the user's range, at its end, in the kernel's half.
    assert_status(raw_call(event_create, 0, 0xffffff000000), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(event_create, 0, 0xfffffefffffe), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(event_create, 0, 0xffff000000001000), ZX_ERR_INVALID_ARGS);
    assert_ok(
        zx_object_get_info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &b, sizeof(b), NULL, NULL));
    assert_memory_equal(&a, &b, sizeof(a));
    make_pair(before); // and the table still works
    assert_ok(zx_handle_close_many(before, 2));
}

// 262144 handles exist in the system at most; then NO_MEMORY, and each one closed makes room again.
static zx_handle_t *many;
#define CAPACITY 262144u

static void fill_to_capacity(void *arg)
{
    zx_handle_t e = make_event(), copy;
    unsigned made = 0;
    zx_status_t status;

    (void)arg;
    while ((status = zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &many[made])) == ZX_OK)
        made++;
    assert_status(status, ZX_ERR_NO_MEMORY);
    // The scenario's own process holds the rest.
    assert_in_range(made, CAPACITY - 64, CAPACITY - 2);
    assert_int_equal(handle_count(e), made + 1);
    assert_status(zx_event_create(0, &copy), ZX_ERR_NO_MEMORY);
    close_handle(many[--made]);
    assert_ok(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &many[made++]));
    assert_status(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_ERR_NO_MEMORY);
    assert_ok(zx_handle_close_many(many, made));
    close_handle(e);
}

static void test_system_holds_262144_handles(void **state)
{
    struct lab_config c = lab_config_make(__func__, fill_to_capacity);

    (void)state;
    many = test_malloc(CAPACITY * sizeof(*many));
    c.max_steps = 0;
    c.cpus = 1;
    c.seed = 2; // its virtual clock is slow: a run is given up after so much of that time
    lab_run(&c);
    test_free(many);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest handle_tests[] = {
    T(close_of_zero_is_ok),
    T(close_of_a_dead_value_is_bad_handle),
    T(values_have_bit_0_set_and_bit_31_clear),
    T(values_do_not_repeat_within_2048_cycles),
    lab_only_unit_test(test_value_means_nothing_in_another_process),
    T(close_many_of_nothing_ignores_the_pointer),
    T(close_many_skips_zeros),
    T(close_many_closes_the_good_ones_though_others_are_bad),
    T(close_many_has_no_upper_bound),
    T(close_many_of_an_unreadable_array_closes_nothing),
    T(duplicate_copies_the_same_object),
    T(duplicate_takes_any_subset_of_the_rights),
    T(duplicate_checks_handle_then_right_then_subset),
    T(channels_cannot_be_duplicated),
    T(replace_consumes_the_source),
    T(replace_needs_no_right_and_may_overwrite_its_argument),
    T(replace_consumes_the_source_on_every_failure_but_bad_handle),
    T(replace_of_a_channel_end_does_not_close_it),
    T(closing_one_handle_keeps_the_object),
    T(creators_with_a_bad_pointer_leave_no_handle),
    T(system_holds_262144_handles),
};
const size_t handle_test_count = countof(handle_tests);
