// SPDX-License-Identifier: MIT
/*
 * DesignWare APB UART, as the A64 has it. The model is written from Synopsys' DW_apb_uart Databook:
 * register descriptions of IIR, LSR, LCR and USR, and "Busy functionality": a write of LCR while the
 * UART is busy is ignored and raises an interrupt (IIR.IID 7) that only a read of USR clears; a
 * character time-out (IID 12) is cleared only by a read of RBR, whether or not a byte is there.
 */
#include "model.h"

#include <hal/console.h>
#include <hal/upcall.h>

#include <string.h>

#define BASE 0x1c28000u
#define PATH "/soc/serial@1c28000"

enum { RBR_THR = 0x00, IER = 0x04, IIR_FCR = 0x08, LCR = 0x0c, LSR = 0x14, USR = 0x7c };

static struct {
    char rx[64];
    size_t rx_head, rx_tail;
    char tx[256];
    size_t tx_bytes;
    unsigned busy_for; // reads of LSR until the transmitter takes another byte
    unsigned slowness; // what busy_for becomes with each byte; ~0: it never does
    uint32_t ier, lcr;
    bool busy_detected, timed_out;
    unsigned reads;
} dw;

static bool rx_interrupt(void)
{
    return (dw.ier & 1) && (dw.rx_head != dw.rx_tail || dw.timed_out);
}

static bool asserted(void)
{
    return rx_interrupt() || dw.busy_detected;
}

static uint32_t identify(void)
{
    if (rx_interrupt())
        return dw.timed_out ? 0xc : 4;
    return dw.busy_detected ? 7 : 1;
}

static uint32_t dw_read(uint32_t offset)
{
    dw.reads++;
    switch (offset) {
    case RBR_THR:
        dw.timed_out = false;
        return dw.rx_head != dw.rx_tail ? (uint8_t)dw.rx[dw.rx_head++] : 0;
    case IER: return dw.ier;
    case IIR_FCR: return 0xc0 | identify();
    case LCR: return dw.lcr;
    case LSR:
        if (dw.busy_for != 0 && dw.busy_for != ~0u)
            dw.busy_for--;
        return (dw.rx_head != dw.rx_tail) | (dw.busy_for == 0 ? 0x60 : 0);
    case USR: dw.busy_detected = false; return dw.busy_for != 0;
    default: fail_msg("read of %#x", offset); return 0;
    }
}

static void dw_write(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case RBR_THR:
        if (dw.busy_for != 0 && dw.slowness != ~0u)
            fail_msg("a byte for a transmitter that is full");
        assert_true(dw.tx_bytes < sizeof(dw.tx));
        dw.tx[dw.tx_bytes++] = (char)value;
        dw.busy_for = dw.slowness;
        break;
    case IER: dw.ier = value; break;
    case LCR:
        if (dw.busy_for != 0)
            dw.busy_detected = true; // and ignored
        else
            dw.lcr = value;
        break;
    default: fail_msg("write of %#x", offset);
    }
}

static const struct model dw_model = {
    .base = BASE, .bytes = 0x400, .width = 4, .read = dw_read, .write = dw_write};

static int start(void **state)
{
    (void)state;
    memset(&dw, 0, sizeof(dw));
    dw.lcr = 3;
    model_reset();
    model_add(&dw_model);
    fixture_begin(&model_tree, "a64");
    model_console(PATH);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_end(&model_tree);
    return 0;
}

static void arrive(const char *bytes)
{
    memcpy(dw.rx, bytes, strlen(bytes));
    dw.rx_head = 0;
    dw.rx_tail = strlen(bytes);
}

static void test_output_waits_for_room(void **state)
{
    (void)state;
    dw.slowness = 9;
    hal_console_write("one\ntwo", 7);
    assert_int_equal(dw.tx_bytes, 8);
    assert_memory_equal(dw.tx, "one\r\ntwo", 8);
}

static void test_dead_transmitter_is_given_up(void **state)
{
    (void)state;
    dw.slowness = dw.busy_for = ~0u;
    hal_console_write("ab", 2);
    assert_true(dw.reads < 10000000);
    // Nor is each byte of a long text waited for, one after the other.
    dw.reads = 0;
    hal_console_write("a long text", 11);
    assert_true(dw.reads < 100);
    // It comes back to life: every byte waits for room again.
    dw.tx_bytes = 0;
    dw.busy_for = 0;
    dw.slowness = 9;
    hal_console_write("xyz", 3);
    assert_memory_equal(dw.tx, "xyz", 3);
}

// What a tree says of the registers is checked before they are touched.
static void test_registers_are_checked(void **state)
{
    static const uint8_t memory[] = {1, 0xc2, 0x80, 0x10, 0, 0, 0, 4};
    (void)state;
    model_reset(); // nothing is there
    assert_int_equal(model_bind(PATH, FDT_DRIVER_UART), ZX_ERR_NOT_FOUND);
    fixture_assert_reported(&model_tree, PATH, "reg: nothing answers there");
    fixture_end(&model_tree);

    model_add(&dw_model);
    fixture_load(&model_tree, "a64-uboot");
    fixture_set(&model_tree, "/memory", "reg", memory, sizeof(memory)); // inside of the registers
    fixture_open(&model_tree);
    dw.reads = 0;
    assert_int_equal(model_bind(PATH, FDT_DRIVER_UART), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(dw.reads, 0);
    fixture_assert_reported(&model_tree, PATH, "reg: registers cannot lie in memory");
}

static void test_input_by_interrupt(void **state)
{
    (void)state;
    arrive("hello");
    model_interrupt(asserted);
    assert_string_equal(model_received, "hello");
}

// Firmware changed the format at a bad time: the line would stay up for ever.
static void test_busy_detect_is_cleared(void **state)
{
    (void)state;
    dw.busy_detected = true;
    model_interrupt(asserted);
    assert_int_equal(model_received_bytes, 0);
    dw.busy_detected = true;
    arrive("x");
    model_interrupt(asserted);
    assert_string_equal(model_received, "x");
}

static void test_time_out_is_cleared(void **state)
{
    (void)state;
    dw.timed_out = true;
    model_interrupt(asserted);
    assert_int_equal(model_received_bytes, 0);
    dw.timed_out = true;
    arrive("last");
    model_interrupt(asserted);
    assert_string_equal(model_received, "last");
}

static bool asserted_and_unmasked(void)
{
    return asserted() && !model_line_is_masked();
}

// For what the kernel has no room it stays in the device, with the line masked, until it is asked for.
static void test_what_has_no_room_stays(void **state)
{
    (void)state;
    model_console_input(hal_console_rx_start());
    model_room = 3;
    arrive("stays");
    model_interrupt(asserted_and_unmasked);
    assert_string_equal(model_received, "sta");
    assert_true(model_line_is_masked());
    model_room = 100;
    kernel_console_rx();
    hal_console_rx_unmask();
    assert_string_equal(model_received, "stays");
    assert_false(model_line_is_masked());
}

// Its format is firmware's, and writing it while busy is what busy-detect is about.
static void test_format_is_left_alone(void **state)
{
    (void)state;
    dw.busy_for = 3;
    assert_int_equal(model_bind(PATH, FDT_DRIVER_UART), ZX_OK);
    hal_console_write("x", 1);
    assert_false(dw.busy_detected);
    assert_int_equal(dw.lcr, 3);
}

// A driver has the device: the kernel leaves it alone, and makes it work again when it comes back.
static void test_handed_over_and_taken_back(void **state)
{
    (void)state;
    unsigned irq;
    assert_true(hal_console_irq(&irq));
    model_console_input(hal_console_rx_start());
    hal_console_release();
    dw.reads = 0;
    hal_console_write("for nobody", 10);
    assert_int_equal(dw.tx_bytes, 0);
    assert_int_equal(dw.reads, 0);

    dw.lcr = 0x83; // the divisor instead of data
    dw.ier = 7;
    model_console_input(hal_console_retake());
    assert_int_equal(dw.lcr, 3);
    assert_int_equal(dw.ier, 1);
    hal_console_write("back", 4);
    assert_int_equal(dw.tx_bytes, 4);

    dw.busy_for = 2; // one that still sends keeps its format and complains of nothing
    hal_console_release();
    hal_console_retake();
    assert_false(dw.busy_detected);
}

int run_dw_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_output_waits_for_room, start, stop),
        cmocka_unit_test_setup_teardown(test_dead_transmitter_is_given_up, start, stop),
        cmocka_unit_test_setup_teardown(test_registers_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(test_input_by_interrupt, start, stop),
        cmocka_unit_test_setup_teardown(test_busy_detect_is_cleared, start, stop),
        cmocka_unit_test_setup_teardown(test_time_out_is_cleared, start, stop),
        cmocka_unit_test_setup_teardown(test_what_has_no_room_stays, start, stop),
        cmocka_unit_test_setup_teardown(test_format_is_left_alone, start, stop),
        cmocka_unit_test_setup_teardown(test_handed_over_and_taken_back, start, stop),
    };
    return cmocka_run_group_tests_name("DW APB UART", tests, NULL, NULL);
}
