// SPDX-License-Identifier: MIT
// Processes: spec 20 sections 2.2, 2.4 and 5.
#include "object_test.h"

static void child_exits_42(zx_handle_t bootstrap)
{
    (void)bootstrap;
    zx_process_exit(42);
}

static void child_leaves_by_thread_exit(zx_handle_t bootstrap)
{
    (void)bootstrap;
    zx_thread_exit();
}

static void expect_info(zx_handle_t process, bool started, bool exited, int64_t code)
{
    zx_info_process_t info = process_info(process);

    assert_int_equal(info.started, started);
    assert_int_equal(info.exited, exited);
    assert_int_equal(info.return_code, code);
    assert_int_equal(info.debugger_attached, false);
}

// CALLS(zx_process_create)
SCENARIO(process_begins_unstarted_in_its_job)
{
    struct child c = make_child(lab.job);
    zx_info_handle_basic_t p = basic(c.process), v = basic(c.vmar), t = basic(c.thread);

    assert_int_equal(p.rights, 0x6d3cf);
    assert_int_equal(v.rights, 0x801f);
    assert_int_equal(t.rights, 0x4d2cf);
    assert_int_equal(p.related_koid, basic(lab.job).koid);
    assert_int_equal(t.related_koid, p.koid);
    assert_int_equal(v.related_koid, 0);
    assert_int_equal(state_of(c.process), 0);
    assert_int_equal(state_of(c.thread), 0);
    expect_info(c.process, false, false, 0);
    close_child(&c);
}

SCENARIO(process_create_checks_in_order)
{
    zx_handle_t job = make_job(lab.job), p = 77, v = 78, weak;
    char name[80];

    memset(name, 'n', sizeof(name));
    assert_status(zx_process_create(0, LAB_BAD_PTR, 4, 1, &p, &v), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(process_create, 0, 0, 0, 0, (uintptr_t)&p, (uintptr_t)&v),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_create(0, LAB_BAD_PTR, 4, 0, &p, &v), ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_create(0, name, 4, 0, &p, &v), ZX_ERR_BAD_HANDLE);
    assert_status(zx_process_create(lab.process, name, 4, 0, &p, &v), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(job, ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_WRITE);
    assert_status(zx_process_create(weak, name, 4, 0, &p, &v), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    assert_status(zx_process_create(job, name, 4, 0, &p, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_create(job, name, 4, 0, LAB_BAD_PTR, &v), ZX_ERR_INVALID_ARGS);
    await(job, ZX_JOB_NO_PROCESSES); // discarded
    const zx_rights_t one[] = {ZX_RIGHT_MANAGE_PROCESS, ZX_RIGHT_WRITE};
    for (unsigned i = 0; i < 2; i++) { // either right will do
        weak = duplicate_without(job, one[i]);
        assert_ok(zx_process_create(weak, name, sizeof(name), 0, &p, &v));
        assert_ok(zx_object_get_property(p, ZX_PROP_NAME, name, 32));
        assert_int_equal(strlen(name), 31);
        memset(name, 'n', sizeof(name));
        const zx_handle_t all[] = {p, v, weak};
        assert_ok(zx_handle_close_many(all, countof(all)));
    }
    assert_ok(zx_process_create(job, name, 0, 0, &p, &v));
    close_handle(p);
    close_handle(v);
    close_handle(job);
}

SCENARIO(last_close_of_an_unstarted_process_ends_it)
{
    zx_handle_t job = make_job(lab.job);
    struct child c = make_child(job);

    close_handle(c.process);
    await(job, ZX_JOB_NO_PROCESSES);
    // Its thread and VMAR are valid handles to things that cannot be used.
    assert_status(zx_thread_start(c.thread, 0x1000000, 0, 0, 0), ZX_ERR_BAD_STATE);
    zx_handle_t vmo;
    zx_vaddr_t va;
    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_status(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va), ZX_ERR_BAD_STATE);
    close_handle(vmo);
    close_handle(c.thread);
    close_handle(c.vmar);
    close_handle(job);
}

// CALLS(zx_process_start, zx_process_exit)
SCENARIO_ON(process_runs_and_exits_with_its_code, 2, 10)
{
    struct child c = start_child(lab.job, child_exits_42, 0);

    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(c.process), ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(c.thread), ZX_THREAD_TERMINATED);
    expect_info(c.process, true, true, 42);
    close_child(&c);
}

SCENARIO_ON(last_thread_that_ends_leaves_code_0, 2, 10)
{
    struct child c = start_child(lab.job, child_leaves_by_thread_exit, 0);

    await(c.process, ZX_PROCESS_TERMINATED);
    expect_info(c.process, true, true, 0);
    close_child(&c);
    c = start_child(lab.job, child_spins, 0);
    expect_info(c.process, true, false, 0);
    assert_ok(zx_task_kill(c.thread)); // killed or not
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(c.process), ZX_PROCESS_TERMINATED);
    expect_info(c.process, true, true, 0);
    close_child(&c);
}

SCENARIO_ON(killed_process_has_code_minus_1, 2, 10)
{
    struct child c = start_child(lab.job, child_spins, 0);

    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    expect_info(c.process, true, true, -1);
    assert_ok(zx_task_kill(c.process)); // dead already
    expect_info(c.process, true, true, -1);
    close_child(&c);
}

SCENARIO(kill_of_an_unstarted_process_ends_it_at_once)
{
    struct child c = make_child(lab.job);
    zx_handle_t e = make_event(), t = 0;

    assert_ok(zx_task_kill(c.process));
    assert_int_equal(state_of(c.process), ZX_PROCESS_TERMINATED);
    expect_info(c.process, true, true, -1);
    assert_status(zx_process_start(c.process, c.thread, 0x1000000, 0, e, 0), ZX_ERR_BAD_STATE);
    assert_false(alive(e));
    assert_ok(zx_thread_create(c.process, "t", 1, 0, &t)); // no look at the process's state
    assert_status(zx_thread_start(t, 0x1000000, 0, 0, 0), ZX_ERR_BAD_STATE);
    close_handle(t);
    close_child(&c);
}

SCENARIO_ON(handle_closing_ends_no_running_process, 2, 5)
{
    zx_handle_t ends[2];

    make_pair(ends);
    struct child c = start_child(lab.job, child_waits, ends[0]);
    zx_koid_t koid = basic(c.process).koid;
    close_child(&c);
    sleep_ns(1000000);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    zx_handle_t p; // only the job still reaches it
    assert_ok(zx_object_get_child(lab.job, koid, ZX_RIGHT_SAME_RIGHTS, &p));
    assert_ok(zx_task_kill(p));
    await(ends[1], ZX_CHANNEL_PEER_CLOSED);
    await(p, ZX_PROCESS_TERMINATED);
    close_handle(p);
    close_handle(ends[1]);
}

static void child_reports_rights(zx_handle_t bootstrap)
{
    zx_info_handle_basic_t info = basic(bootstrap);

    zx_process_exit(info.type == ZX_OBJ_TYPE_EVENT ? info.rights : -5);
}

SCENARIO(start_argument_arrives_with_its_rights)
{
    zx_handle_t e = replace_without(make_event(), ZX_RIGHT_SIGNAL);
    struct child c = start_child(lab.job, child_reports_rights, e);

    assert_false(alive(e));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code,
                     ZX_DEFAULT_EVENT_RIGHTS & ~ZX_RIGHT_SIGNAL);
    close_child(&c);
}

// The start must fail with `expected`; its argument is gone.
static void start_fails(zx_handle_t process, zx_handle_t thread, zx_handle_t arg,
                        zx_status_t expected)
{
    assert_status(zx_process_start(process, thread, 0x1000000, 0, arg, 0), expected);
    if (arg != 0)
        assert_false(alive(arg));
}

SCENARIO(process_start_consumes_its_argument_in_every_failure)
{
    struct child c = make_child(lab.job), d = make_child(lab.job);
    zx_handle_t weak_p = duplicate_without(c.process, ZX_RIGHT_WRITE);
    zx_handle_t weak_t = duplicate_without(c.thread, ZX_RIGHT_WRITE);

    start_fails(0, c.thread, make_event(), ZX_ERR_BAD_HANDLE);
    start_fails(weak_p, c.thread, make_event(), ZX_ERR_ACCESS_DENIED);
    start_fails(c.thread, c.thread, make_event(), ZX_ERR_WRONG_TYPE);
    start_fails(c.process, 0, make_event(), ZX_ERR_BAD_HANDLE);
    start_fails(c.process, weak_t, make_event(), ZX_ERR_ACCESS_DENIED);
    start_fails(c.process, c.process, make_event(), ZX_ERR_WRONG_TYPE);
    start_fails(c.process, d.thread, make_event(), ZX_ERR_ACCESS_DENIED);
    start_fails(c.process, c.thread, 0, ZX_ERR_BAD_HANDLE);
    start_fails(c.process, c.thread, 0x1000001, ZX_ERR_BAD_HANDLE);
    start_fails(c.process, c.thread, replace_without(make_event(), ZX_RIGHT_TRANSFER),
                ZX_ERR_ACCESS_DENIED);
    expect_info(c.process, false, false, 0);
    close_handle(weak_p);
    close_handle(weak_t);
    close_child(&c);
    close_child(&d);
}

SCENARIO_ON(second_start_of_a_process_is_bad_state, 2, 5)
{
    struct child c = start_child(lab.job, child_waits, 0);
    zx_handle_t t;

    assert_ok(zx_thread_create(c.process, "second", 6, 0, &t));
    start_fails(c.process, t, make_event(), ZX_ERR_BAD_STATE);
    start_fails(c.process, c.thread, make_event(), ZX_ERR_BAD_STATE);
    assert_int_equal(thread_state(t), ZX_THREAD_STATE_NEW);
    zx_info_process_handle_stats_t stats;
    assert_ok(zx_object_get_info(c.process, ZX_INFO_PROCESS_HANDLE_STATS, &stats, sizeof(stats),
                                 NULL, NULL));
    assert_int_equal(stats.handle_count[ZX_OBJ_TYPE_EVENT], 1); // the first start's only
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_handle(t);
    close_child(&c);
}

// The thread's own handle may be the argument; with entry 0 it dies of its first instruction.
static void child_gets_its_thread(zx_handle_t bootstrap)
{
    zx_process_exit(basic(bootstrap).type == ZX_OBJ_TYPE_THREAD ? 11 : 12);
}

static void entry_thread(uint64_t bootstrap, uint64_t fn)
{
    (void)fn;
    child_gets_its_thread((zx_handle_t)bootstrap);
}

SCENARIO(thread_may_be_its_own_start_argument)
{
    struct child c = make_child(lab.job);

    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)entry_thread, 0, c.thread, 0));
    assert_false(alive(c.thread));
    c.thread = 0;
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 11);
    close_child(&c);
}

// Handles are closed before TERMINATED: who sees the signal finds the peers closed.
SCENARIO_ON(handles_close_before_terminated, 3, 30)
{
    zx_handle_t ends[2];

    make_pair(ends);
    struct child c = start_child(lab.job, child_waits, ends[0]);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_PEER_CLOSED);
    close_handle(ends[1]);
    close_child(&c);
}

#define KEPT 200 // in several pieces of the table

static void keep(zx_handle_t end, bool (*wanted)(unsigned i))
{
    zx_handle_t all[KEPT];

    for (unsigned i = 0; i < KEPT; i++)
        assert_ok(zx_handle_duplicate(end, ZX_RIGHT_SAME_RIGHTS, &all[i]));
    close_handle(end);
    for (unsigned i = 0; i < KEPT; i++) {
        if (!wanted(i))
            close_handle(all[i]);
    }
    zx_process_exit(0);
}

static bool each(unsigned i)
{
    (void)i;
    return true;
}

static bool far_ones(unsigned i)
{
    return i == 70 || i == KEPT - 1;
}

static void child_keeps_all(zx_handle_t end)
{
    keep(end, each);
}

static void child_keeps_far_ones(zx_handle_t end)
{
    keep(end, far_ones);
}

// CALLS(zx_process_exit)
SCENARIO(every_handle_of_a_process_ends_with_it_however_many_lie_between)
{
    static void (*const bodies[])(zx_handle_t) = { child_keeps_all, child_keeps_far_ones };

    for (unsigned i = 0; i < countof(bodies); i++) {
        zx_handle_t ends[2];
        assert_ok(zx_eventpair_create(0, &ends[0], &ends[1]));
        struct child c = start_child(lab.job, bodies[i], ends[0]);
        await(c.process, ZX_PROCESS_TERMINATED);
        assert_true(state_of(ends[1]) & ZX_EVENTPAIR_PEER_CLOSED);
        close_handle(ends[1]);
        close_child(&c);
    }
}

SCENARIO(vmar_of_a_dead_process_is_bad_state)
{
    struct child c = start_child(lab.job, child_ends, 0);
    zx_handle_t vmo, region;
    zx_vaddr_t va;

    await(c.process, ZX_PROCESS_TERMINATED);
    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_status(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_allocate(c.vmar, 0, 0, 4096, &region, &va), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_destroy(c.vmar), ZX_ERR_BAD_STATE);
    close_handle(vmo);
    close_child(&c);
}

// Two threads exit with different codes: one of them it is, and it never changes.
static void exit_entry(uint64_t code, uint64_t unused)
{
    (void)unused;
    zx_process_exit((int64_t)code);
}

static void child_exits_twice(zx_handle_t self)
{
    zx_handle_t t;

    assert_ok(zx_thread_create(self, "more", 4, 0, &t));
    assert_ok(zx_thread_start(t, (zx_vaddr_t)exit_entry, 0, 7, 0));
    zx_process_exit(8);
}

SCENARIO_ON(first_exit_code_stays, 3, 40)
{
    struct child c = start_child_with_itself(lab.job, child_exits_twice);
    zx_info_process_t info;

    do {
        info = process_info(c.process);
    } while (!info.exited);
    assert_true(info.return_code == 7 || info.return_code == 8);
    int64_t first = info.return_code;
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, first);
    close_child(&c);
}

// Each holds the other's handles through a channel; only the job ends them.
SCENARIO(processes_that_hold_each_other_end_with_their_job)
{
    zx_handle_t job = make_job(lab.job), e1[2], e2[2];

    make_pair(e1);
    make_pair(e2);
    struct child a = start_child(job, child_waits, e1[0]), b = start_child(job, child_waits, e2[0]);
    const zx_handle_t for_b[] = {a.process, a.thread}, for_a[] = {b.process, b.thread};
    assert_ok(zx_channel_write(e1[1], 0, NULL, 0, for_a, 2));
    assert_ok(zx_channel_write(e2[1], 0, NULL, 0, for_b, 2));
    close_handle(a.vmar);
    close_handle(b.vmar);
    sleep_ns(100000);
    assert_int_equal(state_of(e1[1]), ZX_CHANNEL_WRITABLE);
    assert_int_equal(state_of(job), ZX_JOB_NO_JOBS);
    assert_ok(zx_task_kill(job));
    await(e1[1], ZX_CHANNEL_PEER_CLOSED);
    await(e2[1], ZX_CHANNEL_PEER_CLOSED);
    await(job, ZX_JOB_NO_PROCESSES);
    close_handle(e1[1]);
    close_handle(e2[1]);
    close_handle(job);
}

// CALLS(zx_process_read_memory, zx_process_write_memory): a mapping of a physical VMO.
SCENARIO(physical_memory_is_not_read_and_the_cache_policy_says_so_first)
{
    struct child c = make_child(lab.job);
    const struct {
        uint32_t policy;
        zx_status_t status;
    } cases[] = {{ZX_CACHE_POLICY_UNCACHED, ZX_ERR_BAD_STATE},
                 {ZX_CACHE_POLICY_CACHED, ZX_ERR_NOT_SUPPORTED}};
    char byte = 0;
    size_t actual = 9;

    for (unsigned i = 0; i < countof(cases); i++) {
        zx_handle_t vmo;
        zx_vaddr_t va;

        assert_ok(zx_vmo_create_physical(lab.resource, 0x40000000, 4096, &vmo));
        assert_ok(zx_vmo_set_cache_policy(vmo, cases[i].policy));
        assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va));
        assert_status(zx_process_read_memory(c.process, va, &byte, 1, &actual), cases[i].status);
        assert_status(zx_process_write_memory(c.process, va, &byte, 1, &actual), cases[i].status);
        close_handle(vmo);
    }
    assert_int_equal(actual, 9);
    close_child(&c);
}

// CALLS(zx_process_read_memory, zx_process_write_memory)
SCENARIO(memory_of_a_process_is_its_mappings)
{
    struct child c = make_child(lab.job);
    zx_handle_t vmo, e = make_event(), weak;
    zx_vaddr_t va;
    char text[8192];
    size_t actual = 77;

    assert_ok(zx_vmo_create(8192, 0, &vmo));
    assert_ok(zx_vmo_write(vmo, "hello", 4090, 6));
    assert_ok(zx_vmar_map(c.vmar, 0, 0, vmo, 0, 8192, &va)); // no access: ignored here
    assert_ok(zx_process_read_memory(c.process, va + 4090, text, 6, &actual));
    assert_int_equal(actual, 6);
    assert_string_equal(text, "hello");
    assert_ok(zx_process_write_memory(c.process, va + 8000, "world", 6, &actual));
    assert_ok(zx_vmo_read(vmo, text, 8000, 6));
    assert_string_equal(text, "world");
    assert_ok(zx_process_read_memory(c.process, va + 8000, text, sizeof(text), &actual));
    assert_int_equal(actual, 192); // clipped to the mapping
    actual = 77;
    assert_status(raw_call(process_read_memory, c.process, va, 0, 4, (uintptr_t)&actual),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_read_memory(0, va, text, 0, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_read_memory(0, va, text, 67108865, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_process_read_memory(0, va, text, 4, &actual), ZX_ERR_BAD_HANDLE);
    weak = duplicate_without(c.process, ZX_RIGHT_READ);
    assert_status(zx_process_read_memory(weak, va, text, 4, &actual), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_process_write_memory(weak, va, "x", 1, &actual)); // needs WRITE alone
    close_handle(weak);
    weak = duplicate_without(c.process, ZX_RIGHT_WRITE);
    assert_status(zx_process_read_memory(weak, va, text, 4, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_process_write_memory(weak, va, text, 4, &actual), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    assert_status(zx_process_read_memory(lab.job, va, text, 4, &actual), ZX_ERR_WRONG_TYPE);
    actual = 77;
    assert_status(zx_process_read_memory(c.process, va + 8192, text, 4, &actual), ZX_ERR_NO_MEMORY);
    assert_status(zx_process_read_memory(c.process, va, LAB_BAD_PTR, 4, &actual),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(actual, 77);
    assert_status(zx_process_read_memory(c.process, va, text, 4, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    close_handle(vmo);
    close_handle(e);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest process_tests[] = {
    T(physical_memory_is_not_read_and_the_cache_policy_says_so_first),
    T(process_begins_unstarted_in_its_job),
    T(process_create_checks_in_order),
    T(last_close_of_an_unstarted_process_ends_it),
    T(process_runs_and_exits_with_its_code),
    T(last_thread_that_ends_leaves_code_0),
    T(killed_process_has_code_minus_1),
    T(kill_of_an_unstarted_process_ends_it_at_once),
    T(handle_closing_ends_no_running_process),
    T(start_argument_arrives_with_its_rights),
    T(process_start_consumes_its_argument_in_every_failure),
    T(second_start_of_a_process_is_bad_state),
    T(thread_may_be_its_own_start_argument),
    T(handles_close_before_terminated),
    T(every_handle_of_a_process_ends_with_it_however_many_lie_between),
    T(vmar_of_a_dead_process_is_bad_state),
    T(first_exit_code_stays),
    T(processes_that_hold_each_other_end_with_their_job),
    T(memory_of_a_process_is_its_mappings),
};
const size_t process_test_count = countof(process_tests);
