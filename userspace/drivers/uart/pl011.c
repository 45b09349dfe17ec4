// SPDX-License-Identifier: MIT
//
// ARM PrimeCell UART (PL011; registers: ARM DDI 0183, section 3). Register numbers are words.

#include "uart.h"

#define UART_DR   0x00u // data
#define UART_FR   0x06u // flags
#define UART_IFLS 0x0du // levels of the FIFOs
#define UART_IMSC 0x0eu // interrupts that are let through
#define UART_ICR  0x11u // clears them

#define FR_RXFE (1u << 4) // nothing has arrived
#define FR_TXFF (1u << 5) // no room

#define INT_RX      (1u << 4)
#define INT_TX      (1u << 5)
#define INT_TIMEOUT (1u << 6) // bytes have arrived, and no more come for now
#define INT_OVERRUN (1u << 10)
#define INT_INPUT   (INT_RX | INT_TIMEOUT | INT_OVERRUN)

// As soon as 1/8 has arrived, and when no more than 1/8 is left to be sent.
#define IFLS_EARLY 0u

static void start(struct uart *uart)
{
    uart_write(uart, UART_IFLS, IFLS_EARLY);
    uart->interrupts = INT_INPUT;
    uart_write(uart, UART_IMSC, uart->interrupts);
}

static uint32_t room(struct uart *uart)
{
    return (uart_read(uart, UART_FR) & FR_TXFF) == 0;
}

static void put(struct uart *uart, uint8_t byte)
{
    uart_write(uart, UART_DR, byte);
}

static bool get(struct uart *uart, uint8_t *out)
{
    if ((uart_read(uart, UART_FR) & FR_RXFE) != 0) {
        return false;
    }
    *out = (uint8_t)uart_read(uart, UART_DR);
    return true;
}

// The interrupt comes when the FIFO falls to its level, and stands until it is above it again: a full one will
// still fall.
static void want_room(struct uart *uart, bool wanted)
{
    uint32_t interrupts = wanted ? INT_INPUT | INT_TX : INT_INPUT;

    if (interrupts != uart->interrupts) {
        uart->interrupts = interrupts;
        uart_write(uart, UART_IMSC, interrupts);
    }
}

// That of room stands for what is there, and is not cleared: it would not come again.
static void acknowledge(struct uart *uart)
{
    uart_write(uart, UART_ICR, INT_INPUT);
}

static const char *const compatible[] = {"arm,pl011", NULL};

const struct uart_kind uart_pl011 = {
    .compatible = compatible,
    .registers = UART_ICR + 1,
    .shift = 2,
    .width = 4,
    .start = start,
    .room = room,
    .put = put,
    .get = get,
    .want_room = want_room,
    .acknowledge = acknowledge,
};
