// SPDX-License-Identifier: MIT
/*
 * /chosen: command line, initrd and seeds. The console is in stdout.c.
 *
 * Interface: fdt_bootargs, fdt_bootargs_to_change, fdt_initrd, fdt_take_kaslr_seed, fdt_take_rng_seed (<fdt/boot.h>).
 * Locks: none.
 * Invariant C1: a seed is in the blob until it is taken, and never after: the blob is handed to
 * user mode later.
 */
#include <fdt/boot.h>

#include <string.h>

#include "priv.h"

static struct fdt_node chosen_node(struct fdt_tree *tree)
{
    return fdt_node_by_path(tree, "/chosen");
}

const char *fdt_bootargs(struct fdt_tree *tree)
{
    const char *arguments = "";
    (void)fdt_prop_string(tree, chosen_node(tree), "bootargs", &arguments); /* "" on failure */
    return arguments;
}

char *fdt_bootargs_to_change(struct fdt_tree *tree)
{
    const char *arguments = NULL;
    if (fdt_prop_string(tree, chosen_node(tree), "bootargs", &arguments) != ZX_OK) {
        return NULL;
    }
    return (char *)(uintptr_t)arguments; /* the blob is ours until user mode gets a copy: C1 */
}

zx_status_t fdt_initrd(struct fdt_tree *tree, struct fdt_range *out_range)
{
    struct fdt_node chosen = chosen_node(tree);
    uint64_t start = 0;
    uint64_t end = 0;
    zx_status_t start_status = fdt_prop_number(tree, chosen, "linux,initrd-start", &start);
    zx_status_t end_status = fdt_prop_number(tree, chosen, "linux,initrd-end", &end);
    if (start_status == ZX_ERR_NOT_FOUND && end_status == ZX_ERR_NOT_FOUND) {
        return ZX_ERR_NOT_FOUND;
    }
    if (start_status == ZX_ERR_NOT_FOUND || end_status == ZX_ERR_NOT_FOUND) {
        fdt_report(tree, chosen, "linux,initrd-start", "an initrd needs both start and end");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (start_status != ZX_OK || end_status != ZX_OK) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (end < start) {
        fdt_report(tree, chosen, "linux,initrd-end", "lies before the start");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (end == start) {
        return ZX_ERR_NOT_FOUND;
    }
    *out_range = (struct fdt_range){.base = start, .bytes = end - start};
    return ZX_OK;
}

/* Overwrites a property's value. Through a volatile pointer: nobody reads it afterwards, but the
 * compiler may not conclude that it need not be written. */
static void wipe(const uint8_t *bytes, uint32_t count)
{
    volatile uint8_t *target = (volatile uint8_t *)(uintptr_t)bytes;
    for (uint32_t i = 0; i < count; i++) {
        target[i] = 0;
    }
}

zx_status_t fdt_take_kaslr_seed(struct fdt_tree *tree, uint64_t *out_seed)
{
    struct fdt_node chosen = chosen_node(tree);
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    uint64_t seed = 0;
    zx_status_t status = fdt_prop_number(tree, chosen, "kaslr-seed", &seed);
    if (fdt_prop_bytes(tree, chosen, "kaslr-seed", &bytes, &count) == ZX_OK) {
        wipe(bytes, count); /* one of an odd length too */
    }
    if (status != ZX_OK) {
        return status;
    }
    if (seed == 0) {
        return ZX_ERR_NOT_FOUND;
    }
    *out_seed = seed;
    return ZX_OK;
}

zx_status_t fdt_take_rng_seed(struct fdt_tree *tree, uint8_t seed[FDT_RNG_SEED_MAX],
                              uint32_t *out_bytes)
{
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    uint8_t any = 0;
    zx_status_t status = fdt_prop_bytes(tree, chosen_node(tree), "rng-seed", &bytes, &count);
    if (status != ZX_OK) {
        return status;
    }
    memset(seed, 0, FDT_RNG_SEED_MAX);
    for (uint32_t i = 0; i < count; i++) {
        seed[i % FDT_RNG_SEED_MAX] ^= bytes[i];
        any |= bytes[i];
    }
    wipe(bytes, count);
    if (any == 0) {
        return ZX_ERR_NOT_FOUND;
    }
    *out_bytes = count < FDT_RNG_SEED_MAX ? count : FDT_RNG_SEED_MAX;
    return ZX_OK;
}
