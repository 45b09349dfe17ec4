// SPDX-License-Identifier: MIT
// Futexes: waiting and waking (spec 12 section 2). Requeuing: requeue.c; owners: futex_owner.c.
#include "object_test.h"

#include "futex_test.h"

// CALLS(zx_futex_wait)
SCENARIO(futex_wait_checks_in_order)
{
    zx_futex_t words[2] = {5, 0};
    zx_handle_t e = make_event();
    const zx_futex_t *odd = (const zx_futex_t *)((uintptr_t)words + 2);

    // Misaligned before the owner, the owner before the word.
    assert_status(zx_futex_wait(odd, 5, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(futex_wait, 1, 5, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_wait(words, 6, e, 0), ZX_ERR_WRONG_TYPE);
    assert_status(raw_call(futex_wait, 0, 0, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_wait(LAB_BAD_PTR, 0, 0, 0), ZX_ERR_INVALID_ARGS);
    // A word that has changed wins over a deadline that has passed.
    assert_status(zx_futex_wait(words, 6, 0, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_wait(words, 6, 0, FOREVER), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_wait(words, 5, 0, 0), ZX_ERR_TIMED_OUT);
    assert_status(zx_futex_wait(words, 5, 0, ZX_TIME_INFINITE_PAST), ZX_ERR_TIMED_OUT);
    assert_int_equal(words[0], 5); // the kernel never changes it
    close_handle(e);
}

SCENARIO_ON(futex_wait_never_times_out_early, 2, 10)
{
    zx_futex_t word = -1;
    zx_time_t deadline = zx_deadline_after(50000);

    assert_status(zx_futex_wait(&word, -1, 0, deadline), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
}

// CALLS(zx_futex_wake)
SCENARIO(futex_wake_does_not_look_at_the_word)
{
    zx_futex_t words[2] = {0, 0};

    assert_ok(zx_futex_wake(words, 1)); // nobody waits
    assert_ok(zx_futex_wake(words, UINT32_MAX));
    assert_ok(raw_call(futex_wake, 0, 1));
    assert_ok(zx_futex_wake(LAB_BAD_PTR, 1));
    assert_ok(raw_call(futex_wake, 0xffff000000001000, 1));
    for (uintptr_t off = 1; off < 4; off++) {
        assert_status(raw_call(futex_wake, (uintptr_t)words + off, 1), ZX_ERR_INVALID_ARGS);
        assert_ok(raw_call(futex_wake, (uintptr_t)words + off, 0)); // nothing to do, nothing to check
    }
}

SCENARIO_ON(longest_waiter_is_woken_first, 2, 5)
{
    zx_futex_t word = 0;
    struct futex_waiters w;

    futex_start(&w, 4, &word, FOREVER);
    for (unsigned i = 0; i < 4; i++) {
        assert_ok(zx_futex_wake(&word, 1));
        futex_expect(&w, i, ZX_OK);
        futex_still_wait(&w, i + 1, 4);
    }
    futex_end(&w);
}

SCENARIO(futex_wake_wakes_as_many_as_it_says)
{
    zx_futex_t word = 0;
    struct futex_waiters w;

    futex_start(&w, 6, &word, FOREVER);
    assert_ok(zx_futex_wake(&word, 0));
    futex_still_wait(&w, 0, 6);
    assert_ok(zx_futex_wake(&word, 2));
    futex_expect(&w, 0, ZX_OK);
    futex_expect(&w, 1, ZX_OK);
    futex_still_wait(&w, 2, 6);
    assert_ok(zx_futex_wake(&word, INT32_MAX)); // all
    for (unsigned i = 2; i < 6; i++)
        futex_expect(&w, i, ZX_OK);
    futex_end(&w);
}

SCENARIO(futexes_are_told_apart_by_their_address)
{
    zx_futex_t words[3] = {0, 0, 0};
    struct futex_waiters w[3];

    for (unsigned i = 0; i < 3; i++)
        futex_start(&w[i], 1, &words[i], FOREVER);
    assert_ok(zx_futex_wake(&words[1], UINT32_MAX));
    futex_expect(&w[1], 0, ZX_OK);
    futex_still_wait(&w[0], 0, 1);
    futex_still_wait(&w[2], 0, 1);
    assert_ok(zx_futex_wake(&words[0], 1));
    assert_ok(zx_futex_wake(&words[2], 1));
    futex_expect(&w[0], 0, ZX_OK);
    futex_expect(&w[2], 0, ZX_OK);
    for (unsigned i = 0; i < 3; i++)
        futex_end(&w[i]);
}

// A waiter leaves its queue from wherever it stands in it, by time or by force.
// CALLS(zx_task_kill)
SCENARIO(waiter_leaves_from_head_middle_and_tail)
{
    for (unsigned gone = 0; gone < 3; gone++) {
        zx_futex_t word = 0;
        struct futex_waiters w;
        futex_prepare(&w, &word);
        for (unsigned i = 0; i < 3; i++)
            futex_add(&w, i == gone ? zx_deadline_after(ZX_USEC(300)) : FOREVER);
        futex_expect(&w, gone, ZX_ERR_TIMED_OUT);
        assert_ok(zx_futex_wake(&word, 1));
        futex_expect(&w, gone == 0 ? 1 : 0, ZX_OK);
        assert_ok(zx_futex_wake(&word, 1));
        futex_expect(&w, gone == 2 ? 1 : 2, ZX_OK);
        futex_end(&w);
    }
    for (unsigned gone = 0; gone < 3; gone++) {
        zx_futex_t word = 0;
        struct futex_waiters w;
        futex_start(&w, 3, &word, FOREVER);
        futex_kill(&w, gone);
        for (unsigned i = 0; i < 3; i++) {
            if (i == gone)
                continue;
            assert_ok(zx_futex_wake(&word, 1));
            futex_expect(&w, i, ZX_OK);
        }
        futex_end(&w);
    }
}

SCENARIO(woken_waiter_that_waits_again_is_last)
{
    zx_futex_t word = 0;
    struct futex_waiters w;

    futex_start(&w, 2, &word, FOREVER);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 0, ZX_OK);
    unsigned again = futex_add(&w, FOREVER);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 1, ZX_OK);
    futex_still_wait(&w, again, again + 1);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, again, ZX_OK);
    futex_end(&w);
}

// CALLS(zx_futex_wait_deprecated)
SCENARIO(deprecated_wait_is_a_wait_without_owner)
{
    zx_futex_t word = 3;

    assert_status(zx_futex_wait_deprecated(&word, 4, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_wait_deprecated(&word, 3, 0), ZX_ERR_TIMED_OUT);
    assert_status(zx_futex_wait_deprecated((zx_futex_t *)((uintptr_t)&word + 1), 3, 0),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_wait_deprecated(LAB_BAD_PTR, 3, 0), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_futex_wake_single_owner, zx_futex_get_owner)
SCENARIO(wake_single_owner_hands_the_futex_over)
{
    zx_futex_t word = 0;
    struct futex_waiters w;
    zx_koid_t koid = 77;

    assert_ok(zx_futex_wake_single_owner(&word)); // nobody waited: nobody owns it
    assert_ok(zx_futex_get_owner(&word, &koid));
    assert_int_equal(koid, ZX_KOID_INVALID);
    assert_status(zx_futex_wake_single_owner((zx_futex_t *)((uintptr_t)&word + 2)),
                  ZX_ERR_INVALID_ARGS);
    futex_start(&w, 3, &word, FOREVER);
    assert_ok(zx_futex_get_owner(&word, &koid));
    assert_int_equal(koid, ZX_KOID_INVALID);
    futex_hold(&w, 0);
    assert_ok(zx_futex_wake_single_owner(&word)); // exactly one
    futex_still_wait(&w, 1, 3);
    assert_ok(zx_futex_get_owner(&word, &koid));
    assert_int_equal(koid, basic(w.one[0].thread).koid);
    assert_ok(zx_futex_wake(&word, 1)); // a plain wake leaves it without owner
    assert_ok(zx_futex_get_owner(&word, &koid));
    assert_int_equal(koid, ZX_KOID_INVALID);
    futex_expect(&w, 1, ZX_OK);
    assert_ok(zx_futex_wake(&word, 1));
    futex_expect(&w, 2, ZX_OK);
    futex_release(&w, 0);
    futex_expect(&w, 0, ZX_OK);
    futex_end(&w);
}

SCENARIO(get_owner_checks_its_pointers)
{
    zx_futex_t word = 0;
    zx_koid_t koid = 77;

    assert_status(zx_futex_get_owner((zx_futex_t *)((uintptr_t)&word + 1), &koid),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_get_owner(LAB_BAD_PTR, &koid), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_get_owner(&word, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(futex_get_owner, (uintptr_t)&word, 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(koid, 77);
    assert_ok(zx_futex_get_owner(&word, &koid));
    assert_int_equal(koid, ZX_KOID_INVALID);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest futex_tests[] = {
    T(futex_wait_checks_in_order),
    T(futex_wait_never_times_out_early),
    T(futex_wake_does_not_look_at_the_word),
    T(longest_waiter_is_woken_first),
    T(futex_wake_wakes_as_many_as_it_says),
    T(futexes_are_told_apart_by_their_address),
    T(waiter_leaves_from_head_middle_and_tail),
    T(woken_waiter_that_waits_again_is_last),
    T(deprecated_wait_is_a_wait_without_owner),
    T(wake_single_owner_hands_the_futex_over),
    T(get_owner_checks_its_pointers),
};
const size_t futex_test_count = countof(futex_tests);
