// SPDX-License-Identifier: MIT
// GICv3 and GICv4 (without LPIs): distributor, one redistributor a CPU, CPU interface by system
// registers. All interrupts are non-secure group 1; SPIs go to the boot CPU.
//
// Interface: the driver table, struct irqchip_ops. Locks: none; enable registers are write-one.
#include <arm64/cpus.h>
#include <arm64/device.h>
#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <fdt/driver.h>
#include <hal/cpu.h>
#include <hal/upcall.h>
#include <irq/irq.h>

#include "gic.h"

#define GICD_BYTES       0x10000u
#define GICD_CTLR_ENABLE (1u << 4 | 1u << 1) // affinity routing, group 1
#define GICD_CTLR_RWP    (1u << 31)          // a write is still on its way

#define GICR_CTLR                  0x0000
#define GICR_TYPER                 0x0008
#define GICR_WAKER                 0x0014
#define GICR_CTLR_RWP              (1u << 3)
#define GICR_TYPER_VLPIS           (1u << 1) // two more frames
#define GICR_TYPER_LAST            (1u << 4)
#define GICR_TYPER_AFFINITY(typer) ((typer) >> 32)
#define GICR_WAKER_SLEEP           (1u << 1)
#define GICR_WAKER_ASLEEP          (1u << 2)
// RD frame, then SGI frame: its registers have the distributor's offsets.
#define GICR_FRAME 0x10000u

// Peripheral ID2 of the distributor and of each RD frame (IHI 0069, "Identification registers"):
// the version of the architecture, 3 or 4.
#define GIC_PIDR2          0xffe8u
#define GIC_VERSION(pidr2) ((pidr2) >> 4 & 0xf)

// CPU interface, by encoding: older assemblers know the names only with an extension on.
#define ICC_IAR1               S3_0_C12_C12_0
#define ICC_EOIR1              S3_0_C12_C12_1
#define ICC_BPR1               S3_0_C12_C12_3
#define ICC_CTLR               S3_0_C12_C12_4
#define ICC_SRE                S3_0_C12_C12_5
#define ICC_IGRPEN1            S3_0_C12_C12_7
#define ICC_PMR                S3_0_C4_C6_0
#define ICC_SGI1R              S3_0_C12_C11_5
#define ICC_READ(reg)          ICC_READ_(reg)
#define ICC_READ_(reg)         sysreg_read(reg)
#define ICC_WRITE(reg, value)  ICC_WRITE_(reg, value)
#define ICC_WRITE_(reg, value) sysreg_write(reg, value)

static uintptr_t gicd;                    // [I] after init
static unsigned lines;                    // [I] INTIDs
static uintptr_t redistributor[MAX_CPUS]; // [I] RD frame of each CPU, 0: none found
static uintptr_t private_frame[MAX_CPUS]; // [I] its SGI frame

// Waits until a write to an enable or control register has taken effect.
static void wait_rwp(uintptr_t ctlr, uint32_t bit)
{
    for (unsigned i = 0; i < GIC_POLLS && (mmio_read32(ctlr) & bit); i++)
        hal_cpu_relax();
}

// Affinity in the layout of GICR_TYPER (Aff3 in bits 31:24).
static uint32_t affinity_word(uint64_t mpidr)
{
    return (uint32_t)((mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24);
}

static zx_status_t gicv3_cpu_init(unsigned cpu)
{
    uintptr_t rd = redistributor[cpu];
    uintptr_t sgi = private_frame[cpu];

    if (rd == 0)
        return ZX_ERR_NOT_FOUND;
    mmio_write32(rd + GICR_WAKER, mmio_read32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP);
    wait_rwp(rd + GICR_WAKER, GICR_WAKER_ASLEEP);
    mmio_write32(sgi + GICD_ICENABLER, ~0u);
    wait_rwp(rd + GICR_CTLR, GICR_CTLR_RWP);
    mmio_write32(sgi + GICD_IGROUPR, ~0u);
    for (unsigned i = 0; i < IRQ_PRIVATE_COUNT; i += 4)
        mmio_write32(sgi + GICD_IPRIORITYR + i, GIC_PRIORITY_WORD);

    ICC_WRITE(ICC_SRE, ICC_READ(ICC_SRE) | 1);
    isb(); // the other registers exist only now
    if (!(ICC_READ(ICC_SRE) & 1))
        return ZX_ERR_NOT_SUPPORTED;
    ICC_WRITE(ICC_PMR, GIC_PRIORITY_MASK);
    ICC_WRITE(ICC_BPR1, 0);
    ICC_WRITE(ICC_CTLR, 0);
    ICC_WRITE(ICC_IGRPEN1, 1);
    isb();
    return ZX_OK;
}

static void gicv3_cpu_stop(void)
{
    unsigned cpu = hal_cpu_num();

    ICC_WRITE(ICC_IGRPEN1, 0);
    isb();
    mmio_write32(private_frame[cpu] + GICD_ICENABLER, ~0u);
    wait_rwp(redistributor[cpu] + GICR_CTLR, GICR_CTLR_RWP);
    mmio_write32(private_frame[cpu] + GICD_ICPENDR, ~0u);
    dsb(sy);
}

static uint32_t gicv3_acknowledge(void)
{
    uint32_t token = (uint32_t)ICC_READ(ICC_IAR1);
    // The acknowledge has taken effect before the handler touches the device.
    dsb(sy);
    return token;
}

static void gicv3_end(uint32_t token)
{
    // What the handler wrote to its device comes before the end of the interrupt; and the end takes
    // effect before interrupts are enabled again.
    dsb(sy);
    ICC_WRITE(ICC_EOIR1, token);
    isb();
}

static uintptr_t enable_base(unsigned intid)
{
    return intid < IRQ_PRIVATE_COUNT ? private_frame[hal_cpu_num()] : gicd;
}

static void gicv3_mask(unsigned intid)
{
    if (unlikely(intid < IRQ_PRIVATE_COUNT)) {
        gic_write_bit(private_frame[hal_cpu_num()], GICD_ICENABLER, intid);
        wait_rwp(redistributor[hal_cpu_num()] + GICR_CTLR, GICR_CTLR_RWP);
    } else {
        gic_write_bit(gicd, GICD_ICENABLER, intid);
        wait_rwp(gicd + GICD_CTLR, GICD_CTLR_RWP);
    }
}

static void gicv3_unmask(unsigned intid)
{
    gic_write_bit(enable_base(intid), GICD_ISENABLER, intid);
}

static bool gicv3_pending(unsigned intid)
{
    return gic_read_bit(gicd, GICD_ISPENDR, intid);
}

static zx_status_t gicv3_can_set_edge(unsigned intid)
{
    return intid < IRQ_SGI_COUNT ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

static void gicv3_set_edge(unsigned intid, bool edge)
{
    gic_write_edge(enable_base(intid), GICD_ICFGR, intid, edge);
}

static void gicv3_send(unsigned cpu, unsigned sgi)
{
    uint64_t mpidr = arm64_cpu_affinity(cpu);
    uint64_t aff0 = mpidr & 0xff;
    uint64_t value = 1ul << (aff0 & 15) | (mpidr >> 8 & 0xff) << 16 | (uint64_t)sgi << 24 |
                     (mpidr >> 16 & 0xff) << 32 | aff0 >> 4 << 44 | (mpidr >> 32 & 0xff) << 48;
    // The receiver sees what was stored before: a system register write is not ordered by itself.
    dsb(ishst);
    ICC_WRITE(ICC_SGI1R, value);
    isb(); // sent now, not at some later time
}

static const struct irqchip_ops gicv3_ops = {
    .name = "gicv3",
    .cpu_init = gicv3_cpu_init,
    .cpu_stop = gicv3_cpu_stop,
    .acknowledge = gicv3_acknowledge,
    .end = gicv3_end,
    .mask = gicv3_mask,
    .unmask = gicv3_unmask,
    .pending = gicv3_pending,
    .can_set_edge = gicv3_can_set_edge,
    .set_edge = gicv3_set_edge,
    .send = gicv3_send,
};

// What the walk over a region of redistributors needs to know of the node.
struct region {
    struct fdt_tree *tree;
    struct fdt_node node;
    const struct fdt_range *range;
};

// Maps the page of registers at an offset in the region, whose word at `probe` must answer; the
// frames' other pages hold nothing for us.
static zx_status_t map_page(const struct region *r, uint64_t at, size_t probe, uintptr_t *out)
{
    const struct fdt_range page = {.base = r->range->base + at, .bytes = PAGE_SIZE};
    return device_map(r->tree, r->node, &page, PAGE_SIZE, probe, out);
}

static zx_status_t check_version(struct fdt_tree *tree, struct fdt_node node, uint32_t pidr2)
{
    if (GIC_VERSION(pidr2) == 3 || GIC_VERSION(pidr2) == 4)
        return ZX_OK;
    fdt_report(tree, node, "reg", "what answers is no GICv3");
    return ZX_ERR_IO_DATA_INTEGRITY;
}

// Notes the redistributor at an offset in the region as the CPU's.
static zx_status_t take_redistributor(const struct region *r, uint64_t at, unsigned cpu,
                                      uintptr_t rd)
{
    const size_t in_page = GIC_PIDR2 % PAGE_SIZE;
    uintptr_t id;
    zx_status_t status = map_page(r, at + GIC_PIDR2 - in_page, in_page, &id);
    if (status == ZX_OK)
        status = check_version(r->tree, r->node, mmio_read32(id + in_page));
    if (status == ZX_OK)
        status = map_page(r, at + GICR_FRAME, GICD_ISENABLER, &private_frame[cpu]);
    if (status == ZX_OK)
        redistributor[cpu] = rd;
    return status;
}

// Walks the redistributors of a region and takes those of our CPUs. What it finds before something
// is wrong (reported) serves its CPUs.
static void walk_region(const struct region *r, uint64_t fixed_stride)
{
    uint64_t stride;

    for (uint64_t at = 0; 2 * GICR_FRAME <= r->range->bytes - at; at += stride) {
        uintptr_t rd;
        if (map_page(r, at, GICR_TYPER, &rd) != ZX_OK)
            return;
        uint64_t typer = mmio_read64(rd + GICR_TYPER);
        for (unsigned cpu = 0; cpu < hal_cpu_count(); cpu++) {
            if (affinity_word(arm64_cpu_affinity(cpu)) == GICR_TYPER_AFFINITY(typer) &&
                take_redistributor(r, at, cpu, rd) != ZX_OK)
                return;
        }
        if (typer & GICR_TYPER_LAST)
            return;
        stride =
            fixed_stride != 0 ? fixed_stride : GICR_FRAME * (typer & GICR_TYPER_VLPIS ? 4u : 2u);
        if (stride > r->range->bytes - at)
            return;
    }
}

static void distributor_init(void)
{
    mmio_write32(gicd + GICD_CTLR, 0);
    wait_rwp(gicd + GICD_CTLR, GICD_CTLR_RWP);
    lines = MIN(GICD_TYPER_LINES(mmio_read32(gicd + GICD_TYPER)), IRQ_SPURIOUS);
    for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i += 32) {
        mmio_write32(gicd + GICD_ICENABLER + i / 8, ~0u);
        mmio_write32(gicd + GICD_IGROUPR + i / 8, ~0u);
    }
    for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i += 4)
        mmio_write32(gicd + GICD_IPRIORITYR + i, GIC_PRIORITY_WORD);
    gic_all_edge(gicd, lines);
    wait_rwp(gicd + GICD_CTLR, GICD_CTLR_RWP);
    // Affinity routing has to be on before the routes are written.
    mmio_write32(gicd + GICD_CTLR, GICD_CTLR_ENABLE);
    wait_rwp(gicd + GICD_CTLR, GICD_CTLR_RWP);
    for (unsigned i = IRQ_PRIVATE_COUNT; i < lines; i++)
        mmio_write64(gicd + GICD_IROUTER + 8 * i, arm64_cpu_affinity(0));
}

static zx_status_t gicv3_init(struct fdt_tree *tree, struct fdt_node node)
{
    static struct fdt_gicv3 info;
    zx_status_t status = fdt_read_gicv3(tree, node, &info);
    if (status != ZX_OK)
        return status;
    status = device_map(tree, node, &info.distributor, GICD_BYTES, GIC_PIDR2, &gicd);
    if (status == ZX_OK)
        status = check_version(tree, node, mmio_read32(gicd + GIC_PIDR2));
    if (status != ZX_OK)
        return status;
    for (uint32_t i = 0; i < info.redistributor_count; i++) {
        const struct region r = {.tree = tree, .node = node, .range = &info.redistributors[i]};
        walk_region(&r, info.redistributor_stride);
    }
    if (redistributor[0] == 0) {
        fdt_report(tree, node, NULL, "no redistributor belongs to the boot CPU");
        return ZX_ERR_NOT_FOUND;
    }
    distributor_init();
    gic_claim(tree, node);
    kernel_claim_range(info.distributor.base, GICD_BYTES); // the tree may say less
    irqchip_attach(&gicv3_ops, lines);
    return ZX_OK;
}

static const char *const gicv3_compatible[] = {"arm,gic-v3", NULL};
FDT_DRIVER(gicv3, FDT_DRIVER_IRQCHIP, gicv3_compatible, gicv3_init);
