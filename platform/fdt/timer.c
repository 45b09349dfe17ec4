// SPDX-License-Identifier: MIT
/*
 * The generic timer's node: its four private interrupts and the errata it confesses.
 *
 * Interface: fdt_read_timer (<fdt/boot.h>).  Locks: none.
 */
#include <fdt/boot.h>

#include "priv.h"

/* Private peripheral interrupts of a GIC, extended ones included. */
#define PPI_FIRST  16
#define PPI_LAST   31
#define EPPI_FIRST 1056
#define EPPI_LAST  1119

/* By enum fdt_timer_line: the line's name in interrupt-names, where there are any. */
static const char line_names[FDT_TIMER_LINE_COUNT][12] = {
    [FDT_TIMER_SECURE] = "sec-phys",
    [FDT_TIMER_PHYSICAL] = "phys",
    [FDT_TIMER_VIRTUAL] = "virt",
    [FDT_TIMER_HYPERVISOR] = "hyp-phys",
};

static const struct {
    char property[28];
    uint32_t flag;
} flag_properties[] = {
    {"always-on", FDT_TIMER_ALWAYS_ON},
    {"arm,no-tick-in-suspend", FDT_TIMER_STOPS_IN_SUSPEND},
    {"allwinner,erratum-unknown1", FDT_TIMER_UNSTABLE_A64},
    {"fsl,erratum-a008585", FDT_TIMER_ERRATUM_A008585},
    {"hisilicon,erratum-161010101", FDT_TIMER_ERRATUM_161010101},
};

static uint32_t read_flags(struct fdt_tree *tree, struct fdt_node node)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof(flag_properties) / sizeof(flag_properties[0]); i++) {
        if (fdt_prop_exists(tree, node, flag_properties[i].property)) {
            flags |= flag_properties[i].flag;
        }
    }
    return flags;
}

static bool is_private(uint32_t intid)
{
    return (intid >= PPI_FIRST && intid <= PPI_LAST) || (intid >= EPPI_FIRST && intid <= EPPI_LAST);
}

/* Reads one of the four lines, by its name if the lines have names, else by its place. */
static bool read_line(struct fdt_tree *tree, struct fdt_node node, enum fdt_timer_line line,
                      struct fdt_irq *out)
{
    uint32_t index = line;
    if (fdt_prop_exists(tree, node, "interrupt-names") &&
        fdt_prop_string_index(tree, node, "interrupt-names", line_names[line], &index) != ZX_OK) {
        return false;
    }
    struct fdt_irq irq;
    if (fdt_node_irq(tree, node, index, &irq) != ZX_OK) {
        return false;
    }
    if (!is_private(irq.intid)) {
        fdt_report(tree, node, "interrupts", "a timer's line that is not private to a CPU");
        return false;
    }
    *out = irq;
    return true;
}

zx_status_t fdt_read_timer(struct fdt_tree *tree, struct fdt_node node, struct fdt_timer *out)
{
    struct fdt_timer timer = {
        .flags = read_flags(tree, node),
        .frequency_hz = fdt_prop_u32_or(tree, node, "clock-frequency", 0),
    };
    for (uint32_t line = 0; line < FDT_TIMER_LINE_COUNT; line++) {
        if (read_line(tree, node, (enum fdt_timer_line)line, &timer.lines[line])) {
            timer.present |= 1u << line;
        }
    }
    if ((timer.present & 1u << FDT_TIMER_VIRTUAL) == 0) {
        fdt_report(tree, node, "interrupts", "no line of the virtual timer");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out = timer;
    return ZX_OK;
}
