// SPDX-License-Identifier: MIT
// hal/cpu.h on the host: interrupt masking, points, interrupt delivery, starting CPUs.
//
// V1. vcpu.irqs_on belongs to the code that runs on that virtual CPU; a thread that was switched
//     out inside an interrupt finds the flag of the CPU it comes back on.
// V2. An interrupt is taken only with irqs_on set, and runs to its end, kernel_irq_exit included,
//     with it clear, like an exception on hardware.
#include "machine.h"

#include <hal/console.h>
#include <hal/upcall.h>
#include <string.h>

static void point(enum point kind)
{
    if (!host.running || host.reporting)
        return;
    if (host.config.mode == HOST_DETERMINISTIC)
        det_point(kind);
    else
        par_point(kind);
}

struct hal_thread *hal_current(void)
{
    return host_vcpu()->current;
}

unsigned long hal_irq_save(void)
{
    struct vcpu *v = host_vcpu();
    bool on = v->irqs_on;

    v->irqs_on = false;
    return on;
}

void hal_irq_restore(unsigned long state)
{
    host_vcpu()->irqs_on = state != 0;
    if (state != 0)
        point(POINT_IRQ_ON);
}

bool hal_irqs_enabled(void)
{
    return host_vcpu()->irqs_on;
}

void hal_irq_enable(void)
{
    hal_irq_restore(1);
}

void hal_irq_disable(void)
{
    host_vcpu()->irqs_on = false;
}

void hal_preempt_point(void)
{
    point(POINT_PREEMPT);
}

void hal_cpu_relax(void)
{
    if (!host.running)
        host_fail(HOST_HANG, "spins outside a run: nobody can end it");
    if (host.reporting)
        return;
    if (host.config.mode == HOST_DETERMINISTIC)
        det_relax();
    else
        par_relax();
}

void hal_cpu_idle(void)
{
    if (!host.running)
        host_fail(HOST_HANG, "idles outside a run");
    if (host_vcpu()->irqs_on)
        host_fail(HOST_BROKEN, "hal_cpu_idle with interrupts on");
    if (host.config.mode == HOST_DETERMINISTIC)
        det_idle();
    else
        par_idle();
}

unsigned vcpu_due(const struct vcpu *v)
{
    unsigned due = atomic_load(&v->pending);

    if (atomic_load(&v->deadline) != NO_DEADLINE && atomic_load(&v->deadline) <= hal_now())
        due |= VIRQ_TIMER;
    if ((due & VIRQ_DEVICE) != 0 && !host_irq_any())
        due &= ~VIRQ_DEVICE;
    return due;
}

bool host_others_idle(void)
{
    for (unsigned i = 0; i < host.config.cpus; i++) {
        const struct vcpu *v = &host.cpus[i];
        if (v->started && !atomic_load(&v->stopped) && v != host_vcpu() &&
            (!atomic_load(&v->idle) || vcpu_due(v) != 0))
            return false;
    }
    return true;
}

void vcpu_take(unsigned virq, bool from_user)
{
    struct vcpu *v = host_vcpu();

    v->irqs_on = false;
    host_tsan_acquire(&v->pending);
    if (virq == VIRQ_TIMER) {
        atomic_store(&v->deadline, NO_DEADLINE);
        kernel_timer_irq();
    } else {
        atomic_fetch_and(&v->pending, ~virq);
        if (virq == VIRQ_DEVICE)
            host_irq_dispatch();
        else if (virq == VIRQ_CONSOLE)
            host_console_dispatch();
        else
            kernel_ipi((unsigned)__builtin_ctz(virq));
    }
    if (host_vcpu() != v)
        host_fail(HOST_BROKEN, "an interrupt handler moved to another CPU");
    kernel_irq_exit(from_user);
    host_vcpu()->irqs_on = true;
}

void vcpu_wake(struct vcpu *v)
{
    if (host.running && host.config.mode == HOST_PARALLEL)
        par_wake(v);
}

unsigned hal_cpu_count(void)
{
    return host.config.cpus != 0 ? host.config.cpus : 1;
}

void hal_cpu_adopt_boot_thread(struct hal_thread *t)
{
    struct vcpu *v = host_vcpu();
    struct hal_thread *old = v->current;

    if (v->num != 0 || old == t)
        host_fail(HOST_BROKEN, "hal_cpu_adopt_boot_thread: not the boot context");
    host_thread_adopt(t, old);
    if (t->kstack_base == 0) {
        t->kstack_base = old->kstack_base;
        t->kstack_size = old->kstack_size;
    }
    t->cpu = 0;
    v->current = t;
}

static void secondary_entry(void *unused)
{
    (void)unused;
    kernel_secondary_main();
}

static zx_status_t start(struct vcpu *v, struct hal_thread *idle)
{
    if (atomic_load(&v->stopped)) {
        atomic_store(&v->pending, 0);
        host_tsan_release(&v->deadline);
        if (host.config.mode == HOST_DETERMINISTIC)
            atomic_store(&v->stopped, false);
        else
            par_restart_cpu(v);
        return ZX_OK;
    }
    if (v->started)
        return ZX_ERR_NOT_SUPPORTED;
    hal_thread_init(idle, secondary_entry, NULL);
    idle->cpu = v->num;
    idle->plat.on_cpu = v->num + 1;
    v->current = idle;
    v->irqs_on = false;
    v->started = true;
    if (host.config.mode == HOST_PARALLEL)
        return par_start_cpu(v);
    return ZX_OK;
}

void host_start_late(unsigned cpu)
{
    host.cpus[cpu].late = true;
}

void host_refuse_stop(unsigned cpu)
{
    host.cpus[cpu].stuck = true;
}

zx_status_t hal_cpu_start(unsigned cpu, struct hal_thread *idle)
{
    if (cpu == 0 || cpu >= hal_cpu_count())
        return ZX_ERR_NOT_SUPPORTED;
    struct vcpu *v = &host.cpus[cpu];

    if (v->stuck)
        return ZX_ERR_TIMED_OUT;
    zx_status_t status = start(v, idle);
    if (status != ZX_OK || !v->late)
        return status;
    v->late = false;
    hal_preempt_point(); // it may come before that is known
    return ZX_ERR_TIMED_OUT;
}

void hal_cpu_stop(void)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on || v->num == 0)
        host_fail(HOST_BROKEN, "hal_cpu_stop: interrupts on, or the first CPU");
    atomic_store(&v->deadline, NO_DEADLINE);
    host_tsan_release(&v->deadline);
    if (host.config.mode == HOST_DETERMINISTIC)
        det_stop();
    else
        par_stop_cpu();
    host_tsan_acquire(&v->deadline);
}

zx_status_t hal_cpu_wait_stopped(unsigned cpu)
{
    struct vcpu *v = &host.cpus[cpu];

    while (!atomic_load(&v->stopped))
        hal_cpu_relax();
    host_tsan_acquire(&v->deadline);
    return v->stuck ? ZX_ERR_TIMED_OUT : ZX_OK;
}

bool hal_cpus_stopped(void)
{
    for (unsigned i = 1; i < host.config.cpus; i++) {
        const struct vcpu *v = &host.cpus[i];
        if (v->started && (!atomic_load(&v->stopped) || v->stuck))
            return false;
    }
    return true;
}

void hal_ipi_send(unsigned cpu, enum hal_ipi ipi)
{
    if (cpu >= hal_cpu_count() || (unsigned)ipi >= HAL_IPI_COUNT)
        host_fail(HOST_BROKEN, "hal_ipi_send(%u, %u)", cpu, (unsigned)ipi);
    struct vcpu *v = &host.cpus[cpu];

    host_tsan_release(&v->pending);
    atomic_fetch_or(&v->pending, VIRQ_IPI(ipi));
    vcpu_wake(v);
}

uint32_t hal_cpu_features(void)
{
    return 1; // ZX_HAS_CPU_FEATURES alone
}

uint32_t hal_dcache_line_size(void)
{
    return 64;
}

uint32_t hal_icache_line_size(void)
{
    return 64;
}

void hal_cpu_halt(void)
{
    host_fail(HOST_PANIC, "the kernel stopped the CPU");
}
