// SPDX-License-Identifier: MIT
/*
 * The CPUs and how they are started: /cpus and the PSCI node.
 *
 * Interface: fdt_read_cpus, fdt_each_spin_table, fdt_psci_find, fdt_read_psci (<fdt/boot.h>).  Locks: none.
 * Invariants:
 *   U1  no two entries of a struct fdt_cpus have the same mpidr;
 *   U2  a CPU's own enable-method decides; one on /cpus, or a cpu-release-addr left over by
 *       firmware that replaced the spin table by PSCI, means nothing.
 */
#include <fdt/boot.h>

#include <string.h>

#include "priv.h"

/* Function ids of PSCI 0.2 and later, "PSCI functions" in Arm DEN0022. CPU_ON and CPU_SUSPEND are
 * the 64-bit calls: their arguments are addresses. */
#define PSCI_CPU_SUSPEND  0xc4000001u
#define PSCI_CPU_OFF      0x84000002u
#define PSCI_CPU_ON       0xc4000003u
#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u

#define PSCI_VERSION_0_1 0x00001u
#define PSCI_VERSION_0_2 0x00002u
#define PSCI_VERSION_1_0 0x10000u

/* True if the child of /cpus is a CPU (and not a cache, an idle state or the map of clusters). */
static bool is_cpu(struct fdt_tree *tree, struct fdt_node node)
{
    const char *type = NULL;
    zx_status_t status = fdt_prop_string(tree, node, "device_type", &type);
    if (status == ZX_OK) {
        return strcmp(type, "cpu") == 0;
    }
    return fdt_node_is_named(tree, node, "cpu");
}

/* The MPIDR in the node's reg. */
static zx_status_t read_mpidr(struct fdt_tree *tree, struct fdt_node node, uint64_t *out_mpidr)
{
    struct fdt_range reg;
    zx_status_t status = fdt_node_reg_bus(tree, node, 0, &reg);
    if (status != ZX_OK) {
        if (status == ZX_ERR_NOT_FOUND || status == ZX_ERR_OUT_OF_RANGE) {
            fdt_report(tree, node, "reg", "absent from a cpu node");
        }
        return status;
    }
    if ((reg.base & ~FDT_MPIDR_MASK) != 0) {
        fdt_report(tree, node, "reg", "not the affinity fields of an MPIDR");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_mpidr = reg.base;
    return ZX_OK;
}

/* Fills the entry for one cpu node; false (reported) if it cannot be told which CPU it is. */
static bool read_cpu(struct fdt_tree *tree, struct fdt_node node, struct fdt_cpu *out)
{
    *out = (struct fdt_cpu){.enable_method = "", .node = node};
    if (read_mpidr(tree, node, &out->mpidr) != ZX_OK) {
        return false;
    }
    (void)fdt_prop_string(tree, node, "enable-method", &out->enable_method); /* "" on failure */
    if (strcmp(out->enable_method, "spin-table") == 0 &&
        fdt_prop_number(tree, node, "cpu-release-addr", &out->release_addr) == ZX_ERR_NOT_FOUND) {
        fdt_report(tree, node, "cpu-release-addr", "absent, so the CPU cannot be started");
    }
    return true;
}

static bool cpu_is_known(const struct fdt_cpus *cpus, uint64_t mpidr)
{
    for (uint32_t i = 0; i < cpus->count; i++) {
        if (cpus->cpus[i].mpidr == mpidr) {
            return true;
        }
    }
    return false;
}

/* Takes one cpu node into the table; false if the table is full, which is reported. */
static bool cpus_add(struct fdt_tree *tree, struct fdt_node node, struct fdt_cpus *cpus)
{
    struct fdt_cpu cpu;
    if (!read_cpu(tree, node, &cpu)) {
        return true;
    }
    if (cpu_is_known(cpus, cpu.mpidr)) {
        fdt_report(tree, node, "reg", "two cpu nodes with one MPIDR");
        return true;
    }
    if (cpus->count == FDT_CPUS_MAX) {
        fdt_report(tree, node, NULL, "more CPUs than the kernel has room for");
        return false;
    }
    cpus->cpus[cpus->count++] = cpu;
    return true;
}

zx_status_t fdt_read_cpus(struct fdt_tree *tree, struct fdt_cpus *out)
{
    out->count = 0;
    struct fdt_node parent = fdt_node_by_path(tree, "/cpus");
    for (struct fdt_node node = fdt_node_first_child(tree, parent); fdt_node_valid(node);
         node = fdt_node_next_sibling(tree, node)) {
        if (is_cpu(tree, node) && fdt_node_status_ok(tree, node) && !cpus_add(tree, node, out)) {
            break;
        }
    }
    if (out->count == 0) {
        fdt_report(tree, parent, NULL, "no CPUs are described");
        return ZX_ERR_NOT_FOUND;
    }
    return ZX_OK;
}

void fdt_each_spin_table(struct fdt_tree *tree, void (*fn)(uint64_t release_addr))
{
    struct fdt_node parent = fdt_node_by_path(tree, "/cpus");
    for (struct fdt_node node = fdt_node_first_child(tree, parent); fdt_node_valid(node);
         node = fdt_node_next_sibling(tree, node)) {
        const char *method;
        uint64_t at;
        if (is_cpu(tree, node) && fdt_prop_string(tree, node, "enable-method", &method) == ZX_OK &&
            strcmp(method, "spin-table") == 0 &&
            fdt_prop_number(tree, node, "cpu-release-addr", &at) == ZX_OK && at != 0) {
            fn(at);
        }
    }
}

/* The newest version that the node's compatible claims; 0 if it is no PSCI node. */
static uint32_t psci_version(struct fdt_tree *tree, struct fdt_node node)
{
    if (fdt_node_compatible(tree, node, "arm,psci-1.0")) {
        return PSCI_VERSION_1_0;
    }
    if (fdt_node_compatible(tree, node, "arm,psci-0.2")) {
        return PSCI_VERSION_0_2;
    }
    return fdt_node_compatible(tree, node, "arm,psci") ? PSCI_VERSION_0_1 : 0;
}

struct fdt_node fdt_psci_find(struct fdt_tree *tree)
{
    struct fdt_walk walk;
    struct fdt_node node;
    fdt_walk_start(&walk);
    do {
        node = fdt_walk_next(tree, &walk);
    } while (fdt_node_valid(node) && psci_version(tree, node) == 0);
    return node;
}

static zx_status_t read_conduit(struct fdt_tree *tree, struct fdt_node node,
                                enum fdt_psci_conduit *out)
{
    const char *method = NULL;
    zx_status_t status = fdt_prop_string(tree, node, "method", &method);
    bool hvc = status == ZX_OK && strcmp(method, "hvc") == 0;
    bool smc = status == ZX_OK && strcmp(method, "smc") == 0;
    if (!hvc && !smc) {
        fdt_report(tree, node, "method", "neither hvc nor smc");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out = hvc ? FDT_PSCI_HVC : FDT_PSCI_SMC;
    return ZX_OK;
}

zx_status_t fdt_read_psci(struct fdt_tree *tree, struct fdt_node node, struct fdt_psci *out)
{
    struct fdt_psci psci = {.version = psci_version(tree, node)};
    if (psci.version == 0) {
        fdt_report(tree, node, "compatible", "no version of PSCI that is known");
        return ZX_ERR_NOT_SUPPORTED;
    }
    zx_status_t status = read_conduit(tree, node, &psci.conduit);
    if (status != ZX_OK) {
        return status;
    }
    if (psci.version == PSCI_VERSION_0_1) {
        psci.cpu_on = fdt_prop_u32_or(tree, node, "cpu_on", 0);
        psci.cpu_off = fdt_prop_u32_or(tree, node, "cpu_off", 0);
        psci.cpu_suspend = fdt_prop_u32_or(tree, node, "cpu_suspend", 0);
    } else {
        psci.cpu_on = PSCI_CPU_ON;
        psci.cpu_off = PSCI_CPU_OFF;
        psci.cpu_suspend = PSCI_CPU_SUSPEND;
        psci.system_off = PSCI_SYSTEM_OFF;
        psci.system_reset = PSCI_SYSTEM_RESET;
    }
    *out = psci;
    return ZX_OK;
}
