// SPDX-License-Identifier: MIT
// Power and starting CPUs. Drivers declare themselves with FDT_DRIVER: FDT_DRIVER_POWER for what
// can turn the machine off, FDT_DRIVER_CPU_ENABLE for enable-methods of cpu nodes.
#pragma once

#include <fdt/boot.h>
#include <hal/types.h>

// Who turns the machine off; asked in this order.
enum power_by { POWER_BY_FIRMWARE, POWER_BY_DEVICE };

// How to turn the machine off. Either may be NULL. Both return: at once if it cannot be done, else
// the machine ends within a second.
struct power_ops {
    const char *name;
    enum power_by by;
    void (*off)(void);
    void (*reboot)(void);
};
void power_attach(const struct power_ops *ops);
// The same for a device: maps the first `bytes` of the node's registers as *out_base, which is 0 as
// long as there is no such device, and reads the last word of them. ZX_ERR_ALREADY_BOUND: there is;
// ZX_ERR_IO_DATA_INTEGRITY: reg is too small, not aligned, or in memory; ZX_ERR_NOT_FOUND: no reg,
// or nothing answers; ZX_ERR_NO_MEMORY.
zx_status_t power_attach_regs(struct fdt_tree *tree, struct fdt_node node, size_t bytes,
                              uintptr_t *out_base, const struct power_ops *ops);

// Finds the power drivers of the tree (all that match).
void power_init(struct fdt_tree *tree);

// Starts a CPU at a physical address by PSCI. After power_init(). ZX_ERR_NOT_SUPPORTED: no firmware
// does that; ZX_ERR_IO: it refused (reported with its code).
zx_status_t psci_cpu_on(uint64_t mpidr, paddr_t entry);
// Whether firmware can stop a CPU and say that it has.
bool psci_can_stop(void);
// Stops the calling CPU, interrupts off. Returns only if firmware refuses.
void psci_cpu_off(void);
// Whether that CPU is off.
bool psci_cpu_is_off(uint64_t mpidr);
// Starts a CPU that waits in a spin table: writes the entry to `release` and wakes it. Asking again
// is harmless. ZX_ERR_IO if the address cannot be reached.
zx_status_t spin_table_cpu_on(paddr_t release, paddr_t entry);
