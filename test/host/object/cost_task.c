// SPDX-License-Identifier: MIT
// What calls on tasks, resources, the log and the machine cost (cost.h).
#include "cost.h"

#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>

static zx_handle_t one, two;
static char bytes[64];

static void cost_thread_create(void)
{
    MEASURE(zx_thread_create(lab.process, "t", 1, 0, &one));
    close_handle(one);
}

static void body(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

// One that does not get the CPU until the caller waits for it.
static void cost_thread_start(void)
{
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &one));
    MEASURE(zx_thread_start(one, (zx_vaddr_t)body, 0, 0, 0));
    lab_thread_join(one);
}

static void cost_process_create(void)
{
    zx_handle_t vmar;

    MEASURE(zx_process_create(lab.job, "p", 1, 0, &one, &vmar));
    close_handle(one);
    close_handle(vmar);
}

static void cost_process_start(void)
{
    struct child c = make_child(lab.job);

    one = make_event();
    MEASURE(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_ends, 0, one, 0));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// A thread that waits for nothing that will come.
static void cost_task_kill(void)
{
    struct child c = start_child(lab.job, child_waits, 0);

    MEASURE(zx_task_kill(c.thread));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

static void cost_task_suspend(void)
{
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &one));
    MEASURE(zx_task_suspend(one, &two));
    close_handle(two);
    close_handle(one);
}

static void cost_task_suspend_token(void)
{
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &one));
    MEASURE(zx_task_suspend_token(one, &two));
    close_handle(two);
    close_handle(one);
}

SIMPLE_CASE(thread_set_priority, zx_thread_set_priority(COST_PRIORITY))

// A thread that is stopped before its first instruction.
static zx_handle_t stop_thread(void)
{
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &one));
    assert_ok(zx_task_suspend_token(one, &two));
    assert_ok(zx_thread_start(one, (zx_vaddr_t)body, 0, 0, 0));
    await(one, ZX_THREAD_SUSPENDED);
    return one;
}

static void resume_thread(void)
{
    close_handle(two);
    lab_thread_join(one);
}

static uint32_t step;

static void cost_thread_read_state(void)
{
    stop_thread();
    MEASURE(zx_thread_read_state(one, ZX_THREAD_STATE_SINGLE_STEP, &step, sizeof(step)));
    resume_thread();
}

static void cost_thread_write_state(void)
{
    step = 0;
    stop_thread();
    MEASURE(zx_thread_write_state(one, ZX_THREAD_STATE_SINGLE_STEP, &step, sizeof(step)));
    resume_thread();
}

static void cost_task_bind_exception_port(void)
{
    zx_handle_t port;

    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &one));
    MEASURE(zx_task_bind_exception_port(one, port, 7, 0));
    close_handle(port);
    close_handle(one);
}

static void cost_job_set_limits(void)
{
    const zx_job_limits_t limits = {1u << 30, 1u << 30, 1u << 16, 1u << 16, 1u << 16};

    one = make_job(lab.job);
    MEASURE(zx_job_set_limits(one, 0, &limits, sizeof(limits)));
    close_handle(one);
}

static void cost_job_create(void)
{
    MEASURE(zx_job_create(lab.job, 0, &one));
    close_handle(one);
}

static void cost_job_set_policy(void)
{
    zx_policy_basic_t deny = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY};

    one = make_job(lab.job);
    MEASURE(zx_job_set_policy(one, ZX_JOB_POL_RELATIVE, ZX_JOB_POL_BASIC, &deny, 1));
    close_handle(one);
}

static const zx_profile_info_t usual = {
    .type = ZX_PROFILE_INFO_SCHEDULER,
    .scheduler = {.priority = COST_PRIORITY},
};

// Profiles come from the root job that programs see, which is a child of the kernel's own.
static void cost_profile_create(void)
{
    zx_handle_t root = make_job(lab.job);

    MEASURE(zx_profile_create(root, &usual, &one));
    close_handle(one);
    close_handle(root);
}

static void cost_object_set_profile(void)
{
    zx_handle_t root = make_job(lab.job);

    assert_ok(zx_profile_create(root, &usual, &one));
    MEASURE(zx_object_set_profile(lab.thread, one, 0));
    close_handle(one);
    close_handle(root);
}

static void cost_resource_create(void)
{
    MEASURE(zx_resource_create(lab.resource, ZX_RSRC_KIND_MMIO, 0x1000, 0x1000, "r", 1, &one));
    close_handle(one);
}

// --- The log -----------------------------------------------------------------------------------

static void cost_debuglog_create(void)
{
    MEASURE(zx_debuglog_create(0, 0, &one));
    close_handle(one);
}

static void cost_debuglog_write(void)
{
    assert_ok(zx_debuglog_create(0, 0, &one));
    MEASURE(zx_debuglog_write(one, 0, bytes, 8));
    close_handle(one);
}

static void cost_log_write(void)
{
    assert_ok(zx_debuglog_create(0, 0, &one));
    MEASURE(zx_log_write(one, 8, bytes, 0));
    close_handle(one);
}

// A log with a record to be read.
static void open_log(void)
{
    assert_ok(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &one));
    assert_ok(zx_debuglog_write(one, 0, bytes, 8));
}

static void cost_debuglog_read(void)
{
    char record[ZX_LOG_RECORD_MAX];

    open_log();
    cost_begin();
    zx_status_t status = zx_debuglog_read(one, 0, record, sizeof(record));
    cost_end();
    assert_true(status > 0);
    close_handle(one);
}

static void cost_log_read(void)
{
    char record[ZX_LOG_RECORD_MAX];

    open_log();
    cost_begin();
    zx_status_t status = zx_log_read(one, sizeof(record), record, 0);
    cost_end();
    assert_true(status > 0);
    close_handle(one);
}

SIMPLE_CASE(debug_write, zx_debug_write("", 0))

// --- Randomness, and calls for tests -------------------------------------------------------------

static void cost_cprng_draw_once(void)
{
    MEASURE(raw_call(cprng_draw_once, (uintptr_t)bytes, sizeof(bytes)));
}

SIMPLE_CASE(cprng_add_entropy, zx_cprng_add_entropy(bytes, sizeof(bytes)))
SIMPLE_CASE(syscall_test_0, zx_syscall_test_0())
SIMPLE_CASE(syscall_test_1, zx_syscall_test_1(0))
SIMPLE_CASE(syscall_test_2, zx_syscall_test_2(0, 0))
SIMPLE_CASE(syscall_test_3, zx_syscall_test_3(0, 0, 0))
SIMPLE_CASE(syscall_test_4, zx_syscall_test_4(0, 0, 0, 0))
SIMPLE_CASE(syscall_test_5, zx_syscall_test_5(0, 0, 0, 0, 0))
SIMPLE_CASE(syscall_test_6, zx_syscall_test_6(0, 0, 0, 0, 0, 0))
SIMPLE_CASE(syscall_test_7, zx_syscall_test_7(0, 0, 0, 0, 0, 0, 0))
SIMPLE_CASE(syscall_test_8, zx_syscall_test_8(0, 0, 0, 0, 0, 0, 0, 0))
SIMPLE_CASE(syscall_test_wrapper, zx_syscall_test_wrapper(0, 0, 0))

const struct cost_case cost_task_cases[] = {
    CASE(thread_create),
    CASE(thread_start),
    CASE(process_create),
    CASE(process_start),
    CASE(task_kill),
    CASE(task_suspend),
    CASE(task_suspend_token),
    CASE(task_bind_exception_port),
    CASE(thread_read_state),
    CASE(thread_write_state),
    CASE(thread_set_priority),
    CASE(job_create),
    CASE(job_set_policy),
    CASE(job_set_limits),
    CASE(profile_create),
    CASE(object_set_profile),
    CASE(resource_create),
    CASE(debuglog_create),
    CASE(debuglog_write),
    CASE(debuglog_read),
    CASE(log_write),
    CASE(log_read),
    CASE(debug_write),
    CASE(cprng_draw_once),
    CASE(cprng_add_entropy),
    CASE(syscall_test_0),
    CASE(syscall_test_1),
    CASE(syscall_test_2),
    CASE(syscall_test_3),
    CASE(syscall_test_4),
    CASE(syscall_test_5),
    CASE(syscall_test_6),
    CASE(syscall_test_7),
    CASE(syscall_test_8),
    CASE(syscall_test_wrapper),
};
const size_t cost_task_count = countof(cost_task_cases);
