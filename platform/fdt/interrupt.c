// SPDX-License-Identifier: MIT
/*
 * Interrupts: which controller a node's line goes to, and what the controller calls it.
 *
 * A line goes to the node that `interrupt-parent` names, on the node itself or the nearest ancestor
 * that has one; a node so named that has no #interrupt-cells passes it on by the same rule.
 * `interrupts-extended` names the controller for each line.
 *
 * Interface: the "interrupts" part of <fdt/fdt.h>.  Locks: none.
 * Invariant I1: a chain of parents is followed for at most CHAIN_MAX steps, so a cycle ends.
 */
#include <fdt/fdt.h>

#include "priv.h"

/* Steps from a node to its controller; enough for the deepest node and as many detours. */
#define CHAIN_MAX (2 * FDT_DEPTH_MAX)

/* Values of a GIC specifier's first cell. */
enum gic_kind {
    GIC_SPI = 0,
    GIC_PPI = 1,
    GIC_ESPI = 2,
    GIC_EPPI = 3,
};

/* Where each kind's lines begin, and how many there are (GICv3 architecture, "INTIDs"). */
static const struct {
    uint16_t first;
    uint16_t count;
} gic_lines[] = {
    [GIC_SPI] = {.first = 32, .count = 988},
    [GIC_PPI] = {.first = 16, .count = 16},
    [GIC_ESPI] = {.first = 4096, .count = 1024},
    [GIC_EPPI] = {.first = 1056, .count = 64},
};

/* The next node on the way from `node` to its controller. */
static zx_status_t interrupt_parent(struct fdt_tree *tree, struct fdt_node node,
                                    struct fdt_node *out_parent)
{
    uint32_t phandle = 0;
    zx_status_t status = fdt_prop_u32(tree, node, "interrupt-parent", &phandle);
    if (status == ZX_OK) {
        *out_parent = fdt_node_by_phandle(tree, phandle);
    } else if (status == ZX_ERR_NOT_FOUND) {
        *out_parent = fdt_node_parent(tree, node);
    } else {
        return status;
    }
    if (!fdt_node_valid(*out_parent)) {
        fdt_report(tree, node, "interrupt-parent",
                   status == ZX_OK ? "names no node" : "none up to the root");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    return ZX_OK;
}

/* Checks that `at` takes interrupts itself, and reads how many cells it wants for one. */
static zx_status_t controller_cells(struct fdt_tree *tree, struct fdt_node node, struct fdt_node at,
                                    uint32_t *out_cells)
{
    uint32_t cells = 0;
    zx_status_t status = fdt_prop_u32(tree, at, "#interrupt-cells", &cells);
    if (status != ZX_OK) {
        if (status == ZX_ERR_NOT_FOUND) {
            fdt_report(tree, at, "#interrupt-cells", "absent from an interrupt parent");
        }
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (cells == 0 || cells > FDT_INTERRUPT_CELLS_MAX) {
        fdt_report(tree, at, "#interrupt-cells", "not 1 to 4");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (!fdt_prop_exists(tree, at, "interrupt-controller")) {
        bool nexus = fdt_prop_exists(tree, at, "interrupt-map");
        fdt_report(tree, node, "interrupts",
                   nexus ? "behind an interrupt-map, which is not supported"
                         : "the interrupt parent is not a controller");
        return nexus ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (!fdt_node_enabled(tree, at)) {
        fdt_report(tree, node, "interrupts", "the interrupt parent is disabled");
        return ZX_ERR_NOT_SUPPORTED;
    }
    *out_cells = cells;
    return ZX_OK;
}

/* The controller of the lines in the node's `interrupts`. */
static zx_status_t find_controller(struct fdt_tree *tree, struct fdt_node node,
                                   struct fdt_node *out_controller, uint32_t *out_cells)
{
    struct fdt_node at = node;
    for (int step = 0; step < CHAIN_MAX; step++) {
        zx_status_t status = interrupt_parent(tree, at, &at);
        if (status != ZX_OK) {
            return status;
        }
        if (fdt_prop_exists(tree, at, "#interrupt-cells")) {
            *out_controller = at;
            return controller_cells(tree, node, at, out_cells);
        }
    }
    fdt_report(tree, node, "interrupt-parent", "the chain of parents is a circle");
    return ZX_ERR_IO_DATA_INTEGRITY;
}

/* The cells of `interrupts`, `per_line` for each line. */
static zx_status_t plain_lines(struct fdt_tree *tree, struct fdt_node node,
                               struct fdt_node *out_controller, uint32_t *out_per_line,
                               uint32_t *out_lines)
{
    uint32_t cells = 0;
    zx_status_t status = fdt_prop_cell_count(tree, node, "interrupts", &cells);
    if (status != ZX_OK) {
        return status;
    }
    status = find_controller(tree, node, out_controller, out_per_line);
    if (status != ZX_OK) {
        return status;
    }
    if (cells % *out_per_line != 0) {
        fdt_report(tree, node, "interrupts", "not whole entries");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_lines = cells / *out_per_line;
    return ZX_OK;
}

/*
 * The head of the entry of interrupts-extended that begins at cell `*at`: its controller and how
 * many cells follow; FDT_NODE_NONE and none for a hole (phandle 0). Moves `*at` behind the phandle.
 */
static zx_status_t extended_head(struct fdt_tree *tree, struct fdt_node node, uint32_t *at,
                                 uint32_t total, struct fdt_node *out_controller,
                                 uint32_t *out_cells)
{
    uint32_t phandle = 0;
    zx_status_t status = fdt_prop_cell(tree, node, "interrupts-extended", *at, &phandle);
    if (status != ZX_OK) {
        return status;
    }
    *at += 1;
    *out_controller = FDT_NODE_NONE;
    *out_cells = 0;
    if (phandle == 0) {
        return ZX_OK;
    }
    *out_controller = fdt_node_by_phandle(tree, phandle);
    if (!fdt_node_valid(*out_controller)) {
        fdt_report(tree, node, "interrupts-extended", "names no node");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    status = controller_cells(tree, node, *out_controller, out_cells);
    if (status == ZX_OK && *out_cells > total - *at) {
        fdt_report(tree, node, "interrupts-extended", "cut short");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    return status;
}

static zx_status_t extended_count(struct fdt_tree *tree, struct fdt_node node, uint32_t total,
                                  uint32_t *out_count)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < total; count++) {
        struct fdt_node controller;
        uint32_t cells = 0;
        zx_status_t status = extended_head(tree, node, &at, total, &controller, &cells);
        if (status != ZX_OK) {
            return status;
        }
        at += cells;
    }
    *out_count = count;
    return ZX_OK;
}

/* Copies the cells of one line from a property that is known to hold them. */
static void copy_line(struct fdt_tree *tree, struct fdt_node node, const char *name, uint32_t first,
                      struct fdt_interrupt *out)
{
    for (uint32_t i = 0; i < out->cell_count; i++) {
        (void)fdt_prop_cell(tree, node, name, first + i, &out->cells[i]); /* inside: checked */
    }
}

static zx_status_t extended_line(struct fdt_tree *tree, struct fdt_node node, uint32_t total,
                                 uint32_t index, struct fdt_interrupt *out)
{
    struct fdt_interrupt line = {.controller = FDT_NODE_NONE};
    uint32_t at = 0;
    for (uint32_t i = 0; i <= index; i++) {
        at += line.cell_count;
        if (at >= total) {
            return ZX_ERR_OUT_OF_RANGE;
        }
        zx_status_t status =
            extended_head(tree, node, &at, total, &line.controller, &line.cell_count);
        if (status != ZX_OK) {
            return status;
        }
    }
    if (!fdt_node_valid(line.controller)) {
        return ZX_ERR_NOT_FOUND;
    }
    copy_line(tree, node, "interrupts-extended", at, &line);
    *out = line;
    return ZX_OK;
}

zx_status_t fdt_node_interrupt_count(struct fdt_tree *tree, struct fdt_node node,
                                     uint32_t *out_count)
{
    uint32_t total = 0;
    zx_status_t status = fdt_prop_cell_count(tree, node, "interrupts-extended", &total);
    if (status == ZX_OK) {
        return extended_count(tree, node, total, out_count);
    }
    if (status != ZX_ERR_NOT_FOUND) {
        return status;
    }
    struct fdt_node controller;
    uint32_t per_line = 0;
    return plain_lines(tree, node, &controller, &per_line, out_count);
}

zx_status_t fdt_node_interrupt(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                               struct fdt_interrupt *out_interrupt)
{
    uint32_t total = 0;
    zx_status_t status = fdt_prop_cell_count(tree, node, "interrupts-extended", &total);
    if (status == ZX_OK) {
        return extended_line(tree, node, total, index, out_interrupt);
    }
    if (status != ZX_ERR_NOT_FOUND) {
        return status;
    }
    struct fdt_interrupt line = {.controller = FDT_NODE_NONE};
    uint32_t lines = 0;
    status = plain_lines(tree, node, &line.controller, &line.cell_count, &lines);
    if (status != ZX_OK) {
        return status;
    }
    if (index >= lines) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    copy_line(tree, node, "interrupts", index * line.cell_count, &line);
    *out_interrupt = line;
    return ZX_OK;
}

/* The trigger in a flags cell; bits 15:8 are a mask of CPUs that GICv2 trees carry. */
static enum fdt_trigger trigger_of(struct fdt_tree *tree, struct fdt_node node, uint32_t flags)
{
    switch (flags & 0xf) {
    case FDT_TRIGGER_DEFAULT:
    case FDT_TRIGGER_EDGE_RISING:
    case FDT_TRIGGER_EDGE_FALLING:
    case FDT_TRIGGER_LEVEL_HIGH:
    case FDT_TRIGGER_LEVEL_LOW: return (enum fdt_trigger)(flags & 0xf);
    default:
        fdt_report(tree, node, "interrupts", "a contradictory trigger is ignored");
        return FDT_TRIGGER_DEFAULT;
    }
}

zx_status_t fdt_node_irq(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                         struct fdt_irq *out_irq)
{
    struct fdt_interrupt line;
    zx_status_t status = fdt_node_interrupt(tree, node, index, &line);
    if (status != ZX_OK) {
        return status;
    }
    if (!fdt_node_is_gic(tree, line.controller)) {
        fdt_report(tree, node, "interrupts", "not a line of the GIC");
        return ZX_ERR_NOT_SUPPORTED;
    }
    uint32_t kind = line.cells[0];
    uint32_t number = line.cells[1];
    if (line.cell_count < 3 || kind >= sizeof(gic_lines) / sizeof(gic_lines[0]) ||
        number >= gic_lines[kind].count) {
        fdt_report(tree, node, "interrupts", "not an interrupt that a GIC can have");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_irq = (struct fdt_irq){
        .intid = gic_lines[kind].first + number,
        .trigger = trigger_of(tree, node, line.cells[2]),
    };
    return ZX_OK;
}
