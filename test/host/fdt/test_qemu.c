// SPDX-License-Identifier: MIT
/*
 * The trees that the QEMU at hand makes for its virt machine, against what is known of it:
 *     test_fdt_qemu TREE.dtb (2|3) (hvc|smc|none) MEMORY_BYTES CPUS
 * qemu_trees.cmake dumps the trees and runs this for each. The fixtures beside it are written by
 * hand; this says when the real thing moves away from them.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *path;
    bool gicv3;
    const char *conduit;
    uint64_t memory_bytes;
    uint32_t cpus;
} expected;

static struct fixture f;

static int load_tree(void **state)
{
    (void)state;
    fixture_load_path(&f, expected.path);
    fixture_open(&f);
    return 0;
}

static int free_tree(void **state)
{
    (void)state;
    fixture_end(&f);
    return 0;
}

static void test_qemu_memory_and_cpus(void **state)
{
    (void)state;
    static struct fdt_memory memory;
    static struct fdt_reserved reserved;
    static struct fdt_cpus cpus;
    assert_int_equal(fdt_read_memory(&f.tree, &memory), ZX_OK);
    assert_int_equal(memory.count, 1);
    fixture_assert_range(&memory.ranges[0], 0x40000000, expected.memory_bytes);
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(reserved.count, 0);
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, expected.cpus);
    for (uint32_t i = 0; i < cpus.count; i++) {
        assert_int_equal(cpus.cpus[i].mpidr, i); /* up to 8 in one cluster */
    }
    fixture_assert_quiet(&f);
}

static void test_qemu_interrupts_and_timer(void **state)
{
    (void)state;
    struct fdt_gicv2 gicv2;
    struct fdt_gicv3 gicv3;
    struct fdt_timer timer;
    struct fdt_node gic = fixture_node(&f, "/intc@8000000");
    assert_true(fdt_node_is_gic(&f.tree, gic));
    assert_int_equal(fdt_node_compatible(&f.tree, gic, "arm,gic-v3"), expected.gicv3);
    if (expected.gicv3) {
        assert_int_equal(fdt_read_gicv3(&f.tree, gic, &gicv3), ZX_OK);
        fixture_assert_range(&gicv3.redistributors[0], 0x80a0000, 0xf60000);
    } else {
        assert_int_equal(fdt_read_gicv2(&f.tree, gic, &gicv2), ZX_OK);
        fixture_assert_range(&gicv2.cpu_interface, 0x8010000, 0x10000);
    }
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer"), &timer), ZX_OK);
    assert_int_equal(timer.lines[FDT_TIMER_VIRTUAL].intid, 27);
    fixture_assert_quiet(&f);
}

static void test_qemu_console(void **state)
{
    (void)state;
    struct fdt_stdout console;
    struct fdt_uart uart;
    assert_int_equal(fdt_stdout_find(&f.tree, &console), ZX_OK);
    assert_int_equal(console.source, FDT_STDOUT_CHOSEN);
    assert_int_equal(fdt_read_uart(&f.tree, console.node, &uart), ZX_OK);
    fixture_assert_range(&uart.regs, 0x9000000, 0x1000);
    assert_int_equal(uart.irq.intid, 33);
    assert_int_equal(uart.clock_hz, 24000000);
    fixture_assert_quiet(&f);
}

static void test_qemu_psci(void **state)
{
    (void)state;
    struct fdt_psci psci;
    struct fdt_node node = fdt_psci_find(&f.tree);
    if (strcmp(expected.conduit, "none") == 0) {
        assert_false(fdt_node_valid(node)); /* firmware at EL3 would bring its own */
        return;
    }
    assert_int_equal(fdt_read_psci(&f.tree, node, &psci), ZX_OK);
    assert_int_equal(psci.conduit,
                     strcmp(expected.conduit, "hvc") == 0 ? FDT_PSCI_HVC : FDT_PSCI_SMC);
    assert_int_equal(psci.cpu_on, 0xc4000003);
    fixture_assert_quiet(&f);
}

static void test_qemu_seeds(void **state)
{
    (void)state;
    uint64_t kaslr_seed = 0;
    uint8_t rng_seed[FDT_RNG_SEED_MAX];
    uint32_t bytes = 0;
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &kaslr_seed), ZX_OK);
    assert_int_equal(fdt_take_rng_seed(&f.tree, rng_seed, &bytes), ZX_OK);
    assert_int_equal(bytes, 32);
    assert_int_equal(fdt_take_kaslr_seed(&f.tree, &kaslr_seed), ZX_ERR_NOT_FOUND);
    fixture_assert_quiet(&f);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s TREE.dtb 2|3 hvc|smc|none MEMORY_BYTES CPUS\n", argv[0]);
        return 2;
    }
    expected.path = argv[1];
    expected.gicv3 = strcmp(argv[2], "3") == 0;
    expected.conduit = argv[3];
    expected.memory_bytes = strtoull(argv[4], NULL, 0);
    expected.cpus = (uint32_t)strtoul(argv[5], NULL, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qemu_memory_and_cpus),
        cmocka_unit_test(test_qemu_interrupts_and_timer),
        cmocka_unit_test(test_qemu_console),
        cmocka_unit_test(test_qemu_psci),
        cmocka_unit_test(test_qemu_seeds),
    };
    return cmocka_run_group_tests_name("fdt qemu", tests, load_tree, free_tree);
}
