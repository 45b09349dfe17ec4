// SPDX-License-Identifier: MIT
// Threads that run user code on another CPU at the very moment when they are suspended or killed:
// spec 20 sections 2.4 and 7. That they do is looked up in the scheduler.
#include "object_test.h"

#include <stdatomic.h>

#include <zircon/syscalls/debug.h>

// Counts in user mode, for ever.
static void count_up(void *count)
{
    for (;;) {
        atomic_fetch_add((atomic_uint *)count, 1);
        lab_pause();
    }
}

static void await_elsewhere(zx_handle_t thread)
{
    while (!thread_runs_now(thread))
        lab_pause();
}

static void expect_standstill(atomic_uint *count)
{
    const unsigned seen = atomic_load(count);

    for (unsigned i = 0; i < 30; i++)
        lab_pause();
    assert_int_equal(atomic_load(count), seen);
}

// CALLS(zx_task_suspend, zx_thread_read_state)
SCENARIO_ON(suspend_a_thread_that_runs_elsewhere, 3, 60)
{
    atomic_uint count = 0;
    zx_handle_t thread = lab_thread(count_up, &count);

    for (unsigned round = 0; round < 3; round++) {
        zx_thread_state_general_regs_t regs;
        zx_handle_t token;

        await_elsewhere(thread);
        assert_ok(zx_task_suspend(thread, &token));
        await(thread, ZX_THREAD_SUSPENDED);
        expect_standstill(&count);
        assert_ok(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
        close_handle(token);
    }
    assert_ok(zx_task_kill(thread));
    lab_thread_join(thread);
}

enum what { THREAD, PROCESS, JOB };

static void child_counts(zx_handle_t bootstrap)
{
    static atomic_uint counts;

    (void)bootstrap;
    count_up(&counts);
}

// Whatever is killed, a thread, its process, or its job: what runs elsewhere ends.
// CALLS(zx_task_kill)
SCENARIO_ON(kill_what_runs_elsewhere, 3, 60)
{
    for (enum what what = THREAD; what <= JOB; what++) {
        zx_handle_t job = make_job(lab.job);
        struct child c = start_child(job, child_counts, 0);
        const zx_handle_t tasks[] = {[THREAD] = c.thread, [PROCESS] = c.process, [JOB] = job};

        await_elsewhere(c.thread);
        assert_ok(zx_task_kill(tasks[what]));
        await(c.process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c.process).return_code, what == THREAD ? 0 : -1);
        assert_int_equal(state_of(c.thread), ZX_THREAD_TERMINATED);
        assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_DEAD);
        close_child(&c);
        await(job, ZX_JOB_NO_PROCESSES);
        close_handle(job);
    }
}

#define RUNNERS 3u

// Threads on all other CPUs, stopped and killed with their process at once.
// CALLS(zx_task_suspend, zx_task_kill)
SCENARIO_ON(all_other_cpus_are_stopped_and_killed, 4, 40)
{
    struct child c = start_child(lab.job, child_counts, 0);
    zx_handle_t threads[RUNNERS] = {c.thread}, token;

    for (unsigned i = 1; i < RUNNERS; i++) {
        assert_ok(zx_thread_create(c.process, "t", 1, 0, &threads[i]));
        assert_ok(zx_thread_start(threads[i], (zx_vaddr_t)child_counts, 0, 0, 0));
    }
    for (unsigned i = 0; i < RUNNERS; i++)
        await_elsewhere(threads[i]);
    assert_ok(zx_task_suspend(c.process, &token));
    for (unsigned i = 0; i < RUNNERS; i++)
        await(threads[i], ZX_THREAD_SUSPENDED);
    close_handle(token);
    for (unsigned i = 0; i < RUNNERS; i++)
        await_elsewhere(threads[i]);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    for (unsigned i = 0; i < RUNNERS; i++)
        assert_int_equal(state_of(threads[i]), ZX_THREAD_TERMINATED);
    assert_ok(zx_handle_close_many(&threads[1], RUNNERS - 1));
    close_child(&c);
}

struct target {
    zx_handle_t thread;
    atomic_uint count;
};

static void suspend_it(void *arg)
{
    struct target *t = arg;
    zx_handle_t token;
    zx_status_t status = zx_task_suspend(t->thread, &token);

    if (status == ZX_OK)
        close_handle(token);
    else
        assert_status(status, ZX_ERR_BAD_STATE);
}

static void kill_it(void *arg)
{
    assert_ok(zx_task_kill(((struct target *)arg)->thread));
}

// Suspended, resumed and killed from three CPUs while it runs on the fourth, or on one of them.
// CALLS(zx_task_suspend, zx_task_kill)
SCENARIO_ON(race_of_suspend_and_kill_with_a_running_thread, 4, 60)
{
    struct target t = {0};

    t.thread = lab_thread(count_up, &t.count);
    await_elsewhere(t.thread);
    RACE(&t, suspend_it, kill_it, suspend_it);
    await(t.thread, ZX_THREAD_TERMINATED);
    expect_standstill(&t.count);
    lab_thread_join(t.thread);
}

// CALLS(zx_thread_write_state): what a thread's registers take when they are first written
SWEEP(register_state_no_memory, 2)
{
    zx_thread_state_vector_regs_t vector = {.fpcr = 0};
    zx_thread_state_debug_regs_t debug = {.hw_bps_count = 0};
    struct child c = {0};
    zx_handle_t token = 0, event = 0;

    if (got(zx_process_create(lab.job, "p", 1, 0, &c.process, &c.vmar)) &&
        got(zx_thread_create(c.process, "t", 1, 0, &c.thread)) && got(zx_event_create(0, &event)) &&
        got(zx_task_suspend(c.thread, &token)) &&
        got(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_spins, 0, event, 0))) {
        await(c.thread, ZX_THREAD_SUSPENDED);
        if (got(zx_thread_write_state(c.thread, ZX_THREAD_STATE_VECTOR_REGS, &vector,
                                      sizeof(vector))))
            assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_VECTOR_REGS, &vector,
                                           sizeof(vector)));
        if (got(zx_thread_write_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug))))
            assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &debug,
                                           sizeof(debug)));
        assert_ok(zx_task_kill(c.process));
        await(c.process, ZX_PROCESS_TERMINATED);
    }
    if (event != 0 && alive(event))
        close_handle(event);
    if (token != 0)
        close_handle(token);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest elsewhere_tests[] = {
    T(suspend_a_thread_that_runs_elsewhere),
    T(kill_what_runs_elsewhere),
    T(all_other_cpus_are_stopped_and_killed),
    T(race_of_suspend_and_kill_with_a_running_thread),
    T(register_state_no_memory),
};
const size_t elsewhere_test_count = countof(elsewhere_tests);
