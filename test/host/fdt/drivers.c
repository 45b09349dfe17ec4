// SPDX-License-Identifier: MIT
/*
 * Drivers of the tests' own, so that the reader meets a real driver table in a real section.
 */
#include "drivers.h"

#include <string.h>

uint32_t init_count;
struct fdt_node init_nodes[INIT_NODES_MAX];

static zx_status_t init_ok(struct fdt_tree *tree, struct fdt_node node)
{
    (void)tree;
    if (init_count < INIT_NODES_MAX) {
        init_nodes[init_count++] = node;
    }
    return ZX_OK;
}

/* Refuses nodes that say so, and accepts the others. */
static zx_status_t init_choosy(struct fdt_tree *tree, struct fdt_node node)
{
    return fdt_prop_exists(tree, node, "test,refuse") ? ZX_ERR_NOT_SUPPORTED : init_ok(tree, node);
}

static const char *const pl011_compatible[] = {"arm,pl011", NULL};
FDT_DRIVER(test_pl011, FDT_DRIVER_UART, pl011_compatible, init_choosy);

static const char *const aux_compatible[] = {"brcm,bcm2835-aux-uart", NULL};
FDT_DRIVER(test_aux, FDT_DRIVER_UART, aux_compatible, init_choosy);

static const char *const dw_compatible[] = {"ns16550a", "snps,dw-apb-uart", NULL};
FDT_DRIVER(test_dw, FDT_DRIVER_UART, dw_compatible, init_choosy);

/* Linked before the special one: a node that names both must still get the special one. */
static const char *const generic_compatible[] = {"test,uart", NULL};
FDT_DRIVER(test_generic, FDT_DRIVER_UART, generic_compatible, init_ok);
static const char *const special_compatible[] = {"test,special", NULL};
FDT_DRIVER(test_special, FDT_DRIVER_UART, special_compatible, init_ok);

static const char *const gic_compatible[] = {"arm,gic-400", "arm,cortex-a15-gic", "arm,gic-v3",
                                             NULL};
FDT_DRIVER(test_gic, FDT_DRIVER_IRQCHIP, gic_compatible, init_ok);

static const char *const power_compatible[] = {"arm,psci-0.2", "brcm,bcm2835-pm-wdt", NULL};
FDT_DRIVER(test_power, FDT_DRIVER_POWER, power_compatible, init_ok);

static const char *const psci_methods[] = {"psci", NULL};
FDT_DRIVER(test_psci, FDT_DRIVER_CPU_ENABLE, psci_methods, init_ok);
static const char *const spin_methods[] = {"spin-table", NULL};
FDT_DRIVER(test_spin, FDT_DRIVER_CPU_ENABLE, spin_methods, init_ok);
