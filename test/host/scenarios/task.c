// SPDX-License-Identifier: MIT
// Threads and processes: wake against timeout against kill, start against kill, exit of processes.
// CALLS(zx_thread_create, zx_thread_start, zx_task_kill, zx_process_create, zx_process_start)
#include "scenarios.h"

struct victim {
    zx_handle_t event, thread;
    atomic_bool returned;
    zx_status_t status;
};

static void victim_thread(void *arg)
{
    struct victim *v = arg;

    v->status = zx_object_wait_one(v->event, ZX_USER_SIGNAL_0, zx_deadline_after(50000), NULL);
    atomic_store(&v->returned, true);
}

static void wake_it(void *arg)
{
    assert_ok(zx_object_signal(((struct victim *)arg)->event, 0, ZX_USER_SIGNAL_0));
}

static void kill_it(void *arg)
{
    assert_ok(zx_task_kill(((struct victim *)arg)->thread));
}

static void wake_timeout_kill(void *arg)
{
    struct victim v = { 0 };

    (void)arg;
    assert_ok(zx_event_create(0, &v.event));
    v.thread = lab_thread(victim_thread, &v);
    zx_handle_t a = lab_thread(wake_it, &v);
    zx_handle_t b = lab_thread(kill_it, &v);
    lab_thread_join(a);
    lab_thread_join(b);
    lab_thread_join(v.thread);
    // A killed thread never sees a result; one that got further saw a proper one.
    if (atomic_load(&v.returned))
        assert_true(v.status == ZX_OK || v.status == ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(v.event));
}

static void test_wake_against_timeout_against_kill(void **state)
{
    (void)state;
    lab_seeds(wake_timeout_kill, 3, 400);
}

static void call_for_ever(void *arg)
{
    uint32_t request[2] = { 0 }, reply[2], bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = request, .wr_num_bytes = sizeof(request),
        .rd_bytes = reply,   .rd_num_bytes = sizeof(reply),
    };

    (void)zx_channel_call(*(zx_handle_t *)arg, 0, ZX_TIME_INFINITE, &args, &bytes, &handles);
}

// A caller is killed while the other end answers or closes.
static void kill_caller(void *arg)
{
    zx_handle_t ends[2];
    uint32_t m[2], bytes;

    (void)arg;
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    struct victim v = { .thread = lab_thread(call_for_ever, &ends[0]) };
    zx_handle_t killer = lab_thread(kill_it, &v);
    if (zx_channel_read(ends[1], 0, m, NULL, sizeof(m), 0, &bytes, NULL) == ZX_OK)
        assert_ok(zx_channel_write(ends[1], 0, m, sizeof(m), NULL, 0));
    assert_ok(zx_handle_close(ends[1]));
    lab_thread_join(killer);
    lab_thread_join(v.thread);
    assert_ok(zx_handle_close(ends[0]));
}

static void test_kill_against_call(void **state)
{
    (void)state;
    lab_seeds(kill_caller, 3, 300);
}

static void spin_for_ever(void *arg)
{
    (void)arg;
    for (;;)
        lab_pause();
}

static void kill_spinner(void *arg)
{
    zx_handle_t thread = lab_thread(spin_for_ever, NULL);

    (void)arg;
    assert_ok(zx_task_kill(thread));
    lab_thread_join(thread);
}

static void test_kill_stops_a_thread_in_user_mode(void **state)
{
    (void)state;
    lab_seeds(kill_spinner, 2, 200);
}

// Fewer CPUs than spinning threads: time slices let everybody in.
static void slices(void *arg)
{
    zx_handle_t threads[4];

    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(spin_for_ever, NULL);
    for (unsigned i = 0; i < 4; i++) {
        assert_ok(zx_task_kill(threads[i]));
        lab_thread_join(threads[i]);
    }
}

static void test_spinning_threads_share_the_cpu(void **state)
{
    (void)state;
    lab_seeds(slices, 1, 60);
    lab_seeds(slices, 2, 60);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void thread_storm(void *arg)
{
    zx_handle_t threads[10];

    (void)arg;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 10; i++)
            threads[i] = lab_thread(nothing, NULL);
        for (unsigned i = 0; i < 10; i++)
            lab_thread_join(threads[i]);
    }
}

static void test_thread_storm(void **state)
{
    (void)state;
    lab_seeds(thread_storm, 4, 60);
}

// The whole scenario's process goes away under its threads.
static void exit_thread(void *arg)
{
    (void)arg;
    zx_process_exit(0);
}

static void exit_under_threads(void *arg)
{
    zx_handle_t event;

    (void)arg;
    assert_ok(zx_event_create(0, &event));
    struct victim v = { .event = event };
    lab_thread(victim_thread, &v);
    lab_thread(spin_for_ever, NULL);
    lab_thread(exit_thread, NULL);
    for (;;)
        lab_pause();
}

static void test_process_exit_under_running_threads(void **state)
{
    (void)state;
    lab_seeds(exit_under_threads, 3, 200);
}

static void child_main(zx_handle_t bootstrap)
{
    char text[8];
    uint32_t bytes;

    assert_ok(zx_object_wait_one(bootstrap, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_channel_read(bootstrap, 0, text, NULL, sizeof(text), 0, &bytes, NULL));
    assert_ok(zx_channel_write(bootstrap, 0, text, bytes, NULL, 0));
    for (;;)
        lab_pause();
}

static void two_processes(void *arg)
{
    zx_handle_t ends[2], process;
    zx_signals_t seen;
    char text[8];
    uint32_t bytes;

    (void)arg;
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(lab_process_start(child_main, ends[1], &process));
    assert_ok(zx_channel_write(ends[0], 0, "hello", 6, NULL, 0));
    assert_ok(zx_object_wait_one(ends[0], ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_channel_read(ends[0], 0, text, NULL, sizeof(text), 0, &bytes, NULL));
    assert_string_equal(text, "hello");
    assert_ok(zx_task_kill(process));
    assert_ok(zx_object_wait_one(ends[0], ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE, &seen));
    assert_ok(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(process));
    assert_ok(zx_handle_close(ends[0]));
}

static void test_kill_of_a_process_closes_its_channels(void **state)
{
    (void)state;
    lab_seeds(two_processes, 2, 200);
}

const struct CMUnitTest task_tests[] = {
    cmocka_unit_test(test_wake_against_timeout_against_kill),
    cmocka_unit_test(test_kill_against_call),
    cmocka_unit_test(test_kill_stops_a_thread_in_user_mode),
    cmocka_unit_test(test_spinning_threads_share_the_cpu),
    cmocka_unit_test(test_thread_storm),
    cmocka_unit_test(test_process_exit_under_running_threads),
    cmocka_unit_test(test_kill_of_a_process_closes_its_channels),
};
const size_t task_test_count = countof(task_tests);
