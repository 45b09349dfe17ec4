// SPDX-License-Identifier: MIT
/*
 * Turning machines off and over: PSCI, the BCM2711's watchdog, the A64's watchdog, all three in one
 * machine, none of which ends it, so that each is seen to be asked, and in which order.
 *
 * BCM2711: bits 31:24 of every write are the password 0x5a, or the write is ignored; WDOG counts down
 * at 65536 Hz; at zero, RSTC bits 5:4 of 2 reset the chip, and firmware halts if RSTS bits 0, 2, 4, 6,
 * 8 and 10 are all set, else boots the partition of that number (boards.md of this project's facts,
 * and the Raspberry Pi's documentation of PM_RSTS).
 * A64: Allwinner A64 User Manual V1.1, WDOG0_CTRL_REG (restart only with key 0xa57 in bits 12:1),
 * WDOG0_CFG_REG (1: reset the whole system, 2: interrupt), WDOG0_MODE_REG (bit 0 enables, bits 7:4 the
 * interval, 0 being half a second).
 */
#include "model.h"

#include <hal/console.h>
#include <hal/time.h>
#include <power/power.h>

#include <string.h>

#define PM_BASE   0xfe100000u
#define WDOG_BASE 0x1c20ca0u

static bool firmware_is_there;
static char asked[64]; // what happened: p(sci) off, P(sci) reset, b and w: the watchdogs were armed

static void happened(char what)
{
    size_t length = strlen(asked);
    assert_true(length + 1 < sizeof(asked));
    asked[length] = what;
}

// ---- PSCI ----

int64_t psci_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t psci_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

int64_t psci_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    (void)a, (void)b, (void)c;
    fail_msg("HVC %#lx, and the tree says SMC", (unsigned long)function);
    return -1;
}

int64_t psci_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    (void)a, (void)b, (void)c;
    if (function == 0x84000000)
        return firmware_is_there ? 0x10001 : -1;
    if (!firmware_is_there)
        fail_msg("SMC %#lx, and nobody is there", (unsigned long)function);
    happened(function == 0x84000008 ? 'p' : function == 0x84000009 ? 'P' : '?');
    return -1; // NOT_SUPPORTED
}

// ---- BCM2711 ----

static struct {
    uint32_t rstc, rsts, wdog;
    int ended; // 0: running, 1: reset, 2: halted
} pm;

static uint32_t pm_read(uint32_t offset)
{
    switch (offset) {
    case 0x1c: return pm.rstc;
    case 0x20: return pm.rsts;
    case 0x24: return pm.wdog;
    default: fail_msg("read of %#x", offset); return 0;
    }
}

static void pm_write(uint32_t offset, uint32_t value)
{
    if (value >> 24 != 0x5a)
        fail_msg("a write without the password: %#x", value);
    value &= 0xffffff;
    switch (offset) {
    case 0x1c:
        assert_int_equal(value & ~0x30u, pm.rstc & ~0x30u); // other bits are not ours
        if ((value & 0x30) == 0x20)
            happened('b');
        pm.rstc = value;
        break;
    case 0x20:
        assert_int_equal(value & ~0x555u, pm.rsts & ~0x555u);
        pm.rsts = value;
        break;
    case 0x24: pm.wdog = value & 0xfffff; break;
    default: fail_msg("write of %#x", offset);
    }
}

static const struct model pm_model = {
    .base = PM_BASE, .bytes = 0x114, .width = 4, .read = pm_read, .write = pm_write};

static void pm_tick(void)
{
    if ((pm.rstc & 0x30) != 0x20 || pm.ended != 0)
        return;
    if (pm.wdog > 0)
        pm.wdog--;
    else
        pm.ended = (pm.rsts & 0x555) == 0x555 ? 2 : 1;
}

// ---- A64 ----

static struct {
    uint32_t cfg, mode;
    unsigned elapsed; // ticks
    bool reset;
} wdog;

static uint32_t wdog_read(uint32_t offset)
{
    switch (offset) {
    case 0x10: return 0;
    case 0x14: return wdog.cfg;
    case 0x18: return wdog.mode;
    default: fail_msg("read of %#x", offset); return 0;
    }
}

static void wdog_write(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case 0x10:
        if ((value & 1) && (value >> 1 & 0xfff) == 0xa57)
            wdog.elapsed = 0;
        break;
    case 0x14: wdog.cfg = value & 3; break;
    case 0x18:
        if (value & 1)
            happened('w');
        wdog.mode = value & 0xf1;
        break;
    default: fail_msg("write of %#x", offset);
    }
}

static const struct model wdog_model = {
    .base = WDOG_BASE, .bytes = 0x20, .width = 4, .read = wdog_read, .write = wdog_write};

static void wdog_tick(void)
{
    static const unsigned half_seconds[16] = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32};
    unsigned interval = half_seconds[wdog.mode >> 4];

    if (!(wdog.mode & 1))
        return;
    assert_int_not_equal(interval, 0); // reserved
    if (++wdog.elapsed >= interval * hal_ticks_per_second() / 2 && wdog.cfg == 1)
        wdog.reset = true;
}

// ---- the machine ----

static void tick(void)
{
    pm_tick();
    wdog_tick();
}

// As devices come: the watchdogs before PSCI, in other trees the other way round.
static int bind_all(void **state)
{
    (void)state;
    model_reset();
    model_add(&pm_model);
    model_add(&wdog_model);
    fixture_begin(&model_tree, "rpi4");
    assert_int_equal(model_bind("/soc/watchdog@7e100000", FDT_DRIVER_POWER), ZX_OK);
    assert_int_equal(model_bind("/soc/watchdog@7e100000", FDT_DRIVER_POWER), ZX_ERR_ALREADY_BOUND);
    fixture_end(&model_tree);
    fixture_begin(&model_tree, "a64");
    assert_int_equal(model_bind("/soc/watchdog@1c20ca0", FDT_DRIVER_POWER), ZX_OK);
    // A node that claims firmware where there is none, as in a tree for another machine: not used, now
    // or later.
    assert_int_equal(model_bind("/psci", FDT_DRIVER_POWER), ZX_ERR_NOT_SUPPORTED);
    fixture_assert_reported(&model_tree, "/psci", "method: no firmware answers this way");
    assert_int_equal(psci_cpu_on(1, 0x1000), ZX_ERR_NOT_SUPPORTED);
    (void)hal_power_reboot();
    firmware_is_there = true;
    assert_int_equal(model_bind("/psci", FDT_DRIVER_POWER), ZX_OK);
    fixture_end(&model_tree);
    return 0;
}

static int start(void **state)
{
    (void)state;
    memset(asked, 0, sizeof(asked));
    memset(&wdog, 0, sizeof(wdog));
    // A partition number and other bits from an earlier boot.
    pm.rstc = 0x102;
    pm.rsts = 0x1000 | 0x041;
    pm.wdog = 0xfffff;
    pm.ended = 0;
    model_tick = tick;
    return 0;
}

static void test_off(void **state)
{
    (void)state;
    assert_int_equal(hal_power_off(), ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(asked, "pb"); // the A64's cannot
    assert_int_equal(pm.ended, 2);
    assert_false(wdog.reset);
}

static void test_reboot(void **state)
{
    (void)state;
    assert_int_equal(hal_power_reboot(), ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(asked, "Pbw");
    assert_int_equal(pm.ended, 1);
    assert_int_equal(pm.rsts & 0x555, 0);
    assert_true(wdog.reset);
}

// A node whose registers are too few, or not words, is refused.
static void test_bad_nodes(void **state)
{
    static uintptr_t base;
    static const struct power_ops ops = {.name = "none"};
    (void)state;
    fixture_begin(&model_tree, "a64");
    struct fdt_node node = fixture_node(&model_tree, "/soc/watchdog@1c20ca0");
    assert_int_equal(power_attach_regs(&model_tree.tree, node, 0x24, &base, &ops),
                     ZX_ERR_IO_DATA_INTEGRITY);
    node = fixture_node(&model_tree, "/psci");
    assert_int_equal(power_attach_regs(&model_tree.tree, node, 4, &base, &ops), ZX_ERR_NOT_FOUND);
    assert_int_equal(base, 0);
    model_reset(); // nothing answers
    node = fixture_node(&model_tree, "/soc/watchdog@1c20ca0");
    assert_int_equal(power_attach_regs(&model_tree.tree, node, 4, &base, &ops), ZX_ERR_NOT_FOUND);
    fixture_assert_reported(&model_tree, "/soc/watchdog@1c20ca0", "reg: nothing answers there");
    assert_int_equal(base, 0);
    fixture_end(&model_tree);
}

int run_power_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_off, start),
        cmocka_unit_test_setup(test_reboot, start),
        cmocka_unit_test(test_bad_nodes),
    };
    return cmocka_run_group_tests_name("power", tests, bind_all, NULL);
}
