// SPDX-License-Identifier: MIT
// Threads that wait for a futex (futex_test.h).
#include "futex_test.h"

static void futex_waiter_main(void *arg)
{
    struct futex_waiter *one = arg;

    one->status = zx_futex_wait(one->of->word, 0, ZX_HANDLE_INVALID, one->deadline);
    if (one->held != ZX_HANDLE_INVALID)
        await(one->held, ZX_EVENT_SIGNALED);
}

void futex_prepare(struct futex_waiters *w, const zx_futex_t *word)
{
    *w = (struct futex_waiters){.word = word};
}

unsigned futex_add(struct futex_waiters *w, zx_time_t deadline)
{
    assert_true(w->count < FUTEX_WAITERS);
    struct futex_waiter *one = &w->one[w->count];
    *one = (struct futex_waiter){.of = w, .deadline = deadline, .status = 1};
    one->thread = lab_thread(futex_waiter_main, one);
    if (deadline == FOREVER)
        await_state(one->thread, ZX_THREAD_STATE_BLOCKED_FUTEX);
    else
        await_state_or_end(one->thread, ZX_THREAD_STATE_BLOCKED_FUTEX);
    return w->count++;
}

void futex_start(struct futex_waiters *w, unsigned count, const zx_futex_t *word, zx_time_t deadline)
{
    futex_prepare(w, word);
    for (unsigned i = 0; i < count; i++)
        futex_add(w, deadline);
}

void futex_hold(struct futex_waiters *w, unsigned i)
{
    w->one[i].held = make_event();
}

void futex_release(struct futex_waiters *w, unsigned i)
{
    assert_ok(zx_object_signal(w->one[i].held, 0, ZX_EVENT_SIGNALED));
}

void futex_expect(struct futex_waiters *w, unsigned i, zx_status_t status)
{
    struct futex_waiter *one = &w->one[i];

    lab_thread_join(one->thread);
    one->thread = ZX_HANDLE_INVALID;
    if (one->held != ZX_HANDLE_INVALID)
        close_handle(one->held);
    assert_status(one->status, status);
}

void futex_still_wait(const struct futex_waiters *w, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        // No spurious wake-ups: one that was woken would be running or dead by now or soon.
        assert_int_equal(thread_state(w->one[i].thread), ZX_THREAD_STATE_BLOCKED_FUTEX);
        assert_int_equal(w->one[i].status, 1);
    }
}

void futex_kill(struct futex_waiters *w, unsigned i)
{
    struct futex_waiter *one = &w->one[i];

    assert_ok(zx_task_kill(one->thread));
    lab_thread_join(one->thread);
    one->thread = ZX_HANDLE_INVALID;
    assert_int_equal(one->status, 1); // the wait has not returned
}

void futex_end(const struct futex_waiters *w)
{
    for (unsigned i = 0; i < w->count; i++)
        assert_int_equal(w->one[i].thread, ZX_HANDLE_INVALID);
}
