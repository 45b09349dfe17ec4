// SPDX-License-Identifier: MIT
/*
 * RAM and what is reserved in it.
 *
 * Interface: fdt_read_memory, fdt_overlaps_memory, fdt_read_reserved (<fdt/boot.h>).  Locks: none.
 * Invariants:
 *   M1  the banks of a struct fdt_memory are sorted, not empty, and neither overlap nor touch;
 *   M2  doubt about a bank leaves it out, doubt about a reservation keeps it: both err on the side
 *       of not using memory that is not ours.
 */
#include <fdt/boot.h>

#include <string.h>

#include "priv.h"

static uint64_t range_last(const struct fdt_range *range)
{
    return range->base + (range->bytes - 1);
}

static bool ranges_overlap(const struct fdt_range *a, const struct fdt_range *b)
{
    return a->base <= range_last(b) && b->base <= range_last(a);
}

/* True if `b` begins right behind `a`. The end of the address space has nothing behind it. */
static bool range_precedes(const struct fdt_range *a, const struct fdt_range *b)
{
    return range_last(a) != UINT64_MAX && range_last(a) + 1 == b->base;
}

/* The smallest range that holds both. */
static struct fdt_range range_union(const struct fdt_range *a, const struct fdt_range *b)
{
    uint64_t base = a->base < b->base ? a->base : b->base;
    uint64_t last = range_last(a) > range_last(b) ? range_last(a) : range_last(b);
    return (struct fdt_range){.base = base, .bytes = last - base + 1};
}

/* Takes entry `index` out of the table. */
static void memory_remove(struct fdt_memory *memory, uint32_t index)
{
    memory->count--;
    memmove(&memory->ranges[index], &memory->ranges[index + 1],
            (memory->count - index) * sizeof(memory->ranges[0]));
}

/* Puts a bank of the node into the table, merged with those that it overlaps or touches (M1). */
static void memory_add(struct fdt_tree *tree, struct fdt_node node, struct fdt_memory *memory,
                       struct fdt_range bank)
{
    uint32_t at = 0;
    while (at < memory->count) {
        const struct fdt_range *other = &memory->ranges[at];
        bool overlap = ranges_overlap(other, &bank);
        if (overlap) {
            fdt_report(tree, node, "reg", "overlaps other memory");
        }
        if (overlap || range_precedes(other, &bank) || range_precedes(&bank, other)) {
            bank = range_union(other, &bank);
            memory_remove(memory, at);
        } else if (other->base > bank.base) {
            break;
        } else {
            at++;
        }
    }
    if (memory->count == FDT_MEMORY_MAX) {
        if (!memory->full) {
            fdt_report(tree, node, "reg", "more memory banks than the kernel has room for");
        }
        memory->full = true;
        return;
    }
    memmove(&memory->ranges[at + 1], &memory->ranges[at],
            (memory->count - at) * sizeof(memory->ranges[0]));
    memory->ranges[at] = bank;
    memory->count++;
}

/* All reg entries of one memory node. */
static void memory_add_node(struct fdt_tree *tree, struct fdt_node node, struct fdt_memory *memory)
{
    uint32_t count = 0;
    zx_status_t status = fdt_node_reg_count(tree, node, &count);
    if (status == ZX_ERR_NOT_FOUND) {
        fdt_report(tree, node, "reg", "absent from a memory node");
    }
    if (status != ZX_OK) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fdt_range bank;
        if (fdt_node_reg(tree, node, i, &bank) == ZX_OK && bank.bytes != 0) {
            memory_add(tree, node, memory, bank);
        }
    }
}

/* True if the node describes RAM; its device_type says so, its name does not. */
static bool is_memory(struct fdt_tree *tree, struct fdt_node node)
{
    const char *type = NULL;
    zx_status_t status = fdt_prop_string(tree, node, "device_type", &type);
    if (status == ZX_ERR_NOT_FOUND && fdt_node_is_named(tree, node, "memory")) {
        fdt_report(tree, node, "device_type", "absent, so this is not taken for memory");
    }
    return status == ZX_OK && strcmp(type, "memory") == 0;
}

zx_status_t fdt_read_memory(struct fdt_tree *tree, struct fdt_memory *out)
{
    out->count = 0;
    out->full = false;
    for (struct fdt_node node = fdt_node_first_child(tree, fdt_root()); fdt_node_valid(node);
         node = fdt_node_next_sibling(tree, node)) {
        if (fdt_node_status_ok(tree, node) && is_memory(tree, node)) {
            memory_add_node(tree, node, out);
        }
    }
    if (out->count == 0) {
        fdt_report(tree, FDT_NODE_NONE, NULL, "no memory is described");
        return ZX_ERR_NOT_FOUND;
    }
    return ZX_OK;
}

bool fdt_overlaps_memory(const struct fdt_tree *tree, const struct fdt_range *range)
{
    /* What is wrong with memory nodes is said by fdt_read_memory, once. */
    struct fdt_tree quiet = *tree;
    quiet.report = NULL;
    if (range->bytes == 0) {
        return false;
    }
    for (struct fdt_node node = fdt_node_first_child(&quiet, fdt_root()); fdt_node_valid(node);
         node = fdt_node_next_sibling(&quiet, node)) {
        uint32_t count = 0;
        if (!fdt_node_status_ok(&quiet, node) || !is_memory(&quiet, node) ||
            fdt_node_reg_count(&quiet, node, &count) != ZX_OK) {
            continue;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct fdt_range bank;
            if (fdt_node_reg(&quiet, node, i, &bank) == ZX_OK && bank.bytes != 0 &&
                ranges_overlap(&bank, range)) {
                return true;
            }
        }
    }
    return false;
}

static zx_status_t reserved_add(struct fdt_tree *tree, struct fdt_node node,
                                struct fdt_reserved *reserved, struct fdt_range range, bool no_map)
{
    if (range.bytes == 0) {
        return ZX_OK;
    }
    if (reserved->count == FDT_RESERVED_MAX) {
        fdt_report(tree, node, NULL, "more reservations than the kernel has room for");
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    reserved->entries[reserved->count++] = (struct fdt_reservation){
        .range = range,
        .no_map = no_map,
        .node = node,
    };
    return ZX_OK;
}

/* The memreserve block in front of the tree. */
static zx_status_t read_memreserve(struct fdt_tree *tree, struct fdt_reserved *out)
{
    int count = fdt_num_mem_rsv(tree->blob);
    for (int i = 0; i < count; i++) {
        struct fdt_range range = {0};
        if (fdt_get_mem_rsv(tree->blob, i, &range.base, &range.bytes) != 0) {
            break;
        }
        if (range.bytes != 0 && range_last(&range) < range.base) {
            fdt_report(tree, FDT_NODE_NONE, "memreserve", "an entry wraps round, cut at the end");
            range.bytes = 0 - range.base;
        }
        zx_status_t status = reserved_add(tree, FDT_NODE_NONE, out, range, false);
        if (status != ZX_OK) {
            return status;
        }
    }
    return ZX_OK;
}

/* One child of /reserved-memory. One without reg is a wish for memory anywhere: not for us. */
static zx_status_t read_reserved_node(struct fdt_tree *tree, struct fdt_node node,
                                      struct fdt_reserved *out)
{
    uint32_t count = 0;
    if (fdt_node_reg_count(tree, node, &count) != ZX_OK) {
        return ZX_OK; /* absent, or unreadable and reported */
    }
    bool no_map = fdt_prop_exists(tree, node, "no-map");
    for (uint32_t i = 0; i < count; i++) {
        struct fdt_range range;
        zx_status_t status = fdt_node_reg(tree, node, i, &range);
        if (status == ZX_ERR_NOT_SUPPORTED) {
            /* /reserved-memory should carry empty ranges; without (reported) it means the same. */
            status = fdt_node_reg_bus(tree, node, i, &range);
        }
        if (status != ZX_OK) {
            continue;
        }
        status = reserved_add(tree, node, out, range, no_map);
        if (status != ZX_OK) {
            return status;
        }
    }
    return ZX_OK;
}

zx_status_t fdt_read_reserved(struct fdt_tree *tree, struct fdt_reserved *out)
{
    out->count = 0;
    zx_status_t status = read_memreserve(tree, out);
    struct fdt_node parent = fdt_node_by_path(tree, "/reserved-memory");
    if (status != ZX_OK || !fdt_node_valid(parent)) {
        return status;
    }
    for (struct fdt_node node = fdt_node_first_child(tree, parent); fdt_node_valid(node);
         node = fdt_node_next_sibling(tree, node)) {
        if (!fdt_node_status_ok(tree, node)) {
            continue;
        }
        status = read_reserved_node(tree, node, out);
        if (status != ZX_OK) {
            return status;
        }
    }
    return ZX_OK;
}
