// SPDX-License-Identifier: MIT
// ARM PrimeCell UART (PL011). Set up by firmware; the driver changes neither baud rate nor format.
//
// Interface: the driver table, pl011_probe(). Locks: none, the console serialises.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <uart/uart.h>

// Registers, PrimeCell UART (PL011) TRM 3.2.
#define UART_DR        0x000
#define UART_FR        0x018
#define UART_CR        0x030
#define UART_IFLS      0x034
#define UART_IMSC      0x038
#define UART_ICR       0x044
#define UART_PERIPH_ID 0xfe0

#define FR_RXFE       (1u << 4)                     // receive FIFO empty
#define FR_TXFF       (1u << 5)                     // transmit FIFO full
#define CR_ENABLE_ALL (1u << 9 | 1u << 8 | 1u << 0) // receiver, transmitter, UART
#define INT_RX        (1u << 4)
#define INT_RT        (1u << 6) // bytes in the FIFO and none came for a while
#define INT_OE        (1u << 10)
#define RX_INTS       (INT_RX | INT_RT | INT_OE)

static bool pl011_ready(const struct uart *u)
{
    return !(mmio_read32(u->base + UART_FR) & FR_TXFF);
}

static void pl011_put(const struct uart *u, uint8_t byte)
{
    mmio_write32(u->base + UART_DR, byte);
}

static bool pl011_get(const struct uart *u, uint8_t *out_byte)
{
    if (mmio_read32(u->base + UART_FR) & FR_RXFE)
        return false;
    *out_byte = (uint8_t)mmio_read32(u->base + UART_DR);
    return true;
}

static void pl011_rx_enable(const struct uart *u)
{
    mmio_write32(u->base + UART_ICR, 0x7ff);
    mmio_write32(u->base + UART_IFLS, 0); // as early as possible: 1/8 full
    mmio_write32(u->base + UART_IMSC, RX_INTS);
}

static void pl011_rx_ack(const struct uart *u)
{
    mmio_write32(u->base + UART_ICR, RX_INTS);
}

static void pl011_recover(const struct uart *u)
{
    mmio_write32(u->base + UART_IMSC, 0);
    mmio_write32(u->base + UART_CR, mmio_read32(u->base + UART_CR) | CR_ENABLE_ALL);
}

static const struct uart_ops pl011_ops = {
    .name = "pl011",
    .ready = pl011_ready,
    .put = pl011_put,
    .get = pl011_get,
    .rx_enable = pl011_rx_enable,
    .rx_ack = pl011_rx_ack,
    .recover = pl011_recover,
};

static const struct uart_registers registers = {
    .count = UART_ICR / 4 + 1, .shift = 2, .width = 4, .status = UART_FR / 4};

static zx_status_t pl011_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_uart info;
    uintptr_t base;
    zx_status_t status = console_open(tree, node, &registers, &info, &base);
    if (status != ZX_OK)
        return status;
    uint32_t control = mmio_read32(base + UART_CR);
    if ((control & CR_ENABLE_ALL) != CR_ENABLE_ALL) // QEMU without firmware
        mmio_write32(base + UART_CR, control | CR_ENABLE_ALL);
    console_attach(&pl011_ops, base, 0, 4, &info);
    return ZX_OK;
}

bool pl011_probe(uintptr_t base)
{
    // Part number 0x011, designer 0x41 (ARM), one byte a register; the revision is not looked at.
    static const uint8_t id[] = {0x11, 0x10, 0x04};
    for (unsigned i = 0; i < countof(id); i++) {
        uint32_t value = mmio_read32(base + UART_PERIPH_ID + 4 * i);
        if ((i == 2 ? value & 0x0f : value) != id[i])
            return false;
    }
    mmio_write32(base + UART_CR, mmio_read32(base + UART_CR) | CR_ENABLE_ALL);
    console_attach(&pl011_ops, base, 0, 4, NULL);
    return true;
}

static const char *const pl011_compatible[] = {"arm,pl011", NULL};
FDT_DRIVER(pl011, FDT_DRIVER_UART, pl011_compatible, pl011_init);
