// SPDX-License-Identifier: MIT
// Suspend tokens: spec 20 sections 1 and 7.
// CALLS(zx_task_suspend, zx_task_suspend_token): all of this file
#include "object_test.h"

#include <stdatomic.h>

#include <zircon/syscalls/port.h>

static zx_handle_t suspend(zx_handle_t task)
{
    zx_handle_t token = 0;

    assert_ok(zx_task_suspend(task, &token));
    return token;
}

static void await_stopped(zx_handle_t thread)
{
    await(thread, ZX_THREAD_SUSPENDED);
    assert_int_equal(state_of(thread), ZX_THREAD_SUSPENDED);
    assert_int_equal(thread_state(thread), ZX_THREAD_STATE_SUSPENDED);
}

static void end_thread(zx_handle_t thread)
{
    assert_ok(zx_task_kill(thread));
    lab_thread_join(thread);
}

// Counts in user mode.
struct counter {
    atomic_uint count;
    atomic_bool stop;
};

static void count_up(void *arg)
{
    struct counter *c = arg;

    while (!atomic_load(&c->stop)) {
        atomic_fetch_add(&c->count, 1);
        lab_pause();
    }
}

static void await_count_over(struct counter *c, unsigned than)
{
    while (atomic_load(&c->count) <= than)
        lab_pause();
}

// CALLS(zx_task_suspend, zx_task_suspend_token)
SCENARIO(suspend_checks_in_order)
{
    zx_handle_t t = 77, weak, thread = 0;
    struct child c = make_child(lab.job);

    assert_status(zx_task_suspend(0, &t), ZX_ERR_BAD_HANDLE);
    weak = duplicate_without(c.thread, ZX_RIGHT_WRITE);
    assert_status(zx_task_suspend(weak, &t), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    weak = make_event();
    assert_status(zx_task_suspend(weak, &t), ZX_ERR_ACCESS_DENIED); // rights before type
    close_handle(weak);
    assert_status(zx_task_suspend(lab.job, &t), ZX_ERR_WRONG_TYPE);
    assert_status(zx_task_suspend(lab.thread, &t), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_task_suspend_token(lab.process, &t), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(t, 77);
    assert_status(zx_task_suspend(c.thread, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_task_suspend_token(c.process, &t));
    assert_int_equal(basic(t).type, ZX_OBJ_TYPE_SUSPEND_TOKEN);
    assert_int_equal(basic(t).rights, ZX_DEFAULT_SUSPEND_TOKEN_RIGHTS);
    assert_int_equal(basic(t).props, ZX_OBJ_PROP_NONE);
    assert_ok(zx_task_kill(c.process));
    close_handle(t); // on a dead task
    assert_status(zx_task_suspend(c.process, &t), ZX_ERR_BAD_STATE);
    close_child(&c);
    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &thread));
    close_handle(thread);
    c = start_child(lab.job, child_ends, 0);
    await(c.thread, ZX_THREAD_TERMINATED);
    assert_status(zx_task_suspend(c.thread, &t), ZX_ERR_BAD_STATE);
    close_child(&c);
}

// A token that cannot be delivered suspends nothing.
SCENARIO_ON(suspend_undelivered_token_resumes, 2, 20)
{
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c);

    assert_status(zx_task_suspend(thread, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    await(thread, ZX_THREAD_RUNNING);
    await_count_over(&c, atomic_load(&c.count) + 3);
    atomic_store(&c.stop, true);
    lab_thread_join(thread);
}

// In user mode on another CPU or on none: it stops, and goes on where it was.
SCENARIO_ON(suspend_stops_a_spinning_thread, 3, 40)
{
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c);

    for (unsigned round = 0; round < 3; round++) {
        zx_handle_t token = suspend(thread);
        await_stopped(thread);
        unsigned seen = atomic_load(&c.count);
        for (unsigned i = 0; i < 20; i++)
            lab_pause();
        assert_int_equal(atomic_load(&c.count), seen);
        close_handle(token);
        await(thread, ZX_THREAD_RUNNING);
        assert_int_equal(state_of(thread), ZX_THREAD_RUNNING);
        await_count_over(&c, seen);
    }
    atomic_store(&c.stop, true);
    lab_thread_join(thread);
}

SCENARIO_ON(suspensions_are_counted, 2, 30)
{
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c), tokens[3];

    for (unsigned i = 0; i < 3; i++)
        tokens[i] = suspend(thread);
    await_stopped(thread);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(state_of(thread), ZX_THREAD_SUSPENDED);
        close_handle(tokens[i]);
    }
    await(thread, ZX_THREAD_RUNNING);
    atomic_store(&c.stop, true);
    lab_thread_join(thread);
}

// A token in a message counts as open; it ends with the channel.
SCENARIO_ON(suspend_token_moves_with_a_message, 2, 20)
{
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c), token = suspend(thread), ends[2];

    await_stopped(thread);
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &token, 1));
    assert_int_equal(state_of(thread), ZX_THREAD_SUSPENDED);
    close_handle(ends[0]);
    close_handle(ends[1]);
    await(thread, ZX_THREAD_RUNNING);
    atomic_store(&c.stop, true);
    lab_thread_join(thread);
}

// --- In blocking calls -------------------------------------------------------------------------

struct blocked {
    zx_handle_t event, port, ends[2], thread;
    zx_futex_t word;
    uint32_t state;
    zx_time_t deadline, returned_at;
    zx_status_t status;
    zx_signals_t seen;
    zx_port_packet_t packet;
    uint32_t message[2];
};

static void in_wait_one(void *arg)
{
    struct blocked *b = arg;
    b->status = zx_object_wait_one(b->event, ZX_USER_SIGNAL_0, FOREVER, &b->seen);
}

static void in_wait_many(void *arg)
{
    struct blocked *b = arg;
    zx_wait_item_t item = {.handle = b->event, .waitfor = ZX_USER_SIGNAL_0};
    b->status = zx_object_wait_many(&item, 1, FOREVER);
    b->seen = item.pending;
}

static void in_port_wait(void *arg)
{
    struct blocked *b = arg;
    b->status = zx_port_wait(b->port, FOREVER, &b->packet);
}

static void in_futex_wait(void *arg)
{
    struct blocked *b = arg;
    b->status = zx_futex_wait(&b->word, 0, ZX_HANDLE_INVALID, FOREVER);
}

static void in_interrupt_wait(void *arg)
{
    struct blocked *b = arg;
    b->status = zx_interrupt_wait(b->event, &b->returned_at);
}

static void in_call(void *arg)
{
    struct blocked *b = arg;
    uint32_t request[2] = {0, 7}, bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = request, .wr_num_bytes = 8, .rd_bytes = b->message, .rd_num_bytes = 8};
    b->status = zx_channel_call(b->ends[0], 0, FOREVER, &args, &bytes, &handles);
}

static void blocked_start(struct blocked *b, void (*body)(void *), uint32_t state)
{
    b->status = 77;
    b->state = state;
    b->thread = lab_thread(body, b);
    await_state(b->thread, state);
}

// Suspended it shows so; resumed it waits again as before, by itself.
static void stop_and_go(struct blocked *b)
{
    zx_handle_t token = suspend(b->thread);
    await_stopped(b->thread);
    assert_int_equal(b->status, 77);
    close_handle(token);
    await_state(b->thread, b->state);
    assert_int_equal(state_of(b->thread), ZX_THREAD_RUNNING);
}

static void blocked_end(struct blocked *b)
{
    lab_thread_join(b->thread);
    assert_status(b->status, ZX_OK);
}

// What comes while it is suspended has no effect before it goes on.
SCENARIO_ON(suspend_in_wait_one, 3, 40)
{
    struct blocked b = {.event = make_event()};

    blocked_start(&b, in_wait_one, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    stop_and_go(&b);
    zx_handle_t token = suspend(b.thread);
    await_stopped(b.thread);
    assert_ok(zx_object_signal(b.event, 0, ZX_USER_SIGNAL_0));
    assert_int_equal(state_of(b.thread), ZX_THREAD_SUSPENDED);
    assert_int_equal(b.status, 77);
    close_handle(token);
    blocked_end(&b);
    assert_int_equal(b.seen, ZX_USER_SIGNAL_0);
    close_handle(b.event);
}

SCENARIO_ON(suspend_in_wait_many, 3, 50)
{
    struct blocked b = {.event = make_event()};

    blocked_start(&b, in_wait_many, ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
    stop_and_go(&b);
    assert_ok(zx_object_signal(b.event, 0, ZX_USER_SIGNAL_0));
    blocked_end(&b);
    assert_int_equal(b.seen, ZX_USER_SIGNAL_0);
    close_handle(b.event);
}

// Two packets come while it is suspended: none is taken then, one afterwards.
SCENARIO_ON(suspend_in_port_wait, 3, 40)
{
    struct blocked b = {0};
    zx_port_packet_t p = {.key = 1, .type = ZX_PKT_TYPE_USER};

    assert_ok(zx_port_create(0, &b.port));
    blocked_start(&b, in_port_wait, ZX_THREAD_STATE_BLOCKED_PORT);
    stop_and_go(&b);
    zx_handle_t token = suspend(b.thread);
    await_stopped(b.thread);
    assert_ok(zx_port_queue(b.port, &p));
    p.key = 2;
    assert_ok(zx_port_queue(b.port, &p));
    assert_int_equal(b.status, 77);
    close_handle(token);
    blocked_end(&b);
    assert_int_equal(b.packet.key, 1);
    assert_ok(zx_port_wait(b.port, 0, &p));
    assert_int_equal(p.key, 2);
    assert_status(zx_port_wait(b.port, 0, &p), ZX_ERR_TIMED_OUT);
    close_handle(b.port);
}

SCENARIO_ON(suspend_in_futex_wait, 3, 50)
{
    struct blocked b = {0};

    blocked_start(&b, in_futex_wait, ZX_THREAD_STATE_BLOCKED_FUTEX);
    stop_and_go(&b);
    assert_ok(zx_futex_wake(&b.word, 1));
    blocked_end(&b);
}

// CALLS(zx_interrupt_wait, zx_interrupt_trigger)
SCENARIO_ON(suspend_in_interrupt_wait, 3, 40)
{
    struct blocked b = {0};

    assert_ok(zx_interrupt_create(ZX_HANDLE_INVALID, 0, ZX_INTERRUPT_VIRTUAL, &b.event));
    blocked_start(&b, in_interrupt_wait, ZX_THREAD_STATE_BLOCKED_INTERRUPT);
    stop_and_go(&b);
    zx_handle_t token = suspend(b.thread);
    await_stopped(b.thread);
    assert_ok(zx_interrupt_trigger(b.event, 0, 77));
    assert_int_equal(b.status, 77);
    close_handle(token);
    blocked_end(&b);
    assert_int_equal(b.returned_at, 77);
    close_handle(b.event);
}

// The message is sent once, and the reply kept for the caller.
SCENARIO_ON(suspend_in_channel_call, 3, 40)
{
    struct blocked b = {0};
    uint32_t m[2], bytes;

    assert_ok(zx_channel_create(0, &b.ends[0], &b.ends[1]));
    blocked_start(&b, in_call, ZX_THREAD_STATE_BLOCKED_CHANNEL);
    stop_and_go(&b);
    zx_handle_t token = suspend(b.thread);
    await_stopped(b.thread);
    assert_ok(zx_channel_read(b.ends[1], 0, m, NULL, 8, 0, &bytes, NULL));
    assert_status(zx_channel_read(b.ends[1], 0, m, NULL, 8, 0, &bytes, NULL), ZX_ERR_SHOULD_WAIT);
    m[1] = 9;
    assert_ok(zx_channel_write(b.ends[1], 0, m, 8, NULL, 0));
    assert_false(state_of(b.ends[0]) & ZX_CHANNEL_READABLE);
    assert_int_equal(b.status, 77);
    close_handle(token);
    blocked_end(&b);
    assert_int_equal(b.message[1], 9);
    close_handle(b.ends[0]);
    close_handle(b.ends[1]);
}

static void in_sleep(void *arg)
{
    struct blocked *b = arg;
    b->status = zx_nanosleep(b->deadline);
    b->returned_at = zx_clock_get_monotonic();
}

SCENARIO_ON(suspended_sleeper_keeps_its_deadline, 2, 30)
{
    struct blocked b = {.deadline = zx_deadline_after(ZX_SEC(1000))};
    zx_handle_t thread = lab_thread(in_sleep, &b), token = suspend(thread);

    await(thread, ZX_THREAD_SUSPENDED);
    close_handle(token);
    lab_thread_join(thread);
    assert_status(b.status, ZX_OK);
    assert_true(b.returned_at >= b.deadline);
}

// --- Lifecycle ---------------------------------------------------------------------------------

static void count_once(uint64_t counter, uint64_t unused)
{
    (void)unused;
    atomic_fetch_add((atomic_uint *)(uintptr_t)counter, 1);
    zx_thread_exit();
}

// Suspended before its start, a thread stops before its first user instruction.
SCENARIO_ON(suspend_before_start, 3, 40)
{
    atomic_uint count = 0;
    zx_handle_t thread, token;

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &thread));
    token = suspend(thread);
    assert_int_equal(state_of(thread), 0);
    assert_int_equal(thread_state(thread), ZX_THREAD_STATE_NEW);
    assert_ok(zx_thread_start(thread, (zx_vaddr_t)count_once, 0, (uintptr_t)&count, 0));
    await_stopped(thread);
    assert_int_equal(atomic_load(&count), 0);
    close_handle(token);
    lab_thread_join(thread);
    assert_int_equal(atomic_load(&count), 1);
}

SCENARIO_ON(suspend_and_resume_before_start, 2, 10)
{
    atomic_uint count = 0;
    zx_handle_t thread;

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &thread));
    close_handle(suspend(thread));
    assert_ok(zx_thread_start(thread, (zx_vaddr_t)count_once, 0, (uintptr_t)&count, 0));
    lab_thread_join(thread);
    assert_int_equal(atomic_load(&count), 1);
}

static zx_handle_t spinner_of(struct child *c)
{
    zx_handle_t thread;

    assert_ok(zx_thread_create(c->process, "s", 1, 0, &thread));
    assert_ok(zx_thread_start(thread, (zx_vaddr_t)child_spins, 0, 0, 0));
    return thread;
}

// A process's suspension reaches the threads it has and those it gets; dying ones do not matter.
SCENARIO_ON(suspend_process, 3, 40)
{
    struct child c = start_child_with_itself(lab.job, child_spins);
    zx_handle_t second = spinner_of(&c), third = spinner_of(&c);

    assert_ok(zx_task_kill(third));
    zx_handle_t token = suspend(c.process), own = suspend(second), fourth = spinner_of(&c);
    await_stopped(c.thread);
    await_stopped(second);
    await_stopped(fourth);
    await(third, ZX_THREAD_TERMINATED);
    close_handle(token);
    await(c.thread, ZX_THREAD_RUNNING);
    await(fourth, ZX_THREAD_RUNNING);
    assert_int_equal(state_of(second), ZX_THREAD_SUSPENDED); // by its own token
    close_handle(own);
    await(second, ZX_THREAD_RUNNING);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_handle(second);
    close_handle(third);
    close_handle(fourth);
    close_child(&c);
}

SCENARIO_ON(suspend_process_before_start, 2, 30)
{
    struct child c = make_child(lab.job);
    zx_handle_t tokens[2] = {suspend(c.process), suspend(c.process)};

    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)child_spins, 0, make_event(), 0));
    await_stopped(c.thread);
    close_handle(tokens[0]);
    assert_int_equal(state_of(c.thread), ZX_THREAD_SUSPENDED);
    close_handle(tokens[1]);
    await(c.thread, ZX_THREAD_RUNNING);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// Killed while suspended it ends without ever running again, and the token may stay.
SCENARIO_ON(kill_of_a_suspended_thread, 3, 40)
{
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c), token = suspend(thread), port;
    zx_port_packet_t p;

    await_stopped(thread);
    unsigned seen = atomic_load(&c.count);
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_object_wait_async(thread, port, 1, ZX_THREAD_RUNNING, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_task_kill(thread));
    await(thread, ZX_THREAD_TERMINATED);
    assert_int_equal(state_of(thread), ZX_THREAD_TERMINATED);
    assert_int_equal(atomic_load(&c.count), seen);
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_int_equal(thread_state(thread), ZX_THREAD_STATE_DEAD);
    close_handle(token);
    close_handle(port);
    close_handle(thread);
}

// CALLS(zx_object_wait_async)
SCENARIO_ON(suspend_signals_asynchronously, 2, 30)
{
    const zx_signals_t both = ZX_THREAD_RUNNING | ZX_THREAD_SUSPENDED;
    struct counter c = {0};
    zx_handle_t thread = lab_thread(count_up, &c), port;
    zx_port_packet_t p;

    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_object_wait_async(thread, port, 2, both, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.key, 2);
    assert_int_equal(p.signal.observed & both, ZX_THREAD_RUNNING);
    assert_ok(zx_object_wait_async(thread, port, 1, both, ZX_WAIT_ASYNC_REPEATING));
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.signal.observed & both, ZX_THREAD_RUNNING);
    zx_handle_t token = suspend(thread);
    await(thread, ZX_THREAD_SUSPENDED);
    close_handle(token);
    await(thread, ZX_THREAD_RUNNING);
    assert_ok(zx_object_signal(thread, 0, 0));  // who told `await` has told the port by now
    assert_ok(zx_port_wait(port, FOREVER, &p)); // one packet for both
    assert_int_equal(p.signal.observed & both, both);
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    token = suspend(thread);
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.signal.observed & both, ZX_THREAD_SUSPENDED);
    close_handle(token);
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.signal.observed & both, ZX_THREAD_RUNNING);
    close_handle(port);
    end_thread(thread);
}

// --- Races -------------------------------------------------------------------------------------

struct storm {
    zx_handle_t target, ends[2];
    struct counter counter;
};

static void suspend_often(void *arg)
{
    struct storm *s = arg;

    for (unsigned i = 0; i < 4; i++) {
        zx_handle_t token;
        zx_status_t status = zx_task_suspend(s->target, &token);
        if (status == ZX_ERR_BAD_STATE)
            return;
        assert_ok(status);
        for (unsigned n = (unsigned)host_random(6); n > 0; n--)
            lab_pause();
        close_handle(token);
    }
}

static void kill_target(void *arg)
{
    for (unsigned n = (unsigned)host_random(20); n > 0; n--)
        lab_pause();
    assert_ok(zx_task_kill(((struct storm *)arg)->target));
}

// Tokens come and go on two CPUs: no resume is lost and none comes early.
SCENARIO_ON(race_suspend_suspend, 4, 30)
{
    struct storm s = {0};

    s.target = lab_thread(count_up, &s.counter);
    RACE(&s, suspend_often, suspend_often);
    await(s.target, ZX_THREAD_RUNNING);
    await_count_over(&s.counter, atomic_load(&s.counter.count));
    atomic_store(&s.counter.stop, true);
    lab_thread_join(s.target);
}

SCENARIO_ON(race_suspend_kill, 4, 30)
{
    struct storm s = {0};

    s.target = lab_thread(count_up, &s.counter);
    RACE(&s, suspend_often, kill_target, suspend_often);
    lab_thread_join(s.target);
}

static void echo(void *arg)
{
    struct storm *s = arg;
    uint32_t m[2], bytes;

    for (unsigned i = 0; i < 5; i++) {
        await(s->ends[1], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(s->ends[1], 0, m, NULL, 8, 0, &bytes, NULL));
        m[1]++;
        assert_ok(zx_channel_write(s->ends[1], 0, m, 8, NULL, 0));
    }
}

static void call_five_times(void *arg)
{
    struct storm *s = arg;

    for (uint32_t i = 0; i < 5; i++) {
        uint32_t request[2] = {0, i}, reply[2], bytes, handles;
        zx_channel_call_args_t args = {
            .wr_bytes = request, .wr_num_bytes = 8, .rd_bytes = reply, .rd_num_bytes = 8};
        assert_ok(zx_channel_call(s->ends[0], 0, FOREVER, &args, &bytes, &handles));
        assert_int_equal(reply[1], i + 1);
    }
}

// Whenever the caller is stopped: each message is sent once and answered once.
SCENARIO_ON(race_suspend_call, 4, 30)
{
    struct storm s = {0};

    assert_ok(zx_channel_create(0, &s.ends[0], &s.ends[1]));
    s.target = lab_thread(call_five_times, &s);
    RACE(&s, suspend_often, echo, suspend_often);
    lab_thread_join(s.target);
    close_handle(s.ends[0]);
    close_handle(s.ends[1]);
}

// Stopped on its way into a wait that nobody ends.
SCENARIO_ON(race_suspend_about_to_block, 3, 30)
{
    struct blocked b = {.event = make_event()};
    zx_handle_t thread = lab_thread(in_wait_one, &b), token;

    for (unsigned n = (unsigned)host_random(10); n > 0; n--)
        lab_pause();
    token = suspend(thread);
    await_stopped(thread);
    assert_ok(zx_object_signal(b.event, 0, ZX_USER_SIGNAL_0));
    close_handle(token);
    lab_thread_join(thread);
    close_handle(b.event);
}

static void start_target(void *arg)
{
    struct storm *s = arg;

    assert_ok(zx_thread_start(s->target, (zx_vaddr_t)count_once, 0, (uintptr_t)&s->counter.count,
                              0));
}

SCENARIO_ON(race_suspend_start, 4, 30)
{
    struct storm s = {0};

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &s.target));
    RACE(&s, suspend_often, start_target);
    lab_thread_join(s.target);
    assert_int_equal(atomic_load(&s.counter.count), 1);
}

// CALLS(zx_task_suspend)
SWEEP(suspend_no_memory, 1)
{
    struct child c = {0};
    zx_handle_t token;

    if (!got(zx_process_create(lab.job, "p", 1, 0, &c.process, &c.vmar)))
        return;
    if (got(zx_task_suspend(c.process, &token)))
        close_handle(token);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest suspend_tests[] = {
    T(suspend_checks_in_order),
    T(suspend_undelivered_token_resumes),
    T(suspend_stops_a_spinning_thread),
    T(suspensions_are_counted),
    T(suspend_token_moves_with_a_message),
    T(suspend_in_wait_one),
    T(suspend_in_wait_many),
    T(suspend_in_port_wait),
    T(suspend_in_futex_wait),
    T(suspend_in_interrupt_wait),
    T(suspend_in_channel_call),
    T(suspended_sleeper_keeps_its_deadline),
    T(suspend_before_start),
    T(suspend_and_resume_before_start),
    T(suspend_process),
    T(suspend_process_before_start),
    T(kill_of_a_suspended_thread),
    T(suspend_signals_asynchronously),
    T(race_suspend_suspend),
    T(race_suspend_kill),
    T(race_suspend_call),
    T(race_suspend_about_to_block),
    T(race_suspend_start),
    T(suspend_no_memory),
};
const size_t suspend_test_count = countof(suspend_tests);
