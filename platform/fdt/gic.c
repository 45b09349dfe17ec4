// SPDX-License-Identifier: MIT
/*
 * Interrupt controllers of the GIC family: which nodes are some, and their regions.
 *
 * GICv2: distributor, CPU interface, and for hypervisors two more that may be left out.
 * GICv3: distributor, then #redistributor-regions (1 if absent) regions of redistributors, then
 * optionally the regions a GICv2 guest would use, which the kernel does not.
 *
 * Interface: fdt_node_is_gic (<fdt/fdt.h>), fdt_read_gicv2, fdt_read_gicv3 (<fdt/boot.h>).
 * Locks: none.
 */
#include <fdt/boot.h>

#include "priv.h"

/* Controllers whose interrupts are written as {kind, number, flags}. An array of arrays: a table of
 * pointers would need relocation. */
static const char gic_compatible[][20] = {
    "arm,gic-v3",        "arm,gic-400",    "arm,cortex-a15-gic", "arm,cortex-a9-gic",
    "arm,cortex-a7-gic", "arm,eb11mp-gic", "arm,arm1176jzf-gic", "arm,pl390",
};

bool fdt_node_is_gic(struct fdt_tree *tree, struct fdt_node node)
{
    for (size_t i = 0; i < sizeof(gic_compatible) / sizeof(gic_compatible[0]); i++) {
        if (fdt_node_compatible(tree, node, gic_compatible[i])) {
            return true;
        }
    }
    return false;
}

/* Every region of every GIC lies at a multiple of 4 KiB. */
#define GIC_REGION_ALIGN 4096u

/* A redistributor is two frames or more of 64 KiB. */
#define GICV3_FRAME 0x10000u

/* A region that the controller cannot do without. */
static zx_status_t read_region(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                               struct fdt_range *out)
{
    struct fdt_range region = {0};
    zx_status_t status = fdt_node_reg(tree, node, index, &region);
    if (status == ZX_ERR_NOT_FOUND || status == ZX_ERR_OUT_OF_RANGE) {
        fdt_report(tree, node, "reg", "lacks a region of the interrupt controller");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (status == ZX_OK && region.bytes == 0) {
        fdt_report(tree, node, "reg", "a region of the interrupt controller is empty");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (status == ZX_OK && (region.base & (GIC_REGION_ALIGN - 1)) != 0) {
        fdt_report(tree, node, "reg", "a region of the interrupt controller is not aligned");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out = region;
    return status;
}

zx_status_t fdt_read_gicv2(struct fdt_tree *tree, struct fdt_node node, struct fdt_gicv2 *out)
{
    struct fdt_gicv2 gic = {0};
    zx_status_t status = read_region(tree, node, 0, &gic.distributor);
    if (status != ZX_OK) {
        return status;
    }
    status = read_region(tree, node, 1, &gic.cpu_interface);
    if (status != ZX_OK) {
        return status;
    }
    (void)fdt_node_reg(tree, node, 2, &gic.hypervisor);  /* empty if not listed */
    (void)fdt_node_reg(tree, node, 3, &gic.virtual_cpu); /* likewise */
    *out = gic;
    return ZX_OK;
}

zx_status_t fdt_read_gicv3(struct fdt_tree *tree, struct fdt_node node, struct fdt_gicv3 *out)
{
    struct fdt_gicv3 gic = {0};
    zx_status_t status = read_region(tree, node, 0, &gic.distributor);
    if (status != ZX_OK) {
        return status;
    }
    status = fdt_prop_number(tree, node, "redistributor-stride", &gic.redistributor_stride);
    if (status != ZX_OK) {
        gic.redistributor_stride = 0; /* absent, or reported: GICR_TYPER knows */
    }
    if (gic.redistributor_stride % GICV3_FRAME != 0 || gic.redistributor_stride == GICV3_FRAME) {
        fdt_report(tree, node, "redistributor-stride", "not that of whole frames, ignored");
        gic.redistributor_stride = 0;
    }
    uint32_t regions = fdt_prop_u32_or(tree, node, "#redistributor-regions", 1);
    if (regions == 0) {
        fdt_report(tree, node, "#redistributor-regions", "0, taken for 1");
        regions = 1;
    }
    if (regions > FDT_REDIST_MAX) {
        fdt_report(tree, node, "#redistributor-regions", "more than the kernel has room for");
        regions = FDT_REDIST_MAX;
    }
    for (uint32_t i = 0; i < regions; i++) {
        status = read_region(tree, node, 1 + i, &gic.redistributors[gic.redistributor_count]);
        if (status != ZX_OK) {
            break; /* reported; the regions before it serve their CPUs */
        }
        gic.redistributor_count++;
    }
    if (gic.redistributor_count == 0) {
        return status;
    }
    *out = gic;
    return ZX_OK;
}
