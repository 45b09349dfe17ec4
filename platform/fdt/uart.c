// SPDX-License-Identifier: MIT
/*
 * What all UARTs have in common in a device tree.
 *
 * Interface: fdt_read_uart (<fdt/boot.h>).  Locks: none.
 */
#include <fdt/boot.h>

#include "priv.h"

/* Registers further than 8 bytes apart are a mistake. */
#define REG_SHIFT_MAX 3

static uint32_t read_reg_shift(struct fdt_tree *tree, struct fdt_node node)
{
    uint32_t shift = fdt_prop_u32_or(tree, node, "reg-shift", 0);
    if (shift > REG_SHIFT_MAX) {
        fdt_report(tree, node, "reg-shift", "too large, ignored");
        return 0;
    }
    return shift;
}

static uint32_t read_reg_io_width(struct fdt_tree *tree, struct fdt_node node)
{
    uint32_t width = fdt_prop_u32_or(tree, node, "reg-io-width", 0);
    if (width != 0 && width != 1 && width != 2 && width != 4) {
        fdt_report(tree, node, "reg-io-width", "not 1, 2 or 4, ignored");
        return 0;
    }
    return width;
}

/* The input clock: the node's own property, or a fixed clock that its first `clocks` names. Other
 * clocks would need their driver. */
static uint32_t read_clock(struct fdt_tree *tree, struct fdt_node node)
{
    uint32_t phandle = 0;
    uint32_t hz = fdt_prop_u32_or(tree, node, "clock-frequency", 0);
    if (hz != 0 || fdt_prop_cell(tree, node, "clocks", 0, &phandle) != ZX_OK) {
        return hz;
    }
    struct fdt_node clock = fdt_node_by_phandle(tree, phandle);
    if (!fdt_node_compatible(tree, clock, "fixed-clock")) {
        return 0;
    }
    return fdt_prop_u32_or(tree, clock, "clock-frequency", 0);
}

/* Moves the registers by reg-offset, which some trees use for UARTs inside a larger block. */
static void apply_reg_offset(struct fdt_tree *tree, struct fdt_node node, struct fdt_range *regs)
{
    uint32_t offset = fdt_prop_u32_or(tree, node, "reg-offset", 0);
    if (offset >= regs->bytes) {
        fdt_report(tree, node, "reg-offset", "outside reg, ignored");
        return;
    }
    regs->base += offset;
    regs->bytes -= offset;
}

zx_status_t fdt_read_uart(struct fdt_tree *tree, struct fdt_node node, struct fdt_uart *out)
{
    struct fdt_uart uart = {0};
    zx_status_t status = fdt_node_reg(tree, node, 0, &uart.regs);
    if (status == ZX_ERR_NOT_FOUND || status == ZX_ERR_OUT_OF_RANGE ||
        (status == ZX_OK && uart.regs.bytes == 0)) {
        fdt_report(tree, node, "reg", "absent or empty");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (status != ZX_OK) {
        return status;
    }
    apply_reg_offset(tree, node, &uart.regs);
    uart.reg_shift = read_reg_shift(tree, node);
    uart.reg_io_width = read_reg_io_width(tree, node);
    if ((uart.regs.base & 3) != 0 && (uart.reg_io_width != 1 || uart.reg_shift != 0)) {
        fdt_report(tree, node, "reg", "not aligned");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    uart.clock_hz = read_clock(tree, node);
    uart.baud = fdt_prop_u32_or(tree, node, "current-speed", 0);
    uart.has_irq = fdt_node_irq(tree, node, 0, &uart.irq) == ZX_OK;
    *out = uart;
    return ZX_OK;
}
