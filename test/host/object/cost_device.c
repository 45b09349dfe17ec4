// SPDX-License-Identifier: MIT
// What calls on device objects cost (cost.h).
#include "cost.h"

#include <hal/firmware.h>
#include <zircon/syscalls/iommu.h>
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

static const zx_iommu_desc_dummy_t dummy;
static zx_handle_t vmo, two;
static zx_paddr_t address;

static void make_bti(void)
{
    zx_handle_t iommu;

    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &dummy, sizeof(dummy), &iommu));
    assert_ok(zx_bti_create(iommu, 0, 0, &one));
    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_ok(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 4096, NULL, 0));
    close_handle(iommu);
}

static zx_status_t pin(void)
{
    return zx_bti_pin(one, ZX_BTI_PERM_READ, vmo, 0, 4096, &address, 1, &two);
}

static void close_bti(void)
{
    close_handle(vmo);
    close_handle(one);
}

static void cost_iommu_create(void)
{
    MEASURE(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &dummy, sizeof(dummy), &one));
    close_handle(one);
}

static void cost_bti_create(void)
{
    zx_handle_t iommu;

    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &dummy, sizeof(dummy), &iommu));
    MEASURE(zx_bti_create(iommu, 0, 0, &one));
    close_handle(one);
    close_handle(iommu);
}

static void cost_bti_pin(void)
{
    make_bti();
    MEASURE(pin());
    assert_ok(zx_pmt_unpin(two));
    close_bti();
}

static void cost_pmt_unpin(void)
{
    make_bti();
    assert_ok(pin());
    MEASURE(zx_pmt_unpin(two));
    close_bti();
}

static void cost_bti_release_quarantine(void)
{
    make_bti();
    assert_ok(pin());
    close_handle(two);
    MEASURE(zx_bti_release_quarantine(one));
    close_bti();
}

static void cost_vmo_create_contiguous(void)
{
    make_bti();
    MEASURE(zx_vmo_create_contiguous(one, 4096, 0, &two));
    close_handle(two);
    close_bti();
}

const struct cost_case cost_device_cases[] = {
    CASE(interrupt_create),
    CASE(interrupt_bind),
    CASE(interrupt_wait),
    CASE(interrupt_destroy),
    CASE(interrupt_ack),
    CASE(interrupt_trigger),
    CASE(smc_call),
    CASE(iommu_create),
    CASE(bti_create),
    CASE(bti_pin),
    CASE(pmt_unpin),
    CASE(bti_release_quarantine),
    CASE(vmo_create_contiguous),
};
const size_t cost_device_count = countof(cost_device_cases);
