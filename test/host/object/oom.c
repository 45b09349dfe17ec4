// SPDX-License-Identifier: MIT
// Memory that runs out: who is killed for it (ZX_PROP_JOB_KILL_ON_OOM), and what the report of a fault says.
#include "limits_test.h"

#include <hal/lock_class.h>
#include <mem/page.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/profile.h>

#define HELD_PAGES 1200u // more than the kernel's last reserve

static uint64_t held_pages; // by each holder

static void hold_pages(zx_handle_t event)
{
    zx_handle_t vmo = make_vmo(held_pages);

    assert_ok(commit(vmo, 0, held_pages));
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    child_waits(event);
}

static void mark(zx_handle_t job, uint64_t flag)
{
    assert_ok(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &flag, sizeof(flag)));
}

static struct child start_holder(zx_handle_t job, bool marked, uint64_t pages)
{
    zx_handle_t event = make_event();

    held_pages = pages;
    mark(job, marked);
    struct child c = start_child(job, hold_pages, duplicate_without(event, 0));
    await(event, ZX_EVENT_SIGNALED);
    close_handle(event);
    return c;
}

// Commits from page *at on until the process has ended or nothing is left.
static void take_until_the_end_of(zx_handle_t process, zx_handle_t vmo, uint64_t *at)
{
    zx_status_t status = ZX_OK;

    while (status == ZX_OK && !(state_of(process) & ZX_PROCESS_TERMINATED)) {
        status = commit(vmo, *at, 8);
        *at += status == ZX_OK ? 8 : 0;
    }
    await(process, ZX_PROCESS_TERMINATED);
}

// CALLS(zx_object_set_property): ZX_PROP_JOB_KILL_ON_OOM. One job at a time, the newest first.
SCENARIO(marked_jobs_are_killed_when_memory_is_low_the_newest_first)
{
    zx_handle_t jobs[3] = {make_job(lab.job), 0, make_job(lab.job)}, vmo = make_vmo(1u << 20);
    struct child c[3];
    uint64_t at = 0;

    jobs[1] = make_job(jobs[2]); // the newest, within one that is not marked
    c[0] = start_holder(jobs[0], true, HELD_PAGES);
    c[1] = start_holder(jobs[1], true, HELD_PAGES);
    c[2] = start_holder(jobs[2], false, HELD_PAGES);
    take_until_the_end_of(c[1].process, vmo, &at);
    assert_int_equal(process_info(c[1].process).return_code, -1);
    assert_false(process_info(c[0].process).exited);
    take_until_the_end_of(c[0].process, vmo, &at);
    while (commit(vmo, at, 8) == ZX_OK)
        at += 8;
    assert_false(process_info(c[2].process).exited); // no marked job is left: an ordinary error
    zx_handle_t process, vmar;
    close_handle(vmo);
    assert_status(zx_process_create(jobs[0], "x", 1, 0, &process, &vmar), ZX_ERR_BAD_STATE);
    assert_ok(zx_task_kill(c[2].process));
    await(c[2].process, ZX_PROCESS_TERMINATED);
    for (unsigned i = 0; i < countof(c); i++)
        close_child(&c[i]);
    for (unsigned i = 0; i < countof(jobs); i++)
        close_handle(jobs[i]);
}

// They end one after the other, though nobody asks for memory any more when the first has ended, which leaves
// next to nothing. One has no process at all.
// CALLS(zx_object_set_property): ZX_PROP_JOB_KILL_ON_OOM. Until memory is not low any more.
SCENARIO(marked_jobs_are_killed_while_memory_stays_low)
{
    zx_handle_t jobs[3], vmo = make_vmo(1u << 20);
    struct child c[3];
    uint64_t at = 0;

    for (unsigned i = 0; i < countof(jobs); i++) {
        jobs[i] = make_job(lab.job);
        c[i] = start_holder(jobs[i], true, 1);
    }
    zx_handle_t empty = make_job(lab.job);
    mark(empty, true);
    while (commit(vmo, at, 8) == ZX_OK)
        at += 8;
    for (unsigned i = 0; i < countof(jobs); i++) {
        await(c[i].process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c[i].process).return_code, -1);
    }
    close_handle(vmo);
    for (unsigned i = 0; i < countof(jobs); i++) {
        close_child(&c[i]);
        close_handle(jobs[i]);
    }
    close_handle(empty);
}

#define MARGIN 64u // pages: more than a refill of a CPU's cache

// Commits `step` pages at a time from *at on while `left` pages, or more, are free.
static void take_down_to(uint64_t left, uint64_t step, zx_handle_t vmo, uint64_t *at)
{
    for (; page_free_estimate() >= left; *at += step)
        assert_ok(commit(vmo, *at, step));
}

// Takes slabs of the kernel's, until so few pages are left or the job has ended. Returns how many events it made.
static unsigned take_in_objects(uint64_t left, zx_handle_t job, zx_handle_t *events, unsigned most)
{
    unsigned count = 0;

    for (; page_free_estimate() >= left && !(state_of(job) & ZX_JOB_NO_PROCESSES); count++) {
        assert_true(count < most);
        events[count] = make_event();
    }
    return count;
}

// A marked job is killed for pages that are not taken one by one.
static void expect_kill(bool objects)
{
    static zx_handle_t events[1u << 14];
    zx_handle_t job = make_job(lab.job), vmo = make_vmo(1u << 20);
    struct child c = start_holder(job, true, HELD_PAGES);
    const uint64_t left = page_reserve() - MARGIN;
    uint64_t at = 0;
    unsigned count = 0;

    take_down_to(page_reserve() + 2 * MARGIN, 8, vmo, &at);
    assert_true(page_free_estimate() >= page_reserve());
    assert_false(process_info(c.process).exited);
    if (objects)
        count = take_in_objects(left, job, events, countof(events));
    else
        take_down_to(left, MARGIN, vmo, &at);
    await(job, ZX_JOB_NO_PROCESSES);
    assert_int_equal(process_info(c.process).return_code, -1);
    while (count > 0)
        close_handle(events[--count]);
    close_handle(vmo);
    close_child(&c);
    close_handle(job);
}

// CALLS(zx_object_set_property): ZX_PROP_JOB_KILL_ON_OOM. However the pages are taken.
SCENARIO(marked_jobs_are_killed_for_contiguous_runs)
{
    expect_kill(false);
}

SCENARIO(marked_jobs_are_killed_for_kernel_objects)
{
    expect_kill(true);
}

static atomic_uint looks; // at the tree of jobs, with its lock held

static void count_looks(const struct lock_class *class_)
{
    if (strcmp(class_->name, "job_tree_class") == 0)
        atomic_fetch_add(&looks, 1);
}

// The looks while a job is marked, if one is given, and many a page is refused.
static unsigned looks_at_refusals(zx_handle_t job, zx_handle_t vmo, uint64_t at)
{
    atomic_store(&looks, 0);
    lock_debug_set_trace(count_looks);
    if (job != ZX_HANDLE_INVALID)
        mark(job, true);
    for (unsigned i = 0; i < 20; i++)
        assert_status(commit(vmo, at, 1), ZX_ERR_NO_MEMORY);
    lock_debug_set_trace(NULL);
    return atomic_load(&looks);
}

static void take_all(zx_handle_t vmo, uint64_t *at)
{
    while (commit(vmo, *at, 1) == ZX_OK)
        ++*at;
}

// CALLS(zx_object_set_property): ZX_PROP_JOB_KILL_ON_OOM. Who is refused does not have the jobs looked at each
// time. On one CPU, and above those who are killed: nobody of them gets to its end before we wait.
SCENARIO_ON(jobs_are_looked_at_again_only_when_something_has_changed, 1, 4)
{
    zx_handle_t jobs[2] = {make_job(lab.job), make_job(lab.job)}, vmo = make_vmo(1u << 20);
    struct child c[2];
    uint64_t at = 0;

    for (unsigned i = 0; i < countof(jobs); i++)
        c[i] = start_holder(jobs[i], false, 1);
    assert_ok(zx_thread_set_priority(ZX_PRIORITY_HIGH));
    take_all(vmo, &at);
    assert_int_equal(looks_at_refusals(0, vmo, at), 0); // nobody is marked, as has been seen
    for (unsigned i = 0; i < countof(jobs); i++) {
        // The job is marked, chosen and killed, and is going; and who kills may be refused pages, too.
        assert_in_range(looks_at_refusals(jobs[i], vmo, at), 4, 5);
        assert_int_equal(looks_at_refusals(0, vmo, at), 0);
        assert_int_equal(state_of(jobs[i]) & ZX_JOB_NO_PROCESSES, 0);
        await(jobs[i], ZX_JOB_NO_PROCESSES);
        assert_int_equal(process_info(c[i].process).return_code, -1);
        take_all(vmo, &at);
        assert_int_equal(looks_at_refusals(0, vmo, at), 0); // when it had gone, nobody was left
    }
    assert_ok(zx_thread_set_priority(ZX_PRIORITY_DEFAULT));
    close_handle(vmo);
    for (unsigned i = 0; i < countof(jobs); i++) {
        close_child(&c[i]);
        close_handle(jobs[i]);
    }
}

// ---- the report ----------------------------------------------------------------------------------

static void child_writes(zx_handle_t channel)
{
    zx_vaddr_t va;

    await(channel, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(channel, 0, &va, NULL, sizeof(va), 0, NULL, NULL));
    host_user_write(va, "x", 1);
}

// What is reported as the reason of a child in `job` that writes to page `page` of a mapping of two pages of a VMO of
// one. Its job gets no more kernel memory before that if `no_tables`.
static zx_status_t reason_of_write(zx_handle_t job, zx_vaddr_t page, bool no_tables)
{
    zx_handle_t vmo = make_vmo(1), port, ends[2];
    zx_job_limits_t limits = keep;
    zx_exception_report_t report;
    zx_port_packet_t packet;
    zx_vaddr_t va;

    make_pair(ends);
    assert_ok(zx_port_create(0, &port));
    struct child c = start_child(job, child_writes, ends[1]);
    assert_ok(zx_task_bind_exception_port(c.process, port, 5, 0));
    assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 2 * PAGE, &va));
    va += page * PAGE;
    limits.kernel_memory = no_tables ? 0 : ZX_JOB_LIMIT_KEEP;
    assert_ok(set_limits(job, &limits));
    assert_ok(zx_channel_write(ends[0], 0, &va, sizeof(va), NULL, 0));
    assert_ok(zx_port_wait(port, FOREVER, &packet));
    assert_int_equal(packet.type, ZX_EXCP_FATAL_PAGE_FAULT);
    assert_ok(zx_object_get_info(c.thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report, sizeof(report),
                                 NULL, NULL));
    assert_int_equal(report.context.arch.u.arm_64.far, va);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
    close_handle(port);
    close_handle(ends[0]);
    close_handle(vmo);
    return report.context.arch.u.arm_64.reason;
}

// CALLS(zx_object_get_info): ZX_INFO_THREAD_EXCEPTION_REPORT
SCENARIO(fault_report_tells_why_there_is_no_page)
{
    zx_handle_t job = make_job(lab.job);

    assert_status(reason_of_write(job, 1, false), ZX_ERR_OUT_OF_RANGE); // the VMO ends before
    assert_status(reason_of_write(job, 2, false), 0);                   // nothing is mapped there
    assert_status(reason_of_write(job, 0, true), ZX_ERR_NO_MEMORY);
    close_handle(job);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest oom_tests[] = {
    T(marked_jobs_are_killed_when_memory_is_low_the_newest_first),
    T(marked_jobs_are_killed_while_memory_stays_low),
    T(marked_jobs_are_killed_for_contiguous_runs),
    T(marked_jobs_are_killed_for_kernel_objects),
    T(jobs_are_looked_at_again_only_when_something_has_changed),
    T(fault_report_tells_why_there_is_no_page),
};
const size_t oom_test_count = countof(oom_tests);
