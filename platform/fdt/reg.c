// SPDX-License-Identifier: MIT
/*
 * Addresses: the entries of `reg`, and their way through the `ranges` of every bus up to the root.
 *
 * Interface: the "addresses" part of <fdt/fdt.h>.  Locks: none.
 * Invariants:
 *   R1  a range that leaves this file does not wrap round the end of the address space;
 *   R2  a range is translated whole, by one entry of each `ranges`, or not at all: one that is
 *       covered by two entries side by side is refused, since nothing says they stay side by side.
 */
#include <fdt/fdt.h>

#include "priv.h"

/* How a bus writes its children's addresses. */
struct bus_cells {
    uint32_t address;
    uint32_t size;
};

/* Reads one of #address-cells and #size-cells, with the specification's value if it is absent. */
static zx_status_t read_cell_count(struct fdt_tree *tree, struct fdt_node bus, const char *name,
                                   uint32_t absent, uint32_t *out)
{
    zx_status_t status = fdt_prop_u32(tree, bus, name, out);
    if (status == ZX_ERR_NOT_FOUND) {
        fdt_report(tree, bus, name, "absent, the default is used");
        *out = absent;
        return ZX_OK;
    }
    if (status == ZX_OK && *out > FDT_NUMBER_CELLS_MAX) {
        fdt_report(tree, bus, name, "more than 2 cells are not supported");
        return ZX_ERR_NOT_SUPPORTED;
    }
    return status;
}

static zx_status_t read_bus_cells(struct fdt_tree *tree, struct fdt_node bus, struct bus_cells *out)
{
    zx_status_t status = read_cell_count(tree, bus, "#address-cells", 2, &out->address);
    if (status != ZX_OK) {
        return status;
    }
    status = read_cell_count(tree, bus, "#size-cells", 1, &out->size);
    if (status != ZX_OK) {
        return status;
    }
    if (out->address == 0) {
        fdt_report(tree, bus, "#address-cells", "0 gives its children no addresses");
        return ZX_ERR_NOT_SUPPORTED;
    }
    return ZX_OK;
}

/* The bytes of the node's `reg` and the cells they are written in. */
static zx_status_t read_reg(struct fdt_tree *tree, struct fdt_node node, struct fdt_node bus,
                            const uint8_t **out_bytes, uint32_t *out_entries,
                            struct bus_cells *out_cells)
{
    uint32_t bytes = 0;
    zx_status_t status = fdt_prop_bytes(tree, node, "reg", out_bytes, &bytes);
    if (status != ZX_OK) {
        return status;
    }
    if (!fdt_node_valid(bus)) {
        fdt_report(tree, node, "reg", "on the root, or nested too deeply");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    status = read_bus_cells(tree, bus, out_cells);
    if (status != ZX_OK) {
        return status;
    }
    uint32_t entry_bytes = 4 * (out_cells->address + out_cells->size);
    if (bytes % entry_bytes != 0) {
        fdt_report(tree, node, "reg",
                   bytes < entry_bytes ? "shorter than one entry" : "not whole entries");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_entries = bytes / entry_bytes;
    return ZX_OK;
}

/* Entry `index` of the node's reg as the bus above it sees it. */
static zx_status_t reg_on_bus(struct fdt_tree *tree, struct fdt_node node, struct fdt_node bus,
                              uint32_t index, struct fdt_range *out_range)
{
    const uint8_t *bytes = NULL;
    uint32_t entries = 0;
    struct bus_cells cells;
    zx_status_t status = read_reg(tree, node, bus, &bytes, &entries, &cells);
    if (status != ZX_OK) {
        return status;
    }
    if (index >= entries) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    bytes += 4 * (size_t)index * (cells.address + cells.size);
    struct fdt_range range = {
        .base = fdt_number_at(bytes, cells.address),
        .bytes = fdt_number_at(bytes + 4 * cells.address, cells.size),
    };
    if (range.bytes != 0 && range.base + (range.bytes - 1) < range.base) {
        fdt_report(tree, node, "reg", "an entry wraps round the end of the address space");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_range = range;
    return ZX_OK;
}

/* One line of a `ranges` property. */
struct window {
    uint64_t child;
    uint64_t parent;
    uint64_t bytes;
};

/* True if the window covers the whole range; a range of size 0 is a point. */
static bool window_covers(const struct window *window, const struct fdt_range *range)
{
    return range->base >= window->child && range->base - window->child < window->bytes &&
           range->bytes <= window->bytes - (range->base - window->child);
}

/*
 * Moves the range through the non-empty `ranges` of one bus. `node` is the one whose reg is being
 * translated, for the report.
 */
static zx_status_t translate_by_windows(struct fdt_tree *tree, struct fdt_node node,
                                        struct fdt_node bus, struct fdt_node parent,
                                        const uint8_t *bytes, uint32_t count,
                                        struct fdt_range *range)
{
    struct bus_cells child_cells;
    struct bus_cells parent_cells;
    zx_status_t status = read_bus_cells(tree, bus, &child_cells);
    if (status != ZX_OK) {
        return status;
    }
    status = read_bus_cells(tree, parent, &parent_cells);
    if (status != ZX_OK) {
        return status;
    }
    uint32_t entry_bytes = 4 * (child_cells.address + parent_cells.address + child_cells.size);
    if (count % entry_bytes != 0 || child_cells.size == 0) {
        fdt_report(tree, bus, "ranges", "not whole entries");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    for (const uint8_t *end = bytes + count; bytes < end; bytes += entry_bytes) {
        const uint8_t *at_parent = bytes + 4 * child_cells.address;
        const uint8_t *at_bytes = at_parent + 4 * parent_cells.address;
        const struct window window = {
            .child = fdt_number_at(bytes, child_cells.address),
            .parent = fdt_number_at(at_parent, parent_cells.address),
            .bytes = fdt_number_at(at_bytes, child_cells.size),
        };
        if (!window_covers(&window, range)) {
            continue;
        }
        uint64_t base = window.parent + (range->base - window.child);
        uint64_t last = base + (range->bytes == 0 ? 0 : range->bytes - 1);
        if (base < window.parent || last < base) {
            fdt_report(tree, bus, "ranges", "an entry wraps round the end of the address space");
            return ZX_ERR_IO_DATA_INTEGRITY;
        }
        range->base = base;
        return ZX_OK;
    }
    fdt_report(tree, node, "reg", "not covered by the ranges of its buses");
    return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t fdt_node_reg_count(struct fdt_tree *tree, struct fdt_node node, uint32_t *out_count)
{
    const uint8_t *bytes = NULL;
    struct bus_cells cells;
    return read_reg(tree, node, fdt_node_parent(tree, node), &bytes, out_count, &cells);
}

zx_status_t fdt_node_reg_bus(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                             struct fdt_range *out_range)
{
    return reg_on_bus(tree, node, fdt_node_parent(tree, node), index, out_range);
}

zx_status_t fdt_node_reg(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                         struct fdt_range *out_range)
{
    struct fdt_node chain[FDT_DEPTH_MAX + 1];
    int depth = fdt_node_chain(tree, node, chain);
    struct fdt_range range;
    zx_status_t status =
        reg_on_bus(tree, node, depth > 0 ? chain[depth - 1] : FDT_NODE_NONE, index, &range);
    if (status != ZX_OK) {
        return status;
    }
    for (int i = depth - 1; i > 0; i--) {
        const uint8_t *bytes = NULL;
        uint32_t count = 0;
        status = fdt_prop_bytes(tree, chain[i], "ranges", &bytes, &count);
        if (status != ZX_OK) {
            fdt_report(tree, node, "reg", "not addressable: a bus above has no ranges");
            return ZX_ERR_NOT_SUPPORTED;
        }
        if (count == 0) {
            continue; /* the same addresses above and below */
        }
        status = translate_by_windows(tree, node, chain[i], chain[i - 1], bytes, count, &range);
        if (status != ZX_OK) {
            return status;
        }
    }
    *out_range = range;
    return ZX_OK;
}
