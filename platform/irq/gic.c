// SPDX-License-Identifier: MIT
// What GICv2 and GICv3 have in common (gic.h).
#include "gic.h"

#include <hal/upcall.h>

#define ITS_COMPATIBLE "arm,gic-v3-its"
// An ITS is two frames of 64 KiB, or four (IHI 0069, "The ITS register map"). The kernel uses none, but one can be
// told to write to any memory.
#define ITS_BYTES 0x40000u

static void claim_its(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_range range;

    if (fdt_node_compatible(tree, node, ITS_COMPATIBLE) &&
        fdt_node_reg(tree, node, 0, &range) == ZX_OK)
        kernel_claim_range(range.base, MIN(range.bytes, ITS_BYTES));
}

void gic_claim(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_range range;

    for (uint32_t i = 0; fdt_node_reg(tree, node, i, &range) == ZX_OK; i++)
        kernel_claim_range(range.base, range.bytes);
    for (struct fdt_node child = fdt_node_first_child(tree, node); fdt_node_valid(child);
         child = fdt_node_next_sibling(tree, child))
        claim_its(tree, child);
}
