// SPDX-License-Identifier: MIT
// UARTs of the 8250 family: plain 16550, Synopsys DW APB, and the Raspberry Pi's mini UART (AUX).
// Set up by firmware; the driver changes neither divisor nor format, except that it turns on a mini
// UART that is off.
//
// Registers: DesignWare DW_apb_uart Databook; BCM2711 ARM Peripherals, section 2 (Auxiliaries).
//
// Interface: the driver table. Locks: none, the console serialises.
#include <arm64/device.h>
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <uart/uart.h>

// Register numbers; the byte offset is the number << reg_shift.
#define UART_DATA 0
#define UART_IER  1
#define UART_IIR  2 // written: FCR
#define UART_LCR  3
#define UART_LSR  5
#define UART_CNTL 8  // mini UART only
#define UART_USR  31 // DW APB only: reading it clears a busy-detect interrupt

#define IER_RX         0x01
#define IER_LINE       0x04
#define IIR_ID         0x0f
#define IIR_BUSY       0x07 // DW APB: the divisor or format was written while it was busy
#define IIR_TIMEOUT    0x0c // bytes are there, and fewer than the FIFO's level
#define FCR_CLEAR      0x06
#define LCR_8_BITS     0x03
#define LCR_DIVISOR  0x80u
#define LSR_DATA_READY 0x01
#define LSR_BREAK      0x10
#define LSR_THR_EMPTY  0x20
#define CNTL_ON        0x03 // receiver and transmitter

// Of the AUX block, in front of the mini UART's registers.
#define AUX_ENABLES      0x04
#define AUX_ENABLES_UART 0x01

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

static bool ns16550_ready(const struct uart *u)
{
    return reg_read(u, UART_LSR) & LSR_THR_EMPTY;
}

static void ns16550_put(const struct uart *u, uint8_t byte)
{
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
    uint32_t id = reg_read(u, UART_IIR) & IIR_ID;

    if (id == IIR_BUSY) {
        (void)reg_read(u, UART_USR); // nothing else clears it
    } else if (id == IIR_TIMEOUT && !(reg_read(u, UART_LSR) & (LSR_DATA_READY | LSR_BREAK))) {
        // A time-out without a byte, which comes when one is taken at the wrong moment: only
        // reading one clears it.
        (void)reg_read(u, UART_DATA);
    }
}

// The mini UART wants its line-status interrupt on, or it gives none at all.
static void aux_rx_enable(const struct uart *u)
{
    reg_write(u, UART_IER, IER_RX | IER_LINE);
}

// The divisor's latch hides the data register. A format that is right is left alone: a busy DesignWare UART
// minds the write.
static void ns16550_recover(const struct uart *u)
{
    uint32_t format = reg_read(u, UART_LCR);

    if (format & LCR_DIVISOR)
        reg_write(u, UART_LCR, format & ~LCR_DIVISOR);
    reg_write(u, UART_IER, 0);
}

// The AUX block in front of the mini UART, as mapped now; 0: unknown.
static uintptr_t aux_block; // [I] per phase

static void aux_recover(const struct uart *u)
{
    if (aux_block != 0)
        mmio_write32(aux_block + AUX_ENABLES,
                     mmio_read32(aux_block + AUX_ENABLES) | AUX_ENABLES_UART);
    ns16550_recover(u);
    reg_write(u, UART_CNTL, CNTL_ON);
}

static const struct uart_ops ns16550_ops = {
    .name = "ns16550",
    .ready = ns16550_ready,
    .put = ns16550_put,
    .get = ns16550_get,
    .rx_enable = ns16550_rx_enable,
    .rx_ack = ns16550_rx_ack,
    .recover = ns16550_recover,
};

static const struct uart_ops dw_apb_ops = {
    .name = "dw-apb",
    .ready = ns16550_ready,
    .put = ns16550_put,
    .get = ns16550_get,
    .rx_enable = ns16550_rx_enable,
    .rx_ack = dw_apb_rx_ack,
    .recover = ns16550_recover,
};

static const struct uart_ops aux_ops = {
    .name = "bcm2835-aux",
    .ready = ns16550_ready,
    .put = ns16550_put,
    .get = ns16550_get,
    .rx_enable = aux_rx_enable,
    .rx_ack = ns16550_rx_ack,
    .recover = aux_recover,
};

// Up to the last that the driver touches. The mini UART has no reg-shift property; its registers
// are words.
static const struct uart_registers ns16550_registers = {
    .count = UART_LSR + 1, .shift = 0, .width = 1, .status = UART_LSR};
static const struct uart_registers dw_apb_registers = {
    .count = UART_USR + 1, .shift = 0, .width = 1, .status = UART_LSR};
static const struct uart_registers aux_registers = {
    .count = UART_CNTL + 1, .shift = 2, .width = 4, .status = UART_LSR};

static zx_status_t attach(struct fdt_tree *tree, struct fdt_node node, const struct uart_ops *ops,
                          const struct uart_registers *registers)
{
    struct fdt_uart info;
    uintptr_t base;
    zx_status_t status = console_open(tree, node, registers, &info, &base);
    if (status != ZX_OK)
        return status;
    console_attach(ops, base, info.reg_shift, info.reg_io_width, &info);
    return ZX_OK;
}

static zx_status_t ns16550_init(struct fdt_tree *tree, struct fdt_node node)
{
    return attach(tree, node, &ns16550_ops, &ns16550_registers);
}

static zx_status_t dw_apb_init(struct fdt_tree *tree, struct fdt_node node)
{
    return attach(tree, node, &dw_apb_ops, &dw_apb_registers);
}

// The AUX block that gates the mini UART: the node of its clock. False if the tree does not say, or
// the two are not where every chip has them.
static bool find_aux(struct fdt_tree *tree, struct fdt_node node, const struct fdt_uart *info,
                     struct fdt_range *out)
{
    uint32_t phandle;

    if (fdt_prop_cell(tree, node, "clocks", 0, &phandle) != ZX_OK)
        return false;
    struct fdt_node aux = fdt_node_by_phandle(tree, phandle);
    return fdt_node_valid(aux) && fdt_node_compatible(tree, aux, "brcm,bcm2835-aux") &&
           fdt_node_reg(tree, aux, 0, out) == ZX_OK && out->bytes >= AUX_ENABLES + 4 &&
           info->regs.base > out->base && info->regs.base - out->base < PAGE_SIZE;
}

// While AUX_ENABLES has it off, the mini UART's registers cannot be reached at all. One that was
// off gets a format; its divisor stays what it is, for it depends on a clock that nobody tells.
static void aux_turn_on(uintptr_t aux, const struct uart *u)
{
    uint32_t enables = mmio_read32(aux + AUX_ENABLES);

    if (enables & AUX_ENABLES_UART)
        return;
    mmio_write32(aux + AUX_ENABLES, enables | AUX_ENABLES_UART);
    reg_write(u, UART_IER, 0);
    reg_write(u, UART_LCR, LCR_8_BITS);
    reg_write(u, UART_IIR, FCR_CLEAR);
    reg_write(u, UART_CNTL, CNTL_ON);
}

static zx_status_t aux_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_uart info;
    struct fdt_range aux;
    zx_status_t status = fdt_read_uart(tree, node, &info);
    if (status != ZX_OK)
        return status;
    const uint64_t bytes = aux_registers.count << aux_registers.shift;
    aux_block = 0;
    if (info.regs.bytes < bytes || !find_aux(tree, node, &info, &aux))
        return attach(tree, node, &aux_ops, &aux_registers);
    uint64_t offset = info.regs.base - aux.base;
    const struct fdt_range both = {.base = aux.base, .bytes = offset + bytes};
    status = device_check_range(tree, node, &both);
    if (status != ZX_OK)
        return status;
    uintptr_t base = console_map(&both);
    if (base == 0)
        return ZX_ERR_NO_MEMORY;
    status = device_check_register(tree, node, base + AUX_ENABLES, 4);
    if (status != ZX_OK)
        return status;
    struct uart u = {.base = base + offset, .reg_shift = 2, .io_width = 4};
    aux_turn_on(base, &u);
    aux_block = base;
    console_attach(&aux_ops, u.base, u.reg_shift, u.io_width, &info);
    return ZX_OK;
}

static const char *const ns16550_compatible[] = {"ns16550a", "ns16550", NULL};
FDT_DRIVER(ns16550, FDT_DRIVER_UART, ns16550_compatible, ns16550_init);

static const char *const dw_apb_compatible[] = {"snps,dw-apb-uart", NULL};
FDT_DRIVER(dw_apb, FDT_DRIVER_UART, dw_apb_compatible, dw_apb_init);

static const char *const aux_compatible[] = {"brcm,bcm2835-aux-uart", NULL};
FDT_DRIVER(bcm_aux, FDT_DRIVER_UART, aux_compatible, aux_init);
