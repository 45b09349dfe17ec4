// SPDX-License-Identifier: MIT
// The registers of a device, checked before they are used: a device tree may name any address. What
// is refused is reported with the node's path; statuses: ZX_ERR_IO_DATA_INTEGRITY for what cannot
// be registers, ZX_ERR_NOT_FOUND where nothing answers, ZX_ERR_NO_MEMORY where they cannot be
// mapped.
// Interface: platform/arm64/device.c. Locks: none; while booting.
#pragma once

#include <fdt/fdt.h>
#include <hal/types.h>

// Whether a range may be a device's registers: not where the tree says that memory is.
zx_status_t device_check_range(struct fdt_tree *tree, struct fdt_node node,
                               const struct fdt_range *regs) MUST_CHECK;
// Whether a register answers, by reading it: `width` bytes (1 or 4) at a mapped address.
zx_status_t device_check_register(struct fdt_tree *tree, struct fdt_node node, uintptr_t address,
                                  unsigned width) MUST_CHECK;
// Checks the range, maps its first `bytes` (as many as the driver needs, which may be more than the
// tree says) for the driver, and checks that the word at `probe` answers. Not before the final
// tables.
zx_status_t device_map(struct fdt_tree *tree, struct fdt_node node, const struct fdt_range *regs,
                       size_t bytes, size_t probe, uintptr_t *out_base) MUST_CHECK;
