// SPDX-License-Identifier: MIT
/*
 * CPUs and PSCI.
 */
#include "fixture.h"
#include "suites.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_cpu(struct fixture *f, const struct fdt_cpu *cpu, uint64_t mpidr,
                       const char *method, uint64_t release_addr, const char *path)
{
    assert_int_equal(cpu->mpidr, mpidr);
    assert_string_equal(cpu->enable_method, method);
    assert_int_equal(cpu->release_addr, release_addr);
    fixture_assert_path(f, cpu->node, path);
}

/* Trap 9: the cpu's own enable-method decides, not /cpus's and not a left-over release address. */
static void test_trap9_enable_method_of_the_cpu_decides(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_cpus cpus;
    fixture_begin(&f, "rpi4"); /* /cpus says brcm,bcm2836-smp */
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, 4); /* not the cache */
    assert_cpu(&f, &cpus.cpus[0], 0, "spin-table", 0xd8, "/cpus/cpu@0");
    assert_cpu(&f, &cpus.cpus[3], 3, "spin-table", 0xf0, "/cpus/cpu@3");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "rpi4-tfa"); /* cpu-release-addr is still there */
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(cpus.cpus[i].enable_method, "psci");
        assert_int_equal(cpus.cpus[i].release_addr, 0);
    }
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_cpus_takes_mpidr_from_reg(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_cpus cpus;
    fixture_begin(&f, "virt-gic3");
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, 4); /* not the map */
    assert_cpu(&f, &cpus.cpus[1], 1, "psci", 0, "/cpus/cpu@1");
    assert_cpu(&f, &cpus.cpus[3], 0x101, "psci", 0, "/cpus/cpu@101");
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_cpus_leaves_out_what_is_wrong(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_cpus cpus;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, 5);
    assert_cpu(&f, &cpus.cpus[0], 0, "", 0, "/cpus/cpu@0");
    assert_cpu(&f, &cpus.cpus[1], 1, "spin-table", 0, "/cpus/cpu@1");
    assert_cpu(&f, &cpus.cpus[2], 0x100000007, "spin-table", 0x8000, "/cpus/cpu@107");
    assert_cpu(&f, &cpus.cpus[3], 8, "", 0, "/cpus/cpu@8");
    assert_cpu(&f, &cpus.cpus[4], 9, "spin-table", 0, "/cpus/cpu@9");
    fixture_assert_reported(&f, "/cpus/cpu@1",
                            "cpu-release-addr: absent, so the CPU cannot be started");
    fixture_assert_reported(&f, "/cpus/cpu@1b", "reg: two cpu nodes with one MPIDR");
    fixture_assert_reported(&f, "/cpus/cpu@2", "reg: shorter than one entry");
    fixture_assert_reported(&f, "/cpus/cpu@3", "reg: absent from a cpu node");
    fixture_assert_reported(&f, "/cpus/cpu@4", "reg: not the affinity fields of an MPIDR");
    fixture_assert_reported(&f, "/cpus/cpu@8", "enable-method: a string without its end");
    fixture_assert_reported(&f, "/cpus/cpu@9", "cpu-release-addr: neither 4 nor 8 bytes long");
    assert_int_equal(f.report_count, 7); /* nothing about the disabled and failed ones */
    fixture_end(&f);
}

static void test_read_cpus_none_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_cpus cpus;
    fixture_begin(&f, "banks");
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_ERR_NOT_FOUND);
    assert_int_equal(cpus.count, 0);
    fixture_assert_reported(&f, "", "no CPUs are described");
    fixture_end(&f);
}

/* Adds cpu nodes 0x200, 0x201 ... to a loaded, not yet opened blob. */
static void add_cpus(struct fixture *f, uint32_t count)
{
    size_t room = f->bytes + 200 * (size_t)count;
    void *larger = malloc(room);
    assert_non_null(larger);
    assert_int_equal(fdt_open_into(f->blob, larger, (int)room), 0);
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "cpu@%x", 0x200 + i);
        int node = fdt_add_subnode(larger, fdt_path_offset(larger, "/cpus"), name);
        assert_true(node >= 0);
        assert_int_equal(fdt_setprop_u32(larger, node, "reg", 0x200 + i), 0);
    }
    free(f->blob);
    f->blob = larger;
    f->bytes = room;
}

static void test_read_cpus_too_many_are_reported_once(void **state)
{
    (void)state;
    struct fixture f;
    static struct fdt_cpus cpus;
    fixture_load(&f, "virt-gic3"); /* has 4 */
    add_cpus(&f, FDT_CPUS_MAX - 4);
    fixture_open(&f);
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, FDT_CPUS_MAX);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    add_cpus(&f, FDT_CPUS_MAX);
    fixture_open(&f);
    assert_int_equal(fdt_read_cpus(&f.tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, FDT_CPUS_MAX);
    assert_int_equal(f.report_count, 1);
    assert_string_equal(f.reports[0].message, "more CPUs than the kernel has room for");
    fixture_end(&f);
}

static uint64_t words[FDT_CPUS_MAX + 16];
static uint32_t word_count;

static void note_word(uint64_t release_addr)
{
    assert_true(word_count < sizeof(words) / sizeof(words[0]));
    words[word_count++] = release_addr;
}

/* The last of so many that fdt_read_cpus() has no room for it, and one that is disabled. */
static void test_spin_tables_of_all_cpus(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4"); /* has 4, the last of which waits at 0xf0 */
    add_cpus(&f, FDT_CPUS_MAX);
    char last[32];
    snprintf(last, sizeof(last), "/cpus/cpu@%x", 0x200 + FDT_CPUS_MAX - 1);
    int node = fdt_path_offset(f.blob, last);
    assert_true(node >= 0);
    assert_int_equal(fdt_setprop_string(f.blob, node, "enable-method", "spin-table"), 0);
    assert_int_equal(fdt_setprop_u64(f.blob, node, "cpu-release-addr", 0x12345678), 0);
    node = fdt_path_offset(f.blob, "/cpus/cpu@3");
    assert_int_equal(fdt_setprop_string(f.blob, node, "status", "disabled"), 0);
    fixture_open(&f);
    word_count = 0;
    fdt_each_spin_table(&f.tree, note_word);
    assert_int_equal(word_count, 5);
    bool disabled = false, beyond = false;
    for (uint32_t i = 0; i < word_count; i++) {
        disabled = disabled || words[i] == 0xf0;
        beyond = beyond || words[i] == 0x12345678;
    }
    assert_true(disabled && beyond);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "rpi4-tfa"); /* firmware has replaced the spin table */
    word_count = 0;
    fdt_each_spin_table(&f.tree, note_word);
    assert_int_equal(word_count, 0);
    fixture_end(&f);
}

/* Reads the PSCI node that fdt_psci_find gives. */
static void read_psci(struct fixture *f, struct fdt_psci *psci)
{
    struct fdt_node node = fdt_psci_find(&f->tree);
    fixture_assert_path(f, node, "/psci");
    assert_int_equal(fdt_read_psci(&f->tree, node, psci), ZX_OK);
    fixture_assert_quiet(f);
}

static void test_read_psci_conduit_and_version_come_from_the_node(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_psci psci;
    fixture_begin(&f, "virt-gic3");
    read_psci(&f, &psci);
    assert_int_equal(psci.conduit, FDT_PSCI_HVC);
    assert_int_equal(psci.version, 0x10000);
    assert_int_equal(psci.cpu_on, 0xc4000003);
    assert_int_equal(psci.cpu_off, 0x84000002);
    assert_int_equal(psci.cpu_suspend, 0xc4000001);
    assert_int_equal(psci.system_off, 0x84000008);
    assert_int_equal(psci.system_reset, 0x84000009);
    fixture_end(&f);
    fixture_begin(&f, "virt-gic2-el2");
    read_psci(&f, &psci);
    assert_int_equal(psci.conduit, FDT_PSCI_SMC);
    fixture_end(&f);
    fixture_begin(&f, "a64");
    read_psci(&f, &psci);
    assert_int_equal(psci.conduit, FDT_PSCI_SMC);
    assert_int_equal(psci.version, 0x00002);
    assert_int_equal(psci.cpu_on, 0xc4000003);
    fixture_end(&f);
}

static void test_psci_absent_or_disabled_is_none(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4"); /* SMC is undefined there: no node, no call */
    assert_false(fdt_node_valid(fdt_psci_find(&f.tree)));
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set_string(&f, "/psci", "status", "disabled");
    fixture_open(&f);
    assert_false(fdt_node_valid(fdt_psci_find(&f.tree)));
    fixture_end(&f);
}

static void test_read_psci_0_1_has_its_ids_in_properties(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_psci psci;
    fixture_begin(&f, "broken");
    struct fdt_node node = fdt_psci_find(&f.tree);
    fixture_assert_path(&f, node, "/psci-old");
    assert_int_equal(fdt_read_psci(&f.tree, node, &psci), ZX_OK);
    assert_int_equal(psci.version, 0x00001);
    assert_int_equal(psci.cpu_on, 0x95c1ba60);
    assert_int_equal(psci.cpu_off, 0x95c1ba5f);
    assert_int_equal(psci.cpu_suspend, 0); /* two cells: reported and left out */
    assert_int_equal(psci.system_off, 0);
    fixture_assert_reported(&f, "/psci-old", "cpu_suspend: not one cell");
    fixture_end(&f);
}

static void test_read_psci_unknown_conduit_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_psci psci;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_psci(&f.tree, fixture_node(&f, "/psci-method"), &psci),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/psci-method", "method: neither hvc nor smc");
    assert_int_equal(fdt_read_psci(&f.tree, fixture_node(&f, "/psci-nomethod"), &psci),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/psci-nomethod", "method: neither hvc nor smc");
    assert_int_equal(fdt_read_psci(&f.tree, fixture_node(&f, "/uart"), &psci),
                     ZX_ERR_NOT_SUPPORTED);
    fixture_assert_reported(&f, "/uart", "compatible: no version of PSCI that is known");
    fixture_end(&f);
}

int run_cpus_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trap9_enable_method_of_the_cpu_decides),
        cmocka_unit_test(test_read_cpus_takes_mpidr_from_reg),
        cmocka_unit_test(test_read_cpus_leaves_out_what_is_wrong),
        cmocka_unit_test(test_read_cpus_none_is_reported),
        cmocka_unit_test(test_read_cpus_too_many_are_reported_once),
        cmocka_unit_test(test_spin_tables_of_all_cpus),
        cmocka_unit_test(test_read_psci_conduit_and_version_come_from_the_node),
        cmocka_unit_test(test_psci_absent_or_disabled_is_none),
        cmocka_unit_test(test_read_psci_0_1_has_its_ids_in_properties),
        cmocka_unit_test(test_read_psci_unknown_conduit_is_refused),
    };
    return cmocka_run_group_tests_name("fdt cpus", tests, NULL, NULL);
}
