// SPDX-License-Identifier: MIT
// Threads as the platform knows them: first context, user frame, FP state.
//
// Interface: <hal/thread.h>. Locks: none; a thread's context belongs to the thread itself, or to
// its creator before it starts, or to whoever keeps it stopped at the user boundary.
// Invariants:
//   T1  CPACR_EL1.FPEN of a CPU is set exactly while its current thread's fp_live is 1,
//       or while a long user copy lends itself the SIMD registers with preemption off (usercopy.S);
//   T2  fp_live is 0 for a thread that is switched out: its FP state, if any, is in plat.fp.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/thread.h>
#include <hal/upcall.h>
#include <lib/string.h>

#include "arm64_priv.h"

// Switches-in for which a thread that used FP gets it back without a trap.
#define FP_EAGER_SWITCHES 8u

void hal_thread_init(struct hal_thread *t, void (*entry)(void *arg), void *arg)
{
    struct plat_frame *frame = PLAT_USER_FRAME(t->kstack_base, t->kstack_size);
    struct plat_context *context = &t->plat.context;

    t->preempt_count = 1;
    memset(&t->plat, 0, sizeof(t->plat));
    context->x19_x30[0] = (uintptr_t)entry;
    context->x19_x30[1] = (uintptr_t)arg;
    context->x19_x30[11] = (uintptr_t)arm64_thread_start;
    context->sp = (uintptr_t)frame;
}

void hal_thread_destroy(struct hal_thread *t)
{
    if (t->plat.fp != NULL)
        kernel_fp_free(t->plat.fp, sizeof(struct plat_fp));
    t->plat.fp = NULL;
    arm64_debug_free(t);
}

void hal_thread_enter_user(vaddr_t pc, vaddr_t sp, uint64_t x0, uint64_t x1)
{
    struct hal_thread *t = hal_current();
    struct plat_frame *frame = PLAT_USER_FRAME(t->kstack_base, t->kstack_size);

    if (t->preempt_count != 0) {
        t->preempt_count = 1;
        preempt_enable();
    }
    // The frame lies above everything that this stack has in use.
    memset(frame, 0, sizeof(*frame));
    frame->x[0] = x0;
    frame->x[1] = x1;
    frame->pc = pc;
    frame->sp = sp;
    frame->pstate = PSTATE_EL0T;
    hal_irq_disable();
    t->flags |= PLAT_THREAD_FRAME_VALID;
    arm64_enter_user(frame);
}

zx_status_t hal_thread_get_regs(const struct hal_thread *t,
                                zx_thread_state_general_regs_t *out)
{
    const struct plat_frame *frame = PLAT_USER_FRAME(t->kstack_base, t->kstack_size);

    if (!(t->flags & PLAT_THREAD_FRAME_VALID))
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < 18; i++)
        out->r[i] = frame->x[i];
    for (unsigned i = 18; i < 29; i++)
        out->r[i] = frame->xs[i - 18];
    out->r[29] = frame->fp;
    out->lr = frame->lr;
    out->sp = frame->sp;
    out->pc = frame->pc;
    out->cpsr = frame->pstate & PSTATE_NZCV;
    return ZX_OK;
}

zx_status_t hal_thread_set_regs(struct hal_thread *t, const zx_thread_state_general_regs_t *in)
{
    struct plat_frame *frame = PLAT_USER_FRAME(t->kstack_base, t->kstack_size);

    if (!(t->flags & PLAT_THREAD_FRAME_VALID))
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < 18; i++)
        frame->x[i] = in->r[i];
    for (unsigned i = 18; i < 29; i++)
        frame->xs[i - 18] = in->r[i];
    frame->fp = in->r[29];
    frame->lr = in->lr;
    frame->sp = in->sp;
    frame->pc = in->pc;
    frame->pstate = (frame->pstate & ~PSTATE_NZCV) | (in->cpsr & PSTATE_NZCV);
    return ZX_OK;
}

// ---- FP and SIMD --------------------------------------------------------------------------------

static void fp_access(bool allow)
{
    sysreg_write(cpacr_el1, allow ? CPACR_FPEN : 0);
    isb(); // before the next FP instruction at EL1; for EL0 the exception return would do
}

static void fp_switch(struct hal_thread *prev, struct hal_thread *next)
{
    bool enabled = prev->plat.fp_live;

    if (enabled) {
        arm64_fp_save(prev->plat.fp);
        prev->plat.fp_live = 0;
    }
    if (next->plat.fp_eager != 0) {
        next->plat.fp_eager--;
        if (!enabled)
            fp_access(true);
        arm64_fp_load(next->plat.fp);
        next->plat.fp_live = 1;
    } else if (enabled) {
        fp_access(false);
    }
}

// Part of hal_thread_switch when either thread has to do with FP or debugging. Interrupts are off.
void arm64_slow_switch(struct hal_thread *prev, struct hal_thread *next)
{
    fp_switch(prev, next);
    arm64_debug_switch(prev, next);
}

// Without fp_eager no switch brings the state back into registers: only the thread's own next trap.
void hal_thread_stop(void)
{
    struct hal_thread *t = hal_current();
    unsigned long state = hal_irq_save();
    t->plat.fp_eager = 0;
    if (t->plat.fp_live) {
        arm64_fp_save(t->plat.fp);
        t->plat.fp_live = 0;
        fp_access(false);
    }
    hal_irq_restore(state);
}

void hal_thread_go(void)
{
    unsigned long state = hal_irq_save();
    arm64_debug_apply(hal_current());
    hal_irq_restore(state);
}

void hal_thread_get_vector(const struct hal_thread *t, zx_thread_state_vector_regs_t *out)
{
    const struct plat_fp *fp = t->plat.fp;
    memset(out, 0, sizeof(*out));
    if (fp == NULL)
        return;
    out->fpcr = fp->fpcr;
    out->fpsr = fp->fpsr;
    memcpy(out->v, fp->v, sizeof(out->v));
}

zx_status_t hal_thread_set_vector(struct hal_thread *t, const zx_thread_state_vector_regs_t *in)
{
    if (t->plat.fp == NULL)
        t->plat.fp = kernel_fp_alloc(sizeof(struct plat_fp));
    if (t->plat.fp == NULL)
        return ZX_ERR_NO_MEMORY;
    t->plat.fp->fpcr = in->fpcr;
    t->plat.fp->fpsr = in->fpsr;
    memcpy(t->plat.fp->v, in->v, sizeof(in->v));
    return ZX_OK;
}

// The current thread's first FP instruction in a while. Interrupts on; they are masked while state
// and registers disagree. ZX_ERR_NO_MEMORY.
zx_status_t arm64_fp_trap(void)
{
    struct hal_thread *t = hal_current();

    if (t->plat.fp == NULL) {
        t->plat.fp = kernel_fp_alloc(sizeof(struct plat_fp));
        if (t->plat.fp == NULL)
            return ZX_ERR_NO_MEMORY;
    }
    unsigned long state = hal_irq_save();
    if (!t->plat.fp_live) {
        fp_access(true);
        arm64_fp_load(t->plat.fp);
        t->plat.fp_live = 1;
    }
    t->plat.fp_eager = FP_EAGER_SWITCHES;
    hal_irq_restore(state);
    return ZX_OK;
}
