// SPDX-License-Identifier: MIT
// UART of NXP's i.MX. Set up by firmware; the driver changes neither baud rate nor format.
//
// Registers: i.MX 8M Plus Applications Processor Reference Manual, chapter UART.
//
// Interface: the driver table. Locks: none, the console serialises.
#include <arm64/mmio.h>
#include <fdt/driver.h>
#include <uart/uart.h>

#define UART_URXD 0x00
#define UART_UTXD 0x40
#define UART_UCR1 0x80
#define UART_UCR2 0x84
#define UART_UFCR 0x90
#define UART_USR2 0x98
#define UART_UTS  0xb4

#define UCR1_UARTEN (1u << 0)
#define UCR1_RRDYEN (1u << 9) // interrupt: as many bytes as UFCR says are there
#define UCR1_TRDYEN (1u << 13) // interrupt: there is room
#define UCR1_INTERRUPTS (UCR1_RRDYEN | UCR1_TRDYEN)
#define UCR2_SRST   (1u << 0) // 0: reset
#define UCR2_RXEN   (1u << 1)
#define UCR2_TXEN   (1u << 2)
#define UCR2_WS     (1u << 5)  // 8 bits
#define UCR2_IRTS   (1u << 14) // does not wait for RTS
#define UCR2_ON     (UCR2_SRST | UCR2_RXEN | UCR2_TXEN)
#define UFCR_RXTL   0x3fu     // bytes for RRDY
#define USR2_ORE    (1u << 1) // bytes were lost; write one to clear
#define UTS_TXFULL  (1u << 4)
#define UTS_RXEMPTY (1u << 5)

static bool imx_ready(const struct uart *u)
{
    return !(mmio_read32(u->base + UART_UTS) & UTS_TXFULL);
}

static void imx_put(const struct uart *u, uint8_t byte)
{
    mmio_write32(u->base + UART_UTXD, byte);
}

static bool imx_get(const struct uart *u, uint8_t *out_byte)
{
    if (mmio_read32(u->base + UART_UTS) & UTS_RXEMPTY)
        return false;
    *out_byte = (uint8_t)mmio_read32(u->base + UART_URXD);
    return true;
}

static void imx_rx_enable(const struct uart *u)
{
    // From the first byte on: below the level the UART would be silent until it ages.
    mmio_write32(u->base + UART_UFCR, (mmio_read32(u->base + UART_UFCR) & ~UFCR_RXTL) | 1);
    mmio_write32(u->base + UART_UCR1, mmio_read32(u->base + UART_UCR1) | UCR1_RRDYEN);
}

// RRDY goes with the bytes.
static void imx_rx_ack(const struct uart *u)
{
    mmio_write32(u->base + UART_USR2, USR2_ORE);
}

// Also after a reset by software, or where no firmware ran (QEMU).
static void imx_turn_on(uintptr_t base)
{
    uint32_t control = mmio_read32(base + UART_UCR1);
    uint32_t lines = mmio_read32(base + UART_UCR2);

    if (!(control & UCR1_UARTEN) || (lines & UCR2_ON) != UCR2_ON) {
        mmio_write32(base + UART_UCR1, control | UCR1_UARTEN);
        mmio_write32(base + UART_UCR2, lines | UCR2_ON | UCR2_WS | UCR2_IRTS);
    }
}

static void imx_recover(const struct uart *u)
{
    mmio_write32(u->base + UART_UCR1, mmio_read32(u->base + UART_UCR1) & ~UCR1_INTERRUPTS);
    imx_turn_on(u->base);
}

static const struct uart_ops imx_ops = {
    .name = "imx",
    .ready = imx_ready,
    .put = imx_put,
    .get = imx_get,
    .rx_enable = imx_rx_enable,
    .rx_ack = imx_rx_ack,
    .recover = imx_recover,
};

static const struct uart_registers registers = {
    .count = UART_UTS / 4 + 1, .shift = 2, .width = 4, .status = UART_UTS / 4};

static zx_status_t imx_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_uart info;
    uintptr_t base;
    zx_status_t status = console_open(tree, node, &registers, &info, &base);
    if (status != ZX_OK)
        return status;
    imx_turn_on(base);
    console_attach(&imx_ops, base, 0, 4, &info);
    return ZX_OK;
}

static const char *const imx_compatible[] = {"fsl,imx6q-uart", "fsl,imx21-uart", NULL};
FDT_DRIVER(imx, FDT_DRIVER_UART, imx_compatible, imx_init);
