// SPDX-License-Identifier: MIT
// Futexes: moving waiters from one to another (spec 12 section 2).
#include "object_test.h"

#include "futex_test.h"

static zx_status_t requeue(const zx_futex_t *from, uint32_t wake, int value, const zx_futex_t *to,
                           uint32_t move)
{
    return zx_futex_requeue(from, wake, value, to, move, ZX_HANDLE_INVALID);
}

// CALLS(zx_futex_requeue)
SCENARIO(requeue_checks_in_order)
{
    zx_futex_t words[3] = {5, 0, 0};
    const zx_futex_t *odd = (const zx_futex_t *)((uintptr_t)words + 6);
    zx_handle_t e = make_event();

    // No target, owner, unreadable word, its value, one futex, alignment.
    assert_status(raw_call(futex_requeue, 0, 1, 9, 0, 1, e), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_requeue(LAB_BAD_PTR, 1, 9, words, 1, e), ZX_ERR_WRONG_TYPE);
    assert_status(requeue(LAB_BAD_PTR, 1, 9, words, 1), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(futex_requeue, 0, 1, 0, (uintptr_t)words, 1, 0), ZX_ERR_INVALID_ARGS);
    assert_status(requeue(words, 1, 9, words, 1), ZX_ERR_BAD_STATE);
    assert_status(requeue(words, 1, 9, odd, 1), ZX_ERR_BAD_STATE);
    assert_status(requeue(words, 1, 5, words, 1), ZX_ERR_INVALID_ARGS);
    assert_status(requeue(words, 1, 5, odd, 1), ZX_ERR_INVALID_ARGS);
    assert_status(requeue(odd, 1, 0, words, 1), ZX_ERR_INVALID_ARGS);
    assert_ok(requeue(words, 1, 5, words + 1, 1)); // nobody waits
    assert_ok(requeue(words, 0, 5, words + 1, 0));
    assert_ok(raw_call(futex_requeue, (uintptr_t)words, 1, 5, 0, 0, 0)); // no target needed
    assert_ok(requeue(words, 1, 5, LAB_BAD_PTR, 1)); // which nobody looks at
    close_handle(e);
}

SCENARIO(requeue_wakes_from_the_head_and_moves_the_next)
{
    zx_futex_t words[2] = {0, 0};
    struct futex_waiters w, there;

    futex_start(&there, 1, &words[1], FOREVER);
    futex_start(&w, 5, &words[0], FOREVER);
    assert_ok(requeue(&words[0], 1, 0, &words[1], 2));
    futex_expect(&w, 0, ZX_OK);
    futex_still_wait(&w, 1, 5); // also those that were moved
    // 3 and 4 stayed, in order; 1 and 2 stand behind who waited there before.
    assert_ok(zx_futex_wake(&words[0], 1));
    futex_expect(&w, 3, ZX_OK);
    assert_ok(zx_futex_wake(&words[1], 1));
    futex_expect(&there, 0, ZX_OK);
    for (unsigned i = 1; i <= 2; i++) {
        assert_ok(zx_futex_wake(&words[1], 1));
        futex_expect(&w, i, ZX_OK);
    }
    assert_ok(zx_futex_wake(&words[1], UINT32_MAX));
    futex_still_wait(&w, 4, 5);
    assert_ok(zx_futex_wake(&words[0], UINT32_MAX));
    futex_expect(&w, 4, ZX_OK);
    futex_end(&w);
    futex_end(&there);
}

SCENARIO(requeue_may_wake_or_move_nobody)
{
    zx_futex_t words[2] = {0, 0};
    struct futex_waiters w;

    futex_start(&w, 3, &words[0], FOREVER);
    words[0] = 1;
    assert_status(requeue(&words[0], 3, 0, &words[1], 3), ZX_ERR_BAD_STATE);
    futex_still_wait(&w, 0, 3);
    assert_ok(requeue(&words[0], 0, 1, &words[1], 0));
    futex_still_wait(&w, 0, 3);
    assert_ok(requeue(&words[0], 0, 1, &words[1], 1)); // moves the head
    assert_ok(requeue(&words[0], 1, 1, &words[1], 0)); // wakes the next
    futex_expect(&w, 1, ZX_OK);
    assert_ok(zx_futex_wake(&words[1], 1));
    futex_expect(&w, 0, ZX_OK);
    assert_ok(requeue(&words[0], 0, 1, &words[1], UINT32_MAX)); // as many as there are
    assert_ok(requeue(&words[1], 0, 0, &words[0], UINT32_MAX)); // and back
    assert_ok(zx_futex_wake(&words[1], 1));
    futex_still_wait(&w, 2, 3);
    assert_ok(zx_futex_wake(&words[0], 1));
    futex_expect(&w, 2, ZX_OK);
    futex_end(&w);
}

// CALLS(zx_task_kill)
SCENARIO(moved_waiters_keep_their_deadlines_and_can_be_killed)
{
    zx_futex_t words[2] = {0, 0};
    struct futex_waiters w;

    futex_prepare(&w, &words[0]);
    zx_time_t deadline = zx_deadline_after(ZX_USEC(300));
    futex_add(&w, FOREVER);
    futex_add(&w, deadline);
    futex_add(&w, FOREVER);
    futex_add(&w, FOREVER);
    assert_ok(requeue(&words[0], 0, 0, &words[1], UINT32_MAX));
    futex_kill(&w, 0);
    futex_expect(&w, 1, ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    assert_ok(zx_futex_wake(&words[0], UINT32_MAX)); // nobody is left there
    futex_still_wait(&w, 2, 4);
    for (unsigned i = 2; i < 4; i++) {
        assert_ok(zx_futex_wake(&words[1], 1));
        futex_expect(&w, i, ZX_OK);
    }
    futex_end(&w);
}

// CALLS(zx_futex_requeue_single_owner, zx_futex_get_owner)
SCENARIO(requeue_single_owner_wakes_one_and_hands_over)
{
    zx_futex_t words[2] = {0, 0};
    struct futex_waiters w;
    zx_koid_t koid = 77;

    futex_start(&w, 4, &words[0], FOREVER);
    assert_status(zx_futex_requeue_single_owner(&words[0], 1, &words[1], 1, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_requeue_single_owner(&words[0], 0, &words[0], 1, 0),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_requeue_single_owner(LAB_BAD_PTR, 0, &words[0], 1, 0),
                  ZX_ERR_INVALID_ARGS);
    futex_still_wait(&w, 0, 4);
    futex_hold(&w, 0);
    assert_ok(zx_futex_requeue_single_owner(&words[0], 0, &words[1], 2, 0));
    futex_still_wait(&w, 1, 4);
    assert_ok(zx_futex_get_owner(&words[0], &koid)); // of the woken futex
    assert_int_equal(koid, basic(w.one[0].thread).koid);
    assert_ok(zx_futex_get_owner(&words[1], &koid));
    assert_int_equal(koid, ZX_KOID_INVALID);
    futex_release(&w, 0);
    futex_expect(&w, 0, ZX_OK);
    assert_ok(zx_futex_wake(&words[0], 1));
    futex_expect(&w, 3, ZX_OK);
    assert_ok(zx_futex_wake(&words[1], 2));
    futex_expect(&w, 1, ZX_OK);
    futex_expect(&w, 2, ZX_OK);
    futex_end(&w);
}

// CALLS(zx_futex_requeue_deprecated)
SCENARIO(deprecated_requeue_is_a_requeue_without_owner)
{
    zx_futex_t words[2] = {0, 0};
    struct futex_waiters w;

    futex_start(&w, 3, &words[0], FOREVER);
    assert_status(zx_futex_requeue_deprecated(&words[0], 1, 1, &words[1], 1), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_requeue_deprecated(&words[0], 1, 0, &words[0], 1), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_futex_requeue_deprecated(&words[0], 1, 0, &words[1], 1));
    futex_expect(&w, 0, ZX_OK);
    assert_ok(zx_futex_wake(&words[0], UINT32_MAX));
    futex_expect(&w, 2, ZX_OK);
    futex_still_wait(&w, 1, 2);
    assert_ok(zx_futex_wake(&words[1], 1));
    futex_expect(&w, 1, ZX_OK);
    futex_end(&w);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest requeue_tests[] = {
    T(requeue_checks_in_order),
    T(requeue_wakes_from_the_head_and_moves_the_next),
    T(requeue_may_wake_or_move_nobody),
    T(moved_waiters_keep_their_deadlines_and_can_be_killed),
    T(requeue_single_owner_wakes_one_and_hands_over),
    T(deprecated_requeue_is_a_requeue_without_owner),
};
const size_t requeue_test_count = countof(requeue_tests);
