// SPDX-License-Identifier: MIT
// Turning the machine off or over: asks the drivers in turn.
//
// Interface: <hal/console.h> (power), <power/power.h>. Locks: none; the table is fixed after boot.
#include <power/power.h>

#include <fdt/driver.h>
#include <hal/console.h>

#define POWER_DRIVERS_MAX 4u

static const struct power_ops *drivers[POWER_DRIVERS_MAX]; // [I] after power_init
static unsigned driver_count;                              // [I]

void power_attach(const struct power_ops *ops)
{
    if (driver_count < POWER_DRIVERS_MAX)
        drivers[driver_count++] = ops;
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

zx_status_t hal_power_off(void)
{
    for (unsigned i = 0; i < driver_count; i++) {
        if (drivers[i]->off != NULL)
            drivers[i]->off();
    }
    return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t hal_power_reboot(void)
{
    for (unsigned i = 0; i < driver_count; i++) {
        if (drivers[i]->reboot != NULL)
            drivers[i]->reboot();
    }
    return ZX_ERR_NOT_SUPPORTED;
}
