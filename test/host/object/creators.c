// SPDX-License-Identifier: MIT
// Calls that make objects: where the job's policy stands among their checks (spec 11, its second table,
// and spec 10 section 7), in a process whose job denies everything.
#include "object_test.h"

static void child_is_denied(zx_handle_t bootstrap)
{
    zx_handle_t a = 77, b = 78;

    // Options first.
    assert_status(zx_channel_create(1, &a, &b), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_create(0, &a, &b), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_event_create(1, &a), ZX_ERR_INVALID_ARGS);
    assert_status(zx_event_create(0, &a), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_eventpair_create(1, &a, &b), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_eventpair_create(0, &a, &b), ZX_ERR_ACCESS_DENIED);
    // The policy first.
    assert_status(zx_port_create(2, &a), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_create(0, &a), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_create(8, &a, &b), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_create(0, &a, &b), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_create(3, 5, 1, &a, &b), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_create(4, 4, 0, &a, &b), ZX_ERR_ACCESS_DENIED);
    // Between the clock and the options.
    assert_status(zx_timer_create(9, ZX_CLOCK_UTC, &a), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(9, ZX_CLOCK_MONOTONIC, &a), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &a), ZX_ERR_ACCESS_DENIED);
    // Results are left alone; what no policy is for works.
    assert_int_equal(a, 77);
    assert_int_equal(b, 78);
    assert_ok(zx_handle_duplicate(bootstrap, ZX_RIGHT_SAME_RIGHTS, &a));
    zx_process_exit(23);
}

// CALLS(zx_channel_create, zx_event_create, zx_eventpair_create, zx_port_create, zx_socket_create)
// CALLS(zx_fifo_create, zx_timer_create, zx_job_set_policy)
SCENARIO(policy_has_its_place_among_the_checks_of_creators)
{
    const zx_policy_basic_t nothing = {ZX_POL_NEW_ANY, ZX_POL_ACTION_DENY};
    zx_handle_t job = make_job(lab.job);

    assert_ok(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, &nothing, 1));
    struct child c = start_child(job, child_is_denied, duplicate_without(lab.job, 0));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 23); // it got to its end
    close_child(&c);
    close_handle(job);
}

// CALLS(zx_port_create, zx_timer_create, zx_eventpair_create, zx_socket_create, zx_fifo_create)
SCENARIO(creators_of_pairs_with_a_bad_second_pointer_leave_neither_end)
{
    zx_info_process_handle_stats_t before, after;
    zx_handle_t h;

    assert_ok(zx_object_get_info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &before, sizeof(before),
                                 NULL, NULL));
    assert_status(zx_port_create(0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(0, ZX_CLOCK_MONOTONIC, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    for (unsigned i = 0; i < 2; i++) {
        zx_handle_t *first = i == 0 ? LAB_BAD_PTR : &h, *second = i == 0 ? &h : LAB_BAD_PTR;
        assert_status(zx_eventpair_create(0, first, second), ZX_ERR_INVALID_ARGS);
        assert_status(zx_socket_create(0, first, second), ZX_ERR_INVALID_ARGS);
        assert_status(zx_fifo_create(4, 4, 0, first, second), ZX_ERR_INVALID_ARGS);
        assert_status(zx_channel_create(0, first, second), ZX_ERR_INVALID_ARGS);
    }
    assert_ok(zx_object_get_info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &after, sizeof(after),
                                 NULL, NULL));
    assert_memory_equal(&before, &after, sizeof(before));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest creators_tests[] = {
    lab_only_unit_test(test_policy_has_its_place_among_the_checks_of_creators),
    T(creators_of_pairs_with_a_bad_second_pointer_leave_neither_end),
};
const size_t creators_test_count = countof(creators_tests);
