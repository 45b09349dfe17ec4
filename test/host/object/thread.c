// SPDX-License-Identifier: MIT
// Threads: spec 20 sections 2.3, 2.4 and 6.
#include "object_test.h"

static void nothing(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

static zx_handle_t make_thread(zx_handle_t process)
{
    zx_handle_t t = 0;

    assert_ok(zx_thread_create(process, "thread", 6, 0, &t));
    return t;
}

// CALLS(zx_thread_create)
SCENARIO(thread_create_checks_in_order)
{
    zx_handle_t out = 77, weak;
    char name[80];

    memset(name, 'n', sizeof(name));
    assert_status(zx_thread_create(0, LAB_BAD_PTR, 4, 1, &out), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(thread_create, 0, 0, 0, 0, (uintptr_t)&out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_thread_create(0, LAB_BAD_PTR, 4, 0, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_thread_create(0, name, 4, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_thread_create(lab.job, name, 4, 0, &out), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(lab.process, ZX_RIGHT_MANAGE_THREAD | ZX_RIGHT_WRITE);
    assert_status(zx_thread_create(weak, name, 4, 0, &out), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    assert_int_equal(out, 77);
    assert_status(zx_thread_create(lab.process, name, 4, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    const zx_rights_t one[] = {ZX_RIGHT_MANAGE_THREAD, ZX_RIGHT_WRITE};
    for (unsigned i = 0; i < 2; i++) {
        weak = duplicate_without(lab.process, one[i]);
        assert_ok(zx_thread_create(weak, name, sizeof(name), 0, &out)); // over-long is cut
        assert_ok(zx_object_get_property(out, ZX_PROP_NAME, name, 32));
        assert_int_equal(strlen(name), 31);
        memset(name, 'n', sizeof(name));
        close_handle(out);
        close_handle(weak);
    }
}

// CALLS(zx_thread_start)
SCENARIO(thread_start_checks_in_order)
{
    zx_handle_t t = make_thread(lab.process), weak;
    struct child c = make_child(lab.job);
    zx_vaddr_t entry = (zx_vaddr_t)nothing;

    assert_status(zx_thread_start(0, entry, 0, 0, 0), ZX_ERR_BAD_HANDLE);
    weak = duplicate_without(t, ZX_RIGHT_MANAGE_THREAD | ZX_RIGHT_WRITE);
    assert_status(zx_thread_start(weak, entry, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_thread_start(lab.process, entry, 0, 0, 0), ZX_ERR_WRONG_TYPE);
    // It cannot start a process's first thread.
    assert_status(zx_thread_start(c.thread, entry, 0, 0, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_NEW);
    assert_ok(zx_thread_start(t, entry, 0, 0, 0));
    assert_status(zx_thread_start(t, entry, 0, 0, 0), ZX_ERR_BAD_STATE);
    await(t, ZX_THREAD_TERMINATED);
    assert_status(zx_thread_start(t, entry, 0, 0, 0), ZX_ERR_BAD_STATE);
    close_handle(weak);
    close_handle(t);
    close_child(&c);
}

static void arguments(uint64_t a, uint64_t b)
{
    uint64_t *out = (uint64_t *)(uintptr_t)a;

    out[0] = b;
    zx_thread_exit();
}

SCENARIO(thread_gets_both_arguments)
{
    uint64_t seen = 0;
    zx_handle_t t = make_thread(lab.process);

    assert_ok(zx_thread_start(t, (zx_vaddr_t)arguments, 0, (uintptr_t)&seen, 0x123456789abcdef));
    await(t, ZX_THREAD_TERMINATED);
    assert_int_equal(seen, 0x123456789abcdef);
    close_handle(t);
}

static void spin(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    for (;;)
        lab_pause();
}

// CALLS(zx_task_kill, zx_thread_exit)
SCENARIO_ON(signals_and_states_of_a_life, 2, 10)
{
    zx_handle_t t = make_thread(lab.process);

    assert_int_equal(state_of(t), 0);
    assert_int_equal(thread_state(t), ZX_THREAD_STATE_NEW);
    assert_ok(zx_thread_start(t, (zx_vaddr_t)spin, 0, 0, 0));
    assert_int_equal(state_of(t), ZX_THREAD_RUNNING);
    assert_int_equal(thread_state(t), ZX_THREAD_STATE_RUNNING);
    assert_ok(zx_task_kill(t));
    await(t, ZX_THREAD_TERMINATED);
    assert_int_equal(state_of(t), ZX_THREAD_TERMINATED);
    assert_int_equal(thread_state(t), ZX_THREAD_STATE_DEAD);
    assert_ok(zx_task_kill(t));
    close_handle(t);
}

SCENARIO(unstarted_thread_survives_kills)
{
    zx_handle_t t = make_thread(lab.process);

    assert_ok(zx_task_kill(t));
    assert_ok(zx_task_kill(t));
    assert_int_equal(thread_state(t), ZX_THREAD_STATE_NEW);
    assert_int_equal(state_of(t), 0);
    assert_ok(zx_thread_start(t, (zx_vaddr_t)nothing, 0, 0, 0)); // and may still be started
    await(t, ZX_THREAD_TERMINATED);
    close_handle(t);
}

SCENARIO(last_close_of_an_unstarted_thread_destroys_it)
{
    for (unsigned i = 0; i < 20; i++)
        close_handle(make_thread(lab.process)); // the leak check says the rest
}

SCENARIO_ON(started_thread_outlives_its_handles, 2, 10)
{
    struct waiter w;
    zx_handle_t e = make_event();

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    zx_koid_t koid = basic(w.thread).koid;
    close_handle(w.thread);
    sleep_ns(10000);
    assert_ok(zx_object_get_child(lab.process, koid, ZX_RIGHT_SAME_RIGHTS, &w.thread));
    assert_int_equal(thread_state(w.thread), ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    waiter_join(&w);
    assert_ok(w.status);
    close_handle(e);
}

// Kill arrives wherever the thread is.
struct victim {
    void (*body)(void *);
    zx_handle_t event, thread;
    zx_handle_t ends[2];
    uint32_t state;
    atomic_bool passed;
};

static void in_user_mode(void *arg)
{
    (void)arg;
    for (;;)
        lab_pause();
}

static void in_sleep(void *arg)
{
    struct victim *v = arg;
    (void)zx_nanosleep(FOREVER);
    atomic_store(&v->passed, true);
}

static void in_wait_one(void *arg)
{
    struct victim *v = arg;
    (void)zx_object_wait_one(v->event, ZX_USER_SIGNAL_0, FOREVER, NULL);
    atomic_store(&v->passed, true);
}

static void in_wait_many(void *arg)
{
    struct victim *v = arg;
    zx_wait_item_t items[2] = {{.handle = v->event}, {.handle = v->event}};
    (void)zx_object_wait_many(items, 2, FOREVER);
    atomic_store(&v->passed, true);
}

static void in_wait_for_none(void *arg)
{
    struct victim *v = arg;
    zx_wait_item_t none;
    (void)zx_object_wait_many(&none, 0, FOREVER);
    atomic_store(&v->passed, true);
}

static void in_call(void *arg)
{
    struct victim *v = arg;
    uint32_t word[2] = {0}, bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = word,
        .wr_num_bytes = 8,
        .rd_bytes = word,
        .rd_num_bytes = 8,
    };
    (void)zx_channel_call(v->ends[0], 0, FOREVER, &args, &bytes, &handles);
    atomic_store(&v->passed, true);
}

static void kills_itself(void *arg)
{
    struct victim *v = arg;
    (void)zx_task_kill(v->thread);
    atomic_store(&v->passed, true);
}

SCENARIO_ON(kill_finds_a_thread_wherever_it_is, 2, 10)
{
    const struct {
        void (*body)(void *);
        uint32_t state;
    } places[] = {
        {in_user_mode, ZX_THREAD_STATE_RUNNING},
        {in_sleep, ZX_THREAD_STATE_BLOCKED_SLEEPING},
        {in_wait_one, ZX_THREAD_STATE_BLOCKED_WAIT_ONE},
        {in_wait_many, ZX_THREAD_STATE_BLOCKED_WAIT_MANY},
        {in_wait_for_none, ZX_THREAD_STATE_RUNNING}, // shown so
        {in_call, ZX_THREAD_STATE_BLOCKED_CHANNEL},
    };
    for (unsigned i = 0; i < countof(places); i++) {
        struct victim v = {.event = make_event()};
        make_pair(v.ends);
        v.thread = lab_thread(places[i].body, &v);
        await_state(v.thread, places[i].state);
        assert_ok(zx_task_kill(v.thread));
        lab_thread_join(v.thread);
        assert_false(atomic_load(&v.passed)); // never returned to user mode
        close_handle(v.event);
        assert_ok(zx_handle_close_many(v.ends, 2));
    }
}

static void killer_entry(uint64_t a, uint64_t b)
{
    (void)b;
    kills_itself((void *)(uintptr_t)a);
    zx_thread_exit();
}

SCENARIO_ON(thread_that_kills_itself_does_not_return, 2, 10)
{
    struct victim v = {0};

    v.thread = make_thread(lab.process);
    assert_ok(zx_thread_start(v.thread, (zx_vaddr_t)killer_entry, 0, (uintptr_t)&v, 0));
    await(v.thread, ZX_THREAD_TERMINATED);
    assert_false(atomic_load(&v.passed));
    close_handle(v.thread);
}

static void kill_own_process(zx_handle_t self)
{
    (void)zx_task_kill(self);
    zx_process_exit(5); // never reached: the code would show
}

SCENARIO_ON(process_that_kills_itself_does_not_return, 2, 10)
{
    struct child c = start_child_with_itself(lab.job, kill_own_process);

    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, -1);
    close_child(&c);
}

static void child_makes_threads(zx_handle_t self)
{
    zx_handle_t t;

    for (unsigned i = 0; i < 5; i++) {
        assert_ok(zx_thread_create(self, "more", 4, 0, &t));
        assert_ok(zx_thread_start(t, (zx_vaddr_t)(i % 2 ? spin : nothing), 0, 0, 0));
        close_handle(t);
    }
    zx_thread_exit(); // the others go on
}

SCENARIO_ON(process_lives_until_its_last_thread_ends, 3, 20)
{
    struct child c = start_child_with_itself(lab.job, child_makes_threads);

    await(c.thread, ZX_THREAD_TERMINATED);
    sleep_ns(100000);
    assert_int_equal(state_of(c.process), 0);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest thread_tests[] = {
    T(thread_create_checks_in_order),
    T(thread_start_checks_in_order),
    T(thread_gets_both_arguments),
    T(signals_and_states_of_a_life),
    T(unstarted_thread_survives_kills),
    T(last_close_of_an_unstarted_thread_destroys_it),
    T(started_thread_outlives_its_handles),
    T(kill_finds_a_thread_wherever_it_is),
    T(thread_that_kills_itself_does_not_return),
    T(process_that_kills_itself_does_not_return),
    T(process_lives_until_its_last_thread_ends),
};
const size_t thread_test_count = countof(thread_tests);
