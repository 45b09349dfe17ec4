// SPDX-License-Identifier: MIT
// What GICv2 and GICv3 have in common: the distributor's registers (GIC architecture, IHI 0069).
#pragma once

#include <arm64/mmio.h>
#include <fdt/boot.h>
#include <hal/types.h>

#define GICD_CTLR       0x0000
#define GICD_TYPER      0x0004
#define GICD_IGROUPR    0x0080 // one bit an INTID, in words
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ISPENDR    0x0200
#define GICD_ICPENDR    0x0280
#define GICD_IPRIORITYR 0x0400 // one byte an INTID
#define GICD_ITARGETSR  0x0800 // one byte an INTID (GICv2)
#define GICD_ICFGR      0x0c00 // two bits an INTID: bit 1 = edge
#define GICD_SGIR       0x0f00 // GICv2
#define GICD_IROUTER    0x6000 // eight bytes an INTID (GICv3)

#define GICD_TYPER_LINES(typer) (32 * (((typer)&0x1f) + 1))

// Every interrupt has this priority; the CPU interfaces let all above 0xf0 through.
#define GIC_PRIORITY      0xa0u
#define GIC_PRIORITY_WORD (GIC_PRIORITY * 0x01010101u)
#define GIC_PRIORITY_MASK 0xf0u

// Polls of a register that must change before the driver goes on without.
#define GIC_POLLS 1000000u

// Makes all registers of the controller the kernel's, those of its ITS included (kernel_claim_range).
void gic_claim(struct fdt_tree *tree, struct fdt_node node);

// Writes the bit of an INTID in a register of one bit an INTID.
static inline void gic_write_bit(uintptr_t base, unsigned reg, unsigned intid)
{
    mmio_write32(base + reg + intid / 32 * 4, 1u << (intid % 32));
}

// Reads the bit of an INTID in a register of one bit an INTID.
static inline bool gic_read_bit(uintptr_t base, unsigned reg, unsigned intid)
{
    return mmio_read32(base + reg + intid / 32 * 4) >> (intid % 32) & 1;
}

// Every shared line is edge-triggered until somebody says otherwise (spec 30 section 2.2).
static inline void gic_all_edge(uintptr_t base, unsigned lines)
{
    for (unsigned i = 32; i < lines; i += 16)
        mmio_write32(base + GICD_ICFGR + i / 16 * 4, 0xaaaaaaaa);
}

// Sets or clears "edge" for an INTID. Not atomic: the caller serialises (the line is being bound).
static inline void gic_write_edge(uintptr_t base, unsigned reg, unsigned intid, bool edge)
{
    uintptr_t address = base + reg + intid / 16 * 4;
    uint32_t bit = 2u << (intid % 16 * 2);
    uint32_t value = mmio_read32(address);
    mmio_write32(address, edge ? value | bit : value & ~bit);
}
