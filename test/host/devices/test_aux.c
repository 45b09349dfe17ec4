// SPDX-License-Identifier: MIT
/*
 * The Raspberry Pi's AUX block with its mini UART. The model is written from BCM2711 ARM Peripherals,
 * section 2: while AUX_ENABLES bit 0 is clear, no register of the mini UART can be accessed (2.1.1);
 * bits 1 and 2 of it belong to the two SPI masters; AUX_MU_LCR's data size is 8 bits with both bits
 * set; AUX_MU_CNTL bits 0 and 1 enable receiver and transmitter; the baud rate hangs on a clock that
 * no register tells, so AUX_MU_BAUD has to stay as it is.
 */
#include "model.h"

#include <hal/console.h>

#include <string.h>

#define BASE 0xfe215000u
#define PATH "/soc/serial@7e215040"

enum { ENABLES = 0x04, IO = 0x40, IER = 0x44, IIR = 0x48, LCR = 0x4c, LSR = 0x54, CNTL = 0x60 };

#define SPI_BITS 6u

static struct {
    uint32_t enables, ier, lcr, cntl;
    char tx[64];
    size_t tx_bytes;
    char rx[9];
    size_t rx_head, rx_tail;
    unsigned writes; // but for bytes and IER
} aux;

static bool asserted(void)
{
    return (aux.ier & 1) && aux.rx_head != aux.rx_tail;
}

static void reach(uint32_t offset)
{
    if (offset >= IO && !(aux.enables & 1))
        fail_msg("access to %#x of a mini UART that is off", offset);
}

static uint32_t aux_read(uint32_t offset)
{
    reach(offset);
    switch (offset) {
    case ENABLES: return aux.enables;
    case IO: return aux.rx_head != aux.rx_tail ? (uint8_t)aux.rx[aux.rx_head++] : 0;
    case IER: return aux.ier;
    case IIR: return 0xc0 | (asserted() ? 4 : 1);
    case LCR: return aux.lcr;
    case LSR: return (aux.rx_head != aux.rx_tail) | 0x20;
    case CNTL: return aux.cntl;
    default: fail_msg("read of %#x", offset); return 0;
    }
}

static void aux_write(uint32_t offset, uint32_t value)
{
    reach(offset);
    aux.writes += offset != IO && offset != IER;
    switch (offset) {
    case ENABLES:
        assert_int_equal(value & SPI_BITS, aux.enables & SPI_BITS);
        aux.enables = value;
        break;
    case IO:
        if (!(aux.cntl & 2) || (aux.lcr & 3) != 3)
            fail_msg("a byte for a transmitter that is off, or of 7 bits");
        assert_true(aux.tx_bytes < sizeof(aux.tx));
        aux.tx[aux.tx_bytes++] = (char)value;
        break;
    case IER: aux.ier = value; break;
    case IIR: break;
    case LCR: aux.lcr = value; break;
    case CNTL: aux.cntl = value; break;
    default: fail_msg("write of %#x", offset);
    }
}

static const struct model aux_model = {
    .base = BASE, .bytes = 0x80, .width = 4, .read = aux_read, .write = aux_write};

// The rest of the machine, with the mini UART on as firmware leaves it, or off as after reset.
static void begin(bool on)
{
    memset(&aux, 0, sizeof(aux));
    aux.enables = SPI_BITS | (on ? 1 : 0);
    aux.lcr = on ? 3 : 0;
    aux.cntl = on ? 3 : 0;
    model_reset();
    model_add(&aux_model);
}

static void use(void)
{
    hal_console_write("out", 3);
    assert_int_equal(aux.tx_bytes, 3);
    assert_memory_equal(aux.tx, "out", 3);
    memcpy(aux.rx, "in", 2);
    aux.rx_tail = 2;
    assert_int_equal(aux.cntl & 1, 1);
    model_interrupt(asserted);
    assert_string_equal(model_received, "in");
    fixture_end(&model_tree);
}

static void test_off_is_turned_on_first(void **state)
{
    (void)state;
    begin(false);
    fixture_begin(&model_tree, "rpi4");
    model_console(PATH);
    assert_int_equal(aux.enables, SPI_BITS | 1);
    use();
}

static void test_firmwares_setting_stays(void **state)
{
    (void)state;
    begin(true);
    fixture_begin(&model_tree, "rpi4");
    model_console(PATH);
    assert_int_equal(aux.writes, 0);
    use();
}

// A tree without the clock does not say where AUX_ENABLES is: then firmware's word is taken for it.
static void test_without_the_gate_in_the_tree(void **state)
{
    (void)state;
    begin(true);
    fixture_load(&model_tree, "rpi4");
    fixture_set(&model_tree, PATH, "clocks", NULL, 0);
    fixture_open(&model_tree);
    model_console(PATH);
    assert_int_equal(aux.writes, 0);
    use();
}

// A driver outside of the kernel had the device, and left it off, and not reachable.
static void test_retaken_in_any_state(void **state)
{
    (void)state;
    begin(true);
    fixture_begin(&model_tree, "rpi4");
    model_console(PATH);
    hal_console_release();
    hal_console_write("unheard", 7);
    assert_int_equal(aux.tx_bytes, 0);
    aux.enables = SPI_BITS;
    aux.cntl = 0;
    model_console_input(hal_console_retake());
    assert_int_equal(aux.enables, SPI_BITS | 1);
    use();
}

int run_aux_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_is_turned_on_first),
        cmocka_unit_test(test_firmwares_setting_stays),
        cmocka_unit_test(test_without_the_gate_in_the_tree),
        cmocka_unit_test(test_retaken_in_any_state),
    };
    return cmocka_run_group_tests_name("mini UART", tests, NULL, NULL);
}
