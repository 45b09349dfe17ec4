// SPDX-License-Identifier: MIT
// Turning the machine off or over: asks the drivers in turn, firmware before devices: it knows what
// else has to be done on its machine.
//
// Interface: <hal/console.h> (power), <power/power.h>. Locks: none; the table is fixed after boot.
#include <power/power.h>

#include <arm64/device.h>
#include <fdt/driver.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/time.h>

#define POWER_DRIVERS_MAX 4u

static const struct power_ops *drivers[POWER_DRIVERS_MAX]; // [I] after power_init
static unsigned driver_count;                              // [I]

void power_attach(const struct power_ops *ops)
{
    if (driver_count == POWER_DRIVERS_MAX)
        return;
    unsigned at = driver_count++;
    for (; at > 0 && drivers[at - 1]->by > ops->by; at--)
        drivers[at] = drivers[at - 1];
    drivers[at] = ops;
}

zx_status_t power_attach_regs(struct fdt_tree *tree, struct fdt_node node, size_t bytes,
                              uintptr_t *out_base, const struct power_ops *ops)
{
    struct fdt_range regs;

    if (*out_base != 0)
        return ZX_ERR_ALREADY_BOUND;
    zx_status_t status = fdt_node_reg(tree, node, 0, &regs);
    if (status != ZX_OK)
        return status;
    if (regs.bytes < bytes || (regs.base & 3) != 0)
        return ZX_ERR_IO_DATA_INTEGRITY;
    status = device_map(tree, node, &regs, bytes, bytes - 4, out_base);
    if (status != ZX_OK)
        return status;
    power_attach(ops);
    return ZX_OK;
}

static bool init_one(void *context UNUSED, struct fdt_tree *tree, struct fdt_node node,
                     const struct fdt_driver *driver)
{
    if (driver->init(tree, node) != ZX_OK)
        fdt_report(tree, node, NULL, "not usable for power control");
    return true;
}

void power_init(struct fdt_tree *tree)
{
    fdt_for_each_match(tree, FDT_DRIVER_POWER, init_one, NULL);
}

// What was asked for happens soon, or never.
static void wait_for_the_end(void)
{
    uint64_t start = hal_ticks(), patience = hal_ticks_per_second();

    while (hal_ticks() - start < patience)
        hal_cpu_relax();
}

zx_status_t hal_power_off(void)
{
    for (unsigned i = 0; i < driver_count; i++) {
        if (drivers[i]->off == NULL)
            continue;
        drivers[i]->off();
        wait_for_the_end();
    }
    return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t hal_power_reboot(void)
{
    for (unsigned i = 0; i < driver_count; i++) {
        if (drivers[i]->reboot == NULL)
            continue;
        drivers[i]->reboot();
        wait_for_the_end();
    }
    return ZX_ERR_NOT_SUPPORTED;
}
