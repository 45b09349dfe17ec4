// SPDX-License-Identifier: MIT
//
// UART of NXP's i.MX (registers: i.MX 8M Plus Applications Processor Reference Manual, chapter UART). Register numbers
// are words.

#include "uart.h"

#define UART_URXD 0x00u
#define UART_UTXD 0x10u
#define UART_UCR1 0x20u
#define UART_UFCR 0x24u // levels of the FIFOs, and the clock's divisor
#define UART_USR2 0x26u
#define UART_UTS  0x2du

#define UCR1_RRDYEN (1u << 9)  // interrupt: as many bytes as UFCR says are there
#define UCR1_TRDYEN (1u << 13) // interrupt: fewer than UFCR says are left to be sent
#define UFCR_LEVELS 0xfc3fu
#define UFCR_EARLY  (2u << 10 | 1u) // the least that are allowed
#define USR2_ORE    (1u << 1)       // bytes were lost; write one to clear
#define UTS_TXFULL  (1u << 4)
#define UTS_RXEMPTY (1u << 5)

static void start(struct uart *uart)
{
    uart_write(uart, UART_UFCR, (uart_read(uart, UART_UFCR) & ~UFCR_LEVELS) | UFCR_EARLY);
    uart->interrupts = (uart_read(uart, UART_UCR1) & ~UCR1_TRDYEN) | UCR1_RRDYEN;
    uart_write(uart, UART_UCR1, uart->interrupts);
}

static uint32_t room(struct uart *uart)
{
    return (uart_read(uart, UART_UTS) & UTS_TXFULL) == 0;
}

static void put(struct uart *uart, uint8_t byte)
{
    uart_write(uart, UART_UTXD, byte);
}

static bool get(struct uart *uart, uint8_t *out)
{
    if ((uart_read(uart, UART_UTS) & UTS_RXEMPTY) != 0) {
        return false;
    }
    *out = (uint8_t)uart_read(uart, UART_URXD);
    return true;
}

// The rest of UCR1 stays what it is.
static void want_room(struct uart *uart, bool wanted)
{
    uint32_t control = wanted ? uart->interrupts | UCR1_TRDYEN : uart->interrupts & ~UCR1_TRDYEN;

    if (control != uart->interrupts) {
        uart->interrupts = control;
        uart_write(uart, UART_UCR1, control);
    }
}

// Both interrupts stand for what is there.
static void acknowledge(struct uart *uart)
{
    uart_write(uart, UART_USR2, USR2_ORE);
}

static const char *const compatible[] = {"fsl,imx6q-uart", "fsl,imx21-uart", NULL};

const struct uart_kind uart_imx = {
    .compatible = compatible,
    .registers = UART_UTS + 1,
    .shift = 2,
    .width = 4,
    .start = start,
    .room = room,
    .put = put,
    .get = get,
    .want_room = want_room,
    .acknowledge = acknowledge,
};
