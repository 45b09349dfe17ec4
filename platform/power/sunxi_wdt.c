// SPDX-License-Identifier: MIT
// The watchdog of Allwinner's chips since the A31: resets the whole system, cannot turn it off.
//
// Registers: Allwinner A64 User Manual V1.1, section 3.8 (Timer), WDOG0_CTRL to WDOG0_MODE; the
// node's reg begins at WDOG0_IRQ_EN.
//
// Interface: the driver table, struct power_ops. Locks: none; whoever reboots the machine is alone.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <hal/mmu.h>
#include <power/power.h>

#define WDOG_CTRL 0x10
#define WDOG_CFG  0x14
#define WDOG_MODE 0x18

#define CTRL_KEY       (0xa57u << 1) // without it, the restart is ignored
#define CTRL_RESTART   1u
#define CFG_SYSTEM     1u // resets the whole system; 2: only interrupts
#define MODE_HALF_SEC  (0u << 4)
#define MODE_ENABLE    1u

static uintptr_t wdt; // [I] after init

static void sunxi_reboot(void)
{
    // What a time-out does, then the time, then the start from its beginning.
    mmio_write32(wdt + WDOG_CFG, CFG_SYSTEM);
    mmio_write32(wdt + WDOG_MODE, MODE_HALF_SEC | MODE_ENABLE);
    mmio_write32(wdt + WDOG_CTRL, CTRL_KEY | CTRL_RESTART);
}

static const struct power_ops sunxi_ops = {
    .name = "sunxi-wdt",
    .by = POWER_BY_DEVICE,
    .reboot = sunxi_reboot,
};

static zx_status_t sunxi_init(struct fdt_tree *tree, struct fdt_node node)
{
    return power_attach_regs(tree, node, WDOG_MODE + 4, &wdt, &sunxi_ops);
}

static const char *const sunxi_compatible[] = {"allwinner,sun50i-a64-wdt",
                                               "allwinner,sun6i-a31-wdt", NULL};
FDT_DRIVER(sunxi_wdt, FDT_DRIVER_POWER, sunxi_compatible, sunxi_init);
