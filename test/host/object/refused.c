// SPDX-License-Identifier: MIT
// Calls for what neither ARM64 nor this kernel has: they answer as spec 30 sections 2.8, 6, 7 and 8 and
// spec 31 section 6 say for that case.
#include "object_test.h"

#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/pci.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>

static zx_handle_t make_resource(uint32_t kind)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_resource_create(lab.resource, kind, 0, 0, NULL, 0, &h));
    return h;
}

// CALLS(zx_ioports_request): never looks at its arguments
SCENARIO(no_ports)
{
    assert_status(zx_ioports_request(0, 0, 0), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_ioports_request(lab.resource, 0x3f8, 8), ZX_ERR_NOT_SUPPORTED);
}

// CALLS(zx_pc_firmware_tables, zx_framebuffer_get_info): the root check, then not supported
SCENARIO(no_firmware_tables_and_no_frame_buffer)
{
    zx_handle_t other = make_resource(ZX_RSRC_KIND_VMEX);
    zx_paddr_t a = 1, b = 2;
    uint32_t n[4] = {1, 2, 3, 4};

    assert_status(zx_pc_firmware_tables(0, &a, &b), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pc_firmware_tables(lab.job, &a, &b), ZX_ERR_WRONG_TYPE);
    assert_status(zx_pc_firmware_tables(other, &a, &b), ZX_ERR_WRONG_TYPE);
    assert_status(zx_pc_firmware_tables(lab.resource, &a, &b), ZX_ERR_NOT_SUPPORTED);
    assert_true(a == 1 && b == 2);
    assert_status(zx_framebuffer_get_info(0, &n[0], &n[1], &n[2], &n[3]), ZX_ERR_BAD_HANDLE);
    assert_status(zx_framebuffer_get_info(other, &n[0], &n[1], &n[2], &n[3]), ZX_ERR_WRONG_TYPE);
    assert_status(zx_framebuffer_get_info(lab.resource, &n[0], &n[1], &n[2], &n[3]),
                  ZX_ERR_NOT_SUPPORTED);
    assert_true(n[0] == 1 && n[1] == 2 && n[2] == 3 && n[3] == 4);
    close_handle(other);
}

// CALLS(zx_framebuffer_set_range): a frame buffer can be taken away, not given
SCENARIO(no_frame_buffer_for_the_console)
{
    zx_handle_t other = make_resource(ZX_RSRC_KIND_VMEX), vmo, bare;

    assert_ok(zx_vmo_create(4096, 0, &vmo));
    assert_ok(zx_handle_duplicate(vmo, 0, &bare));
    assert_status(zx_framebuffer_set_range(0, 0, 0, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_framebuffer_set_range(other, vmo, 0, 0, 0, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_framebuffer_set_range(lab.resource, 0, 0, 0, 0, 0, 0));
    assert_status(zx_framebuffer_set_range(lab.resource, vmo ^ 0x40000000, 4096, 0, 8, 8, 8),
                  ZX_ERR_BAD_HANDLE);
    assert_status(zx_framebuffer_set_range(lab.resource, lab.job, 4096, 0, 8, 8, 8),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_framebuffer_set_range(lab.resource, bare, 4096, 0, 8, 8, 8),
                  ZX_ERR_NOT_SUPPORTED); // no right is needed to get there
    assert_ok(zx_handle_close_many((zx_handle_t[]){other, vmo, bare}, 3));
}

// CALLS(zx_mtrace_control): every kind is invalid, after the root check
SCENARIO(no_cpu_traces)
{
    uint8_t buffer[16] = {0};

    for (uint32_t kind = 0; kind < 4; kind++) {
        assert_status(zx_mtrace_control(0, kind, 0, 0, buffer, 16), ZX_ERR_BAD_HANDLE);
        assert_status(zx_mtrace_control(lab.job, kind, 0, 0, buffer, 16), ZX_ERR_WRONG_TYPE);
        for (uint32_t action = 0; action < 12; action++)
            assert_status(zx_mtrace_control(lab.resource, kind, action, 0, buffer, 16),
                          ZX_ERR_INVALID_ARGS);
    }
}

// CALLS(zx_pci_init, zx_pci_add_subtract_io_range, zx_pci_get_nth_device, zx_pci_enable_bus_master,
//       zx_pci_reset_device, zx_pci_config_read, zx_pci_config_write, zx_pci_cfg_pio_rw, zx_pci_get_bar,
//       zx_pci_map_interrupt, zx_pci_query_irq_mode, zx_pci_set_irq_mode): no PCIe driver
SCENARIO(no_pci)
{
    zx_pcie_device_info_t info;
    zx_pci_bar_t bar;
    uint32_t value = 0;
    zx_handle_t h = 7;

    assert_ok(zx_pci_init(0, NULL, 0)); // nothing is looked at
    assert_ok(zx_pci_init(lab.resource, LAB_BAD_PTR, ~0u));
    assert_status(zx_pci_add_subtract_io_range(lab.resource, true, 0, 4096, true),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_get_nth_device(lab.resource, 0, &info, &h), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_enable_bus_master(0, true), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_reset_device(0), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_config_read(0, 0, 4, &value), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_config_write(0, 64, 4, 0), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_cfg_pio_rw(lab.resource, 0, 0, 0, 0, &value, 4, false),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_get_bar(0, 0, &bar, &h), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_map_interrupt(0, 0, &h), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_query_irq_mode(0, 0, &value), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_pci_set_irq_mode(0, 0, 0), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(h, 7);
}

// CALLS(zx_guest_create): options, then the resource, then there is none
SCENARIO(no_guests)
{
    zx_handle_t hypervisor = make_resource(ZX_RSRC_KIND_HYPERVISOR);
    zx_handle_t other = make_resource(ZX_RSRC_KIND_VMEX), guest = 7, vmar = 8;

    assert_status(zx_guest_create(0, 1, &guest, &vmar), ZX_ERR_INVALID_ARGS);
    assert_status(zx_guest_create(0, 0, &guest, &vmar), ZX_ERR_BAD_HANDLE);
    assert_status(zx_guest_create(lab.job, 0, &guest, &vmar), ZX_ERR_WRONG_TYPE);
    assert_status(zx_guest_create(other, 0, &guest, &vmar), ZX_ERR_WRONG_TYPE);
    assert_status(zx_guest_create(hypervisor, 0, &guest, &vmar), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_guest_create(lab.resource, 0, &guest, &vmar), ZX_ERR_NOT_SUPPORTED);
    assert_true(guest == 7 && vmar == 8);
    assert_ok(zx_handle_close_many((zx_handle_t[]){hypervisor, other}, 2));
}

// Calls `f` with no handle, an object without rights, and one with all of them.
static void check_handles(zx_status_t (*f)(zx_handle_t h))
{
    zx_handle_t event, bare, job;

    assert_ok(zx_event_create(0, &event));
    assert_ok(zx_handle_duplicate(event, 0, &bare));
    assert_ok(zx_handle_duplicate(lab.job, ZX_RIGHT_SAME_RIGHTS, &job));
    assert_status(f(0), ZX_ERR_BAD_HANDLE);
    assert_status(f(event ^ 0x40000000), ZX_ERR_BAD_HANDLE);
    assert_status(f(bare), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){event, bare, job}, 3));
}

static zx_status_t set_trap(zx_handle_t h)
{
    return zx_guest_set_trap(h, 0, 0, 4096, 0, 0);
}

static zx_status_t create_vcpu(zx_handle_t h)
{
    zx_handle_t vcpu = 0;
    assert_status(zx_vcpu_create(h, 1, 0, &vcpu), ZX_ERR_INVALID_ARGS);
    return zx_vcpu_create(h, 0, 0, &vcpu);
}

static zx_status_t resume_vcpu(zx_handle_t h)
{
    zx_port_packet_t packet;
    return zx_vcpu_resume(h, &packet);
}

static zx_status_t interrupt_vcpu(zx_handle_t h)
{
    return zx_vcpu_interrupt(h, 1);
}

static uint8_t vcpu_state[265];

static zx_status_t read_vcpu(zx_handle_t h)
{
    assert_status(zx_vcpu_read_state(h, 0, vcpu_state, 265), ZX_ERR_INVALID_ARGS);
    return zx_vcpu_read_state(h, 0, vcpu_state, 264);
}

static zx_status_t write_vcpu(zx_handle_t h)
{
    assert_status(zx_vcpu_write_state(h, 0, vcpu_state, 265), ZX_ERR_INVALID_ARGS);
    return zx_vcpu_write_state(h, 0, vcpu_state, 264);
}

// CALLS(zx_guest_set_trap, zx_vcpu_create, zx_vcpu_resume, zx_vcpu_interrupt, zx_vcpu_read_state,
//       zx_vcpu_write_state): no handle will do
SCENARIO(no_handle_is_a_guest_or_a_virtual_cpu)
{
    zx_handle_t vmo;

    check_handles(set_trap);
    check_handles(create_vcpu);
    check_handles(resume_vcpu);
    check_handles(interrupt_vcpu);
    check_handles(read_vcpu);
    check_handles(write_vcpu);
    assert_ok(zx_vmo_create(4096, 0, &vmo)); // has all the rights that these want, but for the job's
    assert_status(set_trap(vmo), ZX_ERR_WRONG_TYPE);
    assert_status(create_vcpu(lab.job), ZX_ERR_WRONG_TYPE);
    assert_status(resume_vcpu(vmo), ZX_ERR_WRONG_TYPE);
    assert_status(interrupt_vcpu(vmo), ZX_ERR_WRONG_TYPE);
    assert_status(read_vcpu(vmo), ZX_ERR_WRONG_TYPE);
    assert_status(write_vcpu(vmo), ZX_ERR_WRONG_TYPE);
    close_handle(vmo);
}

// CALLS(zx_interrupt_bind_vcpu)
SCENARIO(no_virtual_cpu_to_bind_to)
{
    zx_handle_t interrupt, bare;

    assert_ok(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &interrupt));
    assert_ok(zx_handle_duplicate(interrupt, ZX_RIGHT_WRITE, &bare));
    assert_status(zx_interrupt_bind_vcpu(0, 0, 1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_interrupt_bind_vcpu(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_interrupt_bind_vcpu(bare, 0, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_interrupt_bind_vcpu(lab.job, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_interrupt_bind_vcpu(interrupt, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_interrupt_bind_vcpu(interrupt, interrupt, 0), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){interrupt, bare}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest refused_tests[] = {
    T(no_ports),
    T(no_firmware_tables_and_no_frame_buffer),
    T(no_frame_buffer_for_the_console),
    T(no_cpu_traces),
    T(no_pci),
    T(no_guests),
    T(no_handle_is_a_guest_or_a_virtual_cpu),
    T(no_virtual_cpu_to_bind_to),
};
const size_t refused_test_count = countof(refused_tests);
