// SPDX-License-Identifier: MIT
// A device whose interrupt a program can raise when it wants: the PL031 clock of QEMU's virt machine
// (ARM PrimeCell RTC TRM 3.3), whose alarm goes off at once when it is set to the present second.
#ifndef TESTING_ALARM_H
#define TESTING_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define ALARM_REGISTERS 0x9010000ul // "/pl031@9010000" of the machine's tree
#define ALARM_VECTOR    34u         // SPI 2, level, high

struct alarm {
    volatile uint32_t *registers;
};

enum { ALARM_DR = 0, ALARM_MR = 1, ALARM_IMSC = 4, ALARM_RIS = 5, ALARM_ICR = 7 };

// Maps the registers; `resource` covers them.
static inline zx_status_t alarm_open(struct alarm *alarm, zx_handle_t resource)
{
    zx_handle_t vmo;
    zx_vaddr_t at = 0;
    zx_status_t status = zx_vmo_create_physical(resource, ALARM_REGISTERS, ZX_PAGE_SIZE, &vmo);
    if (status != ZX_OK)
        return status;
    status = zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE);
    if (status == ZX_OK)
        status = zx_vmar_map(zx_vmar_root_self(),
                             ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_REQUIRE_NON_RESIZABLE, 0,
                             vmo, 0, ZX_PAGE_SIZE, &at);
    zx_handle_close(vmo);
    alarm->registers = (volatile uint32_t *)at;
    if (status == ZX_OK)
        alarm->registers[ALARM_IMSC] = 1;
    return status;
}

// The line stands from here on. It is asked again when a second begins in between.
static inline void alarm_raise(const struct alarm *alarm)
{
    do
        alarm->registers[ALARM_MR] = alarm->registers[ALARM_DR];
    while (!alarm->registers[ALARM_RIS]);
}

static inline void alarm_clear(const struct alarm *alarm)
{
    alarm->registers[ALARM_ICR] = 1;
}

#endif
