// SPDX-License-Identifier: MIT
// UARTs of the 8250 family: plain 16550, Synopsys DW APB, and the Raspberry Pi's mini UART (AUX).
// Set up by firmware; the driver changes neither divisor nor format.
//
// Interface: the driver table. Locks: none, the console serialises.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <uart/uart.h>

// Register numbers; the byte offset is the number << reg_shift.
#define UART_DATA 0
#define UART_IER  1
#define UART_IIR  2
#define UART_LSR  5
#define UART_USR  31 // DW APB only: reading it clears a busy-detect interrupt

#define IER_RX         0x01
#define LSR_DATA_READY 0x01
#define LSR_THR_EMPTY  0x20

#define PUT_POLLS 1000000

static uint32_t reg_read(const struct uart *u, unsigned reg)
{
    uintptr_t address = u->base + ((uintptr_t)reg << u->reg_shift);
    return u->io_width == 4 ? mmio_read32(address) : mmio_read8(address);
}

static void reg_write(const struct uart *u, unsigned reg, uint8_t value)
{
    uintptr_t address = u->base + ((uintptr_t)reg << u->reg_shift);
    if (u->io_width == 4)
        mmio_write32(address, value);
    else
        mmio_write8(address, value);
}

static void ns16550_put(const struct uart *u, uint8_t byte)
{
    for (unsigned i = 0; i < PUT_POLLS && !(reg_read(u, UART_LSR) & LSR_THR_EMPTY); i++)
        ;
    reg_write(u, UART_DATA, byte);
}

static bool ns16550_get(const struct uart *u, uint8_t *out_byte)
{
    if (!(reg_read(u, UART_LSR) & LSR_DATA_READY))
        return false;
    *out_byte = (uint8_t)reg_read(u, UART_DATA);
    return true;
}

static void ns16550_rx_enable(const struct uart *u)
{
    reg_write(u, UART_IER, IER_RX);
}

static void ns16550_rx_ack(const struct uart *u)
{
    (void)reg_read(u, UART_IIR);
}

static void dw_apb_rx_ack(const struct uart *u)
{
    // 7: the divisor was written while the UART was busy; only USR clears that.
    if ((reg_read(u, UART_IIR) & 0xf) == 7)
        (void)reg_read(u, UART_USR);
}

static const struct uart_ops ns16550_ops = {
    .name = "ns16550",
    .put = ns16550_put,
    .get = ns16550_get,
    .rx_enable = ns16550_rx_enable,
    .rx_ack = ns16550_rx_ack,
};

static const struct uart_ops dw_apb_ops = {
    .name = "dw-apb",
    .put = ns16550_put,
    .get = ns16550_get,
    .rx_enable = ns16550_rx_enable,
    .rx_ack = dw_apb_rx_ack,
};

static zx_status_t attach(struct fdt_tree *tree, struct fdt_node node, const struct uart_ops *ops,
                          uint32_t shift, uint32_t width)
{
    struct fdt_uart info;
    zx_status_t status = fdt_read_uart(tree, node, &info);
    if (status != ZX_OK)
        return status;
    uintptr_t base = console_map(&info.regs);
    if (base == 0)
        return ZX_ERR_NO_MEMORY;
    console_attach(ops, base, info.reg_shift != 0 ? info.reg_shift : shift,
                   info.reg_io_width == 4 ? 4 : width, &info);
    return ZX_OK;
}

static zx_status_t ns16550_init(struct fdt_tree *tree, struct fdt_node node)
{
    return attach(tree, node, &ns16550_ops, 0, 1);
}

static zx_status_t dw_apb_init(struct fdt_tree *tree, struct fdt_node node)
{
    return attach(tree, node, &dw_apb_ops, 0, 1);
}

// The mini UART has no reg-shift property; its registers are words.
static zx_status_t aux_init(struct fdt_tree *tree, struct fdt_node node)
{
    return attach(tree, node, &ns16550_ops, 2, 4);
}

static const char *const ns16550_compatible[] = {"ns16550a", "ns16550", NULL};
FDT_DRIVER(ns16550, FDT_DRIVER_UART, ns16550_compatible, ns16550_init);

static const char *const dw_apb_compatible[] = {"snps,dw-apb-uart", NULL};
FDT_DRIVER(dw_apb, FDT_DRIVER_UART, dw_apb_compatible, dw_apb_init);

static const char *const aux_compatible[] = {"brcm,bcm2835-aux-uart", NULL};
FDT_DRIVER(bcm_aux, FDT_DRIVER_UART, aux_compatible, aux_init);
