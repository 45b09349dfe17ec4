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

zx_status_t hal_thread_get_regs(const struct hal_thread *t, struct hal_user_regs *out)
{
    if (!t->plat.has_user_frame)
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < countof(out->r); i++)
        out->r[i] = t->plat.user_regs[i];
    out->lr = t->plat.user_regs[30];
    out->sp = t->plat.user_regs[31];
    out->pc = t->plat.user_regs[32];
    out->cpsr = t->plat.user_regs[33];
    return ZX_OK;
}

zx_status_t hal_thread_set_regs(struct hal_thread *t, const struct hal_user_regs *in)
{
    if (!t->plat.has_user_frame)
        return ZX_ERR_BAD_STATE;
    for (unsigned i = 0; i < countof(in->r); i++)
        t->plat.user_regs[i] = in->r[i];
    t->plat.user_regs[30] = in->lr;
    t->plat.user_regs[31] = in->sp;
    t->plat.user_regs[32] = in->pc;
    t->plat.user_regs[33] = in->cpsr;
    return ZX_OK;
}
