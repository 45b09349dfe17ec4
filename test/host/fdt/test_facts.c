// SPDX-License-Identifier: MIT
/*
 * Trees that others wrote, such as all those of Linux:
 *     test_fdt_facts ask TREE ...     asks everything of each tree; fails on an answer that is not sane
 *     test_fdt_facts say TREE ...     prints what the reader makes of each tree, for corpus.py
 */
#include "fixture.h"
#include "questions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_MAX 8192
/* Larger blobs are not asked without an index, which takes time with their size squared. */
#define SCAN_BYTES_MAX 8192

static struct fdt_index_entry index_entries[INDEX_MAX];
static const char *current;

void question_failed(const char *file, int line, const char *condition)
{
    printf("not ok - %s: %s:%d: %s\n", current, file, line, condition);
    exit(1);
}

static void say_range(const struct fdt_range *range)
{
    printf(" %#" PRIx64 " %#" PRIx64, range->base, range->bytes);
}

static void say_path(const char *word, struct fdt_tree *tree, struct fdt_node node)
{
    char path[4 * FDT_PATH_BYTES];
    printf("%s %s", word, fdt_node_path(tree, node, path, sizeof(path)));
}

static void say_memory(struct fdt_tree *tree)
{
    static struct fdt_memory memory;
    static struct fdt_reserved reserved;
    (void)fdt_read_memory(tree, &memory);
    for (uint32_t i = 0; i < memory.count; i++) {
        printf("memory");
        say_range(&memory.ranges[i]);
        printf("\n");
    }
    (void)fdt_read_reserved(tree, &reserved);
    for (uint32_t i = 0; i < reserved.count; i++) {
        printf("reserved");
        say_range(&reserved.entries[i].range);
        printf("%s\n", reserved.entries[i].no_map ? " no-map" : "");
    }
}

static void say_cpus(struct fdt_tree *tree)
{
    static struct fdt_cpus cpus;
    struct fdt_psci psci;
    (void)fdt_read_cpus(tree, &cpus);
    for (uint32_t i = 0; i < cpus.count; i++) {
        printf("cpu %#" PRIx64 " %s %#" PRIx64 "\n", cpus.cpus[i].mpidr,
               cpus.cpus[i].enable_method[0] != 0 ? cpus.cpus[i].enable_method : "-",
               cpus.cpus[i].release_addr);
    }
    struct fdt_node node = fdt_psci_find(tree);
    if (fdt_node_valid(node) && fdt_read_psci(tree, node, &psci) == ZX_OK) {
        printf("psci %s %u.%u\n", psci.conduit == FDT_PSCI_HVC ? "hvc" : "smc", psci.version >> 16,
               psci.version & 0xffff);
    }
}

static void say_timer(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_timer timer;
    if (fdt_read_timer(tree, node, &timer) != ZX_OK) {
        return;
    }
    say_path("timer", tree, node);
    printf("%s%s", (timer.flags & FDT_TIMER_UNSTABLE_A64) != 0 ? " unstable" : "",
           (timer.flags & FDT_TIMER_STOPS_IN_SUSPEND) != 0 ? " stops-in-suspend" : "");
    for (uint32_t line = 0; line < FDT_TIMER_LINE_COUNT; line++) {
        if ((timer.present & 1u << line) != 0) {
            printf(" %u", timer.lines[line].intid);
        }
    }
    printf("\n");
}

static void say_gic(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_gicv2 gicv2;
    struct fdt_gicv3 gicv3;
    if (fdt_node_compatible(tree, node, "arm,gic-v3")) {
        if (fdt_read_gicv3(tree, node, &gicv3) == ZX_OK) {
            say_path("gicv3", tree, node);
            say_range(&gicv3.distributor);
            for (uint32_t i = 0; i < gicv3.redistributor_count; i++) {
                say_range(&gicv3.redistributors[i]);
            }
            printf("\n");
        }
    } else if (fdt_node_compatible(tree, node, "arm,gic-400") ||
               fdt_node_compatible(tree, node, "arm,cortex-a15-gic")) {
        if (fdt_read_gicv2(tree, node, &gicv2) == ZX_OK) {
            say_path("gicv2", tree, node);
            say_range(&gicv2.distributor);
            say_range(&gicv2.cpu_interface);
            printf("\n");
        }
    }
}

static void say_uart(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_uart uart;
    if (fdt_driver_for_node(tree, node, FDT_DRIVER_UART) == NULL ||
        fdt_read_uart(tree, node, &uart) != ZX_OK) {
        return;
    }
    say_path("uart", tree, node);
    say_range(&uart.regs);
    printf(" %u %u %u\n", uart.reg_shift, uart.reg_io_width, uart.has_irq ? uart.irq.intid : 0);
}

/* Where the CPU finds each of the node's regions, and which line of the GIC each interrupt is. */
static void say_resources(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_range range;
    struct fdt_irq irq;
    uint32_t count = 0;
    if (fdt_node_reg_count(tree, node, &count) == ZX_OK) {
        say_path("reg", tree, node);
        for (uint32_t i = 0; i < count; i++) {
            if (fdt_node_reg(tree, node, i, &range) == ZX_OK) {
                say_range(&range);
            } else {
                printf(" -");
            }
        }
        printf("\n");
    }
    if (fdt_node_interrupt_count(tree, node, &count) == ZX_OK) {
        say_path("irq", tree, node);
        for (uint32_t i = 0; i < count; i++) {
            if (fdt_node_irq(tree, node, i, &irq) == ZX_OK) {
                printf(" %u", irq.intid);
            } else {
                printf(" -");
            }
        }
        printf("\n");
    }
}

static void say_tree(struct fdt_tree *tree)
{
    struct fdt_stdout console;
    struct fdt_range initrd;
    struct fdt_walk walk;
    struct fdt_node node;
    printf("tree %s\n", current);
    say_memory(tree);
    say_cpus(tree);
    if (fdt_stdout_chosen(tree, &console) == ZX_OK) {
        say_path("console", tree, console.node);
        printf(" %.*s\n", (int)console.options_bytes, console.options);
    }
    if (fdt_initrd(tree, &initrd) == ZX_OK) {
        printf("initrd");
        say_range(&initrd);
        printf("\n");
    }
    fdt_walk_start(&walk);
    while (fdt_node_valid(node = fdt_walk_next(tree, &walk))) {
        if (fdt_node_compatible(tree, node, "arm,armv8-timer")) {
            say_timer(tree, node);
        }
        say_gic(tree, node);
        say_uart(tree, node);
        say_resources(tree, node);
    }
}

/* A file in a block of just its size. */
static void *read_file(const char *path, size_t *out_bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    *out_bytes = (size_t)ftell(file);
    void *blob = malloc(*out_bytes);
    rewind(file);
    if (blob == NULL || fread(blob, 1, *out_bytes, file) != *out_bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    return blob;
}

int main(int argc, char **argv)
{
    if (argc < 3 || (strcmp(argv[1], "ask") != 0 && strcmp(argv[1], "say") != 0)) {
        fprintf(stderr, "usage: test_fdt_facts ask|say TREE ...\n");
        return 2;
    }
    bool ask = strcmp(argv[1], "ask") == 0;
    for (int i = 2; i < argc; i++) {
        struct fdt_tree tree;
        size_t bytes = 0;
        void *blob = read_file(argv[i], &bytes);
        current = argv[i];
        if (fdt_tree_open(&tree, blob, bytes, NULL, NULL) != ZX_OK) {
            question_failed(__FILE__, __LINE__, "the tree can be opened");
        }
        if (ask && bytes <= SCAN_BYTES_MAX) {
            question_tree(&tree); /* by scans of the blob; below by an index, as the kernel does */
        }
        if (!fdt_tree_index(&tree, index_entries, INDEX_MAX)) {
            question_failed(__FILE__, __LINE__, "an index has room for the tree");
        }
        if (ask) {
            question_tree(&tree);
        } else {
            say_tree(&tree);
        }
        free(blob);
    }
    if (ask) {
        printf("ok - %d trees\n", argc - 2);
    }
    return 0;
}
