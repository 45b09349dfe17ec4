// SPDX-License-Identifier: MIT
//
// The kinds of watchdogs that drivers/watchdog knows, against models of the chips, which were written from their
// manuals (named at each) and know nothing of the drivers. A model counts in its own ticks and resets once.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <watchdog.h>

#define SECOND UINT64_C(1000000000)

// What all models have: nanoseconds until the reset while it runs.
static struct {
    bool runs;
    bool reset;
    uint64_t left;
    uint64_t time;  // of a full run
    uint32_t first; // i.MX: half of the sequence was written
    uint32_t regs[16];
} chip;

static void reload(void)
{
    chip.left = chip.time;
}

static void pass(uint64_t time)
{
    if (chip.runs && time >= chip.left) {
        chip.reset = true;
    }
    chip.left -= time < chip.left ? time : chip.left;
}

// ---- i.MX (i.MX 8M Plus Reference Manual, WDOG memory map) -----------------------------------------

static uint32_t imx_read(void *context, size_t at)
{
    (void)context;
    assert_true(at % 2 == 0 && at <= 8);
    return chip.regs[at / 2];
}

static void imx_write(void *context, size_t at, uint32_t value)
{
    (void)context;
    assert_true(value <= UINT16_MAX);
    switch (at) {
    case 0x0: // WCR: SRS and WDA are active at 0; WDE stays once it is set
        assert_int_equal(value & 0x30, 0x30);
        value |= chip.regs[0] & 4;
        if ((value & 4) != 0 && !chip.runs) {
            chip.runs = true;
            chip.time = ((value >> 8) + 1) * SECOND / 2;
            reload();
        }
        chip.regs[0] = value;
        break;
    case 0x2: // WSR
        if (value == 0x5555) {
            chip.first = 1;
        } else {
            assert_int_equal(value, 0xaaaa);
            if (chip.first != 0) {
                // What WCR says now counts from here on.
                chip.time = ((chip.regs[0] >> 8) + 1) * SECOND / 2;
                reload();
            }
            chip.first = 0;
        }
        break;
    case 0x8: chip.regs[4] = value; break;
    default: fail_msg("write of %#zx", at);
    }
}

// ---- NPCM (NPCM750 datasheet, WTCR) -----------------------------------------------------------------

static uint32_t npcm_read(void *context, size_t at)
{
    (void)context;
    assert_int_equal(at, 0);
    return chip.regs[0];
}

static void npcm_write(void *context, size_t at, uint32_t value)
{
    static const uint64_t divide[] = {1, 256, 2048, 65536};
    static const uint64_t ticks[] = {16384, 65536, 262144, 1048576};

    (void)context;
    assert_int_equal(at, 0);
    chip.regs[0] = value & ~1u;
    // 40 ns a tick of 25 MHz; WTRE resets, WTE counts.
    chip.time = divide[value >> 10 & 3] * ticks[value >> 4 & 3] * 40;
    chip.runs = (value & 0x82) == 0x82;
    if ((value & 1) != 0) {
        reload();
    }
}

// ---- BCM2835 (binding brcm,bcm2835-pm) --------------------------------------------------------------

static uint32_t bcm_read(void *context, size_t at)
{
    (void)context;
    assert_int_equal(at % 4, 0);
    return chip.regs[at / 4];
}

static void bcm_write(void *context, size_t at, uint32_t value)
{
    (void)context;
    assert_int_equal(value >> 24, 0x5a);
    chip.regs[at / 4] = value & 0xffffff;
    if (at == 0x24) {
        assert_true((value & 0xffffff) <= 0xfffff);
        chip.time = (value & 0xfffff) * SECOND / 65536;
        reload();
    } else {
        assert_int_equal(at, 0x1c);
        chip.runs = (value >> 4 & 3) == 2;
    }
}

// ---- Allwinner (A64 User Manual V1.1, 3.8) ----------------------------------------------------------

static uint32_t sunxi_read(void *context, size_t at)
{
    (void)context;
    assert_int_equal(at % 4, 0);
    return chip.regs[at / 4];
}

static void sunxi_write(void *context, size_t at, uint32_t value)
{
    // Half seconds of WDOG0_INTV_VALUE.
    static const uint32_t halves[16] = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32};

    (void)context;
    chip.regs[at / 4] = value;
    switch (at) {
    case 0x10:
        if ((value & 0x1fff) == ((0xa57u << 1) | 1)) {
            reload();
        }
        break;
    case 0x14: break;
    case 0x18:
        assert_true(halves[value >> 4 & 15] != 0);
        chip.time = halves[value >> 4 & 15] * SECOND / 2;
        chip.runs = (value & 1) != 0;
        break;
    default: fail_msg("write of %#zx", at);
    }
    // Only a reset of the whole system is one.
    chip.runs = chip.runs && chip.regs[0x14 / 4] == 1;
}

// ---- what all must do -------------------------------------------------------------------------------

struct sample {
    const struct watchdog_kind *kind;
    uint32_t (*read)(void *context, size_t at);
    void (*write)(void *context, size_t at, uint32_t value);
    uint32_t longest;
};

static const struct sample samples[] = {
    {&watchdog_imx, imx_read, imx_write, 128},
    {&watchdog_npcm, npcm_read, npcm_write, 2748},
    {&watchdog_bcm2835, bcm_read, bcm_write, 15},
    {&watchdog_sunxi, sunxi_read, sunxi_write, 16},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

// A chip after a cold start.
static struct watchdog cold(const struct sample *sample)
{
    chip = (typeof(chip)){0};
    if (sample->kind == &watchdog_imx) {
        chip.regs[0] = 0x30;
        chip.regs[4] = 1; // WMCR: the power-down counter runs
    }
    return (struct watchdog){
        .kind = sample->kind, .read = sample->read, .write = sample->write, .external = false};
}

static void test_resets_after_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        assert_int_equal(samples[i].kind->longest, samples[i].longest);
        for (uint32_t seconds = 1; seconds <= samples[i].longest; seconds++) {
            struct watchdog watchdog = cold(&samples[i]);

            watchdog.kind->start(&watchdog, seconds);
            assert_true(chip.runs);
            // Not earlier than asked for, and not much later: the steps of the coarsest are by four.
            assert_true(chip.left >= seconds * SECOND);
            assert_true(chip.left < 4 * seconds * SECOND);
            pass(seconds * SECOND - 1);
            assert_false(chip.reset);
            pass(3 * seconds * SECOND);
            assert_true(chip.reset);
        }
    }
}

static void test_fed_in_time_never_resets(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (uint32_t seconds = 1; seconds <= samples[i].longest; seconds++) {
            struct watchdog watchdog = cold(&samples[i]);

            watchdog.kind->start(&watchdog, seconds);
            for (int turns = 0; turns < 20; turns++) {
                pass(seconds * SECOND * 3 / 4);
                watchdog.kind->feed(&watchdog, seconds);
            }
            assert_false(chip.reset);
        }
    }
}

// The driver was started again, with another time, while the chip counts.
static void test_started_again_counts_the_new_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (uint32_t from = 1; from <= 15; from += 7) {
            for (uint32_t to = 1; to <= 15; to++) {
                struct watchdog watchdog = cold(&samples[i]);

                watchdog.kind->start(&watchdog, from);
                pass(from * SECOND / 2);
                watchdog.kind->start(&watchdog, to);
                assert_true(chip.runs);
                assert_true(chip.left >= to * SECOND && chip.left < 4 * to * SECOND);
            }
        }
    }
}

// What is beside the time in the registers stays.
static void test_other_bits_stay(void **state)
{
    (void)state;
    struct watchdog watchdog = cold(&samples[0]);

    chip.regs[0] |= 0x83; // WDW, WDBG, WDZST
    watchdog.kind->start(&watchdog, 10);
    assert_int_equal(chip.regs[0], 19u << 8 | 0x83 | 0x30 | 4);
    assert_int_equal(chip.regs[4], 0); // else the pin resets the board after 16 s
    watchdog = cold(&samples[0]);
    watchdog.external = true;
    watchdog.kind->start(&watchdog, 128);
    assert_int_equal(chip.regs[0], 0xff00 | 0x30 | 8 | 4);

    watchdog = cold(&samples[2]);
    chip.regs[7] = 0x112; // RSTC
    watchdog.kind->start(&watchdog, 1);
    assert_int_equal(chip.regs[7], 0x122);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resets_after_its_time),
        cmocka_unit_test(test_fed_in_time_never_resets),
        cmocka_unit_test(test_started_again_counts_the_new_time),
        cmocka_unit_test(test_other_bits_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
