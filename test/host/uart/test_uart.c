// SPDX-License-Identifier: MIT
//
// The kinds of UARTs that drivers/uart knows, against models of the chips: PL011 (ARM DDI 0183, 2.4 and 3.3) and
// DW APB (DW_apb_uart Databook: IIR, LSR, "Busy functionality", time-outs), of which 16550 is the part without USR;
// the Pi's mini UART (BCM2711 ARM Peripherals, section 2); i.MX (i.MX 8M Plus Reference Manual, chapter UART).
// Bytes come and go only by what an interrupt tells, as in main.c: what is missed would never move.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <uart.h>

#define DEPTH 16u

enum model { PL011, DW, AUX, IMX };

static struct {
    enum model model;
    uint8_t rx[64], tx[512];
    size_t rx_head, rx_tail, tx_count;
    size_t tx_fifo;     // bytes that are not on the line yet
    uint32_t mask, raw; // of the PL011: IMSC and the raw status
    uint32_t ier;
    bool room_told; // 8250: the interrupt of room is pending
    bool busy, timed_out;
    uint32_t ucr1, ufcr; // of the i.MX
} chip;

static struct uart uart;

static bool has_input(void)
{
    return chip.rx_head != chip.rx_tail;
}

// ---- PL011 ----

enum { DR = 0x00, FR = 0x18, IFLS = 0x34, IMSC = 0x38, ICR = 0x44 };

static uint32_t pl011_read(size_t at)
{
    switch (at) {
    case DR: return has_input() ? chip.rx[chip.rx_head++] : 0;
    case FR: return (has_input() ? 0 : 0x10u) | (chip.tx_fifo == DEPTH ? 0x20u : 0);
    default: fail_msg("read of %#zx", at); return 0;
    }
}

static void pl011_write(size_t at, uint32_t value)
{
    switch (at) {
    case DR:
        assert_true(chip.tx_fifo < DEPTH);
        chip.tx[chip.tx_count++] = (uint8_t)value;
        if (++chip.tx_fifo > DEPTH / 8)
            chip.raw &= ~0x20u;
        break;
    case IFLS: assert_int_equal(value, 0); break;
    case IMSC: chip.mask = value; break;
    case ICR: chip.raw &= ~value; break;
    default: fail_msg("write of %#zx", at);
    }
}

// ---- 8250 ----

enum { DATA, IER, IIR, LSR = 5, USR = 31 };

static uint32_t dw_identify(void)
{
    if ((chip.ier & 1) != 0 && (has_input() || chip.timed_out))
        return chip.timed_out ? 0xc : 4;
    if ((chip.ier & 2) != 0 && chip.room_told)
        return 2;
    return chip.busy ? 7 : 1;
}

static uint32_t dw_read(size_t at)
{
    uint32_t id = dw_identify();

    switch (at) {
    case DATA: chip.timed_out = false; return has_input() ? chip.rx[chip.rx_head++] : 0;
    case IIR: chip.room_told = id == 2 ? false : chip.room_told; return 0xc0 | id;
    case LSR: return (has_input() ? 1u : 0) | (chip.tx_fifo == 0 ? 0x60u : 0);
    case USR: chip.busy = false; return 0;
    default: fail_msg("read of %#zx", at); return 0;
    }
}

static void dw_write(size_t at, uint32_t value)
{
    switch (at) {
    case DATA:
        assert_true(chip.tx_fifo < DEPTH);
        chip.tx[chip.tx_count++] = (uint8_t)value;
        chip.tx_fifo++;
        chip.room_told = false;
        break;
    case IER:
        if ((value & ~chip.ier & 2) != 0)
            chip.room_told = chip.tx_fifo == 0;
        chip.ier = value;
        break;
    default: fail_msg("write of %#zx", at);
    }
}

// ---- mini UART: registers are words, "transmitter empty" is room for a byte, and its interrupt stands ----

#define AUX_DEPTH 8u

static uint32_t aux_identify(void)
{
    if ((chip.ier & 0xd) == 0xd && has_input())
        return 4;
    return (chip.ier & 0xe) == 0xe && chip.tx_fifo == 0 ? 2 : 1;
}

static uint32_t aux_read(size_t at)
{
    switch (at) {
    case DATA * 4: return has_input() ? chip.rx[chip.rx_head++] : 0;
    case IIR * 4: return 0xc0 | aux_identify();
    case LSR * 4:
        return (has_input() ? 1u : 0) | (chip.tx_fifo < AUX_DEPTH ? 0x20u : 0) |
               (chip.tx_fifo == 0 ? 0x40u : 0);
    default: fail_msg("read of %#zx", at); return 0;
    }
}

static void aux_write(size_t at, uint32_t value)
{
    switch (at) {
    case DATA * 4:
        assert_true(chip.tx_fifo < AUX_DEPTH);
        chip.tx[chip.tx_count++] = (uint8_t)value;
        chip.tx_fifo++;
        break;
    case IER * 4: chip.ier = value; break;
    default: fail_msg("write of %#zx", at);
    }
}

// ---- i.MX ----

enum { URXD = 0x00, UTXD = 0x40, UCR1 = 0x80, UFCR = 0x90, USR2 = 0x98, UTS = 0xb4 };

#define UCR1_BEFORE 0x2001u // on, and with an interrupt that somebody has left on

static uint32_t imx_pending(void)
{
    uint32_t bytes = (uint32_t)(chip.rx_tail - chip.rx_head);

    assert_in_range(chip.ufcr >> 10, 2, 32);
    assert_in_range(chip.ufcr & 0x3f, 1, 32);
    return (bytes >= (chip.ufcr & 0x3f) ? 1u << 9 : 0) |
           (chip.tx_fifo < chip.ufcr >> 10 ? 1u << 13 : 0);
}

static uint32_t imx_read(size_t at)
{
    switch (at) {
    case URXD: return 0x8000u | (has_input() ? chip.rx[chip.rx_head++] : 0);
    case UCR1: return chip.ucr1;
    case UFCR: return chip.ufcr;
    case UTS: return (chip.tx_fifo == DEPTH ? 0x10u : 0) | (has_input() ? 0 : 0x20u);
    default: fail_msg("read of %#zx", at); return 0;
    }
}

static void imx_write(size_t at, uint32_t value)
{
    switch (at) {
    case UTXD:
        assert_true(chip.tx_fifo < DEPTH);
        chip.tx[chip.tx_count++] = (uint8_t)value;
        chip.tx_fifo++;
        break;
    case UCR1:
        assert_int_equal(value & 1, 1); // stays on
        chip.ucr1 = value;
        break;
    case UFCR:
        assert_int_equal(value & 0x3c0, 0x280); // the divisor is firmware's
        chip.ufcr = value;
        break;
    case USR2: assert_int_equal(value, 2); break;
    default: fail_msg("write of %#zx", at);
    }
}

// ---- the line ----

static const struct {
    const struct uart_kind *kind;
    uint32_t (*read)(size_t at);
    void (*write)(size_t at, uint32_t value);
} models[] = {
    [PL011] = {&uart_pl011, pl011_read, pl011_write},
    [DW] = {&uart_dw_apb, dw_read, dw_write},
    [AUX] = {&uart_aux, aux_read, aux_write},
    [IMX] = {&uart_imx, imx_read, imx_write},
};

static uint32_t read_register(void *context, size_t at)
{
    (void)context;
    return models[chip.model].read(at);
}

static void write_register(void *context, size_t at, uint32_t value)
{
    (void)context;
    models[chip.model].write(at, value);
}

static bool interrupts(void)
{
    switch (chip.model) {
    case PL011: return (chip.raw & chip.mask) != 0;
    case DW: return dw_identify() != 1;
    case AUX: return aux_identify() != 1;
    default: return (imx_pending() & chip.ucr1) != 0;
    }
}

// All that is in the transmitter has gone out.
static void drain(void)
{
    chip.raw |= chip.tx_fifo > DEPTH / 8 ? 0x20u : 0;
    chip.room_told |= chip.tx_fifo != 0;
    chip.tx_fifo = 0;
}

static void receive(const char *text)
{
    while (*text != '\0')
        chip.rx[chip.rx_tail++] = (uint8_t)*text++;
    chip.raw |= 0x50u;
}

static void start(const struct uart_kind *kind)
{
    memset(&chip, 0, sizeof(chip));
    chip.model = DW;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        chip.model = models[i].kind == kind ? (enum model)i : chip.model;
    chip.ucr1 = UCR1_BEFORE;
    chip.ufcr = 0xa81;
    uart = (struct uart){.kind = kind,
                         .read = read_register,
                         .write = write_register,
                         .shift = kind->shift,
                         .interrupts = 0xff};
    kind->start(&uart);
}

static const struct uart_kind *const kinds[] = {&uart_pl011, &uart_dw_apb, &uart_ns16550, &uart_aux,
                                               &uart_imx};
#define EACH_KIND(k) for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)

// Puts as much as there is room for; what is left waits for the interrupt.
static size_t fill(const uint8_t *bytes, size_t size)
{
    size_t done = 0;
    uint32_t room;

    while (done < size && (room = uart.kind->room(&uart)) != 0) {
        assert_true(room <= UART_BURST);
        for (uint32_t i = 0; i < room && done < size; i++)
            uart.kind->put(&uart, bytes[done++]);
    }
    uart.kind->want_room(&uart, done < size);
    return done;
}

static void test_output_goes_on_by_interrupt(void **state)
{
    uint8_t text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7);
    EACH_KIND(k)
    {
        size_t done, rounds = 0;

        start(kinds[k]);
        done = fill(text, sizeof(text));
        while (done < sizeof(text)) {
            assert_false(interrupts()); // no storm while there is no room
            drain();
            assert_true(interrupts());
            uart.kind->acknowledge(&uart);
            done += fill(text + done, sizeof(text) - done);
            rounds++;
        }
        assert_int_equal(chip.tx_count, sizeof(text));
        assert_memory_equal(chip.tx, text, sizeof(text));
        assert_true(rounds >= sizeof(text) / DEPTH - 1);
        drain();
        assert_false(interrupts()); // nobody waits for room any more
    }
}

// Room that came before it was asked for is told all the same.
static void test_room_that_is_there_is_told(void **state)
{
    const uint8_t text[DEPTH] = {0};

    (void)state;
    EACH_KIND(k)
    {
        start(kinds[k]);
        (void)fill(text, sizeof(text));
        drain();
        uart.kind->want_room(&uart, true);
        assert_true(interrupts());
    }
}

static void test_input_is_fetched(void **state)
{
    (void)state;
    EACH_KIND(k)
    {
        uint8_t byte;
        size_t count = 0;

        start(kinds[k]);
        assert_false(uart.kind->get(&uart, &byte));
        receive("some text");
        assert_true(interrupts());
        uart.kind->acknowledge(&uart);
        for (; uart.kind->get(&uart, &byte); count++)
            assert_int_equal(byte, "some text"[count]);
        assert_int_equal(count, 9);
        assert_false(interrupts());
    }
}

// Of a DW APB: interrupts that only an odd read clears.
static void test_odd_interrupts_end(void **state)
{
    uint8_t byte;

    (void)state;
    start(&uart_dw_apb);
    chip.busy = true;
    assert_true(interrupts());
    uart.kind->acknowledge(&uart);
    assert_false(interrupts());
    chip.timed_out = true;
    uart.kind->acknowledge(&uart);
    assert_false(interrupts());
    chip.timed_out = true;
    receive("x");
    uart.kind->acknowledge(&uart);
    assert_true(uart.kind->get(&uart, &byte)); // a byte that is there is not thrown away
    assert_int_equal(byte, 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_goes_on_by_interrupt),
        cmocka_unit_test(test_room_that_is_there_is_told),
        cmocka_unit_test(test_input_is_fetched),
        cmocka_unit_test(test_odd_interrupts_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
