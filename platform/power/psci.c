// SPDX-License-Identifier: MIT
// PSCI 0.1 to 1.x (Arm DEN 0022), by the conduit and function numbers that the device tree names.
//
// Interface: the driver table, <power/power.h>. Locks: none.
#include <fdt/driver.h>
#include <hal/upcall.h>
#include <power/power.h>

#include <zircon/syscalls/log.h>

// psci_call.S
int64_t psci_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t psci_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

#define PSCI_ALREADY_ON (-4)

static struct fdt_psci psci; // [I] after init
static bool present;         // [I]

static int64_t call(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
    return psci.conduit == FDT_PSCI_HVC ? psci_hvc(function, a, b, c) : psci_smc(function, a, b, c);
}

static void psci_off(void)
{
    if (psci.system_off != 0)
        call(psci.system_off, 0, 0, 0);
}

static void psci_reboot(void)
{
    if (psci.system_reset != 0)
        call(psci.system_reset, 0, 0, 0);
}

static const struct power_ops psci_ops = {
    .name = "psci",
    .by = POWER_BY_FIRMWARE,
    .off = psci_off,
    .reboot = psci_reboot,
};

static zx_status_t psci_init(struct fdt_tree *tree, struct fdt_node node)
{
    if (present)
        return ZX_ERR_ALREADY_BOUND;
    zx_status_t status = fdt_read_psci(tree, node, &psci);
    if (status != ZX_OK)
        return status;
    present = true;
    power_attach(&psci_ops);
    return ZX_OK;
}

bool psci_present(void)
{
    return present;
}

zx_status_t psci_cpu_on(uint64_t mpidr, paddr_t entry)
{
    if (psci.cpu_on == 0)
        return ZX_ERR_NOT_SUPPORTED;
    // A result is 32 bits wide; ALREADY_ON may be a CPU that was slow to answer the first time.
    int32_t result = (int32_t)call(psci.cpu_on, mpidr, entry, 0);
    if (result == 0 || result == PSCI_ALREADY_ON)
        return ZX_OK;
    kernel_log(ZX_LOG_WARN, "psci: CPU_ON of %#lx failed: %d\n", (unsigned long)mpidr, result);
    return ZX_ERR_IO;
}

static const char *const psci_compatible[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci", NULL};
FDT_DRIVER(psci, FDT_DRIVER_POWER, psci_compatible, psci_init);
