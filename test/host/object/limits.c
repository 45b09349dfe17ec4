// SPDX-License-Identifier: MIT
// Limits of jobs (zx_job_set_limits, ZX_INFO_JOB_LIMITS): refused exactly, counted exactly, inherited.
#include "limits_test.h"

#include <mem/alloc_fail.h>

static zx_status_t decommit(zx_handle_t vmo, uint64_t page, uint64_t count)
{
    return zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, page * PAGE, count * PAGE, NULL, 0);
}

// Runs fn in a process in `job` to its end.
static void run_in(zx_handle_t job, void (*fn)(zx_handle_t job_inside))
{
    struct child c = start_child(job, fn, duplicate_without(job, 0));

    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    close_child(&c);
}

// CALLS(zx_job_set_limits): its arguments.
SCENARIO(set_limits_checks_options_size_pointer_handle)
{
    zx_handle_t job = make_job(lab.job), weak = duplicate_without(job, ZX_RIGHT_SET_POLICY);
    uint64_t six[6] = {0};

    assert_status(zx_job_set_limits(0, 1, &keep, sizeof(keep)), ZX_ERR_INVALID_ARGS);
    const size_t bad[] = {0, 4, 12, 41, 48};
    for (unsigned i = 0; i < countof(bad); i++)
        assert_status(zx_job_set_limits(job, 0, six, bad[i]), ZX_ERR_INVALID_ARGS);
    assert_status(zx_job_set_limits(0, 0, LAB_BAD_PTR, 8), ZX_ERR_INVALID_ARGS);
    assert_status(zx_job_set_limits(0, 0, &keep, sizeof(keep)), ZX_ERR_BAD_HANDLE);
    assert_status(zx_job_set_limits(weak, 0, &keep, sizeof(keep)), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_job_set_limits(lab.process, 0, &keep, sizeof(keep)), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(usage_of(job).pages.limit, ZX_JOB_LIMIT_NONE);
    // A shorter record leaves the rest.
    six[0] = 7;
    assert_ok(zx_job_set_limits(job, 0, six, 8));
    assert_int_equal(usage_of(job).pages.limit, 7);
    assert_int_equal(usage_of(job).threads.limit, ZX_JOB_LIMIT_NONE);
    close_handle(weak);
    close_handle(job);
}

SCENARIO(job_limits_topic_needs_inspect_on_a_job)
{
    zx_handle_t job = make_job(lab.job), weak = duplicate_without(job, ZX_RIGHT_INSPECT);
    zx_info_job_limits_t info;
    size_t actual = 9, avail = 9;

    assert_status(zx_object_get_info(weak, ZX_INFO_JOB_LIMITS, &info, sizeof(info), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(
        zx_object_get_info(lab.process, ZX_INFO_JOB_LIMITS, &info, sizeof(info), NULL, NULL),
        ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_get_info(job, ZX_INFO_JOB_LIMITS, &info, 119, &actual, &avail),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 1);
    close_handle(weak);
    close_handle(job);
}

static void commit_ten_and_no_more(zx_handle_t job)
{
    zx_handle_t vmo = make_vmo(20);

    assert_ok(commit(vmo, 0, 10));
    assert_int_equal(usage_of(job).pages.used, 10);
    assert_status(commit(vmo, 10, 1), ZX_ERR_NO_MEMORY);
    assert_status(commit(vmo, 0, 20), ZX_ERR_NO_MEMORY);
    char byte = 1;
    assert_status(zx_vmo_write(vmo, &byte, 12 * PAGE, 1), ZX_ERR_NO_MEMORY);
    assert_int_equal(usage_of(job).pages.used, 10);
    assert_int_equal(usage_of(job).pages.refused, 3);
    // What is given back may be had again, what is there already costs nothing.
    assert_ok(decommit(vmo, 0, 3));
    assert_int_equal(usage_of(job).pages.used, 7);
    assert_ok(commit(vmo, 10, 3));
    assert_ok(commit(vmo, 3, 10));
    assert_int_equal(usage_of(job).pages.used, 10);
    close_handle(vmo);
    assert_int_equal(usage_of(job).pages.used, 0);
}

// CALLS(zx_job_set_limits): pages.
SCENARIO(pages_are_refused_exactly_at_the_limit)
{
    zx_handle_t job = make_job(lab.job);

    limit_pages(job, 10);
    run_in(job, commit_ten_and_no_more);
    await(job, ZX_JOB_LIMIT_REACHED);
    assert_ok(set_limits(job, &keep)); // which ends the signal
    assert_int_equal(state_of(job) & ZX_JOB_LIMIT_REACHED, 0);
    assert_int_equal(usage_of(job).pages.used, 0);
    close_handle(job);
}

static void clone_and_contiguous(zx_handle_t job)
{
    zx_handle_t vmo = make_vmo(4), clone, grandchild;
    char byte = 1;

    assert_ok(commit(vmo, 0, 4));
    assert_ok(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4 * PAGE, &clone));
    assert_ok(zx_vmo_clone(clone, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4 * PAGE, &grandchild));
    // The clone between gets the page, too.
    assert_ok(zx_vmo_write(grandchild, &byte, 0, 1));
    assert_int_equal(usage_of(job).pages.used, 6);
    assert_status(commit(grandchild, 0, 4), ZX_ERR_NO_MEMORY);
    assert_int_equal(usage_of(job).pages.used, 6);
    close_handle(grandchild);
    close_handle(clone);
    close_handle(vmo);
    assert_int_equal(usage_of(job).pages.used, 0);
}

SCENARIO(pages_of_clones_count_one_by_one)
{
    zx_handle_t job = make_job(lab.job);

    limit_pages(job, 8);
    run_in(job, clone_and_contiguous);
    assert_int_equal(usage_of(job).pages.used, 0);
    close_handle(job);
}

static void five_more_handles(zx_handle_t job)
{
    zx_handle_t h[7];
    zx_job_limits_t limits = keep;

    limits.handles = usage_of(job).handles.used + 5;
    assert_ok(set_limits(job, &limits));
    for (unsigned i = 0; i < 5; i++)
        h[i] = make_event();
    assert_status(zx_event_create(0, &h[5]), ZX_ERR_NO_RESOURCES);
    assert_status(zx_handle_duplicate(job, ZX_RIGHT_SAME_RIGHTS, &h[5]), ZX_ERR_NO_RESOURCES);
    close_handle(h[0]);
    // Two at once: none of them is left over.
    assert_status(zx_channel_create(0, &h[5], &h[6]), ZX_ERR_NO_RESOURCES);
    h[0] = make_event();
    assert_int_equal(usage_of(job).handles.used, limits.handles);
    for (unsigned i = 0; i < 5; i++)
        close_handle(h[i]);
    assert_int_equal(usage_of(job).handles.used, limits.handles - 5);
}

// CALLS(zx_job_set_limits): handles.
SCENARIO(handles_are_refused_exactly_at_the_limit)
{
    zx_handle_t job = make_job(lab.job);

    run_in(job, five_more_handles);
    assert_int_equal(usage_of(job).handles.used, 0);
    assert_int_equal(usage_of(job).handles.refused, 3);
    close_handle(job);
}

// CALLS(zx_job_set_limits): processes and threads, dead ones not counted.
SCENARIO(processes_and_threads_are_refused_exactly_at_the_limit)
{
    zx_handle_t job = make_job(lab.job), process, vmar, thread;
    zx_job_limits_t limits = keep;

    limits.processes = 2;
    limits.threads = 3;
    assert_ok(set_limits(job, &limits));
    struct child a = start_child(job, child_waits, ZX_HANDLE_INVALID);
    struct child b = start_child(job, child_waits, ZX_HANDLE_INVALID);
    assert_status(zx_process_create(job, "c", 1, 0, &process, &vmar), ZX_ERR_NO_RESOURCES);
    assert_ok(zx_thread_create(a.process, "t", 1, 0, &thread));
    zx_handle_t another;
    assert_status(zx_thread_create(b.process, "t", 1, 0, &another), ZX_ERR_NO_RESOURCES);
    assert_int_equal(usage_of(job).processes.used, 2);
    assert_int_equal(usage_of(job).threads.used, 3);
    assert_ok(zx_task_kill(b.process));
    await(b.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(usage_of(job).processes.used, 1);
    assert_int_equal(usage_of(job).threads.used, 2);
    assert_ok(zx_process_create(job, "c", 1, 0, &process, &vmar));
    close_handle(thread); // never started
    assert_int_equal(usage_of(job).threads.used, 1);
    close_handle(process);
    close_handle(vmar);
    assert_int_equal(usage_of(job).processes.used, 1);
    assert_ok(zx_task_kill(job));
    await(a.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(usage_of(job).processes.used, 0);
    assert_int_equal(usage_of(job).threads.used, 0);
    close_child(&a);
    close_child(&b);
    close_handle(job);
}

// CALLS(zx_thread_create): who is refused for ever does not make the kernel build stacks for ever.
SCENARIO(thread_is_refused_before_anything_is_made)
{
    zx_handle_t job = make_job(lab.job), process, vmar, thread;
    zx_job_limits_t limits = keep;

    limits.threads = 0;
    assert_ok(set_limits(job, &limits));
    assert_ok(zx_process_create(job, "p", 1, 0, &process, &vmar));
    const uint64_t allocations = alloc_fail_count();
    for (unsigned i = 0; i < 3; i++)
        assert_status(zx_thread_create(process, "t", 1, 0, &thread), ZX_ERR_NO_RESOURCES);
    assert_int_equal(alloc_fail_count(), allocations);
    close_handle(vmar);
    close_handle(process);
    close_handle(job);
}

static void message_bomb(zx_handle_t job)
{
    static char big[30000];
    zx_handle_t ends[2];
    zx_job_limits_t limits = keep;
    uint32_t actual;
    unsigned sent = 0;

    make_pair(ends);
    uint64_t before = usage_of(job).kernel_memory.used;
    limits.kernel_memory = before + 300000;
    assert_ok(set_limits(job, &limits));
    while (zx_channel_write(ends[0], 0, big, sizeof(big), NULL, 0) == ZX_OK)
        sent++;
    assert_in_range(sent, 7, 9);
    assert_status(zx_channel_write(ends[0], 0, big, sizeof(big), NULL, 0), ZX_ERR_NO_MEMORY);
    assert_true(usage_of(job).kernel_memory.used <= limits.kernel_memory);
    assert_true(usage_of(job).kernel_memory.used > before + sent * sizeof(big));
    for (unsigned i = 0; i < sent; i++)
        assert_ok(zx_channel_read(ends[1], 0, big, NULL, sizeof(big), 0, &actual, NULL));
    assert_int_equal(usage_of(job).kernel_memory.used, before);
    close_handle(ends[0]);
    close_handle(ends[1]);
}

// CALLS(zx_job_set_limits): kernel memory, messages among it.
SCENARIO(messages_nobody_reads_are_charged_to_the_writer)
{
    zx_handle_t job = make_job(lab.job);

    run_in(job, message_bomb);
    close_handle(job);
}

#define GIB (1ul << 30) // each takes tables of its own on the last two levels

// One mapping of a VMO without a page, read here and there: nothing but page tables comes to be.
static void table_bomb(zx_handle_t channel)
{
    zx_handle_t vmo = make_vmo(16 * GIB / PAGE), other = make_vmo(1), got[2];
    zx_job_limits_t limits = keep;
    zx_vaddr_t va;

    await(channel, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(channel, 0, NULL, got, 0, 2, NULL, NULL));
    const zx_handle_t job = got[0], vmar = got[1];
    assert_ok(commit(other, 0, 1));
    const uint64_t before = usage_of(job).kernel_memory.used;
    assert_ok(zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, vmo, 0, 16 * GIB, &va));
    assert_ok(host_user_probe(va, 1, 0));
    const uint64_t first = usage_of(job).kernel_memory.used;
    assert_true(first >= before + 2 * PAGE);
    limits.kernel_memory = first + 7 * PAGE;
    assert_ok(set_limits(job, &limits));
    for (unsigned i = 1; i <= 3; i++) {
        assert_ok(host_user_probe(va + i * GIB, 1, 0));
        assert_int_equal(usage_of(job).kernel_memory.used, first + i * 2 * PAGE);
    }
    assert_status(host_user_probe(va + 4 * GIB, 1, 0), ZX_ERR_NO_MEMORY);
    assert_status(zx_vmo_write(other, (const void *)(va + 5 * GIB), 0, 1), ZX_ERR_INVALID_ARGS);
    assert_int_equal(usage_of(job).kernel_memory.used, first + 6 * PAGE);
    assert_true(usage_of(job).kernel_memory.refused >= 2);
    assert_int_equal(usage_of(job).pages.used, 1); // of the other one
    assert_ok(zx_vmar_unmap(vmar, va, 16 * GIB));
    assert_int_equal(usage_of(job).kernel_memory.used, before);
    close_handle(vmo);
}

// CALLS(zx_job_set_limits, zx_vmar_map, zx_vmar_unmap): kernel memory, page tables among it.
SCENARIO(page_tables_are_charged_to_their_process)
{
    zx_handle_t job = make_job(lab.job), ends[2];

    make_pair(ends);
    struct child c = start_child(job, table_bomb, ends[1]);
    const zx_handle_t given[] = {duplicate_without(job, 0), duplicate_without(c.vmar, 0)};
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, given, 2));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    await(job, ZX_JOB_LIMIT_REACHED);
    close_child(&c);
    close_handle(ends[0]);
    close_handle(job);
}

// CALLS(zx_process_create): a limit that has no room for the first page table.
SCENARIO(process_without_room_for_its_tables_is_refused)
{
    zx_handle_t job = make_job(lab.job), process, vmar;
    zx_job_limits_t limits = keep;

    limits.kernel_memory = PAGE - 1;
    assert_ok(set_limits(job, &limits));
    assert_status(zx_process_create(job, "x", 1, 0, &process, &vmar), ZX_ERR_NO_MEMORY);
    assert_int_equal(usage_of(job).kernel_memory.used, 0);
    assert_int_equal(usage_of(job).processes.used, 0);
    limits.kernel_memory = PAGE;
    assert_ok(set_limits(job, &limits));
    assert_ok(zx_process_create(job, "x", 1, 0, &process, &vmar));
    assert_int_equal(usage_of(job).kernel_memory.used, PAGE);
    close_handle(vmar);
    close_handle(process);
    assert_int_equal(usage_of(job).kernel_memory.used, 0);
    close_handle(job);
}

static void raise_from_within(zx_handle_t job)
{
    zx_job_limits_t limits = keep;

    limits.pages = 21;
    assert_status(set_limits(job, &limits), ZX_ERR_ACCESS_DENIED);
    // All or nothing.
    limits.threads = 5;
    assert_status(set_limits(job, &limits), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(usage_of(job).threads.limit, ZX_JOB_LIMIT_NONE);
    limits.pages = 19;
    assert_ok(set_limits(job, &limits));
    limits.pages = 20;
    assert_status(set_limits(job, &limits), ZX_ERR_ACCESS_DENIED);
    // Of a job below itself it may do as it likes; the one above goes on to hold.
    zx_handle_t below = make_job(job);
    limit_pages(below, 5);
    limit_pages(below, 1000);
    assert_int_equal(usage_of(below).pages.limit, 19);
    close_handle(below);
}

SCENARIO(limits_go_up_from_outside_only)
{
    zx_handle_t job = make_job(lab.job);

    limit_pages(job, 20);
    run_in(job, raise_from_within);
    assert_int_equal(usage_of(job).pages.limit, 19);
    limit_pages(job, 30);
    assert_int_equal(usage_of(job).pages.limit, 30);
    limit_pages(job, ZX_JOB_LIMIT_NONE);
    assert_int_equal(usage_of(job).pages.limit, ZX_JOB_LIMIT_NONE);
    close_handle(job);
}

static void commit_three(zx_handle_t job)
{
    zx_handle_t vmo = make_vmo(4);

    (void)job;
    assert_ok(commit(vmo, 0, 3));
    assert_status(commit(vmo, 0, 4), ZX_ERR_NO_MEMORY);
    close_handle(vmo);
}

SCENARIO(limit_of_a_job_covers_the_jobs_below_and_it_is_told)
{
    zx_handle_t outer = make_job(lab.job), inner = make_job(outer);

    limit_pages(inner, 100);
    limit_pages(outer, 3); // after there are children
    assert_int_equal(usage_of(inner).pages.limit, 3);
    run_in(inner, commit_three);
    await(outer, ZX_JOB_LIMIT_REACHED);
    assert_int_equal(usage_of(outer).pages.refused, 1);
    assert_int_equal(usage_of(inner).pages.refused, 0);
    assert_int_equal(state_of(inner) & ZX_JOB_LIMIT_REACHED, 0);
    close_handle(inner);
    close_handle(outer);
}

static void hold_a_page(zx_handle_t channel)
{
    zx_handle_t vmo = make_vmo(4);

    assert_ok(commit(vmo, 0, 1)); // and a batch lies in the reservoir now
    assert_ok(zx_channel_write(channel, 0, NULL, 0, &vmo, 1));
    child_waits(channel);
}

static void take_the_other_39(zx_handle_t job)
{
    zx_handle_t vmo = make_vmo(100);

    (void)job;
    assert_ok(commit(vmo, 0, 39));
    assert_status(commit(vmo, 50, 1), ZX_ERR_NO_MEMORY);
    close_handle(vmo);
}

SCENARIO(what_a_neighbour_has_in_reserve_is_not_in_the_way)
{
    zx_handle_t job = make_job(lab.job), ends[2], vmo;

    limit_pages(job, 40);
    make_pair(ends);
    struct child c = start_child(job, hold_a_page, ends[1]);
    await(ends[0], ZX_CHANNEL_READABLE);
    assert_int_equal(usage_of(job).pages.used, 1);
    run_in(job, take_the_other_39);
    // A page stays charged to the jobs of who made the VMO, also when he is gone.
    assert_ok(zx_channel_read(ends[0], 0, NULL, &vmo, 0, 1, NULL, NULL));
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
    assert_int_equal(usage_of(job).pages.used, 1);
    assert_ok(commit(vmo, 1, 3)); // whoever does it
    assert_int_equal(usage_of(job).pages.used, 4);
    close_handle(vmo);
    assert_int_equal(usage_of(job).pages.used, 0);
    close_handle(ends[0]);
    close_handle(job);
}

SCENARIO(pages_outlive_their_job_at_the_expense_of_those_above)
{
    zx_handle_t outer = make_job(lab.job), inner = make_job(outer), ends[2], vmo;

    make_pair(ends);
    struct child c = start_child(inner, hold_a_page, ends[1]);
    await(ends[0], ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(ends[0], 0, NULL, &vmo, 0, 1, NULL, NULL));
    assert_ok(zx_task_kill(inner));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
    close_handle(inner);
    await(outer, ZX_JOB_NO_JOBS);
    assert_int_equal(usage_of(outer).pages.used, 1);
    close_handle(vmo);
    assert_int_equal(usage_of(outer).pages.used, 0);
    close_handle(ends[0]);
    close_handle(outer);
}

#define RACE_LIMIT 50u
static zx_handle_t race_job;

static void up_and_down(zx_handle_t bootstrap)
{
    zx_handle_t vmo = make_vmo(RACE_LIMIT);

    (void)bootstrap;
    for (unsigned i = 0; i < 12; i++) {
        zx_status_t status = commit(vmo, i, 17);
        assert_true(status == ZX_OK || status == ZX_ERR_NO_MEMORY);
        assert_ok(decommit(vmo, 0, RACE_LIMIT));
    }
    close_handle(vmo);
}

static void watch(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 20; i++)
        assert_true(usage_of(race_job).pages.used <= RACE_LIMIT);
}

static void tighten(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 10; i++)
        assert_ok(set_limits(race_job, &keep)); // drains what lies in reserve
}

// CALLS(zx_job_set_limits): charging, draining and counting at once.
SCENARIO_ON(race_of_charges_drains_and_counts, 3, 40)
{
    struct child c[4];

    race_job = make_job(lab.job);
    limit_pages(race_job, RACE_LIMIT);
    for (unsigned i = 0; i < countof(c); i++)
        c[i] = start_child(race_job, up_and_down, ZX_HANDLE_INVALID);
    RACE(NULL, watch, tighten, watch);
    for (unsigned i = 0; i < countof(c); i++) {
        await(c[i].process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c[i].process).return_code, 0);
        close_child(&c[i]);
    }
    assert_int_equal(usage_of(race_job).pages.used, 0);
    assert_int_equal(usage_of(race_job).threads.used, 0);
    close_handle(race_job);
}

#define ASK_MOST 10u // and once more

static struct {
    zx_handle_t job, process;
    zx_handle_t threads[ASK_MOST + 1];
    unsigned count;
} told;

static zx_status_t ask_for_a_thread(void)
{
    zx_status_t status = zx_thread_create(told.process, "t", 1, 0, &told.threads[told.count]);

    if (status == ZX_OK)
        told.count++;
    else
        assert_status(status, ZX_ERR_NO_RESOURCES);
    return status;
}

static void give_threads_back(void)
{
    while (told.count > 0)
        close_handle(told.threads[--told.count]);
}

static void limit_threads(uint64_t threads)
{
    zx_job_limits_t limits = keep;

    limits.threads = threads;
    assert_ok(set_limits(told.job, &limits));
}

static void forbid_threads(void *arg)
{
    (void)arg;
    limit_threads(0);
}

static void allow_threads(void *arg)
{
    (void)arg;
    limit_threads(ZX_JOB_LIMIT_NONE);
}

// Or until it has asked often enough.
static void ask_until_refused(void *arg)
{
    (void)arg;
    while (told.count < ASK_MOST && ask_for_a_thread() == ZX_OK)
        lab_pause();
}

static void ask_twice(void *arg)
{
    (void)arg;
    (void)ask_for_a_thread();
    (void)ask_for_a_thread();
}

static void told_begin(zx_handle_t *vmar)
{
    zx_job_limits_t limits = keep;

    told.job = make_job(lab.job);
    assert_ok(zx_process_create(told.job, "p", 1, 0, &told.process, vmar));
    limits.processes = 1;
    assert_ok(set_limits(told.job, &limits));
}

static void told_end(zx_handle_t vmar)
{
    close_handle(vmar);
    close_handle(told.process);
    close_handle(told.job);
}

// CALLS(zx_job_set_limits): the first refusal under new limits is told, whatever was told before, though who was
// refused does not ask again.
SCENARIO_ON(race_of_new_limits_and_their_first_refusal, 3, 60)
{
    zx_handle_t vmar, process, other;

    told_begin(&vmar);
    for (unsigned before = 0; before < 2; before++) {
        if (before != 0) {
            assert_status(zx_process_create(told.job, "q", 1, 0, &process, &other),
                          ZX_ERR_NO_RESOURCES);
            await(told.job, ZX_JOB_LIMIT_REACHED);
        }
        RACE(NULL, forbid_threads, ask_until_refused);
        if (usage_of(told.job).threads.refused == before) // it was done with asking before that
            (void)ask_for_a_thread();
        await(told.job, ZX_JOB_LIMIT_REACHED);
        assert_int_equal(usage_of(told.job).threads.refused, before + 1);
        allow_threads(NULL);
        give_threads_back();
    }
    told_end(vmar);
}

// CALLS(zx_job_set_limits): a refusal under the old limits does not set the signal when the new ones are in force.
SCENARIO_ON(race_of_new_limits_and_the_last_refusal_under_the_old, 3, 60)
{
    zx_handle_t vmar;

    told_begin(&vmar);
    limit_threads(0);
    RACE(NULL, ask_twice, allow_threads);
    sleep_ns(1000000); // whoever was to be told is told by then, or this shows nothing
    give_threads_back();
    assert_int_equal(state_of(told.job) & ZX_JOB_LIMIT_REACHED, 0);
    told_end(vmar);
}

static void clone_and_let_the_middle_go(zx_handle_t channel)
{
    zx_handle_t kept, first, second;
    char byte = 1;

    assert_ok(zx_channel_read(channel, 0, &byte, &kept, 1, 1, NULL, NULL));
    assert_ok(zx_vmo_clone(kept, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4 * PAGE, &first));
    close_handle(kept);
    assert_ok(commit(first, 0, 4));
    assert_ok(zx_vmo_clone(first, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4 * PAGE, &second));
    close_handle(first);
    assert_ok(zx_channel_write(channel, 0, &byte, 1, NULL, 0));
    child_waits(channel);
}

// The job is charged for what its process committed, not for what the others made.
SCENARIO(pages_stay_with_who_made_them_when_clones_merge)
{
    zx_handle_t job = make_job(lab.job), ends[2], vmo = make_vmo(4);
    char byte = 0;

    make_pair(ends);
    assert_ok(commit(vmo, 0, 4));
    assert_ok(zx_channel_write(ends[0], 0, &byte, 1, &vmo, 1));
    struct child c = start_child(job, clone_and_let_the_middle_go, ends[1]);
    await(ends[0], ZX_CHANNEL_READABLE);
    assert_int_equal(usage_of(job).pages.used, 4);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(usage_of(job).pages.used, 0);
    close_child(&c);
    close_handle(ends[0]);
    close_handle(job);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest limits_tests[] = {
    T(set_limits_checks_options_size_pointer_handle),
    T(job_limits_topic_needs_inspect_on_a_job),
    T(pages_are_refused_exactly_at_the_limit),
    T(pages_of_clones_count_one_by_one),
    T(handles_are_refused_exactly_at_the_limit),
    T(processes_and_threads_are_refused_exactly_at_the_limit),
    T(thread_is_refused_before_anything_is_made),
    T(messages_nobody_reads_are_charged_to_the_writer),
    T(page_tables_are_charged_to_their_process),
    T(process_without_room_for_its_tables_is_refused),
    T(limits_go_up_from_outside_only),
    T(limit_of_a_job_covers_the_jobs_below_and_it_is_told),
    T(what_a_neighbour_has_in_reserve_is_not_in_the_way),
    T(pages_outlive_their_job_at_the_expense_of_those_above),
    T(race_of_charges_drains_and_counts),
    T(race_of_new_limits_and_their_first_refusal),
    T(race_of_new_limits_and_the_last_refusal_under_the_old),
    T(pages_stay_with_who_made_them_when_clones_merge),
};
const size_t limits_test_count = countof(limits_tests);
