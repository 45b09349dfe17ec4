// SPDX-License-Identifier: MIT
// Debuggers' events, and bindings that come and go while somebody waits for them: spec 21 sections 4 to 7.
// CALLS(zx_task_bind_exception_port, zx_task_resume_from_exception): all of this file
#include "exception_test.h"

#include <stdatomic.h>

#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

#define DEBUGGER ZX_EXCEPTION_PORT_DEBUGGER

// ---- bodies; each is a process's first thread, or another one -----------------------------------

static void exits_with_5(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_process_exit(5);
}

static void leaves(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

static void faults(uint64_t a, uint64_t b)
{
    (void)b;
    child_faults((zx_handle_t)a);
}

static void spins(uint64_t a, uint64_t b)
{
    (void)b;
    child_spins((zx_handle_t)a);
}

typedef void body_fn(uint64_t a, uint64_t b);

static void start(const struct child *c, body_fn *body)
{
    assert_ok(zx_process_start(c->process, c->thread, (zx_vaddr_t)body, 0, make_event(), 0));
}

static void await_code(const struct child *c, int64_t code)
{
    await(c->process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c->process).return_code, code);
}

static void expect_empty(zx_handle_t port)
{
    zx_port_packet_t p;

    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

// ---- events -----------------------------------------------------------------------------------

// The nearest job debugger hears of a process, once; other threads are the process's debugger's.
SCENARIO_ON(process_starting_is_for_one_job_debugger, 3, 20)
{
    zx_handle_t top = make_job(lab.job), job = make_job(top), below = make_job(job), second;
    zx_handle_t far_port = make_port(), near_port = make_port(), port = make_port();
    struct child c = make_child(below), other = c;

    bind_port(top, far_port, 1, DEBUGGER);
    bind_port(job, near_port, 2, DEBUGGER);
    bind_port(c.process, port, 3, DEBUGGER);
    start(&c, spins);
    receive(near_port, 2, ZX_EXCP_PROCESS_STARTING, &c);
    expect_empty(port); // not before that is answered
    answer(&c, near_port, 0);
    receive(port, 3, ZX_EXCP_THREAD_STARTING, &c);
    answer(&c, port, 0);
    assert_ok(zx_thread_create(c.process, "second", 6, 0, &second));
    assert_ok(zx_thread_start(second, (zx_vaddr_t)leaves, 0, 0, 0));
    other.thread = second;
    receive(port, 3, ZX_EXCP_THREAD_STARTING, &other);
    answer(&other, port, 0);
    receive(port, 3, ZX_EXCP_THREAD_EXITING, &other);
    assert_int_equal(state_of(second), ZX_THREAD_RUNNING);
    answer(&other, port, 0);
    await(second, ZX_THREAD_TERMINATED);
    expect_empty(near_port);
    expect_empty(far_port);
    assert_ok(zx_task_kill(c.process));
    await_killed(&c);
    close_child(&c);
    const zx_handle_t all[] = {second, top, job, below, far_port, near_port, port};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

enum way { HANDLED, TRIED_NEXT, UNBOUND, CLOSED, WAYS };

static void end_event(enum way way, const struct child *c, zx_handle_t task, zx_handle_t port)
{
    switch (way) {
    case HANDLED: answer(c, port, 0); break;
    case TRIED_NEXT: answer(c, port, ZX_RESUME_TRY_NEXT); break;
    case UNBOUND: assert_ok(unbind(task, DEBUGGER)); break;
    default: close_handle(port);
    }
}

// Whatever ends an event, the thread goes on, and nobody else is asked.
SCENARIO_ON(events_end_in_every_way_the_same, 3, 10)
{
    const uint32_t types[] = {ZX_EXCP_PROCESS_STARTING, ZX_EXCP_THREAD_STARTING,
                              ZX_EXCP_THREAD_EXITING};

    for (unsigned i = 0; i < countof(types); i++) {
        for (enum way way = HANDLED; way < WAYS; way++) {
            zx_handle_t job = make_job(lab.job), port = make_port(), others = make_port();
            struct child c = make_child(job);
            const zx_handle_t task = i == 0 ? job : c.process;

            bind_port(lab.job, others, 1, DEBUGGER);
            bind_port(job, others, 2, 0);
            bind_port(c.process, others, 3, 0);
            bind_port(c.thread, others, 4, 0);
            bind_port(task, port, 9, DEBUGGER);
            start(&c, leaves);
            if (i > 0)
                receive(others, 1, ZX_EXCP_PROCESS_STARTING, &c);
            if (i > 0)
                answer(&c, others, 0);
            if (i == 2) {
                receive(port, 9, ZX_EXCP_THREAD_STARTING, &c);
                answer(&c, port, 0);
            }
            receive(port, 9, types[i], &c);
            end_event(way, &c, task, port);
            if (i == 1 && way < UNBOUND) {
                receive(port, 9, ZX_EXCP_THREAD_EXITING, &c);
                answer(&c, port, 0);
            }
            await_code(&c, 0);
            expect_empty(others);
            if (way != CLOSED)
                close_handle(port);
            close_handle(others);
            close_child(&c);
            close_handle(job);
        }
    }
}

// Every thread that ends tells it; those that are ended do not wait for an answer.
SCENARIO_ON(ended_threads_tell_and_do_not_wait, 3, 20)
{
    const struct {
        body_fn *body;
        bool kill;
        int64_t code;
    } ends[] = {{exits_with_5, false, 5}, {spins, true, -1}};

    for (unsigned i = 0; i < countof(ends); i++) {
        zx_handle_t port = make_port();
        struct child c = make_child(lab.job);

        bind_port(c.process, port, 9, DEBUGGER);
        start(&c, ends[i].body);
        receive(port, 9, ZX_EXCP_THREAD_STARTING, &c);
        answer(&c, port, 0);
        if (ends[i].kill)
            assert_ok(zx_task_kill(c.process));
        await_code(&c, ends[i].code);
        receive(port, 9, ZX_EXCP_THREAD_EXITING, &c);
        assert_status(zx_task_resume_from_exception(c.thread, port, 0), ZX_ERR_BAD_STATE);
        expect_empty(port);
        close_handle(port);
        close_child(&c);
    }
}

static unsigned fill(zx_handle_t port)
{
    const zx_port_packet_t p = {.type = ZX_PKT_TYPE_USER};
    unsigned count = 0;

    while (zx_port_queue(port, &p) == ZX_OK)
        count++;
    return count;
}

// An event that cannot be sent is left out; an exception that cannot be sent is not handled.
SCENARIO(debugger_with_a_full_port)
{
    body_fn *const bodies[] = {leaves, faults};
    const int64_t codes[] = {0, -1};

    for (unsigned i = 0; i < countof(bodies); i++) {
        zx_handle_t port = make_port();
        struct child c = make_child(lab.job);
        zx_port_packet_t p;

        bind_port(c.process, port, 9, DEBUGGER);
        bind_port(c.process, port, 9, 0); // comes later, and is not asked
        unsigned count = fill(port);
        start(&c, bodies[i]);
        await_code(&c, codes[i]);
        while (zx_port_wait(port, 0, &p) == ZX_OK) {
            assert_int_equal(p.type, ZX_PKT_TYPE_USER);
            count--;
        }
        assert_int_equal(count, 0);
        close_handle(port);
        close_child(&c);
    }
}

// ---- registers and suspension in events ---------------------------------------------------------

static const struct {
    uint32_t kind;
    size_t size;
    zx_status_t in_event;
} kinds[] = {
    {ZX_THREAD_STATE_GENERAL_REGS, sizeof(zx_thread_state_general_regs_t), ZX_ERR_NOT_SUPPORTED},
    {ZX_THREAD_STATE_FP_REGS, sizeof(zx_thread_state_fp_regs_t), ZX_OK},
    {ZX_THREAD_STATE_VECTOR_REGS, sizeof(zx_thread_state_vector_regs_t), ZX_OK},
    {ZX_THREAD_STATE_DEBUG_REGS, sizeof(zx_thread_state_debug_regs_t), ZX_OK},
    {ZX_THREAD_STATE_SINGLE_STEP, sizeof(zx_thread_state_single_step_t), ZX_ERR_NOT_SUPPORTED},
};

// `status` for all kinds; ZX_OK: as it is in an event.
static void try_registers(zx_handle_t thread, zx_status_t status)
{
    uint8_t buffer[1024];

    for (unsigned i = 0; i < countof(kinds); i++) {
        const zx_status_t wanted = status == ZX_OK ? kinds[i].in_event : status;

        memset(buffer, 0xff, sizeof(buffer)); // bad values, for those that have such
        if (wanted != ZX_OK)
            assert_status(zx_thread_write_state(thread, kinds[i].kind, buffer, kinds[i].size),
                          wanted);
        assert_status(zx_thread_read_state(thread, kinds[i].kind, buffer, kinds[i].size), wanted);
        if (wanted == ZX_OK)
            assert_ok(zx_thread_write_state(thread, kinds[i].kind, buffer, kinds[i].size));
    }
}

// CALLS(zx_thread_read_state, zx_thread_write_state, zx_task_suspend, zx_object_set_profile)
SCENARIO_ON(a_thread_before_and_after_its_user_code, 2, 10)
{
    zx_handle_t port = make_port(), token;
    struct child c = make_child(lab.job);

    try_registers(c.thread, ZX_ERR_BAD_STATE); // new
    bind_port(c.process, port, 9, DEBUGGER);
    start(&c, leaves);
    receive(port, 9, ZX_EXCP_THREAD_STARTING, &c);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_EXCEPTION);
    try_registers(c.thread, ZX_OK);
    answer(&c, port, 0);
    receive(port, 9, ZX_EXCP_THREAD_EXITING, &c);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_DYING);
    try_registers(c.thread, ZX_OK);
    // It is dying; its process is not.
    assert_status(zx_task_suspend(c.thread, &token), ZX_ERR_BAD_STATE);
    assert_ok(zx_task_suspend(c.process, &token));
    answer(&c, port, 0);
    await_code(&c, 0); // also suspended
    try_registers(c.thread, ZX_ERR_BAD_STATE); // dead
    close_handle(token);
    close_handle(port);
    close_child(&c);
}

// Suspended before its start a process shows RUNNING, has its events, and stops before user code.
// CALLS(zx_task_suspend, zx_thread_read_state)
SCENARIO_ON(events_come_before_a_suspension, 3, 20)
{
    zx_handle_t job = make_job(lab.job), jport = make_port(), port = make_port(), token;
    zx_thread_state_general_regs_t regs;
    struct child c = make_child(job);

    bind_port(job, jport, 7, DEBUGGER);
    bind_port(c.process, port, 8, DEBUGGER);
    assert_ok(zx_task_suspend(c.process, &token));
    start(&c, exits_with_5);
    receive(jport, 7, ZX_EXCP_PROCESS_STARTING, &c);
    assert_int_equal(state_of(c.thread), ZX_THREAD_RUNNING);
    answer(&c, jport, 0);
    receive(port, 8, ZX_EXCP_THREAD_STARTING, &c);
    assert_int_equal(state_of(c.thread), ZX_THREAD_RUNNING);
    answer(&c, port, 0);
    await(c.thread, ZX_THREAD_SUSPENDED);
    assert_int_equal(state_of(c.thread), ZX_THREAD_SUSPENDED);
    assert_ok(zx_thread_read_state(c.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    close_handle(token);
    await_code(&c, 5);
    const zx_handle_t all[] = {job, jport, port};
    assert_ok(zx_handle_close_many(all, countof(all)));
    close_child(&c);
}

// What is answered waits for nobody any more, though a suspension keeps it; then the one or the other
// may come first.
SCENARIO_ON(answered_it_waits_for_nobody, 3, 20)
{
    for (unsigned resume_first = 0; resume_first < 2; resume_first++) {
        zx_handle_t port = make_port(), token;
        struct child c = make_child(lab.job);

        bind_port(c.process, port, 9, 0);
        start(&c, faults);
        receive(port, 9, ZX_EXCP_FATAL_PAGE_FAULT, &c);
        assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_PROCESS);
        assert_ok(zx_task_suspend(c.thread, &token));
        if (resume_first) {
            answer(&c, port, 0);
            assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_NONE);
            await(c.thread, ZX_THREAD_SUSPENDED);
            assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_NONE);
            close_handle(token);
        } else {
            close_handle(token);
            assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_EXCEPTION);
            answer(&c, port, 0);
        }
        receive(port, 9, ZX_EXCP_FATAL_PAGE_FAULT, &c); // nothing was mended
        answer(&c, port, ZX_RESUME_TRY_NEXT);
        await_killed(&c);
        close_handle(port);
        close_child(&c);
    }
}

// ---- bindings ---------------------------------------------------------------------------------

// One port in every slot: the keys tell which one asks.
SCENARIO_ON(one_port_in_every_slot, 3, 20)
{
    zx_handle_t port = make_port(), top = make_job(lab.job), job = make_job(top);
    struct child c = make_child(job);
    const struct {
        zx_handle_t task;
        uint32_t options, type;
    } slots[] = {
        {c.process, DEBUGGER, ZX_EXCEPTION_PORT_TYPE_DEBUGGER},
        {c.thread, 0, ZX_EXCEPTION_PORT_TYPE_THREAD},
        {c.process, 0, ZX_EXCEPTION_PORT_TYPE_PROCESS},
        {job, 0, ZX_EXCEPTION_PORT_TYPE_JOB},
        {top, 0, ZX_EXCEPTION_PORT_TYPE_JOB},
    };

    for (unsigned i = 0; i < countof(slots); i++)
        bind_port(slots[i].task, port, 10 + i, slots[i].options);
    start(&c, faults);
    receive(port, 10, ZX_EXCP_THREAD_STARTING, &c);
    answer(&c, port, 0);
    for (unsigned i = 0; i < countof(slots); i++) {
        receive(port, 10 + i, ZX_EXCP_FATAL_PAGE_FAULT, &c);
        assert_int_equal(waits_for(c.thread), slots[i].type);
        expect_empty(port);
        answer(&c, port, ZX_RESUME_TRY_NEXT);
    }
    receive(port, 10, ZX_EXCP_THREAD_EXITING, &c);
    await_killed(&c);
    expect_empty(port);
    close_child(&c);
    const zx_handle_t all[] = {port, top, job};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// A slot is looked at when its turn comes, and not again.
SCENARIO_ON(binding_during_an_exception, 3, 20)
{
    zx_handle_t port = make_port(), early = make_port(), late = make_port();
    struct child c = make_child(lab.job);

    bind_port(c.thread, port, 2, 0);
    start(&c, faults);
    receive(port, 2, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    bind_port(c.process, early, 1, DEBUGGER); // its turn was before
    bind_port(c.process, late, 3, 0);
    assert_ok(unbind(c.thread, 0));
    bind_port(c.thread, early, 2, 0); // free at once, but its turn is over
    receive(late, 3, ZX_EXCP_FATAL_PAGE_FAULT, &c);
    assert_int_equal(waits_for(c.thread), ZX_EXCEPTION_PORT_TYPE_PROCESS);
    answer(&c, late, ZX_RESUME_TRY_NEXT);
    await_killed(&c);
    receive(early, 1, ZX_EXCP_THREAD_EXITING, &c);
    expect_empty(early);
    close_child(&c);
    const zx_handle_t all[] = {port, early, late};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// Unbound from a job, everybody below goes on; the packets that were sent stay where they are.
SCENARIO_ON(unbinding_a_job_lets_all_below_go, 3, 20)
{
    zx_handle_t port = make_port(), top = make_job(lab.job), job = make_job(top);
    struct child children[] = {make_child(top), make_child(job), make_child(job)};
    zx_port_packet_t p;

    bind_port(top, port, 4, 0);
    for (unsigned i = 0; i < countof(children); i++) {
        start(&children[i], faults);
        await_state(children[i].thread, ZX_THREAD_STATE_BLOCKED_EXCEPTION);
    }
    assert_ok(unbind(top, 0));
    bind_port(top, port, 5, 0);
    for (unsigned i = 0; i < countof(children); i++)
        await_killed(&children[i]);
    for (unsigned i = 0; i < countof(children); i++) {
        assert_ok(zx_port_wait(port, 0, &p));
        assert_int_equal(p.key, 4);
        close_child(&children[i]);
    }
    expect_empty(port);
    const zx_handle_t all[] = {port, top, job};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// A dead task can be unbound from, if it was bound while it lived, and not bound to.
SCENARIO_ON(bindings_of_a_thread_and_its_end, 2, 10)
{
    zx_handle_t port = make_port(), threads[2];

    for (unsigned i = 0; i < countof(threads); i++)
        assert_ok(zx_thread_create(lab.process, "t", 1, 0, &threads[i]));
    bind_port(threads[0], port, 1, 0); // not started yet
    for (unsigned i = 0; i < countof(threads); i++) {
        assert_ok(zx_thread_start(threads[i], (zx_vaddr_t)leaves, 0, 0, 0));
        await(threads[i], ZX_THREAD_TERMINATED);
    }
    assert_status(zx_task_bind_exception_port(threads[0], port, 1, 0), ZX_ERR_NOT_FOUND);
    assert_ok(unbind(threads[0], 0));
    assert_status(unbind(threads[1], 0), ZX_ERR_BAD_STATE);
    assert_status(zx_task_bind_exception_port(threads[1], port, 1, 0), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many(threads, countof(threads)));
    close_handle(port);
}

// ---- handlers that kill -------------------------------------------------------------------------

#define FAULTING 3u

// Threads of one process fault at once; a job's handler kills each, and hears of its end by the same
// port. The process lives on.
// CALLS(zx_task_kill, zx_object_wait_async)
SCENARIO_ON(faulting_threads_are_killed_one_by_one, 3, 30)
{
    zx_handle_t port = make_port(), job = make_job(lab.job), threads[FAULTING];
    struct child c = start_child(job, child_spins, 0);
    unsigned faulted = 0, ended = 0;

    bind_port(job, port, FAULTING, 0);
    for (unsigned i = 0; i < FAULTING; i++) {
        assert_ok(zx_thread_create(c.process, "t", 1, 0, &threads[i]));
        assert_ok(zx_object_wait_async(threads[i], port, i, ZX_THREAD_TERMINATED,
                                       ZX_WAIT_ASYNC_ONCE));
        assert_ok(zx_thread_start(threads[i], (zx_vaddr_t)faults, 0, 0, 0));
    }
    while (ended < FAULTING) {
        zx_port_packet_t p;
        zx_handle_t thread;

        assert_ok(zx_port_wait(port, FOREVER, &p));
        if (p.key < FAULTING) {
            assert_int_equal(state_of(threads[p.key]), ZX_THREAD_TERMINATED);
            ended++;
            continue;
        }
        faulted++;
        assert_ok(zx_object_get_child(c.process, p.exception.tid, ZX_RIGHT_SAME_RIGHTS, &thread));
        assert_ok(zx_task_kill(thread));
        zx_status_t late = zx_task_resume_from_exception(thread, port, ZX_RESUME_TRY_NEXT);
        if (late != ZX_OK)
            assert_status(late, ZX_ERR_BAD_STATE);
        close_handle(thread);
    }
    assert_int_equal(faulted, FAULTING);
    assert_int_equal(state_of(c.process), 0);
    assert_ok(zx_task_kill(c.process));
    await_killed(&c);
    close_child(&c);
    assert_ok(zx_handle_close_many(threads, FAULTING));
    close_handle(job);
    close_handle(port);
}

// ---- races ------------------------------------------------------------------------------------

struct scene {
    struct child child;
    zx_handle_t port;
};

static void dawdle(void)
{
    for (unsigned n = (unsigned)host_random(12); n > 0; n--)
        lab_pause();
}

// Answers whatever is asked, for as long as there is somebody who asks.
static void answers_all(void *arg)
{
    struct scene *s = arg;
    zx_port_packet_t p;

    for (;;) {
        assert_ok(zx_port_wait(s->port, FOREVER, &p));
        if (p.key == 1) // its end
            return;
        dawdle();
        zx_status_t status = zx_task_resume_from_exception(s->child.thread, s->port,
                                                           ZX_RESUME_TRY_NEXT);
        // Late: it is in no exception, or in the next one before anybody was asked.
        if (status != ZX_OK && status != ZX_ERR_ACCESS_DENIED)
            assert_status(status, ZX_ERR_BAD_STATE);
    }
}

static void suspends(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < 4; i++) {
        zx_handle_t token;
        zx_status_t status = zx_task_suspend(i % 2 ? s->child.thread : s->child.process, &token);
        if (status != ZX_OK) {
            assert_status(status, ZX_ERR_BAD_STATE);
            return;
        }
        dawdle();
        close_handle(token);
    }
}

static void kills(void *arg)
{
    dawdle();
    assert_ok(zx_task_kill(((struct scene *)arg)->child.process));
}

// Events, an exception, suspensions and a kill meet in one thread: it ends, and tells so once.
// CALLS(zx_task_suspend, zx_task_kill)
SCENARIO_ON(race_of_all_that_stops_a_thread, 4, 60)
{
    for (unsigned killed = 0; killed < 2; killed++) {
        struct scene s = {.port = make_port(), .child = make_child(lab.job)};

        bind_port(s.child.process, s.port, 9, DEBUGGER);
        assert_ok(zx_object_wait_async(s.child.process, s.port, 1, ZX_PROCESS_TERMINATED,
                                       ZX_WAIT_ASYNC_ONCE));
        start(&s.child, faults);
        RACE(&s, answers_all, suspends, killed ? kills : suspends);
        await_killed(&s.child);
        assert_int_equal(state_of(s.child.thread), ZX_THREAD_TERMINATED);
        close_child(&s.child);
        close_handle(s.port);
    }
}

static void closes_port(void *arg)
{
    dawdle();
    close_handle(((struct scene *)arg)->port);
}

// The debugger goes, wherever the process is just then: it runs to its end.
SCENARIO_ON(race_of_a_process_and_its_debuggers_end, 4, 60)
{
    struct scene s = {.port = make_port(), .child = make_child(lab.job)};

    bind_port(s.child.process, s.port, 9, DEBUGGER);
    bind_port(lab.job, s.port, 8, DEBUGGER);
    start(&s.child, leaves);
    RACE(&s, closes_port, suspends);
    await_code(&s.child, 0);
    assert_status(unbind(lab.job, DEBUGGER), ZX_ERR_BAD_STATE);
    close_child(&s.child);
}

// Without memory for the packet the exception is as one that nobody handles.
SWEEP(exception_raise_no_memory, 4)
{
    struct child c = {0};
    zx_handle_t port, event = 0;
    zx_port_packet_t p;

    if (!got(zx_port_create(0, &port)))
        return;
    if (got(zx_process_create(lab.job, "p", 1, 0, &c.process, &c.vmar)) &&
        got(zx_thread_create(c.process, "t", 1, 0, &c.thread)) &&
        got(zx_event_create(0, &event)) &&
        got(zx_task_bind_exception_port(c.process, port, 9, 0)) &&
        got(zx_object_wait_async(c.process, port, 1, ZX_PROCESS_TERMINATED, ZX_WAIT_ASYNC_ONCE)) &&
        got(zx_process_start(c.process, c.thread, (zx_vaddr_t)faults, 0, event, 0))) {
        assert_ok(zx_port_wait(port, FOREVER, &p));
        if (p.key == 9)
            answer(&c, port, ZX_RESUME_TRY_NEXT);
        await_killed(&c);
    }
    if (event != 0 && alive(event))
        close_handle(event);
    close_child(&c);
    close_handle(port);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest events_tests[] = {
    T(process_starting_is_for_one_job_debugger),
    T(events_end_in_every_way_the_same),
    T(ended_threads_tell_and_do_not_wait),
    T(debugger_with_a_full_port),
    T(a_thread_before_and_after_its_user_code),
    T(events_come_before_a_suspension),
    T(answered_it_waits_for_nobody),
    T(one_port_in_every_slot),
    T(binding_during_an_exception),
    T(unbinding_a_job_lets_all_below_go),
    T(bindings_of_a_thread_and_its_end),
    T(faulting_threads_are_killed_one_by_one),
    T(race_of_all_that_stops_a_thread),
    T(race_of_a_process_and_its_debuggers_end),
    T(exception_raise_no_memory),
};
const size_t events_test_count = countof(events_tests);
