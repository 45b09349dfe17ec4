// SPDX-License-Identifier: MIT
// Hardware breakpoints and single-step of user threads (ARM ARM D2: self-hosted debug).
//
// Interface: parts of <hal/thread.h>; arm64_debug_switch for the context switch. Locks: as thread.c.
// Invariants:
//   D1  MDSCR_EL1 of a CPU is ARM64_MDSCR_IDLE unless its current thread's debug_live is 1; then it and
//       the breakpoint registers are that thread's. With MDE and SS clear whatever is left in the
//       breakpoint registers does nothing. KDE is never set: the kernel itself is not debugged.
//   D2  A thread that is stepped has PSTATE_SS set in its frame when an instruction is due, and clear
//       when the step exception is. The CPU clears it, as the instruction completes.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/thread.h>
#include <hal/upcall.h>
#include <lib/string.h>

#include "arm64_priv.h"

#define MDSCR_SS  SYSREG_BIT(0)  // software step of EL0
#define MDSCR_MDE SYSREG_BIT(15) // breakpoints are in force

// Match EL0 only (PMC), all four bytes (BAS); the enable bit is the user's.
#define BCR_FIXED  0x1e4u
#define BCR_ENABLE 1u

// Bits of plat_thread.debug_wanted.
#define WANT_BREAKPOINTS 1u
#define WANT_STEP        2u

struct plat_debug {
    uint64_t bvr[AARCH64_MAX_HW_BREAKPOINTS];
    uint32_t bcr[AARCH64_MAX_HW_BREAKPOINTS];
};

static unsigned breakpoint_count(void)
{
    return id_field(sysreg_read(id_aa64dfr0_el1), 12) + 1;
}

#define WRITE_BREAKPOINT(n)                       \
    case n:                                       \
        sysreg_write(dbgbvr##n##_el1, d->bvr[n]); \
        sysreg_write(dbgbcr##n##_el1, d->bcr[n]); \
        break

static void write_breakpoint(const struct plat_debug *d, unsigned n)
{
    switch (n) {
        WRITE_BREAKPOINT(0);
        WRITE_BREAKPOINT(1);
        WRITE_BREAKPOINT(2);
        WRITE_BREAKPOINT(3);
        WRITE_BREAKPOINT(4);
        WRITE_BREAKPOINT(5);
        WRITE_BREAKPOINT(6);
        WRITE_BREAKPOINT(7);
        WRITE_BREAKPOINT(8);
        WRITE_BREAKPOINT(9);
        WRITE_BREAKPOINT(10);
        WRITE_BREAKPOINT(11);
        WRITE_BREAKPOINT(12);
        WRITE_BREAKPOINT(13);
        WRITE_BREAKPOINT(14);
        WRITE_BREAKPOINT(15);
    default:
        break;
    }
}

// The exception return to user mode is the synchronisation that all of this needs.
static void load(struct hal_thread *t)
{
    // Who wrote the breakpoints first may be another CPU, while the thread is stopped but not parked yet.
    unsigned wanted = __atomic_load_n(&t->plat.debug_wanted, __ATOMIC_ACQUIRE);
    if (wanted & WANT_BREAKPOINTS) {
        unsigned count = breakpoint_count();
        for (unsigned n = 0; n < count; n++)
            write_breakpoint(t->plat.debug, n);
    }
    sysreg_write(mdscr_el1, ARM64_MDSCR_IDLE | (wanted & WANT_BREAKPOINTS ? MDSCR_MDE : 0) |
                                (wanted & WANT_STEP ? MDSCR_SS : 0));
    t->plat.debug_live = 1;
}

static void unload(struct hal_thread *t)
{
    sysreg_write(mdscr_el1, ARM64_MDSCR_IDLE);
    t->plat.debug_live = 0;
}

void arm64_debug_switch(struct hal_thread *prev, struct hal_thread *next)
{
    if (prev->plat.debug_live)
        unload(prev);
    if (next->plat.debug_wanted)
        load(next);
}

void arm64_debug_apply(struct hal_thread *t)
{
    arm64_debug_switch(t, t);
}

void arm64_debug_stepped(struct hal_thread *t, struct plat_frame *frame)
{
    if (t->plat.debug_wanted & WANT_STEP)
        frame->pstate |= PSTATE_SS;
}

bool hal_thread_get_step(const struct hal_thread *t)
{
    return (t->plat.debug_wanted & WANT_STEP) != 0;
}

void hal_thread_set_step(struct hal_thread *t, bool step)
{
    struct plat_frame *frame = PLAT_USER_FRAME(t->kstack_base, t->kstack_size);
    if (step) {
        t->plat.debug_wanted |= WANT_STEP;
        frame->pstate |= PSTATE_SS; // D2
    } else {
        t->plat.debug_wanted &= (uint16_t)~WANT_STEP;
        frame->pstate &= ~PSTATE_SS;
    }
}

void hal_thread_get_debug(const struct hal_thread *t, zx_thread_state_debug_regs_t *out)
{
    const struct plat_debug *d = t->plat.debug;
    unsigned count = breakpoint_count();
    memset(out, 0, sizeof(*out));
    for (unsigned n = 0; n < count; n++) {
        out->hw_bps[n].dbgbvr = d != NULL ? d->bvr[n] : 0;
        out->hw_bps[n].dbgbcr = d != NULL ? d->bcr[n] : BCR_FIXED;
    }
    out->hw_bps_count = (uint8_t)count;
}

zx_status_t hal_thread_set_debug(struct hal_thread *t, const zx_thread_state_debug_regs_t *in)
{
    unsigned count = breakpoint_count();
    bool enabled = false;
    for (unsigned n = 0; n < count; n++) {
        uint64_t va = in->hw_bps[n].dbgbvr;
        if (va != 0 && (va < USER_BASE || va >= USER_END))
            return ZX_ERR_INVALID_ARGS;
    }
    if (t->plat.debug == NULL)
        t->plat.debug = kernel_fp_alloc(sizeof(struct plat_debug));
    if (t->plat.debug == NULL)
        return ZX_ERR_NO_MEMORY;
    for (unsigned n = 0; n < count; n++) {
        uint32_t enable = in->hw_bps[n].dbgbcr & BCR_ENABLE;
        t->plat.debug->bvr[n] = in->hw_bps[n].dbgbvr;
        t->plat.debug->bcr[n] = BCR_FIXED | enable;
        enabled |= enable != 0;
    }
    uint16_t wanted = t->plat.debug_wanted & (uint16_t)~WANT_BREAKPOINTS;
    if (enabled)
        wanted |= WANT_BREAKPOINTS;
    __atomic_store_n(&t->plat.debug_wanted, wanted, __ATOMIC_RELEASE); // after what load() reads
    return ZX_OK;
}

void arm64_debug_free(struct hal_thread *t)
{
    if (t->plat.debug != NULL)
        kernel_fp_free(t->plat.debug, sizeof(struct plat_debug));
    t->plat.debug = NULL;
}
