// SPDX-License-Identifier: MIT
// Interrupts that programs fire: spec 30 section 2.
#include "object_test.h"

#include <zircon/syscalls/port.h>

static zx_handle_t make_virtual(void)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_interrupt_create(ZX_HANDLE_INVALID, 77, ZX_INTERRUPT_VIRTUAL, &h));
    return h;
}

static zx_handle_t make_port(uint32_t options)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_port_create(options, &h));
    return h;
}

// One bound to a port of its own, with this key.
static zx_handle_t make_bound(uint64_t key, zx_handle_t *out_port)
{
    zx_handle_t h = make_virtual();

    *out_port = make_port(ZX_PORT_BIND_TO_INTERRUPT);
    assert_ok(zx_interrupt_bind(h, *out_port, key, 0));
    return h;
}

static void expect_packet(zx_handle_t port, uint64_t key, zx_time_t timestamp)
{
    static const uint8_t zero[24];
    zx_port_packet_t p;

    memset(&p, 0xee, sizeof(p));
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.key, key);
    assert_int_equal(p.type, ZX_PKT_TYPE_INTERRUPT);
    assert_int_equal(p.status, ZX_OK);
    assert_int_equal(p.interrupt.timestamp, timestamp);
    assert_memory_equal((const uint8_t *)&p + 24, zero, sizeof(zero));
}

static void expect_no_packet(zx_handle_t port)
{
    zx_port_packet_t p;

    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

static void expect_time(zx_handle_t interrupt, zx_time_t timestamp)
{
    zx_time_t at = -1;

    assert_ok(zx_interrupt_wait(interrupt, &at));
    assert_int_equal(at, timestamp);
}

// A thread in zx_interrupt_wait.
struct sleeper {
    zx_handle_t interrupt, thread;
    zx_time_t timestamp;
    zx_status_t status;
};

static void sleep_in_wait(void *arg)
{
    struct sleeper *s = arg;

    s->status = zx_interrupt_wait(s->interrupt, &s->timestamp);
}

static void sleeper_start(struct sleeper *s, zx_handle_t interrupt)
{
    *s = (struct sleeper){.interrupt = interrupt, .status = 1};
    s->thread = lab_thread(sleep_in_wait, s);
    await_state(s->thread, ZX_THREAD_STATE_BLOCKED_INTERRUPT);
}

// CALLS(zx_interrupt_create)
SCENARIO(virtual_interrupt_needs_no_authority)
{
    zx_handle_t out = 77, h = make_virtual();
    zx_info_handle_basic_t info = basic(h);

    assert_int_equal(info.type, ZX_OBJ_TYPE_INTERRUPT);
    assert_int_equal(info.rights, 0xd00f);
    assert_int_equal(info.related_koid, 0);
    assert_int_equal(state_of(h), 0);
    assert_ok(zx_object_signal(h, 0, ZX_USER_SIGNAL_1));
    assert_int_equal(state_of(h), ZX_USER_SIGNAL_1);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if (bit != ZX_INTERRUPT_VIRTUAL)
            assert_status(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL | bit, &out),
                          ZX_ERR_INVALID_ARGS);
    }
    assert_int_equal(out, 77);
    close_handle(h);
}

// CALLS(zx_interrupt_create)
SCENARIO(line_needs_a_resource)
{
    zx_handle_t out = 77, e = make_event();

    assert_status(zx_interrupt_create(ZX_HANDLE_INVALID, 40, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_interrupt_create(e, 40, 0, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_interrupt_create(e, 40, ZX_INTERRUPT_SLOT_USER, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    close_handle(e);
}

// CALLS(zx_interrupt_trigger, zx_interrupt_wait)
SCENARIO(fires_coalesce_and_the_first_time_stays)
{
    zx_handle_t h = make_virtual();

    assert_ok(zx_interrupt_trigger(h, 0, 111));
    assert_ok(zx_interrupt_trigger(h, 0, 222));
    expect_time(h, 111);
    assert_ok(zx_interrupt_trigger(h, 0, 333)); // not acknowledged yet: it fires all the same
    expect_time(h, 333);
    assert_ok(zx_interrupt_trigger(h, 0, 0)); // 0 is no time, but a fire
    assert_ok(zx_interrupt_trigger(h, 0, -4));
    expect_time(h, -4);
    assert_ok(zx_interrupt_trigger(h, 0, 5));
    assert_ok(zx_interrupt_wait(h, NULL));
    close_handle(h);
}

SCENARIO_ON(wait_ends_with_a_fire, 2, 20)
{
    zx_handle_t h = make_virtual();
    struct sleeper s;

    for (zx_time_t at = 1; at < 4; at++) {
        sleeper_start(&s, h);
        assert_int_equal(state_of(h), 0);
        assert_status(zx_interrupt_wait(h, NULL), ZX_ERR_BAD_STATE); // one at a time
        assert_ok(zx_interrupt_trigger(h, 0, at));
        lab_thread_join(s.thread);
        assert_status(s.status, ZX_OK);
        assert_int_equal(s.timestamp, at);
    }
    close_handle(h);
}

// CALLS(zx_interrupt_destroy, zx_interrupt_wait)
SCENARIO_ON(destroy_ends_the_wait, 2, 20)
{
    zx_handle_t h = make_virtual(), port = make_port(ZX_PORT_BIND_TO_INTERRUPT);
    struct sleeper s;

    sleeper_start(&s, h);
    assert_status(zx_interrupt_bind(h, port, 1, 0), ZX_ERR_BAD_STATE);
    assert_ok(zx_interrupt_destroy(h));
    lab_thread_join(s.thread);
    assert_status(s.status, ZX_ERR_CANCELED);
    assert_status(zx_interrupt_wait(h, NULL), ZX_ERR_CANCELED);
    assert_status(zx_interrupt_trigger(h, 0, 1), ZX_ERR_CANCELED);
    assert_status(zx_interrupt_bind(h, port, 1, 0), ZX_ERR_CANCELED);
    assert_status(zx_interrupt_ack(h), ZX_ERR_BAD_STATE); // never bound
    assert_ok(zx_interrupt_destroy(h));
    close_handle(h);
    close_handle(port);
}

// A handle that goes is no end while another is there; the last one is.
// CALLS(zx_handle_close)
SCENARIO_ON(last_close_ends_the_wait, 2, 20)
{
    zx_handle_t h = make_virtual(), copy = duplicate_without(h, 0);
    struct sleeper s;

    sleeper_start(&s, h);
    close_handle(h);
    assert_ok(zx_interrupt_trigger(copy, 0, 9));
    lab_thread_join(s.thread);
    assert_status(s.status, ZX_OK);
    assert_int_equal(s.timestamp, 9);
    sleeper_start(&s, copy);
    close_handle(copy);
    lab_thread_join(s.thread);
    assert_status(s.status, ZX_ERR_CANCELED);
}

// CALLS(zx_interrupt_wait, zx_task_suspend)
SCENARIO_ON(suspended_wait_goes_on_afterwards, 2, 20)
{
    zx_handle_t h = make_virtual(), token;
    struct sleeper s;

    sleeper_start(&s, h);
    assert_ok(zx_task_suspend(s.thread, &token));
    await(s.thread, ZX_THREAD_SUSPENDED);
    assert_int_equal(thread_state(s.thread), ZX_THREAD_STATE_SUSPENDED);
    close_handle(token);
    await_state(s.thread, ZX_THREAD_STATE_BLOCKED_INTERRUPT);
    assert_ok(zx_task_suspend(s.thread, &token));
    await(s.thread, ZX_THREAD_SUSPENDED);
    assert_ok(zx_interrupt_trigger(h, 0, 12)); // while nobody waits
    close_handle(token);
    lab_thread_join(s.thread);
    assert_status(s.status, ZX_OK);
    assert_int_equal(s.timestamp, 12);
    close_handle(h);
}

// CALLS(zx_interrupt_bind)
SCENARIO(binding_is_for_good)
{
    zx_handle_t h = make_virtual(), plain = make_port(0), e = make_event();
    zx_handle_t port = make_port(ZX_PORT_BIND_TO_INTERRUPT), weak;

    assert_status(zx_interrupt_bind(e, port, 1, 1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_interrupt_bind(plain, port, 1, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_interrupt_bind(h, h, 1, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_interrupt_bind(h, plain, 1, 0), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(h, ZX_RIGHT_READ);
    assert_status(zx_interrupt_bind(weak, port, 1, 0), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    weak = duplicate_without(port, ZX_RIGHT_WRITE);
    assert_status(zx_interrupt_bind(h, weak, 1, 0), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    assert_ok(zx_interrupt_bind(h, port, 1, 0));
    assert_status(zx_interrupt_bind(h, port, 1, 0), ZX_ERR_ALREADY_BOUND);
    assert_status(zx_interrupt_wait(h, NULL), ZX_ERR_BAD_STATE);
    assert_status(zx_port_cancel(port, h, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, plain, e, port}, 4));
}

// CALLS(zx_interrupt_ack, zx_interrupt_trigger, zx_port_wait)
SCENARIO(packets_come_one_for_each_acknowledgement)
{
    zx_handle_t port, h = make_bound(0x123456789abcdef, &port);
    const uint64_t key = 0x123456789abcdef;

    assert_ok(zx_interrupt_ack(h)); // nothing to acknowledge
    assert_ok(zx_interrupt_trigger(h, 0, 100));
    expect_packet(port, key, 100);
    assert_ok(zx_interrupt_trigger(h, 0, 200));
    expect_no_packet(port);
    assert_ok(zx_interrupt_ack(h));
    expect_packet(port, key, 200);
    assert_ok(zx_interrupt_ack(h));
    expect_no_packet(port);
    assert_ok(zx_interrupt_trigger(h, 0, 300));
    assert_ok(zx_interrupt_trigger(h, 0, 400));
    assert_ok(zx_interrupt_trigger(h, 0, 500));
    expect_packet(port, key, 300);
    assert_ok(zx_interrupt_ack(h));
    expect_packet(port, key, 400);
    assert_status(zx_interrupt_destroy(h), ZX_ERR_NOT_FOUND); // taken and not acknowledged
    assert_status(zx_interrupt_ack(h), ZX_ERR_CANCELED);
    assert_status(zx_interrupt_trigger(h, 0, 1), ZX_ERR_CANCELED);
    assert_status(zx_interrupt_wait(h, NULL), ZX_ERR_BAD_STATE); // bound, before that it is destroyed
    assert_ok(zx_interrupt_destroy(h));
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// A time of 0 is none: what fires with it before the acknowledgement is lost.
// CALLS(zx_interrupt_trigger, zx_interrupt_ack)
SCENARIO(a_time_of_0_is_lost_before_the_acknowledgement)
{
    zx_handle_t port, h = make_bound(1, &port);

    assert_ok(zx_interrupt_trigger(h, 0, 0));
    expect_packet(port, 1, 0);
    assert_ok(zx_interrupt_trigger(h, 0, 0));
    assert_ok(zx_interrupt_ack(h));
    expect_no_packet(port);
    assert_ok(zx_interrupt_trigger(h, 0, 5));
    expect_packet(port, 1, 5);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// CALLS(zx_interrupt_ack)
SCENARIO(acknowledging_a_packet_that_nobody_took)
{
    zx_handle_t port, h = make_bound(1, &port);

    assert_ok(zx_interrupt_trigger(h, 0, 1));
    assert_ok(zx_interrupt_ack(h)); // nothing further is pending
    assert_ok(zx_interrupt_trigger(h, 0, 2));
    assert_status(zx_interrupt_ack(h), ZX_ERR_BAD_STATE);
    expect_packet(port, 1, 1);
    assert_ok(zx_interrupt_ack(h));
    expect_packet(port, 1, 2);
    assert_ok(zx_interrupt_ack(h));
    expect_no_packet(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// CALLS(zx_interrupt_destroy)
SCENARIO(destroy_takes_the_packet_back)
{
    zx_handle_t port, h = make_bound(1, &port);

    assert_ok(zx_interrupt_trigger(h, 0, 1));
    assert_ok(zx_interrupt_destroy(h));
    expect_no_packet(port);
    assert_status(zx_interrupt_ack(h), ZX_ERR_CANCELED);
    close_handle(h);
    h = make_virtual();
    assert_ok(zx_interrupt_bind(h, port, 1, 0));
    assert_ok(zx_interrupt_trigger(h, 0, 1));
    close_handle(h); // as good as
    expect_no_packet(port);
    close_handle(port);
}

// What fired before it was bound is not delivered; its time is what the next packet tells.
// CALLS(zx_interrupt_bind, zx_interrupt_trigger)
SCENARIO(fire_before_the_binding_stays_pending)
{
    zx_handle_t h = make_virtual(), port = make_port(ZX_PORT_BIND_TO_INTERRUPT);

    assert_ok(zx_interrupt_trigger(h, 0, 7));
    assert_ok(zx_interrupt_bind(h, port, 1, 0));
    expect_no_packet(port);
    assert_ok(zx_interrupt_trigger(h, 0, 8));
    expect_packet(port, 1, 7);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// CALLS(zx_port_wait, zx_port_queue)
SCENARIO(interrupt_packets_come_before_others)
{
    zx_handle_t port, first = make_bound(1, &port), second = make_virtual();
    const zx_port_packet_t user = {.key = 3, .type = ZX_PKT_TYPE_USER};
    zx_port_packet_t p;

    assert_ok(zx_interrupt_bind(second, port, 2, 0));
    assert_ok(zx_port_queue(port, &user));
    assert_ok(zx_interrupt_trigger(second, 0, 20));
    assert_ok(zx_interrupt_trigger(first, 0, 10));
    expect_packet(port, 2, 20);
    expect_packet(port, 1, 10);
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.key, 3);
    assert_int_equal(p.type, ZX_PKT_TYPE_USER);
    assert_ok(zx_handle_close_many((zx_handle_t[]){first, second, port}, 3));
}

// However full the port is of others.
// CALLS(zx_interrupt_trigger, zx_port_queue)
SCENARIO(interrupt_packets_do_not_count_for_a_port_that_is_full)
{
    zx_handle_t port, h = make_bound(1, &port);
    const zx_port_packet_t user = {.key = 3, .type = ZX_PKT_TYPE_USER};
    zx_status_t status;

    do {
        status = zx_port_queue(port, &user);
    } while (status == ZX_OK || status == ZX_ERR_NO_MEMORY); // the sweep fails one of them
    assert_status(status, ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_interrupt_trigger(h, 0, 20));
    assert_status(zx_port_queue(port, &user), ZX_ERR_SHOULD_WAIT);
    expect_packet(port, 1, 20);
    assert_status(zx_port_queue(port, &user), ZX_ERR_SHOULD_WAIT); // nor made it room
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// A port that closes drops its packets; the interrupt goes on, to nobody.
// CALLS(zx_interrupt_trigger, zx_interrupt_ack)
SCENARIO(port_goes_before_the_interrupt)
{
    zx_handle_t port, h = make_bound(1, &port);

    assert_ok(zx_interrupt_trigger(h, 0, 1));
    close_handle(port);
    assert_ok(zx_interrupt_trigger(h, 0, 2));
    assert_status(zx_interrupt_ack(h), ZX_ERR_BAD_STATE); // it cannot be queued
    assert_status(zx_interrupt_destroy(h), ZX_ERR_NOT_FOUND);
    close_handle(h);
}

SCENARIO(interrupt_calls_check_in_order)
{
    zx_handle_t h = make_virtual(), e = make_event(), weak;

    assert_status(zx_interrupt_trigger(0, 1, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_interrupt_trigger(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_interrupt_trigger(e, 0, 0), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(h, ZX_RIGHT_SIGNAL);
    assert_status(zx_interrupt_trigger(weak, 0, 0), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    weak = duplicate_without(h, ZX_RIGHT_WAIT);
    assert_status(zx_interrupt_wait(weak, NULL), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    weak = duplicate_without(h, ZX_RIGHT_WRITE);
    assert_status(zx_interrupt_ack(weak), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    weak = replace_without(h, 0xd00f);
    assert_ok(zx_interrupt_destroy(weak)); // needs no right
    assert_status(zx_interrupt_destroy(e), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){weak, e}, 2));
}

// Threads in zx_port_wait on one port, woken by interrupts and by others' packets.
struct crowd {
    zx_handle_t port;
    atomic_uint fired, queued;
};

static void take_two(void *arg)
{
    struct crowd *c = arg;
    zx_port_packet_t p;

    for (unsigned i = 0; i < 2; i++) {
        assert_ok(zx_port_wait(c->port, FOREVER, &p));
        atomic_fetch_add(p.type == ZX_PKT_TYPE_INTERRUPT ? &c->fired : &c->queued, 1);
    }
}

// CALLS(zx_port_wait, zx_interrupt_trigger)
SCENARIO_ON(waiters_of_a_port_share_all_packets, 3, 60)
{
    const zx_port_packet_t user = {.key = 3, .type = ZX_PKT_TYPE_USER};
    struct crowd c = {.port = make_port(ZX_PORT_BIND_TO_INTERRUPT)};
    zx_handle_t threads[4], interrupts[4];

    for (unsigned i = 0; i < countof(threads); i++) {
        threads[i] = lab_thread(take_two, &c);
        interrupts[i] = make_virtual();
        assert_ok(zx_interrupt_bind(interrupts[i], c.port, i, 0));
    }
    for (unsigned i = 0; i < countof(threads); i++) {
        assert_ok(zx_interrupt_trigger(interrupts[i], 0, 1 + i));
        assert_ok(zx_port_queue(c.port, &user));
    }
    for (unsigned i = 0; i < countof(threads); i++) {
        lab_thread_join(threads[i]);
        close_handle(interrupts[i]);
    }
    assert_int_equal(atomic_load(&c.fired), 4);
    assert_int_equal(atomic_load(&c.queued), 4);
    close_handle(c.port);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest interrupt_tests[] = {
    T(virtual_interrupt_needs_no_authority),
    T(line_needs_a_resource),
    T(fires_coalesce_and_the_first_time_stays),
    T(wait_ends_with_a_fire),
    T(destroy_ends_the_wait),
    T(last_close_ends_the_wait),
    T(suspended_wait_goes_on_afterwards),
    T(binding_is_for_good),
    T(packets_come_one_for_each_acknowledgement),
    T(a_time_of_0_is_lost_before_the_acknowledgement),
    T(acknowledging_a_packet_that_nobody_took),
    T(destroy_takes_the_packet_back),
    T(fire_before_the_binding_stays_pending),
    T(interrupt_packets_come_before_others),
    T(interrupt_packets_do_not_count_for_a_port_that_is_full),
    T(port_goes_before_the_interrupt),
    T(interrupt_calls_check_in_order),
    T(waiters_of_a_port_share_all_packets),
};
const size_t interrupt_test_count = countof(interrupt_tests);
