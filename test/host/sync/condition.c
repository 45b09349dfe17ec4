// SPDX-License-Identifier: MIT
// sync_condition: signals against deadlines, broadcasts through a busy mutex, and conditions that
// the last waiter frees.
#include "sync_test.h"

#include <stdlib.h>

#define WAITERS 4

struct room {
    sync_mutex_t mutex;
    sync_condition_t condition;
    unsigned waiting; // guarded by the mutex, as all below
    unsigned released;
    unsigned timed_out;
    unsigned left;
    unsigned busy; // inside the mutex: 0 or 1
};

struct guest {
    struct room *room;
    zx_time_t deadline;
    zx_handle_t thread;
    zx_status_t status;
};

static void alone(struct room *room)
{
    assert_int_equal(room->busy++, 0);
    lab_pause();
    assert_int_equal(room->busy--, 1);
}

static void wait_once(void *arg)
{
    struct guest *g = arg;
    struct room *room = g->room;

    sync_mutex_lock(&room->mutex);
    room->waiting++;
    g->status = sync_condition_timedwait(&room->condition, &room->mutex, g->deadline);
    alone(room);
    room->waiting--;
    if (g->status == ZX_OK) {
        room->released++;
    } else {
        assert_status(g->status, ZX_ERR_TIMED_OUT);
        assert_true(zx_clock_get_monotonic() >= g->deadline);
        room->timed_out++;
    }
    sync_mutex_unlock(&room->mutex);
}

static void invite(struct room *room, struct guest *g, zx_time_t deadline)
{
    unsigned inside;

    *g = (struct guest){.room = room, .deadline = deadline};
    sync_mutex_lock(&room->mutex);
    unsigned before = room->waiting + room->released + room->timed_out;
    sync_mutex_unlock(&room->mutex);
    g->thread = lab_thread(wait_once, g);
    do {
        lab_pause();
        sync_mutex_lock(&room->mutex);
        inside = room->waiting + room->released + room->timed_out;
        sync_mutex_unlock(&room->mutex);
    } while (inside == before);
}

// Two wait, the first with a deadline: one signal is for one of them, never for nobody. If the
// deadline could swallow it, the second would wait for ever, which the machine reports.
static void signal_against_timeout(void *arg)
{
    struct room room = {.waiting = 0};
    struct guest first, second;

    (void)arg;
    invite(&room, &first, some_deadline(60000));
    invite(&room, &second, ZX_TIME_INFINITE);
    sync_condition_signal(&room.condition);
    lab_thread_join(first.thread);
    if (first.status == ZX_OK)
        sync_condition_signal(&room.condition);
    lab_thread_join(second.thread);
    assert_ok(second.status);
    assert_null(room.condition.head);
}

static void test_sync_condition_signal_against_timeout(void **state)
{
    (void)state;
    lab_seeds(signal_against_timeout, 3, 600);
}

static void keep_busy(void *arg)
{
    struct room *room = arg;

    for (unsigned i = 0; i < 6; i++) {
        if (i & 1) {
            sync_mutex_lock(&room->mutex);
        } else if (sync_mutex_timedlock(&room->mutex, some_deadline(20000)) != ZX_OK) {
            continue;
        }
        alone(room);
        sync_mutex_unlock(&room->mutex);
    }
}

// A broadcast releases each waiter exactly once, through a mutex that others use, while some
// deadlines pass on the way.
static void broadcast_against_timeout(void *arg)
{
    struct room room = {.waiting = 0};
    struct guest guests[WAITERS];
    zx_handle_t busy[2];

    for (unsigned i = 0; i < WAITERS; i++)
        invite(&room, &guests[i], i & 1 ? ZX_TIME_INFINITE : some_deadline(80000));
    for (unsigned i = 0; i < 2; i++)
        busy[i] = lab_thread(keep_busy, &room);
    if (arg) {
        sync_mutex_lock(&room.mutex);
        sync_condition_broadcast(&room.condition);
        sync_mutex_unlock(&room.mutex);
    } else {
        sync_condition_broadcast(&room.condition);
    }
    for (unsigned i = 0; i < WAITERS; i++) {
        lab_thread_join(guests[i].thread);
        if (guests[i].deadline == ZX_TIME_INFINITE)
            assert_ok(guests[i].status);
    }
    for (unsigned i = 0; i < 2; i++)
        lab_thread_join(busy[i]);
    assert_int_equal(room.released + room.timed_out, WAITERS);
    assert_null(room.condition.head);
    assert_null(room.condition.tail);
}

static void test_sync_condition_broadcast_against_timeout(void **state)
{
    (void)state;
    lab_seeds(broadcast_against_timeout, 3, 400);
}

static void test_sync_condition_broadcast_with_mutex(void **state)
{
    (void)state;
    lab_seeds_arg(broadcast_against_timeout, (void *)1, 3, 400);
}

// One broadcast releases those that wait and no later one; then one signal releases one.
static void broadcast_then_signals(void *arg)
{
    struct room room = {.waiting = 0};
    struct guest guests[3], late[3];

    (void)arg;
    for (unsigned i = 0; i < 3; i++)
        invite(&room, &guests[i], ZX_TIME_INFINITE);
    sync_condition_broadcast(&room.condition);
    for (unsigned i = 0; i < 3; i++)
        invite(&room, &late[i], ZX_TIME_INFINITE);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(guests[i].thread);
    assert_int_equal(room.released, 3);
    for (unsigned i = 0; i < 3; i++) {
        sync_condition_signal(&room.condition);
        lab_thread_join(late[i].thread); // the oldest first
        assert_int_equal(room.released, 4 + i);
    }
}

static void test_sync_condition_releases_exactly(void **state)
{
    (void)state;
    lab_seeds(broadcast_then_signals, 3, 300);
}

// The last to leave frees everything, while the signaler may still be on its way out.
static void wait_and_leave(void *arg)
{
    struct room *room = arg;

    sync_mutex_lock(&room->mutex);
    room->waiting++;
    while (room->released == 0)
        sync_condition_wait(&room->condition, &room->mutex);
    unsigned left = --room->left;
    sync_mutex_unlock(&room->mutex);
    if (left == 0)
        free(room);
}

static void last_one_frees(void *arg)
{
    struct room *room = calloc(1, sizeof(*room));
    zx_handle_t threads[3];

    assert_non_null(room);
    room->left = 3;
    for (unsigned i = 0; i < 3; i++)
        threads[i] = lab_thread(wait_and_leave, room);
    for (bool all = false; !all; lab_pause()) {
        sync_mutex_lock(&room->mutex);
        all = room->waiting == 3;
        sync_mutex_unlock(&room->mutex);
    }
    sync_mutex_lock(&room->mutex);
    room->released = 1;
    sync_mutex_unlock(&room->mutex);
    // The room stands as long as somebody waits in it, and no longer.
    if (arg)
        sync_condition_broadcast(&room->condition);
    for (unsigned i = 0; !arg && i < 3; i++)
        sync_condition_signal(&room->condition);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
}

static void test_sync_condition_broadcast_leaves_memory_alone(void **state)
{
    (void)state;
    lab_seeds_arg(last_one_frees, (void *)1, 3, 300);
}

static void test_sync_condition_signal_leaves_memory_alone(void **state)
{
    (void)state;
    lab_seeds(last_one_frees, 3, 300);
}

// Tokens through a bounded store: nothing is lost or doubled, with deadlines on both sides.
struct store {
    sync_mutex_t mutex;
    sync_condition_t filled, emptied;
    unsigned tokens; // 0 or 1
    unsigned taken;
};

static void put(void *arg)
{
    struct store *s = arg;

    for (unsigned i = 0; i < 5; i++) {
        sync_mutex_lock(&s->mutex);
        while (s->tokens == 1)
            sync_condition_timedwait(&s->emptied, &s->mutex, some_deadline(30000));
        s->tokens++;
        sync_mutex_unlock(&s->mutex);
        sync_condition_signal(&s->filled);
    }
}

static void take(void *arg)
{
    struct store *s = arg;

    for (unsigned i = 0; i < 5; i++) {
        sync_mutex_lock(&s->mutex);
        while (s->tokens == 0)
            sync_condition_wait(&s->filled, &s->mutex);
        s->tokens--;
        s->taken++;
        sync_condition_signal(&s->emptied);
        sync_mutex_unlock(&s->mutex);
    }
}

static void tokens(void *arg)
{
    struct store s = {.tokens = 0};
    zx_handle_t threads[4];

    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(i & 1 ? put : take, &s);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(s.taken, 10);
    assert_int_equal(s.tokens, 0);
}

static void test_sync_condition_loses_no_token(void **state)
{
    (void)state;
    lab_seeds(tokens, 3, 400);
}

const struct CMUnitTest condition_tests[] = {
    cmocka_unit_test(test_sync_condition_signal_against_timeout),
    cmocka_unit_test(test_sync_condition_broadcast_against_timeout),
    cmocka_unit_test(test_sync_condition_broadcast_with_mutex),
    cmocka_unit_test(test_sync_condition_releases_exactly),
    cmocka_unit_test(test_sync_condition_broadcast_leaves_memory_alone),
    cmocka_unit_test(test_sync_condition_signal_leaves_memory_alone),
    cmocka_unit_test(test_sync_condition_loses_no_token),
};
const size_t condition_test_count = countof(condition_tests);
