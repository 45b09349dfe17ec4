// SPDX-License-Identifier: MIT
// The user half of threads: see host/user.h.
#include "machine.h"

#include <hal/upcall.h>
#include <host/user.h>

static void (*user_exit)(void);

void host_user_set_exit(void (*fn)(void))
{
    user_exit = fn;
}

// The way out of the kernel: what the return path of the exception vectors does.
static void leave_kernel(void)
{
    struct hal_thread *t = hal_current();

    for (;;) {
        hal_irq_disable();
        if (atomic_load(&t->pending) == 0)
            break;
        hal_irq_enable();
        kernel_user_boundary();
    }
    t->plat.has_user_frame = false;
    host_vcpu()->irqs_on = true;
}

static void check_at_boundary(void)
{
    struct hal_thread *t = hal_current();

    if (t->preempt_count != 0)
        host_fail(HOST_BROKEN, "way to user mode with preempt_count %u", t->preempt_count);
    if (!hal_irqs_enabled())
        host_fail(HOST_BROKEN, "way to user mode with interrupts off");
    if (t->fault_disabled != 0)
        host_fail(HOST_BROKEN, "way to user mode with user faults disabled");
}

void host_user_boundary(void)
{
    struct hal_thread *t = hal_current();

    if (atomic_load(&t->pending) == 0)
        return;
    t->plat.has_user_frame = true;
    leave_kernel();
}

void host_user_pause(void)
{
    struct hal_thread *t = hal_current();

    if (!host.running)
        return;
    t->plat.has_user_frame = true;
    if (host.config.mode == HOST_DETERMINISTIC)
        det_point(POINT_USER);
    else
        par_point(POINT_USER);
    if (t->plat.step) {
        struct hal_exception e = {
            .kind = HAL_EXC_HW_BREAKPOINT, .pc = t->plat.user_regs[32], .what = "software step"};
        kernel_user_exception(&e);
    }
    leave_kernel();
}

void host_user_enter_kernel(uint64_t number, const uint64_t args[8], vaddr_t pc)
{
    struct hal_thread *t = hal_current();

    host_user_pause();
    for (unsigned i = 0; i < 8; i++)
        t->plat.user_regs[i] = args[i];
    t->plat.user_regs[16] = number;
    t->plat.user_regs[32] = pc;
    t->plat.has_user_frame = true;
}

void host_user_count_call(void)
{
    struct hal_thread *t = hal_current();
    unsigned long state = hal_irq_save(); // the count is that of whoever runs on this CPU
    uint64_t count = __atomic_load_n(&t->syscalls, __ATOMIC_RELAXED);
    __atomic_store_n(&t->syscalls, count + 1, __ATOMIC_RELAXED);
    hal_irq_restore(state);
}

uint64_t host_user_leave_kernel(uint64_t result)
{
    check_at_boundary();
    hal_current()->plat.user_regs[0] = result;
    leave_kernel();
    result = hal_current()->plat.user_regs[0];
    host_user_pause();
    return result;
}

void hal_thread_enter_user(vaddr_t pc, vaddr_t sp, uint64_t x0, uint64_t x1)
{
    void (*fn)(uint64_t, uint64_t) = (void (*)(uint64_t, uint64_t))pc;
    struct plat_thread *p = &hal_current()->plat;

    for (unsigned i = 0; i < HOST_USER_REGS; i++)
        p->user_regs[i] = 0;
    p->user_regs[0] = x0;
    p->user_regs[1] = x1;
    p->user_regs[31] = sp;
    p->user_regs[32] = pc;
    p->has_user_frame = true;
    if (!hal_irqs_enabled())
        hal_irq_enable();
    check_at_boundary();
    leave_kernel();
    fn(x0, x1);
    if (user_exit != NULL)
        user_exit();
    host_fail(HOST_BROKEN, "a user function returned, and nothing ends its thread");
}

static void user_access(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user)
{
    host_user_pause();
    for (;;) {
        zx_status_t status = host_user_access(va, buf, len, access, to_user, true);
        if (status == ZX_OK)
            break;
        struct hal_exception e = {
            .kind = HAL_EXC_PAGE_FAULT,
            .far = va,
            .status = status,
            .pc = hal_current()->plat.user_regs[32],
            .what = (access & HAL_FAULT_WRITE) != 0 ? "data abort, write" : "data abort, read",
        };
        hal_current()->plat.has_user_frame = true;
        kernel_user_exception(&e);
        leave_kernel();
    }
}

void host_user_read(void *dst, vaddr_t src, size_t len)
{
    user_access(src, dst, len, 0, false);
}

void host_user_write(vaddr_t dst, const void *src, size_t len)
{
    user_access(dst, (void *)(uintptr_t)src, len, HAL_FAULT_WRITE, true);
}

zx_status_t host_user_probe(vaddr_t addr, size_t len, unsigned access)
{
    return host_user_access(addr, NULL, len, access, false, true);
}

// ---- registers of a stopped thread --------------------------------------------------------------

#define NZCV 0xf0000000u

void hal_thread_stop(void)
{
    hal_current()->plat.stopped = true;
}

void hal_thread_go(void)
{
    hal_current()->plat.stopped = false;
}

static void check_stopped(const struct hal_thread *t)
{
    if (!t->plat.stopped)
        host_fail(HOST_BROKEN, "somebody looks at the registers of a thread that is not stopped");
}

zx_status_t hal_thread_get_regs(const struct hal_thread *t, zx_thread_state_general_regs_t *out)
{
    check_stopped(t);
    if (!t->plat.has_user_frame)
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < countof(out->r); i++)
        out->r[i] = t->plat.user_regs[i];
    out->lr = t->plat.user_regs[30];
    out->sp = t->plat.user_regs[31];
    out->pc = t->plat.user_regs[32];
    out->cpsr = t->plat.user_regs[33] & NZCV;
    return ZX_OK;
}

zx_status_t hal_thread_set_regs(struct hal_thread *t, const zx_thread_state_general_regs_t *in)
{
    check_stopped(t);
    if (!t->plat.has_user_frame)
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < countof(in->r); i++)
        t->plat.user_regs[i] = in->r[i];
    t->plat.user_regs[30] = in->lr;
    t->plat.user_regs[31] = in->sp;
    t->plat.user_regs[32] = in->pc;
    t->plat.user_regs[33] = in->cpsr & NZCV;
    return ZX_OK;
}

void hal_thread_get_vector(const struct hal_thread *t, zx_thread_state_vector_regs_t *out)
{
    check_stopped(t);
    *out = t->plat.vector;
}

zx_status_t hal_thread_set_vector(struct hal_thread *t, const zx_thread_state_vector_regs_t *in)
{
    check_stopped(t);
    t->plat.vector = *in;
    return ZX_OK;
}

void hal_thread_get_debug(const struct hal_thread *t, zx_thread_state_debug_regs_t *out)
{
    check_stopped(t);
    *out = (zx_thread_state_debug_regs_t){.hw_bps_count = HOST_BREAKPOINTS};
    for (unsigned n = 0; n < HOST_BREAKPOINTS; n++) {
        out->hw_bps[n].dbgbvr = t->plat.debug != NULL ? t->plat.debug->hw_bps[n].dbgbvr : 0;
        out->hw_bps[n].dbgbcr = t->plat.debug != NULL ? t->plat.debug->hw_bps[n].dbgbcr : 0x1e4;
    }
}

zx_status_t hal_thread_set_debug(struct hal_thread *t, const zx_thread_state_debug_regs_t *in)
{
    check_stopped(t);
    for (unsigned n = 0; n < HOST_BREAKPOINTS; n++) {
        uint64_t va = in->hw_bps[n].dbgbvr;
        if (va != 0 && (va < USER_BASE || va >= USER_END))
            return ZX_ERR_INVALID_ARGS;
    }
    if (t->plat.debug == NULL)
        t->plat.debug = kernel_fp_alloc(sizeof(*t->plat.debug));
    if (t->plat.debug == NULL)
        return ZX_ERR_NO_MEMORY;
    for (unsigned n = 0; n < HOST_BREAKPOINTS; n++) {
        t->plat.debug->hw_bps[n].dbgbvr = in->hw_bps[n].dbgbvr;
        t->plat.debug->hw_bps[n].dbgbcr = 0x1e4 | (in->hw_bps[n].dbgbcr & 1);
    }
    return ZX_OK;
}

bool hal_thread_get_step(const struct hal_thread *t)
{
    check_stopped(t);
    return t->plat.step;
}

void hal_thread_set_step(struct hal_thread *t, bool step)
{
    check_stopped(t);
    t->plat.step = step;
}
