// SPDX-License-Identifier: MIT
/*
 * Everything that the reader offers, asked of a tree that may be damaged in any way; see questions.h.
 */
#include "questions.h"

#include <string.h>

#include <fdt/boot.h>
#include <fdt/driver.h>
#include <zircon/errors.h>

#define CHECK(condition)                                     \
    do {                                                     \
        if (!(condition)) {                                  \
            question_failed(__FILE__, __LINE__, #condition); \
        }                                                    \
    } while (0)

static void check_range(const struct fdt_range *range)
{
    CHECK(range->bytes != 0);
    CHECK(range->base + (range->bytes - 1) >= range->base);
}

static void check_memory(struct fdt_tree *tree)
{
    static struct fdt_memory memory;
    static struct fdt_reserved reserved;
    zx_status_t status = fdt_read_memory(tree, &memory);
    CHECK((status == ZX_OK) == (memory.count != 0));
    CHECK(memory.count <= FDT_MEMORY_MAX);
    for (uint32_t i = 0; i < memory.count; i++) {
        check_range(&memory.ranges[i]);
        if (i > 0) { /* sorted, with a gap between */
            const struct fdt_range *before = &memory.ranges[i - 1];
            CHECK(before->base + (before->bytes - 1) < memory.ranges[i].base - 1);
        }
    }
    (void)fdt_read_reserved(tree, &reserved);
    CHECK(reserved.count <= FDT_RESERVED_MAX);
    for (uint32_t i = 0; i < reserved.count; i++) {
        check_range(&reserved.entries[i].range);
    }
}

static void check_cpus(struct fdt_tree *tree)
{
    static struct fdt_cpus cpus;
    struct fdt_psci psci;
    zx_status_t status = fdt_read_cpus(tree, &cpus);
    CHECK((status == ZX_OK) == (cpus.count != 0));
    CHECK(cpus.count <= FDT_CPUS_MAX);
    for (uint32_t i = 0; i < cpus.count; i++) {
        CHECK((cpus.cpus[i].mpidr & ~FDT_MPIDR_MASK) == 0);
        CHECK(strlen(cpus.cpus[i].enable_method) <= tree->blob_bytes);
        for (uint32_t j = 0; j < i; j++) {
            CHECK(cpus.cpus[i].mpidr != cpus.cpus[j].mpidr);
        }
    }
    struct fdt_node node = fdt_psci_find(tree);
    if (fdt_node_valid(node) && fdt_read_psci(tree, node, &psci) == ZX_OK) {
        CHECK(psci.conduit == FDT_PSCI_HVC || psci.conduit == FDT_PSCI_SMC);
    }
}

static void check_chosen(struct fdt_tree *tree)
{
    struct fdt_range initrd;
    struct fdt_stdout console;
    CHECK(strlen(fdt_bootargs(tree)) <= tree->blob_bytes);
    if (fdt_initrd(tree, &initrd) == ZX_OK) {
        CHECK(initrd.bytes != 0);
    }
    if (fdt_stdout_find(tree, &console) == ZX_OK) {
        CHECK(fdt_node_enabled(tree, console.node));
        CHECK(console.options_bytes <= tree->blob_bytes);
        for (uint32_t i = 0; i < console.options_bytes; i++) {
            CHECK(console.options[i] != '\0'); /* reads each byte */
        }
    }
}

/* Asks everything a driver could ask, of any node. */
static void check_node(struct fdt_tree *tree, struct fdt_node node)
{
    char path[FDT_PATH_BYTES];
    struct fdt_timer timer;
    struct fdt_gicv2 gicv2;
    struct fdt_gicv3 gicv3;
    struct fdt_uart uart;
    struct fdt_irq irq;
    uint32_t count = 0;
    size_t length = strlen(fdt_node_path(tree, node, path, sizeof(path)));
    CHECK(length >= 1 && length < sizeof(path));
    if (fdt_node_reg_count(tree, node, &count) == ZX_OK && count > 0) {
        struct fdt_range range;
        for (uint32_t i = 0; i < count && i < 8; i++) {
            if (fdt_node_reg(tree, node, i, &range) == ZX_OK && range.bytes != 0) {
                check_range(&range);
            }
        }
    }
    if (fdt_node_interrupt_count(tree, node, &count) == ZX_OK && count > 0) {
        for (uint32_t i = 0; i < count && i < 8; i++) {
            if (fdt_node_irq(tree, node, i, &irq) == ZX_OK) {
                CHECK(irq.intid >= 16 && irq.intid <= 5119);
            }
        }
    }
    if (fdt_read_timer(tree, node, &timer) == ZX_OK) {
        CHECK((timer.present & 1u << FDT_TIMER_VIRTUAL) != 0);
    }
    if (fdt_read_gicv2(tree, node, &gicv2) == ZX_OK) {
        check_range(&gicv2.distributor);
        check_range(&gicv2.cpu_interface);
    }
    if (fdt_read_gicv3(tree, node, &gicv3) == ZX_OK) {
        CHECK(gicv3.redistributor_count >= 1 && gicv3.redistributor_count <= FDT_REDIST_MAX);
    }
    if (fdt_read_uart(tree, node, &uart) == ZX_OK) {
        check_range(&uart.regs);
        CHECK(uart.reg_shift <= 3);
    }
}

static bool init_match(void *context, struct fdt_tree *tree, struct fdt_node node,
                       const struct fdt_driver *driver)
{
    (void)context;
    CHECK(driver->init(tree, node) == ZX_OK);
    return true;
}

void question_tree(struct fdt_tree *tree)
{
    struct fdt_walk walk;
    struct fdt_node node;
    int32_t last = -1;
    uint64_t kaslr_seed = 0;
    uint8_t rng_seed[FDT_RNG_SEED_MAX];
    uint32_t bytes = 0;
    check_memory(tree);
    check_cpus(tree);
    check_chosen(tree);
    fdt_walk_start(&walk);
    while (fdt_node_valid(node = fdt_walk_next(tree, &walk))) {
        CHECK(node.offset > last);
        last = node.offset;
        check_node(tree, node);
    }
    fdt_for_each_match(tree, FDT_DRIVER_IRQCHIP, init_match, NULL);
    (void)fdt_take_kaslr_seed(tree, &kaslr_seed);
    (void)fdt_take_rng_seed(tree, rng_seed, &bytes);
    CHECK(fdt_take_kaslr_seed(tree, &kaslr_seed) != ZX_OK);
    CHECK(fdt_take_rng_seed(tree, rng_seed, &bytes) != ZX_OK);
    CHECK(tree->report_count <= FDT_REPORTS_MAX);
}
