// SPDX-License-Identifier: MIT
// Checks of a device's registers.
//
// Interface: <arm64/device.h>. Locks: none; while booting.
#include <arm64/device.h>
#include <arm64/probe.h>
#include <fdt/boot.h>
#include <hal/mmu.h>

zx_status_t device_check_range(struct fdt_tree *tree, struct fdt_node node,
                               const struct fdt_range *regs)
{
    if (!fdt_overlaps_memory(tree, regs))
        return ZX_OK;
    fdt_report(tree, node, "reg", "registers cannot lie in memory");
    return ZX_ERR_IO_DATA_INTEGRITY;
}

zx_status_t device_check_register(struct fdt_tree *tree, struct fdt_node node, uintptr_t address,
                                  unsigned width)
{
    uint32_t value;

    if (arm64_probe_read(address, width, &value))
        return ZX_OK;
    fdt_report(tree, node, "reg", "nothing answers there");
    return ZX_ERR_NOT_FOUND;
}

zx_status_t device_map(struct fdt_tree *tree, struct fdt_node node, const struct fdt_range *regs,
                       size_t bytes, size_t probe, uintptr_t *out_base)
{
    zx_status_t status = device_check_range(tree, node, regs);
    if (status != ZX_OK)
        return status;
    uintptr_t base = (uintptr_t)hal_kernel_map(regs->base, bytes,
                                               HAL_PROT_READ | HAL_PROT_WRITE | HAL_MEM_DEVICE);
    if (base == 0) {
        fdt_report(tree, node, "reg", "cannot be mapped");
        return ZX_ERR_NO_MEMORY;
    }
    status = device_check_register(tree, node, base + probe, 4);
    if (status == ZX_OK)
        *out_base = base;
    return status;
}
