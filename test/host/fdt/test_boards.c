// SPDX-License-Identifier: MIT
/*
 * Whole boards: reading everything a kernel wants from each board's tree reports no problem, since
 * nothing is wrong with them, and trap 11: the blob may lie anywhere that is 8-byte aligned.
 */
#include "fixture.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

/* Everything at once; static, as a kernel keeps it. */
static struct {
    struct fdt_memory memory;
    struct fdt_reserved reserved;
    struct fdt_cpus cpus;
    struct fdt_stdout console;
    struct fdt_psci psci;
    struct fdt_timer timer;
    struct fdt_gicv2 gicv2;
    struct fdt_gicv3 gicv3;
    struct fdt_uart uart;
} facts;

static struct fdt_node first_compatible(struct fixture *f, const char *compatible)
{
    struct fdt_walk walk;
    fdt_walk_start(&walk);
    return fdt_walk_next_compatible(&f->tree, &walk, compatible);
}

static void read_gic(struct fixture *f)
{
    struct fdt_walk walk;
    struct fdt_node node;
    fdt_walk_start(&walk);
    do {
        node = fdt_walk_next(&f->tree, &walk);
    } while (fdt_node_valid(node) && !fdt_node_is_gic(&f->tree, node));
    assert_true(fdt_node_valid(node));
    if (fdt_node_compatible(&f->tree, node, "arm,gic-v3")) {
        assert_int_equal(fdt_read_gicv3(&f->tree, node, &facts.gicv3), ZX_OK);
    } else {
        assert_int_equal(fdt_read_gicv2(&f->tree, node, &facts.gicv2), ZX_OK);
    }
}

/* Reads all of a sane board. */
static void read_board(struct fixture *f, bool has_memory)
{
    uint64_t seed = 0;
    uint8_t rng_seed[FDT_RNG_SEED_MAX];
    uint32_t bytes = 0;
    struct fdt_range initrd;
    if (has_memory) {
        assert_int_equal(fdt_read_memory(&f->tree, &facts.memory), ZX_OK);
    }
    assert_int_equal(fdt_read_reserved(&f->tree, &facts.reserved), ZX_OK);
    assert_int_equal(fdt_read_cpus(&f->tree, &facts.cpus), ZX_OK);
    assert_int_equal(facts.cpus.count, 4);
    assert_int_equal(fdt_stdout_find(&f->tree, &facts.console), ZX_OK);
    assert_int_equal(fdt_read_uart(&f->tree, facts.console.node, &facts.uart), ZX_OK);
    assert_true(facts.uart.has_irq);
    assert_int_equal(fdt_read_timer(&f->tree, first_compatible(f, "arm,armv8-timer"), &facts.timer),
                     ZX_OK);
    assert_int_equal(facts.timer.lines[FDT_TIMER_VIRTUAL].intid, 27);
    struct fdt_node psci = fdt_psci_find(&f->tree);
    if (fdt_node_valid(psci)) {
        assert_int_equal(fdt_read_psci(&f->tree, psci, &facts.psci), ZX_OK);
    }
    read_gic(f);
    (void)fdt_initrd(&f->tree, &initrd);
    (void)fdt_take_kaslr_seed(&f->tree, &seed);
    (void)fdt_take_rng_seed(&f->tree, rng_seed, &bytes);
}

static void test_boards_are_read_without_a_report(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool has_memory;
    } boards[] = {
        {"virt-gic3", true},   {"virt-gic2", true},  {"virt-gic2-el2", true},
        {"rpi4", false},       {"rpi4-uboot", true}, {"rpi4-tfa", true},
        {"rpi4-vendor", true}, {"a64", false},       {"a64-uboot", true},
    };
    for (size_t i = 0; i < countof(boards); i++) {
        struct fixture f;
        fixture_begin(&f, boards[i].name);
        read_board(&f, boards[i].has_memory);
        fixture_assert_quiet(&f);
        fixture_end(&f);
    }
}

/* Trap 11: 4 KiB or 2 MiB alignment, totals from small to 1 MiB; only 8 bytes can be relied on. */
static void test_trap11_blob_at_any_8_byte_address(void **state)
{
    (void)state;
    for (size_t shift = 0; shift <= 16; shift += 8) {
        struct fixture f;
        fixture_load(&f, "rpi4-uboot");
        uint8_t *block = malloc(f.bytes + shift);
        assert_non_null(block);
        memcpy(block + shift, f.blob, f.bytes);
        void *original = f.blob;
        f.blob = block + shift;
        fixture_open(&f);
        read_board(&f, true);
        fixture_assert_range(&facts.memory.ranges[0], 0, 0x3c000000);
        fixture_assert_quiet(&f);
        f.blob = original;
        fixture_end(&f);
        free(block);
    }
}

int run_boards_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boards_are_read_without_a_report),
        cmocka_unit_test(test_trap11_blob_at_any_8_byte_address),
    };
    return cmocka_run_group_tests_name("fdt boards", tests, NULL, NULL);
}
