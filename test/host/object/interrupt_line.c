// SPDX-License-Identifier: MIT
// Interrupts of lines, against the laboratory's controller: spec 30 section 2. Storms.
#include "device_test.h"

#include <string.h>

#include <zircon/syscalls/log.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>

#define LINE 40u

unsigned log_lines_with(zx_handle_t log, const char *text)
{
    _Alignas(zx_log_record_t) char record[ZX_LOG_RECORD_MAX + 1];
    zx_status_t bytes;
    unsigned found = 0;

    while ((bytes = zx_debuglog_read(log, 0, record, ZX_LOG_RECORD_MAX)) > 0) {
        record[bytes] = 0;
        found += strstr(((zx_log_record_t *)record)->data, text) != NULL;
    }
    return found;
}

static zx_handle_t make_line(uint32_t mode)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_interrupt_create(lab.resource, LINE, mode, &h));
    return h;
}

static zx_handle_t bind_line(zx_handle_t h)
{
    zx_handle_t port;

    assert_ok(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port));
    assert_ok(zx_interrupt_bind(h, port, 5, 0));
    return port;
}

static zx_time_t next_packet(zx_handle_t port)
{
    zx_port_packet_t p;

    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.type, ZX_PKT_TYPE_INTERRUPT);
    return p.interrupt.timestamp;
}

// CALLS(zx_interrupt_create)
SCENARIO(line_has_one_owner_and_known_modes)
{
    static const struct {
        uint32_t vector, options;
        zx_status_t status;
    } cases[] = {
        {LINE, 0x10000, ZX_ERR_INVALID_ARGS},
        {LINE, 0x20, ZX_ERR_INVALID_ARGS},
        {64, ZX_INTERRUPT_MODE_DEFAULT, ZX_ERR_INVALID_ARGS},
        {64, ZX_INTERRUPT_MODE_EDGE_LOW, ZX_ERR_INVALID_ARGS},
        {LINE, ZX_INTERRUPT_MODE_EDGE_BOTH, ZX_ERR_INVALID_ARGS},
        {LINE, 0xc, ZX_ERR_INVALID_ARGS},
        {LINE, 0xe, ZX_ERR_INVALID_ARGS},
        {LINE, ZX_INTERRUPT_MODE_EDGE_LOW, ZX_ERR_NOT_SUPPORTED},
        {LINE, ZX_INTERRUPT_MODE_LEVEL_LOW, ZX_ERR_NOT_SUPPORTED},
        {20, ZX_INTERRUPT_MODE_EDGE_HIGH, ZX_ERR_INVALID_ARGS},
        {20, ZX_INTERRUPT_MODE_DEFAULT, ZX_ERR_ALREADY_BOUND}, // the kernel's
    };
    zx_handle_t out = 77, h = make_line(ZX_INTERRUPT_MODE_EDGE_HIGH | ZX_INTERRUPT_REMAP_IRQ);

    assert_status(zx_interrupt_create(lab.resource, LINE, 0, &out), ZX_ERR_ALREADY_BOUND);
    for (unsigned i = 0; i < countof(cases); i++)
        assert_status(zx_interrupt_create(lab.resource, cases[i].vector, cases[i].options, &out),
                      cases[i].status);
    assert_int_equal(out, 77);
    assert_status(zx_interrupt_trigger(h, 0, 1), ZX_ERR_BAD_STATE); // not a virtual one
    assert_ok(zx_interrupt_destroy(h));
    assert_true(host_irq_masked(LINE));
    zx_handle_t again = make_line(0); // free as soon as it is destroyed
    assert_ok(zx_interrupt_destroy(h)); // which does not take it from its new owner
    assert_status(zx_interrupt_create(lab.resource, LINE, 0, &out), ZX_ERR_ALREADY_BOUND);
    close_handle(again);
    again = make_line(0); // or closed
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, again}, 2));
}

// CALLS(zx_interrupt_create, zx_resource_create)
SCENARIO(resource_covers_its_lines_only)
{
    zx_handle_t irq, mmio, h, out = 77;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_IRQ, LINE, 2, NULL, 0, &irq));
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_MMIO, LINE, 2, NULL, 0, &mmio));
    assert_status(zx_interrupt_create(irq, LINE - 1, 0x10000, &out), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_interrupt_create(irq, LINE + 2, 0, &out), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_interrupt_create(mmio, LINE, 0, &out), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_interrupt_create(irq, LINE + 1, 0, &h));
    close_handle(irq); // what was made from it stays
    assert_status(zx_interrupt_create(lab.resource, LINE + 1, 0, &out), ZX_ERR_ALREADY_BOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, mmio}, 2));
}

// An edge: never masked, its time taken when it came.
// CALLS(zx_interrupt_wait)
SCENARIO_ON(edges_are_timed_and_not_masked, 2, 20)
{
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_EDGE_HIGH);

    for (unsigned i = 0; i < 5; i++) {
        zx_time_t before = zx_clock_get_monotonic(), at = 0;
        host_irq_raise(LINE);
        assert_ok(zx_interrupt_wait(h, &at));
        assert_true(at >= before && at <= zx_clock_get_monotonic());
        assert_false(host_irq_masked(LINE));
    }
    close_handle(h);
}

// A level: masked from its fire until its owner is ready again, waiting ...
// CALLS(zx_interrupt_wait)
SCENARIO_ON(level_is_masked_until_the_next_wait, 2, 20)
{
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH);

    for (unsigned i = 0; i < 5; i++) {
        host_irq_level(LINE, true);
        assert_ok(zx_interrupt_wait(h, NULL));
        assert_true(host_irq_masked(LINE));
        if (i % 2 == 0)
            host_irq_level(LINE, false);
    }
    close_handle(h);
    assert_true(host_irq_masked(LINE));
    host_irq_level(LINE, false);
}

// ... or acknowledging.
// CALLS(zx_interrupt_ack, zx_interrupt_bind)
SCENARIO_ON(level_is_masked_until_acknowledged, 2, 20)
{
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH), port = bind_line(h);
    zx_port_packet_t p;

    for (unsigned i = 0; i < 5; i++) {
        host_irq_level(LINE, true);
        zx_time_t at = next_packet(port);
        assert_true(at <= zx_clock_get_monotonic());
        assert_true(host_irq_masked(LINE));
        host_irq_level(LINE, false);
        assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
        assert_ok(zx_interrupt_ack(h));
        assert_false(host_irq_masked(LINE));
    }
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// A level that stood before the binding: the fire is lost, the line is not.
// CALLS(zx_interrupt_bind)
SCENARIO_ON(level_that_stands_before_the_binding_fires_again, 2, 20)
{
    host_irq_level(LINE, true);
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH);
    while (!host_irq_masked(LINE)) // until it has fired
        lab_pause();
    zx_handle_t port = bind_line(h);
    (void)next_packet(port);
    host_irq_level(LINE, false);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

// A level that nobody handles, on a line that is not masked when it fires: the controller was left so.
// The kernel masks it after a while, says so once, and its owner still gets what came.
// CALLS(zx_interrupt_create, zx_interrupt_wait)
SCENARIO_ON(storm_that_nobody_takes_is_masked, 2, 6)
{
    zx_handle_t log, h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH);

    assert_ok(zx_debuglog_create(lab.resource, ZX_LOG_FLAG_READABLE, &log));
    close_handle(h);
    h = make_line(ZX_INTERRUPT_MODE_DEFAULT);
    host_irq_level(LINE, true);
    while (!host_irq_masked(LINE))
        lab_pause();
    for (unsigned i = 0; i < 3; i++)
        assert_ok(zx_interrupt_wait(h, NULL));
    assert_int_equal(log_lines_with(log, "interrupt 40 fired 64 times and nobody took it"), 1);
    assert_ok(zx_interrupt_destroy(h)); // which masks it for good
    assert_true(host_irq_masked(LINE));
    host_irq_level(LINE, false);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, log}, 2));
}

// A level that never goes, and an owner that acknowledges it for ever: slowed down, told of once, and
// at full speed again when it has been quiet.
// CALLS(zx_interrupt_ack)
SCENARIO_ON(line_that_never_goes_is_slowed_down, 2, 1)
{
    zx_handle_t log, h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH), port = bind_line(h);
    zx_time_t before, after;
    unsigned i;

    assert_ok(zx_debuglog_create(lab.resource, ZX_LOG_FLAG_READABLE, &log));
    host_irq_level(LINE, true);
    for (i = 0; i < 10000; i++) {
        (void)next_packet(port);
        assert_ok(zx_interrupt_ack(h));
        if (log_lines_with(log, "interrupt 40 still stands") != 0)
            break;
    }
    assert_in_range(i, 4000, 5000);
    before = zx_clock_get_monotonic();
    for (i = 0; i < 3; i++) { // rests of 10, 20 and 40 ms
        (void)next_packet(port);
        assert_ok(zx_interrupt_ack(h));
    }
    after = zx_clock_get_monotonic();
    assert_true(after - before >= ZX_MSEC(30));
    assert_int_equal(log_lines_with(log, "interrupt 40 still stands"), 0); // once is enough
    (void)next_packet(port);
    host_irq_level(LINE, false);
    assert_ok(zx_interrupt_ack(h));
    assert_false(host_irq_masked(LINE)); // quiet: no rest
    host_irq_level(LINE, true);
    (void)next_packet(port);
    assert_ok(zx_interrupt_ack(h));
    host_irq_level(LINE, false);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port, log}, 3));
}

// Destroyed while it rests: nothing unmasks it any more.
// CALLS(zx_interrupt_destroy)
SCENARIO_ON(destroyed_line_stays_masked, 2, 1)
{
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH), port = bind_line(h);

    host_irq_level(LINE, true);
    for (unsigned i = 0; i < 4096; i++) {
        (void)next_packet(port);
        assert_ok(zx_interrupt_ack(h));
    }
    close_handle(h);
    sleep_ns(ZX_MSEC(50));
    assert_true(host_irq_masked(LINE));
    host_irq_level(LINE, false);
    close_handle(port);
}

// --- Races -------------------------------------------------------------------------------------

struct contest {
    zx_handle_t h, port;
    unsigned taken;
};

static void fire_often(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 6; i++) {
        host_irq_raise(LINE);
        sleep_ns((zx_duration_t)host_random(2000));
    }
}

static void wait_until_destroyed(void *arg)
{
    struct contest *c = arg;
    zx_status_t status;

    while ((status = zx_interrupt_wait(c->h, NULL)) == ZX_OK)
        continue;
    assert_true(status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE);
}

static void ack_until_destroyed(void *arg)
{
    struct contest *c = arg;
    zx_port_packet_t p;

    while (zx_port_wait(c->port, zx_deadline_after(ZX_USEC(40)), &p) == ZX_OK) {
        zx_status_t status = zx_interrupt_ack(c->h);
        if (status != ZX_OK) {
            assert_true(status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE);
            return;
        }
    }
}

static void destroy_soon(void *arg)
{
    struct contest *c = arg;

    sleep_ns((zx_duration_t)host_random(12000));
    if (host_random(2) == 0)
        close_handle(c->h);
    else
        (void)zx_interrupt_destroy(c->h); // NOT_FOUND is fine
}

// CALLS(zx_interrupt_wait, zx_interrupt_destroy)
SCENARIO_ON(race_fire_wait_destroy, 3, 300)
{
    struct contest c = {.h = make_line(ZX_INTERRUPT_MODE_EDGE_HIGH)};

    RACE(&c, fire_often, wait_until_destroyed, destroy_soon);
    assert_true(host_irq_masked(LINE));
    if (alive(c.h))
        close_handle(c.h);
}

// CALLS(zx_interrupt_ack, zx_interrupt_destroy, zx_port_wait)
SCENARIO_ON(race_fire_ack_destroy, 3, 300)
{
    struct contest c = {.h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH)};

    c.port = bind_line(c.h);
    host_irq_level(LINE, true);
    RACE(&c, ack_until_destroyed, ack_until_destroyed, destroy_soon);
    assert_true(host_irq_masked(LINE));
    host_irq_level(LINE, false);
    if (alive(c.h))
        close_handle(c.h);
    close_handle(c.port);
}

static void ack_and_count(void *arg)
{
    struct contest *c = arg;
    zx_port_packet_t p;

    while (zx_port_wait(c->port, zx_deadline_after(ZX_USEC(40)), &p) == ZX_OK &&
           zx_interrupt_ack(c->h) == ZX_OK)
        c->taken++;
}

// A level that stands while its object ends: each time it is let through it fires once at the most, the
// last time as well, when there is nobody any more whom it is for.
// CALLS(zx_interrupt_destroy, zx_interrupt_ack)
SCENARIO_ON(race_end_against_a_line_that_stands, 2, 400)
{
    struct contest c = {.h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH)};
    const unsigned before = host_irq_fires(LINE);

    c.port = bind_line(c.h);
    host_irq_level(LINE, true);
    RACE(&c, ack_and_count, destroy_soon);
    assert_in_range(host_irq_fires(LINE) - before, c.taken, c.taken + 1);
    host_irq_level(LINE, false);
    if (alive(c.h))
        close_handle(c.h);
    close_handle(c.port);
}

// Each packet wakes a thread that is about to wait, or is seen by it.
SCENARIO_ON(race_packets_against_waits, 2, 100)
{
    zx_handle_t h = make_line(ZX_INTERRUPT_MODE_LEVEL_HIGH), port = bind_line(h);

    host_irq_level(LINE, true);
    for (unsigned i = 0; i < 8; i++) {
        (void)next_packet(port);
        assert_ok(zx_interrupt_ack(h)); // it fires again, while this thread goes to wait
    }
    host_irq_level(LINE, false);
    assert_ok(zx_handle_close_many((zx_handle_t[]){h, port}, 2));
}

static void close_port_soon(void *arg)
{
    sleep_ns((zx_duration_t)host_random(8000));
    close_handle(((struct contest *)arg)->port);
}

SCENARIO_ON(race_fire_against_closing_port, 3, 300)
{
    struct contest c = {.h = make_line(ZX_INTERRUPT_MODE_EDGE_HIGH)};

    c.port = bind_line(c.h);
    RACE(&c, fire_often, close_port_soon, destroy_soon);
    if (alive(c.h))
        close_handle(c.h);
}

// No fire is lost: as long as somebody takes them, the last one is seen.
struct count {
    zx_handle_t h;
    atomic_uint fired, seen;
};

static void fire_in_turn(void *arg)
{
    struct count *c = arg;

    for (unsigned i = 1; i <= 8; i++) {
        atomic_store(&c->fired, i);
        host_irq_raise(LINE);
        while (atomic_load(&c->seen) < i)
            sleep_ns(500);
    }
}

static void see_in_turn(void *arg)
{
    struct count *c = arg;

    while (atomic_load(&c->seen) < 8) {
        assert_ok(zx_interrupt_wait(c->h, NULL));
        atomic_store(&c->seen, atomic_load(&c->fired));
    }
}

SCENARIO_ON(race_every_fire_is_seen, 3, 200)
{
    struct count c = {.h = make_line(ZX_INTERRUPT_MODE_EDGE_HIGH)};

    RACE(&c, fire_in_turn, see_in_turn);
    close_handle(c.h);
}

// CALLS(zx_interrupt_create, zx_interrupt_bind)
SWEEP(sweep_interrupts, 2)
{
    zx_handle_t line = 0, virtual = 0, port = 0;

    if (got(zx_interrupt_create(lab.resource, LINE, ZX_INTERRUPT_MODE_LEVEL_HIGH, &line)))
        assert_false(host_irq_masked(LINE));
    else
        assert_true(host_irq_masked(LINE));
    (void)got(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &virtual));
    if (got(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port)) && virtual != 0) {
        assert_ok(zx_interrupt_bind(virtual, port, 1, 0)); // neither this nor a fire needs memory
        assert_ok(zx_interrupt_trigger(virtual, 0, 1));
        (void)next_packet(port);
    }
    assert_ok(zx_handle_close_many((zx_handle_t[]){line, virtual, port}, 3));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest interrupt_line_tests[] = {
    T(line_has_one_owner_and_known_modes),
    T(resource_covers_its_lines_only),
    T(edges_are_timed_and_not_masked),
    T(level_is_masked_until_the_next_wait),
    T(level_is_masked_until_acknowledged),
    T(level_that_stands_before_the_binding_fires_again),
    T(storm_that_nobody_takes_is_masked),
    T(line_that_never_goes_is_slowed_down),
    T(destroyed_line_stays_masked),
    T(race_fire_wait_destroy),
    T(race_fire_ack_destroy),
    T(race_end_against_a_line_that_stands),
    T(race_packets_against_waits),
    T(race_fire_against_closing_port),
    T(race_every_fire_is_seen),
    T(sweep_interrupts),
};
const size_t interrupt_line_test_count = countof(interrupt_line_tests);
