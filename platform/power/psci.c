// SPDX-License-Identifier: MIT
// PSCI 0.1 to 1.x (Arm DEN 0022), by the conduit and function numbers that the device tree names.
//
// Interface: the driver table, <power/power.h>. Locks: none.
#include <fdt/driver.h>
#include <hal/upcall.h>
#include <power/power.h>

#include <zircon/syscalls/log.h>

// psci_call.S. -1 as well where the instruction is undefined: no firmware answers.
int64_t psci_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t psci_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

#define PSCI_VERSION    0x84000000u // since 0.2
#define PSCI_ALREADY_ON (-4)
#define PSCI_AFFINITY_INFO 0xc4000004u // since 0.2
#define PSCI_AFFINITY_OFF  1

static struct fdt_psci psci; // [I] after init; no functions: no PSCI
static bool present;         // [I]

static int64_t call(enum fdt_psci_conduit conduit, uint32_t function, uint64_t a, uint64_t b,
                    uint64_t c)
{
    return conduit == FDT_PSCI_HVC ? psci_hvc(function, a, b, c) : psci_smc(function, a, b, c);
}

static void psci_off(void)
{
    if (psci.system_off != 0)
        call(psci.conduit, psci.system_off, 0, 0, 0);
}

static void psci_reboot(void)
{
    if (psci.system_reset != 0)
        call(psci.conduit, psci.system_reset, 0, 0, 0);
}

static const struct power_ops psci_ops = {
    .name = "psci",
    .by = POWER_BY_FIRMWARE,
    .off = psci_off,
    .reboot = psci_reboot,
};

// Asks firmware for its version, which is what tells whether it is there: the tree may be for
// another machine. Before 0.2 there is no such question, and each call shows.
static bool firmware_answers(const struct fdt_psci *p)
{
    return p->version < 0x00002 || (int32_t)call(p->conduit, PSCI_VERSION, 0, 0, 0) > 0;
}

static zx_status_t psci_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_psci found;

    if (present)
        return ZX_ERR_ALREADY_BOUND;
    zx_status_t status = fdt_read_psci(tree, node, &found);
    if (status != ZX_OK)
        return status;
    if (!firmware_answers(&found)) {
        fdt_report(tree, node, "method", "no firmware answers this way");
        return ZX_ERR_NOT_SUPPORTED;
    }
    psci = found;
    present = true;
    power_attach(&psci_ops);
    return ZX_OK;
}

zx_status_t psci_cpu_on(uint64_t mpidr, paddr_t entry)
{
    if (psci.cpu_on == 0) // no PSCI, or an old one that starts no CPUs
        return ZX_ERR_NOT_SUPPORTED;
    // A result is 32 bits wide; ALREADY_ON may be a CPU that was slow to answer the first time.
    int32_t result = (int32_t)call(psci.conduit, psci.cpu_on, mpidr, entry, 0);
    if (result == 0 || result == PSCI_ALREADY_ON)
        return ZX_OK;
    kernel_log(ZX_LOG_WARN, "psci: CPU_ON of %#lx failed: %d\n", (unsigned long)mpidr, result);
    return ZX_ERR_IO;
}

bool psci_can_stop(void)
{
    return psci.cpu_off != 0 && psci.version >= 0x00002; // before that nobody says that it is off
}

void psci_cpu_off(void)
{
    int32_t result = (int32_t)call(psci.conduit, psci.cpu_off, 0, 0, 0);
    kernel_log(ZX_LOG_WARN, "psci: CPU_OFF failed: %d\n", result);
}

bool psci_cpu_is_off(uint64_t mpidr)
{
    return (int32_t)call(psci.conduit, PSCI_AFFINITY_INFO, mpidr, 0, 0) == PSCI_AFFINITY_OFF;
}

static const char *const psci_compatible[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci", NULL};
FDT_DRIVER(psci, FDT_DRIVER_POWER, psci_compatible, psci_init);
