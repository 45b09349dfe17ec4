// SPDX-License-Identifier: MIT
//
// UARTs of the 8250 family: 16550, Synopsys DW APB, and the Raspberry Pi's mini UART (registers: DesignWare
// DW_apb_uart Databook; BCM2711 ARM Peripherals, section 2, Auxiliaries).

#include "uart.h"

#define UART_DATA 0u
#define UART_IER  1u
#define UART_IIR  2u
#define UART_LSR  5u
#define UART_USR  31u // DW APB: reading it clears a busy-detect interrupt

#define IER_INPUT      0x01u
#define IER_ROOM       0x02u
#define IER_AUX        0x0cu // mini UART: without these it interrupts for nothing
#define IIR_ID         0x0fu
#define IIR_BUSY       0x07u // DW APB: the format was written while it was busy
#define IIR_TIMEOUT    0x0cu // bytes have arrived, and no more come for now
#define IIR_FIFOS      0xc0u
#define LSR_DATA_READY 0x01u
#define LSR_BREAK      0x10u
#define LSR_EMPTY      0x20u // nothing is left to be sent, but what is on the line; mini UART: there is room
#define LSR_IDLE       0x40u // nothing is left at all

#define FIFO_BYTES     16u // the least of those that have FIFOs
#define AUX_FIFO_BYTES 8u

static void set_interrupts(struct uart *uart, uint32_t interrupts)
{
    if (interrupts != uart->interrupts) {
        uart->interrupts = interrupts;
        uart_write(uart, UART_IER, interrupts);
    }
}

static void start(struct uart *uart)
{
    uart->interrupts = 0;
    set_interrupts(uart, IER_INPUT);
}

static uint32_t room(struct uart *uart)
{
    if ((uart_read(uart, UART_LSR) & LSR_EMPTY) == 0) {
        return 0;
    }
    return (uart_read(uart, UART_IIR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_BYTES : 1;
}

static void put(struct uart *uart, uint8_t byte)
{
    uart_write(uart, UART_DATA, byte);
}

static bool get(struct uart *uart, uint8_t *out)
{
    if ((uart_read(uart, UART_LSR) & LSR_DATA_READY) == 0) {
        return false;
    }
    *out = (uint8_t)uart_read(uart, UART_DATA);
    return true;
}

// The interrupt comes at once if there is room already.
static void want_room(struct uart *uart, bool wanted)
{
    set_interrupts(uart, wanted ? IER_INPUT | IER_ROOM : IER_INPUT);
}

// Reading IIR takes back the interrupt of room; that of input stands until the bytes are fetched.
static void acknowledge(struct uart *uart)
{
    (void)uart_read(uart, UART_IIR);
}

static void dw_acknowledge(struct uart *uart)
{
    uint32_t id = uart_read(uart, UART_IIR) & IIR_ID;

    if (id == IIR_BUSY) {
        (void)uart_read(uart, UART_USR); // nothing else clears it
    } else if (id == IIR_TIMEOUT &&
               (uart_read(uart, UART_LSR) & (LSR_DATA_READY | LSR_BREAK)) == 0) {
        (void)uart_read(uart, UART_DATA); // a time-out without a byte: nothing else clears it
    }
}

static const char *const compatible[] = {"ns16550a", "ns16550", NULL};

const struct uart_kind uart_ns16550 = {
    .compatible = compatible,
    .registers = UART_LSR + 1,
    .shift = 0,
    .width = 1,
    .start = start,
    .room = room,
    .put = put,
    .get = get,
    .want_room = want_room,
    .acknowledge = acknowledge,
};

static const char *const dw_compatible[] = {"snps,dw-apb-uart", NULL};

const struct uart_kind uart_dw_apb = {
    .compatible = dw_compatible,
    .registers = UART_USR + 1,
    .shift = 0,
    .width = 1,
    .start = start,
    .room = room,
    .put = put,
    .get = get,
    .want_room = want_room,
    .acknowledge = dw_acknowledge,
};

static void aux_start(struct uart *uart)
{
    uart->interrupts = 0;
    set_interrupts(uart, IER_AUX | IER_INPUT);
}

static uint32_t aux_room(struct uart *uart)
{
    uint32_t status = uart_read(uart, UART_LSR);

    return (status & LSR_IDLE) != 0 ? AUX_FIFO_BYTES : (status & LSR_EMPTY) != 0;
}

static void aux_want_room(struct uart *uart, bool wanted)
{
    set_interrupts(uart, IER_AUX | IER_INPUT | (wanted ? IER_ROOM : 0));
}

static const char *const aux_compatible[] = {"brcm,bcm2835-aux-uart", NULL};

const struct uart_kind uart_aux = {
    .compatible = aux_compatible,
    .registers = UART_LSR + 1,
    .shift = 2,
    .width = 4,
    .start = aux_start,
    .room = aux_room,
    .put = put,
    .get = get,
    .want_room = aux_want_room,
    .acknowledge = acknowledge,
};
