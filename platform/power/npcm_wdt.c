// SPDX-License-Identifier: MIT
// The watchdog of Nuvoton's NPCM chips: one register, which resets the chip some 1024 clocks after a
// time-out. It cannot turn the machine off.
//
// Register: NPCM750 datasheet, WTCR (Watchdog Timer Control Register).
//
// Interface: the driver table, struct power_ops. Locks: none; whoever reboots the machine is alone.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <hal/mmu.h>
#include <power/power.h>

#define WTCR_RESTART      (1u << 0) // counts from zero
#define WTCR_RESET_ENABLE (1u << 1)
#define WTCR_ENABLE       (1u << 7) // clock and interval: the shortest, by zeros

static uintptr_t wtcr; // [I] after init

static void npcm_reboot(void)
{
    mmio_write32(wtcr, WTCR_RESTART | WTCR_RESET_ENABLE | WTCR_ENABLE);
}

static const struct power_ops npcm_ops = {
    .name = "npcm-wdt",
    .by = POWER_BY_DEVICE,
    .reboot = npcm_reboot,
};

static zx_status_t npcm_init(struct fdt_tree *tree, struct fdt_node node)
{
    return power_attach_regs(tree, node, 4, &wtcr, &npcm_ops);
}

static const char *const npcm_compatible[] = {"nuvoton,npcm750-wdt", NULL};
FDT_DRIVER(npcm_wdt, FDT_DRIVER_POWER, npcm_compatible, npcm_init);
