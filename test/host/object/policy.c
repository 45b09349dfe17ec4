// SPDX-License-Identifier: MIT
// Job policy, condition by condition and action by action: spec 20 section 3, spec 21 section 8.
// CALLS(zx_job_set_policy): all of this file
#include "object_test.h"

#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

#define BAD_CLOCK ((zx_clock_t)77)
#define DENIED    ZX_ERR_ACCESS_DENIED
#define INVALID   ZX_ERR_INVALID_ARGS

// A job with a port for its exceptions.
struct guarded {
    zx_handle_t job, port;
};

static struct guarded guarded_job(const zx_policy_basic_t *policy, uint32_t count)
{
    struct guarded g = {.job = make_job(lab.job)};

    assert_ok(zx_job_set_policy(g.job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, policy, count));
    assert_ok(zx_port_create(0, &g.port));
    assert_ok(zx_task_bind_exception_port(g.job, g.port, 1, 0));
    return g;
}

// Waits for a policy error of the child, and lets it go on.
static void let_pass(const struct guarded *g, const struct child *c)
{
    zx_port_packet_t p;

    assert_ok(zx_port_wait(g->port, FOREVER, &p));
    assert_int_equal(p.type, ZX_EXCP_POLICY_ERROR);
    assert_int_equal(p.exception.tid, basic(c->thread).koid);
    assert_ok(zx_task_resume_from_exception(c->thread, g->port, 0));
}

// Its exit code; it has raised nothing more by then.
static int64_t end_of(const struct guarded *g, struct child *c)
{
    zx_port_packet_t p;

    await(c->process, ZX_PROCESS_TERMINATED);
    assert_status(zx_port_wait(g->port, 0, &p), ZX_ERR_TIMED_OUT);
    const int64_t code = process_info(c->process).return_code;
    close_child(c);
    return code;
}

static void close_guarded(struct guarded *g)
{
    await(g->job, ZX_JOB_NO_PROCESSES);
    close_handle(g->port);
    close_handle(g->job);
}

// ---- every condition --------------------------------------------------------------------------

static zx_handle_t out[2];

static zx_status_t new_vmo(void) { return zx_vmo_create(4096, 0, out); }
static zx_status_t new_channel(void) { return zx_channel_create(0, &out[0], &out[1]); }
static zx_status_t new_event(void) { return zx_event_create(0, out); }
static zx_status_t new_eventpair(void) { return zx_eventpair_create(0, &out[0], &out[1]); }
static zx_status_t new_port(void) { return zx_port_create(0, out); }
static zx_status_t new_socket(void) { return zx_socket_create(0, &out[0], &out[1]); }
static zx_status_t new_fifo(void) { return zx_fifo_create(8, 8, 0, &out[0], &out[1]); }
static zx_status_t new_timer(void) { return zx_timer_create(0, ZX_CLOCK_MONOTONIC, out); }

// With a mistake that the policy comes after, or before.
static zx_status_t bad_channel(void) { return zx_channel_create(1, &out[0], &out[1]); }
static zx_status_t bad_event(void) { return zx_event_create(1, out); }
static zx_status_t bad_eventpair(void) { return zx_eventpair_create(1, &out[0], &out[1]); }
static zx_status_t bad_port(void) { return zx_port_create(2, out); }
static zx_status_t bad_socket(void) { return zx_socket_create(0x80, &out[0], &out[1]); }
static zx_status_t bad_fifo(void) { return zx_fifo_create(3, 8, 1, &out[0], &out[1]); }
static zx_status_t bad_clock(void) { return zx_timer_create(0, BAD_CLOCK, out); }
static zx_status_t bad_timer(void) { return zx_timer_create(99, ZX_CLOCK_MONOTONIC, out); }

static const struct {
    uint32_t condition;
    zx_status_t (*make)(void);
} makers[] = {
    {ZX_POL_NEW_VMO, new_vmo},       {ZX_POL_NEW_CHANNEL, new_channel},
    {ZX_POL_NEW_EVENT, new_event},   {ZX_POL_NEW_EVENTPAIR, new_eventpair},
    {ZX_POL_NEW_PORT, new_port},     {ZX_POL_NEW_SOCKET, new_socket},
    {ZX_POL_NEW_FIFO, new_fifo},     {ZX_POL_NEW_TIMER, new_timer},
};

// Ends with a bit for each of `makers` that it may use.
static void child_makes_all(zx_handle_t bootstrap)
{
    int64_t made = 0;

    (void)bootstrap;
    for (unsigned i = 0; i < countof(makers); i++) {
        const zx_status_t status = makers[i].make();

        if (status != ZX_OK)
            assert_status(status, DENIED);
        made |= (int64_t)(status == ZX_OK) << i;
    }
    zx_process_exit(made);
}

SCENARIO(each_condition_is_about_its_call_and_no_other)
{
    const int64_t all = (1 << countof(makers)) - 1;

    for (unsigned i = 0; i < countof(makers); i++) {
        const zx_policy_basic_t p = {makers[i].condition, ZX_POL_ACTION_DENY};
        struct guarded g = guarded_job(&p, 1);
        struct child c = start_child(g.job, child_makes_all, 0);

        assert_int_equal(end_of(&g, &c), all & ~(1 << i));
        close_guarded(&g);
    }
}

// Everything is denied: what is wrong besides is found before that, or not at all.
static void child_makes_mistakes(zx_handle_t job)
{
    const struct {
        zx_status_t (*make)(void);
        zx_status_t status;
    } mistakes[] = {
        {bad_channel, INVALID}, {bad_event, INVALID}, {bad_eventpair, ZX_ERR_NOT_SUPPORTED},
        {bad_port, DENIED},     {bad_socket, DENIED}, {bad_fifo, DENIED},
        {bad_clock, INVALID},   {bad_timer, DENIED},
    };
    const char *name = "x";

    for (unsigned i = 0; i < countof(mistakes); i++)
        assert_status(mistakes[i].make(), mistakes[i].status);
    assert_status(zx_process_create(job, name, 1, 1, &out[0], &out[1]), INVALID);
    assert_status(zx_process_create(job, LAB_BAD_PTR, 1, 0, &out[0], &out[1]), DENIED);
    assert_status(zx_process_create(0, name, 1, 0, &out[0], &out[1]), DENIED);
    zx_process_exit(55);
}

// CALLS(zx_channel_create, zx_event_create, zx_eventpair_create, zx_port_create, zx_socket_create,
//       zx_fifo_create, zx_timer_create, zx_process_create): where each looks at the policy
SCENARIO(policy_has_its_place_in_the_order_of_checks)
{
    const zx_policy_basic_t none[] = {{ZX_POL_NEW_ANY, ZX_POL_ACTION_DENY},
                                      {ZX_POL_NEW_PROCESS, ZX_POL_ACTION_DENY}};
    struct guarded g = guarded_job(none, countof(none));
    struct child c = start_child(g.job, child_makes_mistakes, duplicate_without(lab.job, 0));

    assert_int_equal(end_of(&g, &c), 55);
    close_guarded(&g);
}

// Memory that is made in another way than by vmo_create is not new memory; what is stored and never
// looked at does nothing.
static void child_is_not_stopped(zx_handle_t channel)
{
    zx_handle_t got[3], pager, port; // a VMO that may be executed, our root VMAR, the root resource
    zx_vaddr_t va;

    await(channel, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(channel, 0, NULL, got, 0, countof(got), NULL, NULL));
    assert_ok(zx_vmo_clone(got[0], ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4096, out));
    assert_ok(zx_vmo_create_physical(got[2], 0x40000000, 4096, out));
    assert_ok(zx_pager_create(0, &pager));
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_pager_create_vmo(pager, port, 0, 4096, 0, out));
    assert_ok(zx_vmar_map(got[1], ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE, 0,
                          got[0], 0, 4096, &va));
    assert_status(zx_timer_cancel(port), ZX_ERR_WRONG_TYPE);
    zx_process_exit(55);
}

// CALLS(zx_vmo_clone, zx_vmo_create_physical, zx_pager_create_vmo, zx_vmar_map)
SCENARIO(some_things_no_policy_is_about)
{
    const uint32_t action = ZX_POL_ACTION_DENY | ZX_POL_ACTION_EXCEPTION;
    const zx_policy_basic_t p[] = {{ZX_POL_NEW_VMO, action},
                                   {ZX_POL_WRONG_OBJECT, action},
                                   {ZX_POL_VMAR_WX, action}};
    struct guarded g = guarded_job(p, countof(p));
    zx_handle_t ends[2], vmo;

    make_pair(ends);
    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_ok(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo));
    struct child c = start_child(g.job, child_is_not_stopped, ends[1]);
    const zx_handle_t given[] = {vmo, duplicate_without(c.vmar, 0),
                                 duplicate_without(lab.resource, 0)};
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, given, countof(given)));
    assert_int_equal(end_of(&g, &c), 55);
    close_handle(ends[0]);
    close_guarded(&g);
}

// ---- every action -----------------------------------------------------------------------------

static void child_makes_one_event(zx_handle_t bootstrap)
{
    (void)bootstrap;
    zx_process_exit(new_event());
}

// Bit 0 denies, bit 1 raises, bit 2 does nothing; all combinations are legal.
SCENARIO(an_action_is_its_bits)
{
    for (uint32_t action = 0; action < 8; action++) {
        const zx_policy_basic_t p = {ZX_POL_NEW_EVENT, action};
        struct guarded g = guarded_job(&p, 1);
        struct child c = start_child(g.job, child_makes_one_event, 0);

        if (action & ZX_POL_ACTION_EXCEPTION)
            let_pass(&g, &c);
        assert_int_equal(end_of(&g, &c), action & ZX_POL_ACTION_DENY ? DENIED : ZX_OK);
        close_guarded(&g);
    }
}

static void child_errs_three_times_at_once(zx_handle_t bootstrap)
{
    const zx_handle_t bad[] = {0x1000001, bootstrap, 0x1000005, 0x1000009};

    assert_status(zx_handle_close_many(bad, countof(bad)), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(bootstrap), ZX_ERR_BAD_HANDLE);
    zx_process_exit(55);
}

// One exception a call, however many violations; the next call has its own.
SCENARIO(violations_of_one_call_raise_once)
{
    const zx_policy_basic_t p = {ZX_POL_BAD_HANDLE, ZX_POL_ACTION_EXCEPTION};
    struct guarded g = guarded_job(&p, 1);
    struct child c = start_child(g.job, child_errs_three_times_at_once, 0);

    let_pass(&g, &c);
    let_pass(&g, &c);
    assert_int_equal(end_of(&g, &c), 55);
    close_guarded(&g);
}

// ---- setting it -------------------------------------------------------------------------------

// However long an array is that can be read, the job is looked at first.
SCENARIO(a_policy_may_be_long_but_not_absurd)
{
    const uint32_t sizes[] = {14, 64, 65, 4096};
    static const zx_policy_basic_t many[4096]; // BAD_HANDLE: ALLOW
    zx_handle_t job = make_job(lab.job);

    for (unsigned i = 0; i < countof(sizes); i++) {
        assert_status(zx_job_set_policy(0, 0, 0, many, sizes[i]), ZX_ERR_BAD_HANDLE);
        assert_status(zx_job_set_policy(job, 0, 0, many, sizes[i]), ZX_ERR_OUT_OF_RANGE);
    }
    assert_ok(zx_job_set_policy(job, 0, 0, many, 13));
    assert_status(zx_job_set_policy(0, 0, 0, many, UINT32_MAX), ZX_ERR_NO_MEMORY);
    close_handle(job);
}

// An entry that cannot be leaves those before it without effect; of two for one condition the later
// one counts, in both modes.
SCENARIO(entries_take_effect_together)
{
    const zx_policy_basic_t bad[][2] = {
        {{ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY}, {13, 0}},
        {{ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY}, {ZX_POL_NEW_VMO, 8}},
    };
    const zx_policy_basic_t twice[2] = {{ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY},
                                        {ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW}};
    const zx_status_t wanted[] = {INVALID, ZX_ERR_NOT_SUPPORTED};

    for (uint32_t mode = ZX_JOB_POL_RELATIVE; mode <= ZX_JOB_POL_ABSOLUTE; mode++) {
        zx_handle_t job = make_job(lab.job);

        for (unsigned i = 0; i < countof(bad); i++)
            assert_status(zx_job_set_policy(job, mode, 0, bad[i], 2), wanted[i]);
        assert_ok(zx_job_set_policy(job, mode, 0, twice, 2));
        struct child c = start_child(job, child_makes_one_event, 0);
        await(c.process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c.process).return_code, ZX_OK);
        close_child(&c);
        await(job, ZX_JOB_NO_PROCESSES);
        // Set now, by the later one.
        assert_status(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, 0, twice, 1),
                      ZX_ERR_ALREADY_EXISTS);
        close_handle(job);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest policy_tests[] = {
    T(each_condition_is_about_its_call_and_no_other),
    T(policy_has_its_place_in_the_order_of_checks),
    T(some_things_no_policy_is_about),
    T(an_action_is_its_bits),
    T(violations_of_one_call_raise_once),
    T(a_policy_may_be_long_but_not_absurd),
    T(entries_take_effect_together),
};
const size_t policy_test_count = countof(policy_tests);
