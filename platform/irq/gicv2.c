// SPDX-License-Identifier: MIT
// GICv2 and GIC-400.
//
// Every interrupt is of the group whose bits are the lowest of the CTLR registers as we see them (IHI
// 0048, "GIC support for the Security Extensions"): group 1 from the non-secure side, where IGROUPR
// ignores writes and firmware has set it; group 0 where there is no such side, whatever firmware has
// left in IGROUPR.
//
// Interface: the driver table, struct irqchip_ops. Locks: none; enable registers are write-one.
// Targets of software-generated interrupts go by the controller's own numbering of CPU interfaces,
// which each CPU reads from its banked GICD_ITARGETSR0.
#include <arm64/device.h>
#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <fdt/driver.h>
#include <hal/upcall.h>
#include <irq/irq.h>

#include "gic.h"

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_BPR  0x08
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10

#define GICC_BYTES 0x1000u
#define GICD_BYTES 0x1000u

static uintptr_t gicd, gicc;         // [I] after init
static unsigned lines;               // [I] INTIDs
static uint8_t cpu_target[MAX_CPUS]; // [I] after the CPU's own init: its bit in ITARGETSR

static zx_status_t gicv2_cpu_init(unsigned cpu)
{
    uint32_t target = 0;

    for (unsigned i = 0; i < IRQ_PRIVATE_COUNT; i += 4)
        target |= mmio_read32(gicd + GICD_ITARGETSR + i);
    target |= target >> 16;
    target = (target | target >> 8) & 0xff;
    cpu_target[cpu] = target != 0 ? (uint8_t)target : 1; // reads as zero with one CPU interface

    mmio_write32(gicd + GICD_ICENABLER, ~0u);
    mmio_write32(gicd + GICD_IGROUPR, 0);
    for (unsigned i = 0; i < IRQ_PRIVATE_COUNT; i += 4)
        mmio_write32(gicd + GICD_IPRIORITYR + i, GIC_PRIORITY_WORD);
    if (cpu == 0) {
        for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i += 4)
            mmio_write32(gicd + GICD_ITARGETSR + i, cpu_target[0] * 0x01010101u);
        mmio_write32(gicd + GICD_CTLR, 1);
    }
    mmio_write32(gicc + GICC_PMR, GIC_PRIORITY_MASK);
    mmio_write32(gicc + GICC_BPR, 0);
    mmio_write32(gicc + GICC_CTLR, 1);
    return ZX_OK;
}

static void gicv2_cpu_stop(void)
{
    mmio_write32(gicc + GICC_CTLR, 0);
    mmio_write32(gicd + GICD_ICENABLER, ~0u);
    mmio_write32(gicd + GICD_ICPENDR, ~0u); // private lines; SGIs are taken when they are enabled again
    dsb(sy);
}

// The CPU that sent a software-generated interrupt, which the end wants back, is next to the INTID in the register
// (IHI 0048, "Interrupt Acknowledge Register"); in a token it is out of the INTID's way.
#define IAR_INTID          0x3ffu
#define IAR_SOURCE         (7u << 10)
#define TOKEN_SOURCE_SHIFT 19u

static uint32_t gicv2_acknowledge(void)
{
    uint32_t iar = mmio_read32(gicc + GICC_IAR);
    return (iar & IAR_SOURCE) << TOKEN_SOURCE_SHIFT | (iar & IAR_INTID);
}

static void gicv2_end(uint32_t token)
{
    // What the handler wrote to its device comes before the end of the interrupt.
    dsb(sy);
    mmio_write32(gicc + GICC_EOIR, (token >> TOKEN_SOURCE_SHIFT & IAR_SOURCE) | (token & IAR_INTID));
}

static void gicv2_mask(unsigned intid)
{
    gic_write_bit(gicd, GICD_ICENABLER, intid);
    (void)mmio_read32(gicd + GICD_ICENABLER); // the write has arrived
    dsb(sy);
}

static void gicv2_unmask(unsigned intid)
{
    gic_write_bit(gicd, GICD_ISENABLER, intid);
}

static bool gicv2_pending(unsigned intid)
{
    return gic_read_bit(gicd, GICD_ISPENDR, intid);
}

static zx_status_t gicv2_can_set_edge(unsigned intid)
{
    return intid < IRQ_PRIVATE_COUNT ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

static void gicv2_set_edge(unsigned intid, bool edge)
{
    gic_write_edge(gicd, GICD_ICFGR, intid, edge);
}

static void gicv2_send(unsigned cpu, unsigned sgi)
{
    // The receiver sees what was stored before.
    dsb(ishst);
    mmio_write32(gicd + GICD_SGIR, (uint32_t)cpu_target[cpu] << 16 | sgi);
}

static const struct irqchip_ops gicv2_ops = {
    .name = "gicv2",
    .cpu_init = gicv2_cpu_init,
    .cpu_stop = gicv2_cpu_stop,
    .acknowledge = gicv2_acknowledge,
    .end = gicv2_end,
    .mask = gicv2_mask,
    .unmask = gicv2_unmask,
    .pending = gicv2_pending,
    .can_set_edge = gicv2_can_set_edge,
    .set_edge = gicv2_set_edge,
    .send = gicv2_send,
};

static zx_status_t gicv2_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_gicv2 info;
    zx_status_t status = fdt_read_gicv2(tree, node, &info);
    if (status != ZX_OK)
        return status;
    if (info.distributor.base == info.cpu_interface.base) {
        fdt_report(tree, node, "reg", "two regions of the interrupt controller are the same");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    status = device_map(tree, node, &info.distributor, GICD_BYTES, GICD_TYPER, &gicd);
    if (status == ZX_OK)
        status = device_map(tree, node, &info.cpu_interface, GICC_BYTES, GICC_PMR, &gicc);
    if (status != ZX_OK)
        return status;

    mmio_write32(gicd + GICD_CTLR, 0);
    lines = MIN(GICD_TYPER_LINES(mmio_read32(gicd + GICD_TYPER)), IRQ_SPURIOUS);
    for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i += 32) {
        mmio_write32(gicd + GICD_ICENABLER + i / 8, ~0u);
        mmio_write32(gicd + GICD_IGROUPR + i / 8, 0);
    }
    for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i += 4)
        mmio_write32(gicd + GICD_IPRIORITYR + i, GIC_PRIORITY_WORD);
    gic_all_edge(gicd, lines);
    gic_claim(tree, node);
    kernel_claim_range(info.distributor.base, GICD_BYTES); // the tree may say less
    kernel_claim_range(info.cpu_interface.base, GICC_BYTES);
    irqchip_attach(&gicv2_ops, lines);
    return ZX_OK;
}

static const char *const gicv2_compatible[] = {"arm,gic-400", "arm,cortex-a15-gic",
                                               "arm,cortex-a9-gic", "arm,cortex-a7-gic", NULL};
FDT_DRIVER(gicv2, FDT_DRIVER_IRQCHIP, gicv2_compatible, gicv2_init);
