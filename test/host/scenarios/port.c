// SPDX-License-Identifier: MIT
// Ports and timers: firing against cancelling, queueing against closing, registrations that outlive
// nothing.
// CALLS(zx_port_create, zx_port_queue, zx_port_wait, zx_port_cancel, zx_object_wait_async)
// CALLS(zx_timer_create, zx_timer_set, zx_timer_cancel)
#include "scenarios.h"

struct fire {
    zx_handle_t port, event;
};

static void make(struct fire *f)
{
    assert_ok(zx_port_create(0, &f->port));
    assert_ok(zx_event_create(0, &f->event));
}

static void signal_event(void *arg)
{
    assert_ok(zx_object_signal(((struct fire *)arg)->event, 0, ZX_USER_SIGNAL_0));
}

// Whether the registration or its packet: a cancel finds one of them, and then nothing is left.
static void fire_against_cancel(void *arg)
{
    struct fire f;
    zx_port_packet_t packet;

    (void)arg;
    make(&f);
    assert_ok(zx_object_wait_async(f.event, f.port, 7, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE));
    zx_handle_t thread = lab_thread(signal_event, &f);
    lab_pause();
    assert_ok(zx_port_cancel(f.port, f.event, 7));
    assert_status(zx_port_wait(f.port, 0, &packet), ZX_ERR_TIMED_OUT);
    assert_status(zx_port_cancel(f.port, f.event, 7), ZX_ERR_NOT_FOUND);
    lab_thread_join(thread);
    assert_ok(zx_handle_close(f.event));
    assert_ok(zx_handle_close(f.port));
}

static void test_port_fire_against_cancel(void **state)
{
    (void)state;
    lab_seeds(fire_against_cancel, 2, 300);
}

static void close_event(void *arg)
{
    assert_ok(zx_handle_close(((struct fire *)arg)->event));
}

static void close_port(void *arg)
{
    assert_ok(zx_handle_close(((struct fire *)arg)->port));
}

// Port and watched object vanish together, with registrations of both kinds and a queued packet.
static void close_both(void *arg)
{
    struct fire f;

    (void)arg;
    make(&f);
    assert_ok(zx_object_wait_async(f.event, f.port, 1, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(f.event, f.port, 2, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(f.event, f.port, 3, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_REPEATING));
    assert_ok(zx_object_signal(f.event, 0, ZX_USER_SIGNAL_0));
    zx_handle_t a = lab_thread(close_event, &f);
    zx_handle_t b = lab_thread(close_port, &f);
    lab_thread_join(a);
    lab_thread_join(b);
}

static void test_port_close_against_close(void **state)
{
    (void)state;
    lab_seeds(close_both, 3, 300);
}

struct reader {
    zx_handle_t port;
    atomic_uint got;
    atomic_uint sum;
};

static void read_packets(void *arg)
{
    struct reader *r = arg;
    zx_port_packet_t packet;

    for (;;) {
        zx_status_t status = zx_port_wait(r->port, ZX_TIME_INFINITE, &packet);
        assert_ok(status);
        if (packet.key == 0)
            return;
        atomic_fetch_add(&r->got, 1);
        atomic_fetch_add(&r->sum, (unsigned)packet.key);
    }
}

static void queue_packets(void *arg)
{
    struct reader *r = arg;

    for (uint64_t key = 1; key <= 10; key++) {
        zx_port_packet_t packet = { .key = key, .type = ZX_PKT_TYPE_USER };
        assert_ok(zx_port_queue(r->port, &packet));
    }
}

// Two readers, two writers: every packet arrives once.
static void packets(void *arg)
{
    struct reader r = { 0 };
    zx_handle_t threads[4];
    zx_port_packet_t end = { .type = ZX_PKT_TYPE_USER };

    (void)arg;
    assert_ok(zx_port_create(0, &r.port));
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(i < 2 ? read_packets : queue_packets, &r);
    lab_thread_join(threads[2]);
    lab_thread_join(threads[3]);
    for (unsigned i = 0; i < 2; i++)
        assert_ok(zx_port_queue(r.port, &end));
    lab_thread_join(threads[0]);
    lab_thread_join(threads[1]);
    assert_int_equal(atomic_load(&r.got), 20);
    assert_int_equal(atomic_load(&r.sum), 110);
    assert_ok(zx_handle_close(r.port));
}

static void test_port_packets_arrive_once(void **state)
{
    (void)state;
    lab_seeds(packets, 4, 100);
}

static void wait_a_while(void *arg)
{
    zx_port_packet_t packet;
    zx_status_t status = zx_port_wait(*(zx_handle_t *)arg, zx_deadline_after(300000), &packet);

    assert_true(status == ZX_ERR_TIMED_OUT || status == ZX_ERR_BAD_HANDLE);
}

// Closing a port does not wake who waits on it (spec 11): the deadline does.
static void wait_against_close(void *arg)
{
    zx_handle_t port;

    (void)arg;
    assert_ok(zx_port_create(0, &port));
    zx_handle_t thread = lab_thread(wait_a_while, &port);
    lab_pause();
    assert_ok(zx_handle_close(port));
    lab_thread_join(thread);
}

static void test_port_close_against_wait(void **state)
{
    (void)state;
    lab_seeds(wait_against_close, 2, 300);
}

struct timed {
    zx_handle_t timer;
    zx_status_t status;
};

static void wait_timer(void *arg)
{
    struct timed *t = arg;

    t->status = zx_object_wait_one(t->timer, ZX_TIMER_SIGNALED, zx_deadline_after(5000000), NULL);
}

static void set_against_cancel(void *arg)
{
    struct timed t = { 0 };

    (void)arg;
    assert_ok(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &t.timer));
    zx_handle_t thread = lab_thread(wait_timer, &t);
    for (unsigned i = 0; i < 5; i++) {
        assert_ok(zx_timer_set(t.timer, zx_deadline_after((zx_duration_t)host_random(60000)), 0));
        if (host_random(2) == 0)
            assert_ok(zx_timer_cancel(t.timer));
    }
    // Closed while armed, perhaps while it fires and while it is waited for.
    assert_ok(zx_handle_close(t.timer));
    lab_thread_join(thread);
    assert_true(t.status == ZX_OK || t.status == ZX_ERR_TIMED_OUT || t.status == ZX_ERR_CANCELED ||
                t.status == ZX_ERR_BAD_HANDLE);
}

static void test_timer_set_cancel_close(void **state)
{
    (void)state;
    lab_seeds(set_against_cancel, 2, 300);
}

const struct CMUnitTest port_tests[] = {
    cmocka_unit_test(test_port_fire_against_cancel),
    cmocka_unit_test(test_port_close_against_close),
    cmocka_unit_test(test_port_packets_arrive_once),
    cmocka_unit_test(test_port_close_against_wait),
    cmocka_unit_test(test_timer_set_cancel_close),
};
const size_t port_test_count = countof(port_tests);
