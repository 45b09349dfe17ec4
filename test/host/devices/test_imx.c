// SPDX-License-Identifier: MIT
/*
 * UART of the i.MX. The model is written from the i.MX 8M Plus Applications Processor Reference
 * Manual, chapter UART: UCR1.UARTEN and UCR2.SRST, RXEN and TXEN have to be set; a byte may be written
 * to UTXD while UTS.TXFULL is clear, and read from URXD while UTS.RXEMPTY is clear; RRDY stands while
 * the receiver has as many bytes as UFCR.RXTL says. UBIR and UBMR (the baud rate) are firmware's.
 */
#include "model.h"

#include <hal/console.h>

#include <string.h>

// No fixture has this UART: one of the A64's nodes stands in, at its address.
#define BASE 0x1c28000u
#define PATH "/soc/serial@1c28000"

enum { URXD = 0x00, UTXD = 0x40, UCR1 = 0x80, UCR2 = 0x84, UFCR = 0x90, USR2 = 0x98, UTS = 0xb4 };

#define ON 7u // SRST, RXEN, TXEN

static struct {
    uint32_t ucr1, ucr2, ufcr;
    char tx[64];
    size_t tx_bytes;
    unsigned full_for;
    char rx[33];
    size_t rx_head, rx_tail;
} imx;

static bool running(void)
{
    return (imx.ucr1 & 1) && (imx.ucr2 & ON) == ON;
}

static bool asserted(void)
{
    size_t there = imx.rx_tail - imx.rx_head;
    return running() && (imx.ucr1 & (1u << 9)) && there > 0 && there >= (imx.ufcr & 0x3f);
}

static uint32_t imx_read(uint32_t offset)
{
    switch (offset) {
    case URXD:
        if (imx.rx_head == imx.rx_tail)
            fail_msg("read of a receiver that is empty");
        return 0x8000 | (uint8_t)imx.rx[imx.rx_head++];
    case UCR1: return imx.ucr1;
    case UCR2: return imx.ucr2;
    case UFCR: return imx.ufcr;
    case USR2: return 0;
    case UTS:
        if (imx.full_for > 0)
            imx.full_for--;
        return (imx.full_for > 0 ? 1u << 4 : 0) | (imx.rx_head == imx.rx_tail ? 1u << 5 : 0);
    default: fail_msg("read of %#x", offset); return 0;
    }
}

static void imx_write(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case UTXD:
        if (!running() || imx.full_for > 0)
            fail_msg("a byte for a transmitter that is full or off");
        assert_true(imx.tx_bytes < sizeof(imx.tx));
        imx.tx[imx.tx_bytes++] = (char)value;
        imx.full_for = 5;
        break;
    case UCR1: imx.ucr1 = value; break;
    case UCR2: imx.ucr2 = value; break;
    case UFCR:
        assert_int_equal(value & ~0x3fu, imx.ufcr & ~0x3fu); // divider and transmitter's level
        imx.ufcr = value;
        break;
    case USR2: break;
    default: fail_msg("write of %#x", offset);
    }
}

static const struct model imx_model = {
    .base = BASE, .bytes = 0x400, .width = 4, .read = imx_read, .write = imx_write};

static void begin_without_console(uint32_t ucr1, uint32_t ucr2)
{
    memset(&imx, 0, sizeof(imx));
    imx.ucr1 = ucr1;
    imx.ucr2 = ucr2;
    imx.ufcr = 0x0a90; // TXTL 2, RFDIV 5, RXTL 16
    model_reset();
    model_add(&imx_model);
    fixture_load(&model_tree, "a64");
}

static void begin(uint32_t ucr1, uint32_t ucr2)
{
    begin_without_console(ucr1, ucr2);
    fixture_set_string(&model_tree, PATH, "compatible", "fsl,imx6q-uart");
    fixture_open(&model_tree);
    model_console(PATH);
}

static void use(void)
{
    hal_console_write("out\n", 4);
    assert_int_equal(imx.tx_bytes, 5);
    assert_memory_equal(imx.tx, "out\r\n", 5);
    // One byte is enough to be told.
    imx.rx[0] = 'i';
    imx.rx_tail = 1;
    assert_true(asserted());
    model_interrupt(asserted);
    memcpy(imx.rx + 1, "nput", 4);
    imx.rx_tail = 5;
    model_interrupt(asserted);
    assert_string_equal(model_received, "input");
    fixture_end(&model_tree);
}

static void test_as_firmware_leaves_it(void **state)
{
    (void)state;
    begin(1, 0x4027);
    assert_int_equal(imx.ucr2, 0x4027);
    use();
}

static void test_off_is_turned_on(void **state)
{
    (void)state;
    begin(0, 0);
    assert_int_equal(imx.ucr2 & (1u << 5), 1u << 5); // 8 bits
    use();
}

// A driver outside of the kernel had the device, and left it off, with an interrupt for room.
static void test_retaken_in_any_state(void **state)
{
    (void)state;
    begin(1, 0x4027);
    hal_console_release();
    hal_console_write("unheard", 7);
    assert_int_equal(imx.tx_bytes, 0);
    imx.ucr1 = 1u << 13;
    imx.ucr2 = 0;
    model_console_input(hal_console_retake());
    assert_int_equal(imx.ucr1 & (1u << 13), 0);
    use();
}

// The line status of an 8250, which its drivers look at to see that it answers.
static uint32_t lsr_read(uint32_t offset)
{
    assert_int_equal(offset, 0x14);
    return 0x60;
}

static void lsr_write(uint32_t offset, uint32_t value)
{
    fail_msg("write of %#x to %#x", value, offset);
}

static const struct model lsr_model = {
    .base = BASE, .bytes = 0x80, .width = 4, .read = lsr_read, .write = lsr_write};

// A reg that ends in front of a register that the driver needs: the driver touches nothing.
static void test_registers_outside_of_reg_are_refused(void **state)
{
    static const struct {
        const char *compatible;
        uint32_t bytes;
        zx_status_t status;
    } cases[] = {
        {"fsl,imx6q-uart", UTS + 4, ZX_OK},
        {"fsl,imx6q-uart", UTS + 3, ZX_ERR_IO_DATA_INTEGRITY},
        {"snps,dw-apb-uart", 0x80, ZX_OK}, // USR is at 0x7c
        {"snps,dw-apb-uart", 0x7c, ZX_ERR_IO_DATA_INTEGRITY},
        {"brcm,bcm2835-aux-uart", 0x24, ZX_OK}, // CNTL is at 0x20
        {"brcm,bcm2835-aux-uart", 0x20, ZX_ERR_IO_DATA_INTEGRITY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t reg[2] = {__builtin_bswap32(BASE), __builtin_bswap32(cases[i].bytes)};
        begin_without_console(1, 0x4027);
        if (strcmp(cases[i].compatible, "fsl,imx6q-uart") != 0) {
            model_reset();
            model_add(&lsr_model);
            fixture_set_u32(&model_tree, PATH, "reg-io-width", 4);
            fixture_set_u32(&model_tree, PATH, "reg-shift", 2);
        }
        fixture_set_string(&model_tree, PATH, "compatible", cases[i].compatible);
        fixture_set(&model_tree, PATH, "reg", reg, sizeof(reg));
        fixture_open(&model_tree);
        console_set_phase(CONSOLE_EARLY);
        assert_int_equal(model_bind(PATH, FDT_DRIVER_UART), cases[i].status);
        assert_int_equal(console_present(), cases[i].status == ZX_OK);
        fixture_end(&model_tree);
    }
}

int run_imx_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_firmware_leaves_it),
        cmocka_unit_test(test_off_is_turned_on),
        cmocka_unit_test(test_retaken_in_any_state),
        cmocka_unit_test(test_registers_outside_of_reg_are_refused),
    };
    return cmocka_run_group_tests_name("i.MX UART", tests, NULL, NULL);
}
