// SPDX-License-Identifier: MIT
//
// What the kinds of UARTs have in common for main.c. Firmware has set baud rate and format, and whether there are
// FIFOs; both stay. Pure: registers are reached through functions, so that tests have models of the chips.

#ifndef UART_UART_H
#define UART_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Most bytes that main.c takes from its client before the device has room for them.
#define UART_BURST 16u

struct uart;

struct uart_kind {
    const char *const *compatible; // ends with NULL
    size_t registers;              // as many as are used, from 0 on
    uint32_t shift, width;         // of a register, unless the node says otherwise
    // Lets bytes that arrive interrupt. What has arrived before interrupts, too.
    void (*start)(struct uart *uart);
    // As many bytes as can be put now, at most UART_BURST.
    uint32_t (*room)(struct uart *uart);
    void (*put)(struct uart *uart, uint8_t byte);
    // Takes one byte; false: there is none.
    bool (*get)(struct uart *uart, uint8_t *out);
    // Whether to interrupt once there is room. To be turned on when there was none.
    void (*want_room)(struct uart *uart, bool wanted);
    // First in the interrupt handler: quiets the device. Bytes and room that are there must be looked at after it.
    void (*acknowledge)(struct uart *uart);
};

struct uart {
    const struct uart_kind *kind;
    uint32_t (*read)(void *context, size_t at); // a register at an offset in bytes
    void (*write)(void *context, size_t at, uint32_t value);
    void *context;
    uint32_t shift;      // registers are 1 << shift bytes apart
    uint32_t interrupts; // the kind's: as last written
};

extern const struct uart_kind uart_pl011;
extern const struct uart_kind uart_ns16550;
extern const struct uart_kind uart_dw_apb;
extern const struct uart_kind uart_aux;
extern const struct uart_kind uart_imx;

static inline uint32_t uart_read(const struct uart *uart, uint32_t number)
{
    return uart->read(uart->context, (size_t)number << uart->shift);
}

static inline void uart_write(const struct uart *uart, uint32_t number, uint32_t value)
{
    uart->write(uart->context, (size_t)number << uart->shift, value);
}

#endif
