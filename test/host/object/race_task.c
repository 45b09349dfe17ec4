// SPDX-License-Identifier: MIT
// Jobs, processes and threads: creation, start, exit and kill against each other.
// CALLS(zx_task_kill, zx_process_create, zx_process_start, zx_thread_create, zx_thread_start)
#include "object_test.h"

struct scene {
    zx_handle_t job, process, thread, vmar, event;
    struct child child;
    atomic_uint started, done;
    zx_handle_t threads[4];
    zx_status_t status;
};

static void entry_waits(uint64_t bootstrap, uint64_t unused)
{
    (void)unused;
    child_waits((zx_handle_t)bootstrap);
}

static void entry_exits(uint64_t code, uint64_t unused)
{
    (void)unused;
    zx_process_exit((int64_t)code);
}

static void entry_leaves(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

// True for ZX_OK, false for the status that the opponent causes.
static bool unless(zx_status_t status, zx_status_t loser)
{
    if (status != ZX_OK)
        assert_status(status, loser);
    return status == ZX_OK;
}

static void populate(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < 3; i++) {
        struct child c = {0};
        zx_handle_t below = 0, e = 0;
        if (unless(zx_job_create(s->job, 0, &below), ZX_ERR_BAD_STATE))
            close_handle(below);
        if (!unless(zx_process_create(s->job, "p", 1, 0, &c.process, &c.vmar), ZX_ERR_BAD_STATE))
            continue;
        assert_ok(zx_thread_create(c.process, "t", 1, 0, &c.thread));
        e = make_event();
        (void)unless(zx_process_start(c.process, c.thread, (zx_vaddr_t)entry_waits, 0, e, 0),
                     ZX_ERR_BAD_STATE);
        assert_false(alive(e));
        close_child(&c); // what runs goes on
    }
}

static void kill_job(void *arg)
{
    assert_ok(zx_task_kill(((struct scene *)arg)->job));
}

// Whatever came first: nothing in a killed job survives, and nothing can be added.
SCENARIO_ON(race_job_kill_create_start, 4, 200)
{
    struct scene s = {.job = make_job(lab.job)};
    zx_handle_t p, v;

    RACE(&s, populate, kill_job, populate);
    await(s.job, ZX_JOB_NO_PROCESSES);
    assert_status(zx_process_create(s.job, "p", 1, 0, &p, &v), ZX_ERR_BAD_STATE);
    await(s.job, ZX_JOB_NO_JOBS);
    close_handle(s.job);
}

static void kill_top(void *arg)
{
    assert_ok(zx_task_kill(((struct scene *)arg)->event)); // the job above, see below
}

// Two kills meet in one tree: both return, everything ends once.
SCENARIO_ON(race_kills_of_a_job_and_its_parent, 3, 150)
{
    zx_handle_t top = make_job(lab.job);
    struct scene s = {.job = make_job(top), .event = top};
    struct child a = start_child(s.job, child_spins, 0), b = start_child(top, child_waits, 0);

    RACE(&s, kill_job, kill_top, kill_job);
    await(a.process, ZX_PROCESS_TERMINATED);
    await(b.process, ZX_PROCESS_TERMINATED);
    close_child(&a);
    close_child(&b);
    close_handle(s.job);
    await(top, ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    close_handle(top);
}

static void close_job(void *arg)
{
    close_handle(((struct scene *)arg)->job);
}

static void list_job(void *arg)
{
    struct scene *s = arg;
    zx_koid_t koids[8];
    size_t n = 0;
    zx_handle_t h;

    if (zx_object_get_info(s->event, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &n, NULL) != ZX_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        if (zx_object_get_child(s->event, koids[i], ZX_RIGHT_SAME_RIGHTS, &h) == ZX_OK)
            close_handle(h);
    }
}

static void make_below(void *arg)
{
    struct scene *s = arg;
    zx_handle_t h;
    zx_status_t status = zx_job_create(s->job, 0, &h);

    if (status == ZX_OK)
        close_handle(h);
    else
        assert_true(status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_BAD_STATE);
}

// CALLS(zx_object_get_info, zx_object_get_child, zx_job_create)
SCENARIO_ON(race_last_close_of_a_job_create_list, 4, 200)
{
    zx_handle_t top = make_job(lab.job);
    struct scene s = {.job = make_job(top), .event = top};

    RACE(&s, close_job, make_below, list_job, make_below);
    await(top, ZX_JOB_NO_JOBS);
    close_handle(top);
}

// ---- one process ------------------------------------------------------------------------------

static void start_it(void *arg)
{
    struct scene *s = arg;
    zx_handle_t e = make_event();
    zx_status_t status =
        zx_process_start(s->child.process, s->child.thread, (zx_vaddr_t)entry_waits, 0, e, 0);

    assert_false(alive(e));
    if (unless(status, ZX_ERR_BAD_STATE))
        atomic_fetch_add(&s->started, 1);
}

static void kill_process(void *arg)
{
    assert_ok(zx_task_kill(((struct scene *)arg)->child.process));
}

SCENARIO_ON(race_start_start_kill, 3, 300)
{
    struct scene s = {.child = make_child(lab.job)};

    RACE(&s, start_it, kill_process, start_it);
    assert_true(atomic_load(&s.started) <= 1);
    await(s.child.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(s.child.process), ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(s.child.process).return_code, -1);
    if (atomic_load(&s.started) != 0)
        await(s.child.thread, ZX_THREAD_TERMINATED);
    close_child(&s.child);
}

static void close_process(void *arg)
{
    struct scene *s = arg;

    close_handle(s->child.process);
}

static void start_if_there(void *arg)
{
    struct scene *s = arg;
    zx_handle_t e = make_event();
    zx_status_t status =
        zx_process_start(s->child.process, s->child.thread, (zx_vaddr_t)entry_exits, 0, e, 0);

    assert_false(alive(e));
    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_BAD_STATE);
}

// The last handle goes while the process is started: it runs or it ends, but it ends.
SCENARIO_ON(race_start_last_close, 3, 300)
{
    struct scene s = {.job = make_job(lab.job)};

    s.child = make_child(s.job);
    RACE(&s, start_if_there, close_process);
    s.child.process = 0;
    await(s.job, ZX_JOB_NO_PROCESSES);
    close_child(&s.child);
    close_handle(s.job);
}

static void add_threads(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < 3; i++) {
        zx_handle_t t;
        assert_ok(zx_thread_create(s->child.process, "t", 1, 0, &t));
        (void)unless(zx_thread_start(t, (zx_vaddr_t)(i == 1 ? entry_leaves : entry_waits), 0, 0, 0),
                     ZX_ERR_BAD_STATE);
        close_handle(t);
    }
}

SCENARIO_ON(race_thread_starts_against_process_kill, 4, 200)
{
    struct scene s = {.child = start_child(lab.job, child_spins, 0)};
    size_t n = 77;

    RACE(&s, add_threads, kill_process, add_threads);
    await(s.child.process, ZX_PROCESS_TERMINATED);
    assert_ok(zx_object_get_info(s.child.process, ZX_INFO_PROCESS_THREADS, NULL, 0, NULL, &n));
    assert_int_equal(n, 0); // no thread outlives its process
    close_child(&s.child);
}

static void kill_first_thread(void *arg)
{
    assert_ok(zx_task_kill(((struct scene *)arg)->child.thread));
}

// The last thread may leave just as another is started.
SCENARIO_ON(race_last_thread_leaves_another_starts, 3, 300)
{
    struct scene s = {.child = start_child(lab.job, child_waits, 0)};

    RACE(&s, kill_first_thread, add_threads);
    sleep_ns(1000);
    assert_ok(zx_task_kill(s.child.process));
    await(s.child.process, ZX_PROCESS_TERMINATED);
    close_child(&s.child);
}

static void child_exits_while_killed(zx_handle_t self)
{
    zx_handle_t t;

    for (unsigned i = 0; i < 3; i++) {
        if (zx_thread_create(self, "t", 1, 0, &t) == ZX_OK) {
            (void)zx_thread_start(t, (zx_vaddr_t)entry_exits, 0, 10 + i, 0);
            (void)zx_handle_close(t);
        }
    }
    zx_process_exit(20);
}

// CALLS(zx_process_exit)
SCENARIO_ON(race_exits_against_kill, 4, 300)
{
    struct scene s = {.child = start_child_with_itself(lab.job, child_exits_while_killed)};
    zx_info_process_t info;

    RACE(&s, kill_process);
    do {
        info = process_info(s.child.process);
    } while (!info.exited);
    assert_true(info.return_code == -1 || info.return_code == 20 ||
                (info.return_code >= 10 && info.return_code < 13));
    await(s.child.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(s.child.process).return_code, info.return_code);
    close_child(&s.child);
}

// ---- threads ----------------------------------------------------------------------------------

static void kill_thread(void *arg)
{
    assert_ok(zx_task_kill(((struct scene *)arg)->thread));
}

static void start_thread(void *arg)
{
    struct scene *s = arg;

    if (unless(zx_thread_start(s->thread, (zx_vaddr_t)entry_leaves, 0, 0, 0), ZX_ERR_BAD_STATE))
        atomic_fetch_add(&s->started, 1);
}

// CALLS(zx_thread_exit)
SCENARIO_ON(race_thread_start_exit_kill, 3, 300)
{
    struct scene s = {0};

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &s.thread));
    RACE(&s, start_thread, kill_thread, start_thread);
    assert_int_equal(atomic_load(&s.started), 1);
    await(s.thread, ZX_THREAD_TERMINATED);
    assert_int_equal(state_of(s.thread), ZX_THREAD_TERMINATED);
    close_handle(s.thread);
}

static void watch_thread(void *arg)
{
    struct scene *s = arg;
    zx_status_t status = zx_object_wait_one(s->thread, ZX_THREAD_TERMINATED, FOREVER, NULL);

    assert_true(status == ZX_OK || status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE);
}

static void close_thread(void *arg)
{
    close_handle(((struct scene *)arg)->thread);
}

// The thread object ends under those who wait for it.
SCENARIO_ON(race_thread_exit_watch_close, 4, 300)
{
    struct scene s = {0};

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &s.thread));
    assert_ok(zx_thread_start(s.thread, (zx_vaddr_t)entry_leaves, 0, 0, 0));
    RACE(&s, watch_thread, close_thread, watch_thread);
}

static void look_at_process(void *arg)
{
    struct scene *s = arg;
    zx_koid_t koids[8];
    size_t n;
    char buf[256];
    zx_handle_t h;

    for (unsigned i = 0; i < 3; i++) {
        (void)process_info(s->child.process);
        (void)thread_state(s->child.thread);
        (void)zx_object_get_info(s->child.process, ZX_INFO_PROCESS_HANDLE_STATS, buf, sizeof(buf),
                                 NULL, NULL);
        (void)zx_object_get_info(s->child.process, ZX_INFO_TASK_STATS, buf, sizeof(buf), NULL,
                                 NULL);
        (void)zx_object_get_info(s->child.thread, ZX_INFO_THREAD_STATS, buf, sizeof(buf), NULL,
                                 NULL);
        assert_ok(zx_object_get_info(s->child.process, ZX_INFO_PROCESS_THREADS, koids,
                                     sizeof(koids), &n, NULL));
        if (n != 0 &&
            zx_object_get_child(s->child.process, koids[0], ZX_RIGHT_SAME_RIGHTS, &h) == ZX_OK)
            close_handle(h);
    }
}

static void map_into_process(void *arg)
{
    struct scene *s = arg;
    zx_handle_t vmo;
    zx_vaddr_t va;
    char byte;
    size_t n;

    assert_ok(zx_vmo_create(4096, 0, &vmo));
    zx_status_t status = zx_vmar_map(s->child.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va);
    if (unless(status, ZX_ERR_BAD_STATE)) {
        status = zx_process_read_memory(s->child.process, va, &byte, 1, &n);
        assert_true(status == ZX_OK || status == ZX_ERR_NO_MEMORY);
        (void)zx_vmar_unmap(s->child.vmar, va, 4096);
    }
    close_handle(vmo);
}

// CALLS(zx_object_get_info, zx_vmar_map, zx_process_read_memory)
SCENARIO_ON(race_process_end_looks_and_mappings, 4, 200)
{
    struct scene s = {.child = start_child(lab.job, child_spins, 0)};

    RACE(&s, look_at_process, kill_process, map_into_process, look_at_process);
    await(s.child.process, ZX_PROCESS_TERMINATED);
    close_child(&s.child);
}

// ---- policy -----------------------------------------------------------------------------------

static void set_policy(void *arg)
{
    const zx_policy_basic_t p = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY};

    (void)unless(
        zx_job_set_policy(((struct scene *)arg)->job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, &p, 1),
        ZX_ERR_BAD_STATE);
}

static void create_in_job(void *arg)
{
    struct scene *s = arg;
    zx_handle_t h;

    assert_ok(zx_job_create(s->job, 0, &h));
    close_handle(h);
}

// CALLS(zx_job_set_policy)
SCENARIO_ON(race_policy_against_children, 3, 150)
{
    struct scene s = {.job = make_job(lab.job)};

    RACE(&s, set_policy, create_in_job, set_policy, create_in_job);
    assert_int_equal(state_of(s.job), ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    close_handle(s.job);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest race_task_tests[] = {
    T(race_job_kill_create_start),
    T(race_kills_of_a_job_and_its_parent),
    T(race_last_close_of_a_job_create_list),
    T(race_start_start_kill),
    T(race_start_last_close),
    T(race_thread_starts_against_process_kill),
    T(race_last_thread_leaves_another_starts),
    T(race_exits_against_kill),
    T(race_thread_start_exit_kill),
    T(race_thread_exit_watch_close),
    T(race_process_end_looks_and_mappings),
    T(race_policy_against_children),
};
const size_t race_task_test_count = countof(race_task_tests);
