// SPDX-License-Identifier: MIT
// What happens to waits while their thread is suspended (spec 10 section 3, 11 sections 1 and 5, 12
// section 1): it observes nothing meanwhile, and begins anew afterwards.
#include "futex_test.h"

static zx_handle_t stop(zx_handle_t thread)
{
    zx_handle_t token;

    assert_ok(zx_task_suspend(thread, &token));
    await(thread, ZX_THREAD_SUSPENDED);
    return token;
}

// CALLS(zx_object_wait_one, zx_task_suspend)
SCENARIO_ON(handle_that_went_during_a_suspension_is_bad, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), token;

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    token = stop(w.thread);
    close_handle(e);
    close_handle(token);
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_object_wait_one, zx_task_suspend)
SCENARIO_ON(pulse_during_a_suspension_is_not_seen, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), token;

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    token = stop(w.thread);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1));
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1, 0));
    close_handle(token);
    await_state(w.thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_2));
    waiter_join(&w);
    assert_ok(w.status);
    assert_int_equal(w.observed, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_2); // sampled afresh
    close_handle(e);
}

// CALLS(zx_futex_wait, zx_futex_wake, zx_task_suspend)
SCENARIO_ON(suspended_futex_waiter_goes_to_the_tail, 2, 20)
{
    zx_futex_t word = 0;
    struct futex_waiters w;

    futex_start(&w, 2, &word, FOREVER);
    zx_handle_t token = stop(w.one[0].thread);
    close_handle(token);
    await_state(w.one[0].thread, ZX_THREAD_STATE_BLOCKED_FUTEX);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 1, ZX_OK);
    futex_still_wait(&w, 0, 1);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 0, ZX_OK);
    futex_end(&w);
}

// It is in no queue meanwhile: the wake is for the next one.
// CALLS(zx_futex_wait, zx_futex_wake, zx_task_suspend)
SCENARIO_ON(suspended_futex_waiter_is_not_woken_and_looks_at_the_word_again, 2, 20)
{
    zx_futex_t word = 0;
    struct futex_waiters w;

    futex_start(&w, 2, &word, FOREVER);
    zx_handle_t token = stop(w.one[0].thread);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 1, ZX_OK);
    __atomic_store_n((int *)&word, 1, __ATOMIC_SEQ_CST);
    close_handle(token);
    futex_expect(&w, 0, ZX_ERR_BAD_STATE);
    futex_end(&w);
}

struct contest {
    zx_futex_t word;
    struct futex_waiters w;
};

static void suspend_the_first(void *arg)
{
    zx_handle_t token;

    if (zx_task_suspend(((struct contest *)arg)->w.one[0].thread, &token) == ZX_OK)
        close_handle(token);
}

static void wake_one(void *arg)
{
    assert_ok(zx_futex_wake(&((struct contest *)arg)->word, 1));
}

static unsigned ended(const struct futex_waiters *w)
{
    return (state_of(w->one[0].thread) & ZX_THREAD_TERMINATED ? 1u : 0) +
           (state_of(w->one[1].thread) & ZX_THREAD_TERMINATED ? 1u : 0);
}

// A wake of one ends exactly one wait, whatever a suspension does to the first at that moment.
// CALLS(zx_futex_wait, zx_futex_wake, zx_task_suspend)
SCENARIO_ON(race_wake_of_one_against_suspension, 3, 300)
{
    struct contest c = {0};

    futex_start(&c.w, 2, &c.word, FOREVER);
    RACE(&c, suspend_the_first, wake_one);
    while (ended(&c.w) == 0)
        sleep_ns(1000);
    const unsigned left = state_of(c.w.one[0].thread) & ZX_THREAD_TERMINATED ? 1 : 0;

    await_state(c.w.one[left].thread, ZX_THREAD_STATE_BLOCKED_FUTEX);
    assert_int_equal(ended(&c.w), 1);
    assert_ok(zx_futex_wake(&c.word, UINT32_MAX));
    futex_expect(&c.w, 0, ZX_OK);
    futex_expect(&c.w, 1, ZX_OK);
    futex_end(&c.w);
}

static zx_futex_t shared_word; // at the same address in every process of the laboratory

static void wait_for_the_word(zx_handle_t bootstrap)
{
    (void)bootstrap;
    (void)zx_futex_wait(&shared_word, 0, ZX_HANDLE_INVALID, FOREVER);
}

// CALLS(zx_futex_wait, zx_futex_wake)
SCENARIO_ON(futexes_of_processes_are_different_at_the_same_address, 2, 10)
{
    struct child c = start_child(lab.job, wait_for_the_word, ZX_HANDLE_INVALID);

    await_state(c.thread, ZX_THREAD_STATE_BLOCKED_FUTEX);
    assert_ok(zx_futex_wake(&shared_word, UINT32_MAX));
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_FUTEX);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// --- Calls over channels -----------------------------------------------------------------------

static zx_status_t call_once(zx_handle_t end)
{
    uint32_t word = 0, bytes, handles;
    const zx_channel_call_args_t args = {.wr_bytes = &word, .wr_num_bytes = sizeof(word)};

    return raw_call(channel_call_noretry, end, 0, (uint64_t)FOREVER, (uintptr_t)&args,
                    (uintptr_t)&bytes, (uintptr_t)&handles);
}

static void call_twice(zx_handle_t bootstrap)
{
    assert_status(call_once(bootstrap), ZX_ERR_INTERNAL_INTR_RETRY);
    (void)call_once(bootstrap); // instead of the call that goes on with the first
    fail_msg("the process lives");
}

// CALLS(zx_channel_call_noretry, zx_task_suspend)
SCENARIO_ON(second_call_while_one_is_interrupted_ends_the_process, 2, 10)
{
    zx_handle_t ends[2];

    make_pair(ends);
    struct child c = start_child(lab.job, call_twice, ends[1]);

    await_state(c.thread, ZX_THREAD_STATE_BLOCKED_CHANNEL);
    close_handle(stop(c.thread));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, -1);
    close_handle(ends[0]);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest suspend_ipc_tests[] = {
    T(handle_that_went_during_a_suspension_is_bad),
    T(pulse_during_a_suspension_is_not_seen),
    T(suspended_futex_waiter_goes_to_the_tail),
    T(suspended_futex_waiter_is_not_woken_and_looks_at_the_word_again),
    T(race_wake_of_one_against_suspension),
    T(futexes_of_processes_are_different_at_the_same_address),
    T(second_call_while_one_is_interrupted_ends_the_process),
};
const size_t suspend_ipc_test_count = countof(suspend_ipc_tests);
