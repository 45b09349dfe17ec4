// SPDX-License-Identifier: MIT
// The power management block of the BCM2835 to BCM2711 (Raspberry Pi): its watchdog resets the chip,
// and what the firmware finds in the reset status then decides whether it boots again or halts.
//
// Registers as in the binding brcm,bcm2835-pm and the Raspberry Pi's firmware: every write carries a
// password in bits 31:24. Bits 0, 2, 4, 6, 8 and 10 of RSTS are the number of the partition to boot
// from; all of them set is the number that means halt.
//
// Interface: the driver table, struct power_ops. Locks: none; whoever turns the machine off is alone.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <hal/mmu.h>
#include <power/power.h>

#define PM_RSTC 0x1c
#define PM_RSTS 0x20
#define PM_WDOG 0x24

#define PM_PASSWORD        0x5a000000u
#define RSTC_CONFIG_MASK   0x00000030u
#define RSTC_FULL_RESET    0x00000020u
#define RSTS_PARTITION     0x00000555u
#define RSTS_VALUE         0x00ffffffu
#define WDOG_TICKS_SHORTLY 10u // of 16 us: long enough for the writes below

static uintptr_t pm; // [I] after init

static void reset_with(uint32_t partition)
{
    uint32_t rsts = mmio_read32(pm + PM_RSTS) & RSTS_VALUE & ~RSTS_PARTITION;
    mmio_write32(pm + PM_RSTS, PM_PASSWORD | rsts | partition);
    // The time first: a full reset that is allowed while the old time runs may come at once.
    mmio_write32(pm + PM_WDOG, PM_PASSWORD | WDOG_TICKS_SHORTLY);
    uint32_t rstc = mmio_read32(pm + PM_RSTC) & RSTS_VALUE & ~RSTC_CONFIG_MASK;
    mmio_write32(pm + PM_RSTC, PM_PASSWORD | rstc | RSTC_FULL_RESET);
    // A driver outside of the kernel may have fed its watchdog in between, on another CPU.
    mmio_write32(pm + PM_WDOG, PM_PASSWORD | WDOG_TICKS_SHORTLY);
}

static void bcm2835_off(void)
{
    reset_with(RSTS_PARTITION);
}

static void bcm2835_reboot(void)
{
    reset_with(0);
}

static const struct power_ops bcm2835_ops = {
    .name = "bcm2835-pm",
    .by = POWER_BY_DEVICE,
    .off = bcm2835_off,
    .reboot = bcm2835_reboot,
};

static zx_status_t bcm2835_init(struct fdt_tree *tree, struct fdt_node node)
{
    return power_attach_regs(tree, node, PM_WDOG + 4, &pm, &bcm2835_ops);
}

static const char *const bcm2835_compatible[] = {"brcm,bcm2835-pm-wdt", "brcm,bcm2711-pm",
                                                 "brcm,bcm2835-pm", NULL};
FDT_DRIVER(bcm2835_pm, FDT_DRIVER_POWER, bcm2835_compatible, bcm2835_init);
