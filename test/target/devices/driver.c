// SPDX-License-Identifier: MIT
//
// A driver that tries what it must not be able to do (attempts.h), on any handle that it has.

#include <stdlib.h>

#include "attempts.h"

#include <driver/driver.h>
#include <driver/handles.h>
#include <protocol/rtc.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/system.h>

static zx_handle_t registers; // the VMO
static struct vfs_loop *loop;

static zx_status_t start_process(zx_handle_t job)
{
    zx_handle_t process, vmar;

    return zx_process_create(job, "test", 4, 0, &process, &vmar);
}

static zx_status_t make_resource(zx_handle_t parent)
{
    zx_handle_t resource;

    return zx_resource_create(parent, ZX_RSRC_KIND_MMIO, NEIGHBOUR_REGISTERS, 4096, "test", 4,
                              &resource);
}

static zx_status_t take_registers(zx_handle_t resource)
{
    zx_handle_t vmo;

    return zx_vmo_create_physical(resource, NEIGHBOUR_REGISTERS, 4096, &vmo);
}

static zx_status_t take_interrupt(zx_handle_t resource)
{
    zx_handle_t interrupt;

    return zx_interrupt_create(resource, NEIGHBOUR_INTERRUPT, ZX_INTERRUPT_MODE_LEVEL_HIGH,
                               &interrupt);
}

static zx_status_t switch_off(zx_handle_t resource)
{
    return zx_system_powerctl(resource, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL);
}

// The first success of an attempt with any handle that a process of this size can have, else the
// last failure but those of numbers that are no handle.
static zx_status_t with_all(zx_status_t (*attempt)(zx_handle_t))
{
    zx_handle_t handles[] = {
        registers,
        zx_process_self(),
        zx_thread_self(),
        zx_vmar_root_self(),
        zx_job_default(),
        zx_take_startup_handle(PA_HND(PA_JOB_DEFAULT, 1)),
        zx_take_startup_handle(PA_HND(PA_RESOURCE, 0)),
        ZX_HANDLE_INVALID,
    };
    zx_status_t last = ZX_ERR_INTERNAL;

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        zx_status_t status = attempt(handles[i]);

        if (status == ZX_OK) {
            return ZX_OK;
        }
        last = handles[i] != ZX_HANDLE_INVALID ? status : last;
    }
    return last;
}

// Maps more than there is, and reads behind the end.
static zx_status_t read_beyond(void)
{
    zx_vaddr_t address;
    zx_status_t status =
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, registers, 0, 8192, &address);

    if (status == ZX_OK) {
        (void)*(volatile uint32_t *)(address + 4096);
    }
    return status;
}

// PL061 (ARM DDI 0190, section 3): a pin that is low interrupts as long as it is low, if it is told so.
#define GPIO_SENSE 0x404u // 1: a level, not an edge
#define GPIO_EVENT 0x40cu // 0: of a low one
#define GPIO_MASK  0x410u
#define GPIO_PIN   1u

static zx_status_t set_line(bool stands)
{
    zx_vaddr_t address;
    zx_status_t status =
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, registers, 0, 4096,
                    &address);

    if (status == ZX_OK) {
        *(volatile uint32_t *)(address + GPIO_SENSE) = GPIO_PIN;
        *(volatile uint32_t *)(address + GPIO_EVENT) = 0;
        *(volatile uint32_t *)(address + GPIO_MASK) = stands ? GPIO_PIN : 0;
        status = zx_vmar_unmap(zx_vmar_root_self(), address, 4096);
    }
    return status;
}

static void leave_it(void *context, zx_time_t when)
{
    (void)context;
    (void)when;
}

// Behind the callback the loop acknowledges, and the line stands still.
static zx_status_t storm(void)
{
    static struct vfs_interrupt interrupt = {.fired = leave_it};
    zx_status_t status;

    interrupt.handle = driver_take_interrupt(0);
    status = vfs_interrupt_start(loop, &interrupt);
    return status == ZX_OK ? set_line(true) : status;
}

static zx_status_t attempt(uint64_t number)
{
    switch (number) {
    case ATTEMPT_STORM: return storm();
    case ATTEMPT_QUIET: return set_line(false);
    case ATTEMPT_NOTHING: return ZX_OK;
    case ATTEMPT_PROCESS: return with_all(start_process);
    case ATTEMPT_RESOURCE: return with_all(make_resource);
    case ATTEMPT_REGISTERS: return with_all(take_registers);
    case ATTEMPT_BEYOND: return read_beyond();
    case ATTEMPT_GROW: return zx_vmo_set_size(registers, 8192);
    case ATTEMPT_INTERRUPT: return with_all(take_interrupt);
    case ATTEMPT_CLOCK: return driver_set_clock(ZX_SEC(1000000000));
    case ATTEMPT_POWER: return with_all(switch_off);
    case ATTEMPT_CRASH: abort();
    case ATTEMPT_EXIT: exit(0);
    default: return ZX_ERR_INVALID_ARGS;
    }
}

static void set(void *context, const struct ipc_request *request, uint64_t number)
{
    (void)context;
    if (number == ATTEMPT_CLOSE) {
        vfs_loop_stop(loop);
        return;
    }
    (void)rtc_reply_set(request, attempt(number));
}

int main(void)
{
    static struct rtc_server server = {.set = set};

    // Kept for the attempts; driver_set_clock() takes its own, once.
    registers = zx_take_startup_handle(PA_HND(DRIVER_HANDLE_REGISTERS, 0));
    if (vfs_loop_create(&loop) != ZX_OK || driver_run(loop, rtc_binding(&server, NULL)) != ZX_OK) {
        return 1;
    }
    // Its directory is closed.
    for (;;) {
        zx_nanosleep(ZX_TIME_INFINITE);
    }
}
