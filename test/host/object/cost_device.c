// SPDX-License-Identifier: MIT
// What calls on device objects cost (cost.h).
#include "cost.h"

#include <hal/firmware.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/smc.h>

static zx_handle_t one, port;

static void make_interrupt(void)
{
    assert_ok(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &one));
}

static void make_bound_interrupt(void)
{
    make_interrupt();
    assert_ok(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port));
    assert_ok(zx_interrupt_bind(one, port, 1, 0));
}

static void close_both(void)
{
    close_handle(one);
    close_handle(port);
}

static void cost_interrupt_create(void)
{
    MEASURE(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &one));
    close_handle(one);
}

static void cost_interrupt_bind(void)
{
    make_interrupt();
    assert_ok(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port));
    MEASURE(zx_interrupt_bind(one, port, 1, 0));
    close_both();
}

static void cost_interrupt_wait(void)
{
    make_interrupt();
    assert_ok(zx_interrupt_trigger(one, 0, 1));
    MEASURE(zx_interrupt_wait(one, NULL));
    close_handle(one);
}

static void cost_interrupt_destroy(void)
{
    make_interrupt();
    MEASURE(zx_interrupt_destroy(one));
    close_handle(one);
}

static void cost_interrupt_ack(void)
{
    zx_port_packet_t packet;

    make_bound_interrupt();
    assert_ok(zx_interrupt_trigger(one, 0, 1));
    assert_ok(zx_port_wait(port, FOREVER, &packet));
    MEASURE(zx_interrupt_ack(one));
    close_both();
}

static void cost_interrupt_trigger(void)
{
    make_bound_interrupt();
    MEASURE(zx_interrupt_trigger(one, 0, 1));
    close_both();
}

static void answer(struct hal_smc *call)
{
    (void)call;
}

static void cost_smc_call(void)
{
    const zx_smc_parameters_t p = {0};
    zx_smc_result_t r;

    host_set_firmware(answer);
    MEASURE(zx_smc_call(lab.resource, &p, &r));
    host_set_firmware(NULL);
}

const struct cost_case cost_device_cases[] = {
    CASE(interrupt_create),
    CASE(interrupt_bind),
    CASE(interrupt_wait),
    CASE(interrupt_destroy),
    CASE(interrupt_ack),
    CASE(interrupt_trigger),
    CASE(smc_call),
};
const size_t cost_device_count = countof(cost_device_cases);
