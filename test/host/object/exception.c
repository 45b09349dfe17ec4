// SPDX-License-Identifier: MIT
// Exceptions, their ports, and registers of stopped threads: spec 21, spec 20 section 6.
// CALLS(zx_task_bind_exception_port, zx_task_resume_from_exception): all of this file
#include "exception_test.h"

#include <stdatomic.h>
#include <string.h>

#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/port.h>

// CALLS(zx_task_bind_exception_port)
SCENARIO(bind_checks_in_order)
{
    struct child c = make_child(lab.job);
    zx_handle_t port = make_port(), event = make_event();
    const uint32_t debugger = ZX_EXCEPTION_PORT_DEBUGGER;

    assert_status(zx_task_bind_exception_port(0, 0, 0, 2), ZX_ERR_INVALID_ARGS);
    assert_status(zx_task_bind_exception_port(0, event, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_task_bind_exception_port(0, port, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_task_bind_exception_port(event, port, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_task_bind_exception_port(c.thread, port, 0, debugger), ZX_ERR_INVALID_ARGS);
    assert_status(unbind(c.thread, debugger), ZX_ERR_INVALID_ARGS);
    assert_status(unbind(event, 0), ZX_ERR_WRONG_TYPE);
    assert_status(unbind(0, 0), ZX_ERR_BAD_HANDLE);
    const struct {
        zx_handle_t task;
        uint32_t options;
    } slots[] = {{c.thread, 0}, {c.process, 0}, {c.process, debugger}, {lab.job, 0},
                 {lab.job, debugger}};
    for (unsigned i = 0; i < countof(slots); i++) {
        assert_status(unbind(slots[i].task, slots[i].options), ZX_ERR_BAD_STATE);
        bind_port(slots[i].task, port, i, slots[i].options);
        assert_status(zx_task_bind_exception_port(slots[i].task, port, i, slots[i].options),
                      ZX_ERR_ALREADY_BOUND);
    }
    assert_true(process_info(c.process).debugger_attached);
    close_handle(port); // frees them all
    assert_false(process_info(c.process).debugger_attached);
    port = make_port();
    for (unsigned i = 0; i < countof(slots); i++) {
        assert_status(unbind(slots[i].task, slots[i].options), ZX_ERR_BAD_STATE);
        bind_port(slots[i].task, port, i, slots[i].options);
    }
    assert_ok(zx_task_kill(c.process));
    assert_ok(unbind(c.process, 0)); // dead, but bound while it was alive
    assert_ok(unbind(c.process, debugger));
    assert_status(unbind(c.process, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_task_bind_exception_port(c.process, port, 0, 0), ZX_ERR_NOT_FOUND);
    assert_ok(unbind(lab.job, 0));
    assert_ok(unbind(lab.job, debugger));
    close_child(&c); // the thread is bound still
    close_handle(port);
    close_handle(event);
}

static void touch_with_nothing_left(zx_handle_t channel)
{
    const uint64_t size = 1u << 20; // its pages take nodes of a tree
    zx_handle_t got[2];             // a job, our root VMAR
    zx_job_limits_t limits = {ZX_JOB_LIMIT_KEEP, 0, ZX_JOB_LIMIT_KEEP, ZX_JOB_LIMIT_KEEP,
                              ZX_JOB_LIMIT_KEEP};
    zx_info_job_limits_t usage;
    zx_handle_t vmo;
    zx_vaddr_t va;

    assert_ok(zx_object_wait_one(channel, ZX_CHANNEL_READABLE, FOREVER, NULL));
    assert_ok(zx_channel_read(channel, 0, NULL, got, 0, 2, NULL, NULL));
    assert_ok(zx_vmo_create(size, 0, &vmo));
    assert_ok(zx_vmar_map(got[1], ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, size, &va));
    assert_ok(zx_object_get_info(got[0], ZX_INFO_JOB_LIMITS, &usage, sizeof(usage), NULL, NULL));
    limits.kernel_memory = usage.kernel_memory.used;
    assert_ok(zx_job_set_limits(got[0], 0, &limits, sizeof(limits)));
    host_user_write(va + size / 2, "x", 1);
}

// A page that the job may not have is an exception; with the limit lifted, the access is made again.
SCENARIO(a_fault_at_the_limit_is_a_fatal_page_fault)
{
    const zx_job_limits_t none = {ZX_JOB_LIMIT_NONE, ZX_JOB_LIMIT_NONE, ZX_JOB_LIMIT_NONE,
                                  ZX_JOB_LIMIT_NONE, ZX_JOB_LIMIT_NONE};
    zx_handle_t job = make_job(lab.job), port = make_port(), ends[2];

    make_pair(ends);
    bind_port(job, port, 6, 0);
    struct child c = start_child(job, touch_with_nothing_left, ends[1]);
    const zx_handle_t given[2] = {duplicate_without(job, 0), duplicate_without(c.vmar, 0)};
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, given, 2));
    receive(port, 6, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    await(job, ZX_JOB_LIMIT_REACHED);
    assert_ok(zx_job_set_limits(job, 0, &none, sizeof(none)));
    answer(&c, port, 0);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    close_child(&c);
    close_handle(ends[0]);
    close_handle(port);
    close_handle(job);
}

// CALLS(zx_task_resume_from_exception)
SCENARIO_ON(resume_checks_in_order, 2, 10)
{
    zx_handle_t port = make_port(), other = make_port();
    struct child c = make_child(lab.job);

    assert_status(zx_task_resume_from_exception(0, 0, 9), ZX_ERR_BAD_HANDLE);
    assert_status(zx_task_resume_from_exception(c.process, 0, 9), ZX_ERR_WRONG_TYPE);
    assert_status(zx_task_resume_from_exception(c.thread, 0, 9), ZX_ERR_BAD_HANDLE);
    assert_status(zx_task_resume_from_exception(c.thread, c.thread, 9), ZX_ERR_WRONG_TYPE);
    assert_status(zx_task_resume_from_exception(c.thread, port, 1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_task_resume_from_exception(c.thread, port, 23), ZX_ERR_INVALID_ARGS);
    assert_status(zx_task_resume_from_exception(c.thread, port, 0), ZX_ERR_BAD_STATE);
    close_child(&c);
    bind_port(lab.job, port, 5, 0);
    c = start_child(lab.job, child_faults, 0);
    receive(port, 5, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    assert_status(zx_task_resume_from_exception(c.thread, other, 0), ZX_ERR_ACCESS_DENIED);
    zx_handle_t token;
    assert_ok(zx_task_suspend(c.thread, &token)); // so that it stays where it is
    answer(&c, port, 0);
    zx_status_t again = zx_task_resume_from_exception(c.thread, port, 0);
    assert_status(again, ZX_ERR_BAD_STATE);
    close_handle(token);
    receive(port, 5, ZX_EXCP_FATAL_PAGE_FAULT, &c); // nothing was mended
    answer(&c, port, ZX_RESUME_TRY_NEXT);
    await_killed(&c);
    assert_status(zx_task_resume_from_exception(c.thread, port, 0), ZX_ERR_BAD_STATE);
    close_child(&c);
    close_handle(port);
    close_handle(other);
}

// Debugger, thread, process, job, parent job, its parent: by TRY_NEXT, by unbinding, by closing ports.
SCENARIO_ON(exception_search_order, 3, 30)
{
    for (unsigned way = 0; way < 3; way++) {
        zx_handle_t top = make_job(lab.job), middle = make_job(top), job = make_job(middle);
        struct child c = make_child(job);
        const struct {
            zx_handle_t task;
            uint32_t options, type;
        } slots[] = {
            {c.process, ZX_EXCEPTION_PORT_DEBUGGER, ZX_EXCEPTION_PORT_TYPE_DEBUGGER},
            {c.thread, 0, ZX_EXCEPTION_PORT_TYPE_THREAD},
            {c.process, 0, ZX_EXCEPTION_PORT_TYPE_PROCESS},
            {job, 0, ZX_EXCEPTION_PORT_TYPE_JOB},
            {middle, 0, ZX_EXCEPTION_PORT_TYPE_JOB},
            {top, 0, ZX_EXCEPTION_PORT_TYPE_JOB},
        };
        zx_handle_t ports[countof(slots)];

        for (unsigned i = 0; i < countof(slots); i++) {
            ports[i] = make_port();
            bind_port(slots[i].task, ports[i], 100 + i, slots[i].options);
        }
        assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_faults, 0, make_event(),
                                   0));
        receive(ports[0], 100, ZX_EXCP_THREAD_STARTING, &c);
        answer(&c, ports[0], 0);
        for (unsigned i = 0; i < countof(slots); i++) {
            zx_exception_report_t report;
            receive(ports[i], 100 + i, ZX_EXCP_FATAL_PAGE_FAULT, &c);
            assert_int_equal(waits_for(c.thread), slots[i].type);
            assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_EXCEPTION);
            assert_int_equal(state_of(c.thread), ZX_THREAD_RUNNING);
            assert_ok(zx_object_get_info(c.thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report,
                                         sizeof(report), NULL, NULL));
            assert_int_equal(report.header.size, sizeof(report));
            assert_int_equal(report.header.type, ZX_EXCP_FATAL_PAGE_FAULT);
            assert_int_equal(report.context.arch.u.arm_64.far, NOWHERE);
            if (way == 0)
                answer(&c, ports[i], ZX_RESUME_TRY_NEXT);
            else if (way == 1)
                assert_ok(unbind(slots[i].task, slots[i].options));
            else
                close_handle(ports[i]);
        }
        if (way == 0) {
            receive(ports[0], 100, ZX_EXCP_THREAD_EXITING, &c); // which it does not wait for
        }
        await_killed(&c);
        for (unsigned i = 0; i < countof(slots) && way != 2; i++)
            close_handle(ports[i]);
        close_child(&c);
        close_handle(job);
        close_handle(middle);
        close_handle(top);
    }
}

static void child_faults_at(zx_handle_t bootstrap)
{
    vaddr_t va;
    uint32_t bytes;
    char seen = 0;

    await(bootstrap, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(bootstrap, 0, &va, NULL, sizeof(va), 0, &bytes, NULL));
    host_user_write(va, "y", 1);
    host_user_read(&seen, va, 1);
    assert_int_equal(seen, 'y');
    assert_ok(zx_channel_write(bootstrap, 0, "k", 1, NULL, 0));
}

// Answered 0 the access is made again, and works once the handler has mended the mapping.
// CALLS(zx_thread_read_state, zx_thread_write_state)
SCENARIO_ON(exception_is_mended, 3, 30)
{
    zx_handle_t port = make_port(), ends[2], vmo;
    zx_thread_state_general_regs_t regs, again;
    zx_vaddr_t va;

    make_pair(ends);
    struct child c = start_child(lab.job, child_faults_at, ends[1]);
    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va));
    close_handle(vmo);
    bind_port(c.thread, port, 1, 0);
    assert_ok(zx_channel_write(ends[0], 0, &va, sizeof(va), NULL, 0));
    receive(port, 1, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    regs.r[8] = 0x1234;
    regs.cpsr = 0xffffffffffffffff;
    assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &again, sizeof(again)));
    assert_int_equal(again.cpsr, 0xf0000000);
    assert_int_equal(again.r[8], 0x1234);
    assert_ok(zx_vmar_protect(c.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, va, 4096));
    answer(&c, port, 0);
    await(ends[0], ZX_CHANNEL_READABLE);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    close_handle(ends[0]);
    close_handle(port);
    close_child(&c);
}

// Nobody there, or nobody who can be told: the process is killed.
SCENARIO_ON(exception_unhandled_kills, 2, 20)
{
    struct child c = start_child(lab.job, child_faults, 0);

    await_killed(&c);
    close_child(&c);
}

SCENARIO(exception_port_full)
{
    zx_handle_t port = make_port(), next = make_port(), job = make_job(lab.job);
    zx_port_packet_t p = {.type = ZX_PKT_TYPE_USER};
    unsigned queued = 0, read = 0;

    bind_port(job, port, 1, 0);
    bind_port(lab.job, next, 2, 0); // not tried
    while (zx_port_queue(port, &p) == ZX_OK)
        queued++;
    struct child c = start_child(job, child_faults, 0);
    await_killed(&c);
    while (zx_port_wait(port, 0, &p) == ZX_OK) {
        assert_int_equal(p.type, ZX_PKT_TYPE_USER);
        read++;
    }
    assert_int_equal(queued, read);
    assert_int_equal(queued, 2049);
    assert_status(zx_port_wait(next, 0, &p), ZX_ERR_TIMED_OUT);
    close_child(&c);
    close_handle(port);
    close_handle(next);
    close_handle(job);
}

// Nobody else is asked about a thread that was killed while somebody was.
// CALLS(zx_task_kill)
SCENARIO_ON(exception_of_a_killed_thread, 3, 40)
{
    zx_handle_t port = make_port(), next = make_port(), job = make_job(lab.job);
    zx_port_packet_t p;

    bind_port(lab.job, next, 2, 0);
    bind_port(job, port, 1, 0);
    struct child c = start_child(job, child_faults, 0);
    receive(port, 1, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    assert_ok(zx_task_kill(host_random(2) != 0 ? c.process : c.thread));
    assert_ok(zx_object_wait_one(c.process, ZX_PROCESS_TERMINATED, FOREVER, NULL));
    assert_status(zx_port_wait(next, 0, &p), ZX_ERR_TIMED_OUT);
    close_child(&c);
    close_handle(port);
    close_handle(next);
    close_handle(job);
}

// --- Debuggers' events -------------------------------------------------------------------------

static void thread_ends(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

// PROCESS_STARTING goes to the nearest job debugger; one that binds to the process then hears of the
// thread.
SCENARIO_ON(debugger_events, 3, 30)
{
    zx_handle_t jport = make_port(), dport = make_port(), job = make_job(lab.job);
    zx_thread_state_general_regs_t regs = {0};
    zx_thread_state_single_step_t step = 1;
    struct child c = make_child(job);

    bind_port(lab.job, jport, 7, ZX_EXCEPTION_PORT_DEBUGGER);
    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)thread_ends, 0, make_event(), 0));
    receive(jport, 7, ZX_EXCP_PROCESS_STARTING, &c);
    assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_JOB_DEBUGGER);
    bind_port(c.process, dport, 8, ZX_EXCEPTION_PORT_DEBUGGER);
    answer(&c, jport, 0);
    receive(dport, 8, ZX_EXCP_THREAD_STARTING, &c);
    assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_DEBUGGER);
    assert_status(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_thread_write_state(c.thread, ZX_THREAD_STATE_SINGLE_STEP, &step, sizeof(step)),
                  ZX_ERR_NOT_SUPPORTED);
    answer(&c, dport, ZX_RESUME_TRY_NEXT); // all answers are the same
    receive(dport, 8, ZX_EXCP_THREAD_EXITING, &c);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_DYING);
    assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_DEBUGGER);
    assert_false(state_of(c.thread) & ZX_THREAD_TERMINATED);
    assert_status(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)),
                  ZX_ERR_NOT_SUPPORTED);
    answer(&c, dport, 0);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    assert_true(process_info(c.process).debugger_attached);
    close_handle(dport);
    assert_false(process_info(c.process).debugger_attached);
    assert_ok(unbind(lab.job, ZX_EXCEPTION_PORT_DEBUGGER));
    close_child(&c);
    close_handle(jport);
    close_handle(job);
}

// Killed in an event or an exception, it ends at once, without running user code.
SCENARIO_ON(kill_in_an_event, 3, 30)
{
    zx_handle_t port = make_port();
    struct child c;

    for (unsigned when = 0; when < 3; when++) { // starting, in the fault, exiting
        void (*const body)(zx_handle_t) = when == 1 ? child_faults : (void (*)(zx_handle_t))0;
        c = make_child(lab.job);
        bind_port(c.process, port, 8, ZX_EXCEPTION_PORT_DEBUGGER);
        assert_ok(zx_process_start(c.process, c.thread,
                                   body != NULL ? (zx_vaddr_t)body : (zx_vaddr_t)thread_ends, 0,
                                   make_event(), 0));
        receive(port, 8, ZX_EXCP_THREAD_STARTING, &c);
        if (when > 0) {
            answer(&c, port, 0);
            receive(port, 8, when == 1 ? ZX_EXCP_FATAL_PAGE_FAULT : ZX_EXCP_THREAD_EXITING, &c);
        }
        assert_ok(zx_task_kill(c.thread));
        await(c.process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c.process).return_code, 0);
        if (when < 2)
            receive(port, 8, ZX_EXCP_THREAD_EXITING, &c);
        assert_ok(unbind(c.process, ZX_EXCEPTION_PORT_DEBUGGER));
        close_child(&c);
    }
    close_handle(port);
}

// A suspension during an exception counts when it is over, and not before.
SCENARIO_ON(suspend_in_an_exception, 3, 30)
{
    zx_handle_t port = make_port(), tokens[2];
    struct child c = make_child(lab.job);

    bind_port(c.process, port, 8, ZX_EXCEPTION_PORT_DEBUGGER);
    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_spins, 0, make_event(), 0));
    receive(port, 8, ZX_EXCP_THREAD_STARTING, &c);
    assert_ok(zx_task_suspend(c.thread, &tokens[0]));
    assert_ok(zx_task_suspend(c.process, &tokens[1]));
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_EXCEPTION);
    close_handle(tokens[0]);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_EXCEPTION);
    assert_int_equal(state_of(c.thread), ZX_THREAD_RUNNING);
    answer(&c, port, 0);
    await(c.thread, ZX_THREAD_SUSPENDED);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_SUSPENDED);
    close_handle(tokens[1]);
    await(c.thread, ZX_THREAD_RUNNING);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_handle(port);
    close_child(&c);
}

// The process holds the only handle to its own debugger's port and exits all the same.
static void child_exits_with_port(zx_handle_t port)
{
    (void)port;
    zx_process_exit(0);
}

SCENARIO_ON(exit_with_its_own_port, 2, 30)
{
    zx_handle_t port = make_port();
    struct child c = make_child(lab.job);

    bind_port(c.process, port, 8, 0);
    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_exits_with_port, 0, port, 0));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    close_child(&c);
}

// --- Policy ------------------------------------------------------------------------------------

static void child_makes_event(zx_handle_t bootstrap)
{
    zx_handle_t e = 0;
    zx_status_t status = zx_event_create(0, &e);

    assert_ok(zx_channel_write(bootstrap, 0, &status, sizeof(status), NULL, 0));
}

// The result is in x0 already; answered 0 the caller sees it, or what a handler has made of it.
SCENARIO_ON(policy_exception, 2, 30)
{
    for (unsigned i = 0; i < 3; i++) {
        const zx_policy_basic_t policy = {
            ZX_POL_NEW_EVENT,
            ZX_POL_ACTION_EXCEPTION | (i == 0 ? ZX_POL_ACTION_ALLOW : ZX_POL_ACTION_DENY)};
        zx_handle_t port = make_port(), job = make_job(lab.job), ends[2], start = make_event();
        zx_thread_state_general_regs_t regs;
        zx_status_t expected = i == 0 ? ZX_OK : ZX_ERR_ACCESS_DENIED, got;
        zx_exception_report_t report;
        uint32_t bytes;

        assert_ok(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, &policy, 1));
        bind_port(job, port, 3, 0);
        make_pair(ends);
        struct child c = start_child(job, child_makes_event, ends[1]);
        receive(port, 3, ZX_EXCP_POLICY_ERROR, &c);
        assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        assert_int_equal((zx_status_t)regs.r[0], expected);
        assert_ok(zx_object_get_info(c.thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report,
                                     sizeof(report), NULL, NULL));
        assert_int_equal(report.context.arch.u.arm_64.esr | report.context.arch.u.arm_64.far, 0);
        if (i == 2) {
            regs.r[0] = (uint64_t)(expected = ZX_ERR_UNAVAILABLE);
            assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                            sizeof(regs)));
        }
        answer(&c, port, 0);
        await(c.process, ZX_PROCESS_TERMINATED);
        assert_ok(zx_channel_read(ends[0], 0, &got, NULL, sizeof(got), 0, &bytes, NULL));
        assert_status(got, expected);
        close_handle(ends[0]);
        close_handle(start);
        close_child(&c);
        close_handle(port);
        close_handle(job);
    }
}

static void child_bad_call(zx_handle_t bootstrap)
{
    const uint64_t args[8] = {0};
    int64_t result = lab_syscall(ZX_SYS_COUNT + 5, args);

    assert_ok(zx_channel_write(bootstrap, 0, &result, sizeof(result), NULL, 0));
}

// A call that is none is a policy error whose result is BAD_SYSCALL; unhandled it kills.
SCENARIO_ON(bad_call_is_a_policy_error, 2, 20)
{
    zx_handle_t port = make_port(), ends[2];
    int64_t result;
    uint32_t bytes;

    make_pair(ends);
    bind_port(lab.job, port, 3, 0);
    struct child c = start_child(lab.job, child_bad_call, ends[1]);
    receive(port, 3, ZX_EXCP_POLICY_ERROR, &c);
    answer(&c, port, 0);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_ok(zx_channel_read(ends[0], 0, &result, NULL, sizeof(result), 0, &bytes, NULL));
    assert_int_equal(result, ZX_ERR_BAD_SYSCALL);
    close_handle(ends[0]);
    close_child(&c);
    close_handle(port);
    make_pair(ends);
    c = start_child(lab.job, child_bad_call, ends[1]);
    await_killed(&c);
    close_handle(ends[0]);
    close_child(&c);
}

// --- Registers ---------------------------------------------------------------------------------

// CALLS(zx_thread_read_state, zx_thread_write_state)
SCENARIO_ON(thread_state_checks_in_order, 2, 10)
{
    static const struct {
        uint32_t kind;
        size_t size;
        zx_status_t result;
    } kinds[] = {
        {ZX_THREAD_STATE_GENERAL_REGS, 272, ZX_OK}, {ZX_THREAD_STATE_FP_REGS, 4, ZX_OK},
        {ZX_THREAD_STATE_VECTOR_REGS, 520, ZX_OK},  {ZX_THREAD_STATE_DEBUG_REGS, 528, ZX_OK},
        {ZX_THREAD_STATE_SINGLE_STEP, 4, ZX_OK},    {ZX_THREAD_X86_REGISTER_FS, 8, ZX_ERR_INVALID_ARGS},
        {ZX_THREAD_X86_REGISTER_GS, 8, ZX_ERR_INVALID_ARGS},
    };
    struct child c = start_child(lab.job, child_spins, 0);
    uint8_t buffer[1024] = {0};
    zx_handle_t token, weak;

    assert_status(zx_thread_read_state(0, 99, buffer, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_thread_read_state(lab.process, 99, buffer, 0), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(c.thread, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    assert_status(zx_thread_read_state(weak, 99, buffer, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_thread_write_state(weak, 99, buffer, 0), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    const uint32_t none[] = {3, 8, 0x80000000};
    for (unsigned i = 0; i < countof(none); i++) {
        assert_status(zx_thread_read_state(c.thread, none[i], buffer, 4), ZX_ERR_INVALID_ARGS);
        assert_status(zx_thread_write_state(c.thread, none[i], buffer, 4), ZX_ERR_INVALID_ARGS);
    }
    for (unsigned i = 0; i < countof(kinds); i++) {
        uint32_t k = kinds[i].kind;
        size_t size = kinds[i].size;
        assert_status(zx_thread_read_state(c.thread, k, buffer, size - 1),
                      ZX_ERR_BUFFER_TOO_SMALL);
        assert_status(zx_thread_write_state(c.thread, k, buffer, size - 1),
                      ZX_ERR_BUFFER_TOO_SMALL);
        assert_status(zx_thread_write_state(c.thread, k, buffer, size + 1), ZX_ERR_INVALID_ARGS);
        assert_status(zx_thread_write_state(c.thread, k, LAB_BAD_PTR, size), ZX_ERR_INVALID_ARGS);
        assert_status(zx_thread_write_state(c.thread, k, buffer, size), ZX_ERR_BAD_STATE);
        assert_status(zx_thread_read_state(c.thread, k, buffer, size), ZX_ERR_BAD_STATE);
    }
    assert_ok(zx_task_suspend(c.thread, &token));
    await(c.thread, ZX_THREAD_SUSPENDED);
    for (unsigned i = 0; i < countof(kinds); i++) {
        uint32_t k = kinds[i].kind;
        size_t size = kinds[i].size;
        memset(buffer, 0x5a, sizeof(buffer));
        assert_status(zx_thread_read_state(c.thread, k, buffer, sizeof(buffer)), kinds[i].result);
        assert_int_equal(buffer[size], 0x5a);
        if (kinds[i].result == ZX_OK)
            assert_status(zx_thread_read_state(c.thread, k, LAB_BAD_PTR, size),
                          ZX_ERR_INVALID_ARGS);
        assert_status(zx_thread_write_state(c.thread, k, buffer, size), kinds[i].result);
    }
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_status(zx_thread_read_state(c.thread, 0, buffer, 272), ZX_ERR_BAD_STATE);
    close_handle(token);
    close_child(&c);
}

// CALLS(zx_thread_read_state, zx_thread_write_state)
SCENARIO_ON(thread_state_keeps_what_is_written, 2, 20)
{
    struct child c = start_child(lab.job, child_waits, 0);
    zx_thread_state_vector_regs_t v = {.fpcr = 1, .fpsr = 2}, w;
    zx_thread_state_debug_regs_t d, e;
    zx_thread_state_single_step_t step = 2;
    zx_handle_t token;

    await_state(c.thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_task_suspend(c.thread, &token));
    await(c.thread, ZX_THREAD_SUSPENDED);
    for (unsigned i = 0; i < 32; i++)
        v.v[i].low = v.v[i].high = i * 0x0101010101010101;
    assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_VECTOR_REGS, &v, sizeof(v)));
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_VECTOR_REGS, &w, sizeof(w)));
    assert_memory_equal(&v, &w, sizeof(v));
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &d, sizeof(d)));
    assert_in_range(d.hw_bps_count, 2, 16);
    assert_int_equal(d.hw_bps[0].dbgbcr, 0x1e4);
    assert_int_equal(d.hw_bps[0].dbgbvr, 0);
    d.hw_bps[0].dbgbvr = 0x2000000;
    d.hw_bps[0].dbgbcr = 0xffffffff;
    assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &d, sizeof(d)));
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &e, sizeof(e)));
    assert_int_equal(e.hw_bps[0].dbgbvr, 0x2000000);
    assert_int_equal(e.hw_bps[0].dbgbcr, 0x1e5);
    d.hw_bps[1].dbgbvr = 0xffff000000000000;
    assert_status(zx_thread_write_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &d, sizeof(d)),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_thread_write_state(c.thread, ZX_THREAD_STATE_SINGLE_STEP, &step, sizeof(step)),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_handle(token);
    close_child(&c);
}

// --- Races -------------------------------------------------------------------------------------

struct scene {
    struct child child;
    zx_handle_t port, job;
    bool answered;
};

static void scene_wait(unsigned most)
{
    for (unsigned n = (unsigned)host_random(most); n > 0; n--)
        lab_pause();
}

static void answers(void *arg)
{
    struct scene *s = arg;

    scene_wait(10);
    zx_status_t status = zx_task_resume_from_exception(s->child.thread, s->port,
                                                       ZX_RESUME_TRY_NEXT);
    if (status != ZX_OK && status != ZX_ERR_ACCESS_DENIED)
        assert_status(status, ZX_ERR_BAD_STATE);
}

static void unbinds(void *arg)
{
    scene_wait(10);
    assert_ok(unbind(((struct scene *)arg)->job, 0));
}

static void kills(void *arg)
{
    scene_wait(10);
    assert_ok(zx_task_kill(((struct scene *)arg)->child.process));
}

static void closes(void *arg)
{
    scene_wait(10);
    close_handle(((struct scene *)arg)->port);
}

static void peeks(void *arg)
{
    struct scene *s = arg;
    zx_thread_state_general_regs_t regs;

    for (unsigned i = 0; i < 5; i++) {
        zx_status_t status = zx_thread_read_state(s->child.thread, ZX_THREAD_STATE_GENERAL_REGS,
                                                  &regs, sizeof(regs));
        if (status != ZX_OK)
            assert_status(status, ZX_ERR_BAD_STATE);
        (void)waits_for(s->child.thread);
    }
}

// Whatever comes first, the exception ends once, and the process with it.
SCENARIO_ON(race_answer_unbind_kill, 4, 30)
{
    struct scene s = {.port = make_port(), .job = make_job(lab.job)};

    bind_port(s.job, s.port, 1, 0);
    s.child = start_child(s.job, child_faults, 0);
    RACE(&s, answers, unbinds, kills, peeks);
    await_killed(&s.child);
    close_child(&s.child);
    close_handle(s.job);
    close_handle(s.port);
}

SCENARIO_ON(race_raise_port_close, 4, 30)
{
    struct scene s = {.port = make_port(), .job = make_job(lab.job)};

    bind_port(s.job, s.port, 1, 0);
    s.child = start_child(s.job, child_faults, 0);
    RACE(&s, closes, peeks);
    await_killed(&s.child);
    assert_status(unbind(s.job, 0), ZX_ERR_BAD_STATE);
    close_child(&s.child);
    close_handle(s.job);
}

static void binds_and_unbinds(void *arg)
{
    struct scene *s = arg;
    zx_handle_t port = make_port();

    for (unsigned i = 0; i < 3; i++) {
        zx_status_t status = zx_task_bind_exception_port(s->job, port, 1, 0);
        if (status != ZX_OK)
            assert_status(status, ZX_ERR_ALREADY_BOUND);
        else if (i == 1)
            assert_ok(unbind(s->job, 0));
        scene_wait(5);
        if (status == ZX_OK && i != 1)
            break;
    }
    close_handle(port);
}

SCENARIO_ON(race_bind_bind_raise, 4, 30)
{
    struct scene s = {.job = make_job(lab.job)};

    s.child = start_child(s.job, child_faults, 0);
    RACE(&s, binds_and_unbinds, binds_and_unbinds);
    await_killed(&s.child);
    close_child(&s.child);
    close_handle(s.job);
}

// CALLS(zx_task_bind_exception_port)
SWEEP(exception_bind_no_memory, 2)
{
    zx_handle_t port, job;

    if (!got(zx_job_create(lab.job, 0, &job)))
        return;
    if (got(zx_port_create(0, &port))) {
        if (got(zx_task_bind_exception_port(job, port, 1, 0)))
            assert_ok(unbind(job, 0));
        else
            assert_status(unbind(job, 0), ZX_ERR_BAD_STATE);
        close_handle(port);
    }
    close_handle(job);
}

// How many records of the log, of those not seen yet, say that the kernel has killed somebody.
static unsigned deaths_told(zx_handle_t log)
{
    char record[ZX_LOG_RECORD_MAX + 1];
    unsigned told = 0;
    zx_status_t size;

    while ((size = zx_debuglog_read(log, 0, record, ZX_LOG_RECORD_MAX)) > 0) {
        record[size] = '\0';
        told += strstr(record + sizeof(zx_log_record_t), "killed: ") != NULL;
    }
    assert_status(size, ZX_ERR_SHOULD_WAIT);
    return told;
}

// A child in `job` faults; whoever is bound to `handler` passes it on, or goes.
static void fault_and_pass_on(zx_handle_t job, zx_handle_t handler, bool answers)
{
    zx_handle_t port = make_port();

    bind_port(handler, port, 5, 0);
    struct child c = start_child(job, child_faults, 0);
    receive(port, 5, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    if (answers)
        answer(&c, port, ZX_RESUME_TRY_NEXT);
    close_handle(port);
    await_killed(&c);
    close_child(&c);
}

// The kernel tells of a death itself, unless the root job's handler has looked at it. (The laboratory's
// job is the one above that of a machine's first process.)
// CALLS(zx_task_bind_exception_port, zx_task_resume_from_exception): who reports
SCENARIO_ON(exception_is_told_once, 2, 10)
{
    zx_handle_t log, root = 0, job = 0;

    assert_ok(zx_job_create(lab.job, 0, &root));
    assert_ok(zx_job_create(root, 0, &job));
    assert_ok(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &log));
    (void)deaths_told(log);
    fault_and_pass_on(job, root, true);
    assert_int_equal(deaths_told(log), 0);
    fault_and_pass_on(job, root, false);
    assert_int_equal(deaths_told(log), 1);
    fault_and_pass_on(job, job, true); // another job's handler is not enough
    assert_int_equal(deaths_told(log), 1);
    struct child c = start_child(job, child_faults, 0);
    await_killed(&c);
    close_child(&c);
    assert_int_equal(deaths_told(log), 1);
    close_handle(log);
    close_handle(job);
    close_handle(root);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest exception_tests[] = {
    T(a_fault_at_the_limit_is_a_fatal_page_fault),
    T(bind_checks_in_order),
    T(resume_checks_in_order),
    T(exception_search_order),
    T(exception_is_mended),
    T(exception_unhandled_kills),
    T(exception_port_full),
    T(exception_of_a_killed_thread),
    T(exception_is_told_once),
    T(debugger_events),
    T(kill_in_an_event),
    T(suspend_in_an_exception),
    T(exit_with_its_own_port),
    T(policy_exception),
    T(bad_call_is_a_policy_error),
    T(thread_state_checks_in_order),
    T(thread_state_keeps_what_is_written),
    T(race_answer_unbind_kill),
    T(race_raise_port_close),
    T(race_bind_bind_raise),
    T(exception_bind_no_memory),
};
const size_t exception_test_count = countof(exception_tests);
