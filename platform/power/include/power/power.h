// SPDX-License-Identifier: MIT
// Power and starting CPUs. Drivers declare themselves with FDT_DRIVER: FDT_DRIVER_POWER for what
// can turn the machine off, FDT_DRIVER_CPU_ENABLE for enable-methods of cpu nodes.
#pragma once

#include <fdt/boot.h>
#include <hal/types.h>

// How to turn the machine off. Either may be NULL; both return only on failure.
struct power_ops {
    const char *name;
    void (*off)(void);
    void (*reboot)(void);
};
void power_attach(const struct power_ops *ops);

// Finds the power drivers of the tree (all that match; an earlier one is asked first).
void power_init(struct fdt_tree *tree);

// PSCI. psci_present() after power_init().
bool psci_present(void);
// Starts a CPU at a physical address. ZX_ERR_IO: firmware refused (reported with its code).
zx_status_t psci_cpu_on(uint64_t mpidr, paddr_t entry);
// Starts a CPU that waits in a spin table: writes the entry to `release` and wakes it. Asking again
// is harmless. ZX_ERR_IO if the address cannot be reached.
zx_status_t spin_table_cpu_on(paddr_t release, paddr_t entry);
