// SPDX-License-Identifier: MIT
// Futex owners: who is one, when, and what it inherits. Priorities are read from the kernel's threads.
#include "object_test.h"

#include <object/futex.h>
#include <object/uthread.h>

#define FUTEXES 4

// A thread that sets its priority and then waits on words[index] (if it is one), naming an owner.
struct sleeper {
    zx_futex_t *words;
    int index; // -1: waits for `hold` instead
    zx_handle_t owner, hold, thread;
    int priority;
    zx_status_t status;
};

static void sleeper_main(void *arg)
{
    struct sleeper *s = arg;

    assert_ok(zx_thread_set_priority(s->priority));
    if (s->index < 0)
        s->status = zx_object_wait_one(s->hold, ZX_EVENT_SIGNALED, FOREVER, NULL);
    else
        s->status = zx_futex_wait(&s->words[s->index], 0, s->owner, FOREVER);
}

static void start(struct sleeper *s)
{
    s->thread = lab_thread(sleeper_main, s);
    await_state(s->thread, s->index < 0 ? ZX_THREAD_STATE_BLOCKED_WAIT_ONE
                                        : ZX_THREAD_STATE_BLOCKED_FUTEX);
}

static zx_koid_t owner_of(zx_futex_t *word)
{
    zx_koid_t koid = 1;

    assert_ok(zx_futex_get_owner(word, &koid));
    return koid;
}

static zx_koid_t koid_of(zx_handle_t h)
{
    return basic(h).koid;
}

// The owner thread of most tests: holds still at priority 10 until the event is signaled.
static struct sleeper make_owner(zx_handle_t event)
{
    struct sleeper s = {.index = -1, .hold = event, .priority = 10};

    return s;
}

static void end(struct sleeper *owner, zx_handle_t event)
{
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    lab_thread_join(owner->thread);
    close_handle(event);
}

// CALLS(zx_futex_wait, zx_futex_get_owner): the owner inherits from whoever waits, and only then.
SCENARIO(owner_inherits_while_somebody_waits)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper owner = make_owner(event);
    start(&owner);
    struct sleeper a = {.words = words, .priority = 20, .owner = owner.thread};
    struct sleeper b = {.words = words, .priority = 25, .owner = owner.thread};

    assert_int_equal(owner_of(words), ZX_KOID_INVALID);
    start(&a);
    assert_int_equal(owner_of(words), koid_of(owner.thread));
    assert_int_equal(thread_priority(owner.thread), 20);
    start(&b);
    assert_int_equal(thread_priority(owner.thread), 25);
    assert_ok(zx_futex_wake_single_owner(words)); // a, which is the owner now
    lab_thread_join(a.thread);
    assert_int_equal(thread_priority(owner.thread), 10);
    assert_int_equal(owner_of(words), ZX_KOID_INVALID); // a has ended
    assert_ok(zx_futex_wake(words, 1));
    lab_thread_join(b.thread);
    assert_int_equal(owner_of(words), ZX_KOID_INVALID);
    end(&owner, event);
}

// A later wait names another owner, or none; a plain wake leaves none.
SCENARIO(last_word_names_the_owner)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper one = make_owner(event), two = make_owner(event);
    start(&one);
    start(&two);
    struct sleeper s[4] = {
        {.words = words, .priority = 20, .owner = one.thread},
        {.words = words, .priority = 21, .owner = two.thread},
        {.words = words, .priority = 22, .owner = ZX_HANDLE_INVALID},
        {.words = words, .priority = 19, .owner = one.thread},
    };

    start(&s[0]);
    start(&s[1]);
    assert_int_equal(thread_priority(one.thread), 10);
    assert_int_equal(thread_priority(two.thread), 21);
    start(&s[2]);
    assert_int_equal(owner_of(words), ZX_KOID_INVALID);
    assert_int_equal(thread_priority(two.thread), 10);
    start(&s[3]);
    assert_int_equal(thread_priority(one.thread), 22);
    assert_ok(zx_futex_wake(words, 1));
    assert_int_equal(owner_of(words), ZX_KOID_INVALID);
    assert_int_equal(thread_priority(one.thread), 10);
    assert_ok(zx_futex_wake(words, UINT32_MAX));
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(s[i].thread);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    lab_thread_join(two.thread);
    end(&one, event);
}

// Along a chain: who waits for a waiter lifts all of them, and lets go of all of them.
SCENARIO(priority_runs_along_a_chain)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper owner = make_owner(event);
    start(&owner);
    struct sleeper s[3] = {
        {.words = words, .index = 0, .priority = 11, .owner = owner.thread},
        {.words = words, .index = 1, .priority = 12},
        {.words = words, .index = 2, .priority = 29},
    };

    start(&s[0]);
    s[1].owner = s[0].thread;
    start(&s[1]);
    s[2].owner = s[1].thread;
    start(&s[2]);
    assert_int_equal(thread_priority(owner.thread), 29);
    assert_int_equal(thread_priority(s[0].thread), 29);
    assert_int_equal(thread_priority(s[1].thread), 29);
    assert_ok(zx_futex_wake(&words[2], 1));
    lab_thread_join(s[2].thread);
    assert_int_equal(thread_priority(owner.thread), 12);
    assert_int_equal(thread_priority(s[1].thread), 12);
    assert_ok(zx_futex_wake(&words[0], 1));
    assert_ok(zx_futex_wake(&words[1], 1));
    lab_thread_join(s[0].thread);
    lab_thread_join(s[1].thread);
    assert_int_equal(thread_priority(owner.thread), 10);
    end(&owner, event);
}

// Threads that own each other's futexes are stuck, and the kernel is not.
SCENARIO(a_circle_of_owners_ends)
{
    static zx_futex_t words[FUTEXES];
    struct sleeper a = {.words = words, .index = 0, .priority = 12};
    struct sleeper b = {.words = words, .index = 1, .priority = 18};
    struct sleeper c = {.words = words, .index = 0, .priority = 20};

    start(&a);
    b.owner = a.thread;
    start(&b);
    assert_int_equal(thread_priority(a.thread), 18);
    c.owner = b.thread;
    start(&c); // c waits for b, b for a, and a on the futex that b owns now
    assert_int_equal(thread_priority(a.thread), 20);
    assert_int_equal(thread_priority(b.thread), 20);
    assert_ok(zx_futex_wake_single_owner(&words[0])); // a, which owns it now
    lab_thread_join(a.thread);
    assert_int_equal(thread_priority(b.thread), 18);
    assert_ok(zx_futex_wake(&words[0], UINT32_MAX));
    assert_ok(zx_futex_wake(&words[1], UINT32_MAX));
    lab_thread_join(b.thread);
    lab_thread_join(c.thread);
}

// CALLS(zx_futex_requeue, zx_futex_requeue_single_owner)
SCENARIO(requeue_names_the_owner_of_the_target)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper owner = make_owner(event);
    start(&owner);
    struct sleeper s[3] = {
        {.words = words, .priority = 20, .owner = owner.thread},
        {.words = words, .priority = 22, .owner = owner.thread},
        {.words = words, .priority = 24, .owner = owner.thread},
    };

    for (unsigned i = 0; i < 3; i++)
        start(&s[i]);
    assert_int_equal(thread_priority(owner.thread), 24);
    assert_ok(zx_futex_requeue(&words[0], 0, 0, &words[1], 1, owner.thread));
    assert_int_equal(owner_of(&words[0]), ZX_KOID_INVALID);
    assert_int_equal(owner_of(&words[1]), koid_of(owner.thread));
    assert_int_equal(thread_priority(owner.thread), 20);
    assert_ok(zx_futex_requeue_single_owner(&words[0], 0, &words[2], 1, ZX_HANDLE_INVALID));
    lab_thread_join(s[1].thread);
    assert_int_equal(owner_of(&words[2]), ZX_KOID_INVALID);
    for (unsigned i = 1; i < 3; i++)
        assert_ok(zx_futex_wake(&words[i], UINT32_MAX));
    lab_thread_join(s[0].thread);
    lab_thread_join(s[2].thread);
    end(&owner, event);
}

// The order of the checks, and who cannot be an owner.
SCENARIO(owners_that_cannot_be)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper a = {.words = words, .priority = 16};
    zx_handle_t self;
    zx_koid_t koid;

    assert_ok(zx_object_get_child(lab.process, uthread_current()->obj.koid, ZX_RIGHT_SAME_RIGHTS,
                                  &self));
    start(&a);
    assert_status(zx_futex_wait(words, 1, event, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_futex_wait(words, 1, 0x7ffffffc, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_futex_wait(words, 0, self, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_wait(words, 0, a.thread, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_wait(words, 1, a.thread, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_wait(&words[1], 0, a.thread, 0), ZX_ERR_TIMED_OUT);
    assert_int_equal(owner_of(&words[1]), ZX_KOID_INVALID);
    assert_status(zx_futex_requeue(words, 0, 0, &words[1], 1, a.thread), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_requeue(&words[1], 0, 0, words, 1, a.thread), ZX_ERR_INVALID_ARGS);
    assert_status(zx_futex_requeue(words, 0, 0, &words[1], 1, event), ZX_ERR_WRONG_TYPE);
    assert_status(zx_futex_get_owner((zx_futex_t *)((uintptr_t)words + 1), &koid),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(thread_state(a.thread), ZX_THREAD_STATE_BLOCKED_FUTEX);
    assert_ok(zx_futex_wake(words, 1));
    lab_thread_join(a.thread);
    close_handle(self);
    close_handle(event);
}

// An owner that ends owns nothing; one that never started lets go when it is freed.
SCENARIO(owners_that_go_away)
{
    static zx_futex_t words[FUTEXES];
    zx_handle_t event = make_event();
    struct sleeper owner = make_owner(event);
    struct child c = make_child(lab.job);
    start(&owner);
    struct sleeper a = {.words = words, .index = 0, .priority = 20, .owner = owner.thread};
    struct sleeper b = {.words = words, .index = 1, .priority = 20, .owner = c.thread};

    start(&a);
    start(&b);
    assert_int_equal(owner_of(&words[1]), koid_of(c.thread));
    assert_int_equal(thread_priority(c.thread), 20);
    close_child(&c);
    assert_int_equal(owner_of(&words[1]), ZX_KOID_INVALID);
    zx_handle_t kept;
    assert_ok(zx_handle_duplicate(owner.thread, ZX_RIGHT_SAME_RIGHTS, &kept));
    end(&owner, event);
    assert_int_equal(owner_of(&words[0]), ZX_KOID_INVALID);
    assert_status(zx_futex_wait(&words[2], 0, kept, 0), ZX_ERR_TIMED_OUT);
    close_handle(kept);
    assert_ok(zx_futex_wake(&words[0], 1));
    assert_ok(zx_futex_wake(&words[1], 1));
    lab_thread_join(a.thread);
    lab_thread_join(b.thread);
}

// ---- races ----

struct ring {
    zx_futex_t words[FUTEXES];
    zx_handle_t event;
    struct sleeper owner[2];
    atomic_bool stop;
};

static void wait_for_owners(void *arg)
{
    struct ring *r = arg;

    for (unsigned i = 0; i < 4; i++) {
        unsigned n = (unsigned)host_random(FUTEXES);
        zx_status_t status =
            zx_futex_wait(&r->words[n], 0, r->owner[i & 1].thread,
                          zx_deadline_after((zx_duration_t)host_random(3000)));
        assert_true(status == ZX_OK || status == ZX_ERR_TIMED_OUT);
        assert_ok(zx_thread_set_priority(12 + (int)host_random(10)));
    }
}

static void shuffle(void *arg)
{
    struct ring *r = arg;

    for (unsigned i = 0; i < 6; i++) {
        zx_futex_t *a = &r->words[i % FUTEXES], *b = &r->words[(i + 1) % FUTEXES];

        (void)zx_futex_requeue(a, 0, 0, b, 2, r->owner[i & 1].thread);
        assert_ok(zx_futex_wake_single_owner(b));
        (void)owner_of(a);
    }
}

// Waits, deadlines, requeues, hand-overs and changing priorities at once: in the end all is as before.
SCENARIO_ON(race_owners, 4, 200)
{
    struct ring r = {.event = make_event()};

    for (unsigned i = 0; i < 2; i++) {
        r.owner[i] = make_owner(r.event);
        start(&r.owner[i]);
    }
    RACE(&r, wait_for_owners, wait_for_owners, shuffle, wait_for_owners);
    for (unsigned i = 0; i < FUTEXES; i++)
        assert_int_equal(owner_of(&r.words[i]), ZX_KOID_INVALID);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(thread_priority(r.owner[i].thread), 10);
    assert_ok(zx_object_signal(r.event, 0, ZX_EVENT_SIGNALED));
    for (unsigned i = 0; i < 2; i++)
        lab_thread_join(r.owner[i].thread);
    close_handle(r.event);
}

static void end_owner(void *arg)
{
    struct ring *r = arg;

    assert_ok(zx_object_signal(r->event, 0, ZX_EVENT_SIGNALED));
}

// The owners end while they are being named.
SCENARIO_ON(race_owners_against_their_end, 4, 200)
{
    struct ring r = {.event = make_event()};

    for (unsigned i = 0; i < 2; i++) {
        r.owner[i] = make_owner(r.event);
        start(&r.owner[i]);
    }
    RACE(&r, wait_for_owners, wait_for_owners, end_owner, wait_for_owners);
    for (unsigned i = 0; i < 2; i++)
        lab_thread_join(r.owner[i].thread);
    close_handle(r.event);
}

// A thread of another process may own a futex: it need not be able to see the word.
// CALLS(zx_futex_wait, zx_futex_requeue, zx_futex_get_owner)
SCENARIO(owner_may_be_of_another_process)
{
    static zx_futex_t words[FUTEXES];
    struct child c = start_child(lab.job, child_waits, ZX_HANDLE_INVALID);
    struct sleeper a = {.words = words, .priority = 25, .owner = c.thread};

    start(&a);
    assert_int_equal(owner_of(words), koid_of(c.thread));
    assert_int_equal(thread_priority(c.thread), 25);
    assert_ok(zx_futex_requeue(&words[0], 0, 0, &words[1], 1, ZX_HANDLE_INVALID));
    assert_int_not_equal(thread_priority(c.thread), 25);
    assert_ok(zx_futex_requeue(&words[1], 0, 0, &words[2], 1, c.thread));
    assert_int_equal(owner_of(&words[2]), koid_of(c.thread));
    assert_int_equal(thread_priority(c.thread), 25);
    assert_ok(zx_task_kill(c.process)); // the futex has no owner any more
    await(c.process, ZX_TASK_TERMINATED);
    assert_int_equal(owner_of(&words[2]), ZX_KOID_INVALID);
    assert_ok(zx_futex_wake(&words[2], 1));
    lab_thread_join(a.thread);
    assert_ok(a.status);
    close_child(&c);
}

// Taken by the thread that counts.
static const struct thread *_Atomic counting;
static unsigned inheritance_locks;

static void count_lock(const struct lock_class *class_)
{
    if (thread_current() == counting && strcmp(class_->name, "mutex_pi_class") == 0)
        inheritance_locks++;
}

static unsigned locks_of_a_wake(zx_futex_t *word)
{
    counting = thread_current();
    inheritance_locks = 0;
    lock_debug_set_trace(count_lock);
    assert_ok(zx_futex_wake_single_owner(word));
    lock_debug_set_trace(NULL);
    return inheritance_locks;
}

// The first owner is told to each who waits, later ones to nobody: what an owner costs does not grow with
// those who are not woken. CALLS(zx_futex_wake_single_owner)
SCENARIO(waiters_are_told_of_owners_once)
{
    enum { COUNT = 40 };
    static zx_futex_t words[FUTEXES];
    static struct sleeper s[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        s[i] = (struct sleeper){.words = words, .priority = 20};
        start(&s[i]);
    }
    assert_in_range(locks_of_a_wake(words), COUNT - 1, 3 * COUNT);
    for (unsigned i = 1; i < COUNT / 2; i++)
        assert_in_range(locks_of_a_wake(words), 1, COUNT / 2);
    assert_ok(zx_futex_wake(words, UINT32_MAX));
    for (unsigned i = 0; i < COUNT; i++)
        lab_thread_join(s[i].thread);
}

const struct CMUnitTest futex_owner_tests[] = {
    cmocka_unit_test(test_owner_inherits_while_somebody_waits),
    cmocka_unit_test(test_last_word_names_the_owner),
    cmocka_unit_test(test_priority_runs_along_a_chain),
    cmocka_unit_test(test_a_circle_of_owners_ends),
    cmocka_unit_test(test_requeue_names_the_owner_of_the_target),
    cmocka_unit_test(test_owner_may_be_of_another_process),
    cmocka_unit_test(test_waiters_are_told_of_owners_once),
    cmocka_unit_test(test_owners_that_cannot_be),
    cmocka_unit_test(test_owners_that_go_away),
    cmocka_unit_test(test_race_owners),
    cmocka_unit_test(test_race_owners_against_their_end),
};
const size_t futex_owner_test_count = countof(futex_owner_tests);
