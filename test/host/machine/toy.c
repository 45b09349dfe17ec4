// SPDX-License-Identifier: MIT
// See toy.h. Locks: none; `done` is atomic, everything else is set before the run.
#include "toy.h"

#include <hal/boot.h>
#include <hal/mmu.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct lock_class toy_lock_class = { .name = "toy", .rank = RANK_OBJECT, .kind = LOCK_SPIN };

static struct toy toy;
static struct hal_thread idle[MAX_CPUS];
static unsigned cpu_count;
static atomic_uint done;
static atomic_ullong next_page;

// Runs this CPU's function, then waits with interrupts on; CPU 0 ends the run.
NO_RETURN static void cpu_life(unsigned num)
{
    hal_irq_enable();
    if (toy.cpu_main[num] != NULL)
        toy.cpu_main[num]();
    atomic_fetch_add(&done, 1);
    if (num != 0) {
        hal_ipi_send(0, HAL_IPI_RESCHEDULE);
        for (;;) {
            hal_irq_disable();
            hal_cpu_idle();
            hal_irq_enable();
        }
    }
    for (;;) {
        hal_irq_disable();
        if (atomic_load(&done) == cpu_count)
            host_finish(HOST_FINISHED);
        hal_cpu_idle();
        hal_irq_enable();
    }
}

static void boot(void *arg)
{
    (void)arg;
    for (unsigned i = 1; i < cpu_count; i++) {
        size_t size;
        memset(&idle[i], 0, sizeof(idle[i]));
        idle[i].kstack_base = (uintptr_t)hal_kstack_alloc(&size);
        idle[i].kstack_size = size;
        if (hal_cpu_start(i, &idle[i]) != ZX_OK)
            abort();
    }
    cpu_life(0);
}

enum host_outcome toy_run(const struct toy *t, enum host_mode mode, unsigned cpus, uint64_t seed)
{
    struct host_config config = host_config_default;

    toy = *t;
    cpu_count = cpus;
    atomic_store(&done, 0);
    atomic_store(&next_page, boot_info.mem[1].base);
    config.mode = mode;
    config.cpus = cpus;
    config.seed = seed;
    config.max_steps = 500000;
    config.quiet = true;
    enum host_outcome outcome = host_run(&config, boot, NULL);
    for (unsigned i = 1; i < cpus; i++)
        hal_kstack_free((void *)idle[i].kstack_base);
    return outcome;
}

paddr_t toy_page(void)
{
    paddr_t pa = atomic_fetch_add(&next_page, PAGE_SIZE);
    hal_zero_page(hal_phys_to_virt(pa));
    return pa;
}

void kernel_secondary_main(void)
{
    cpu_life(hal_cpu_num());
}

void kernel_timer_irq(void)
{
    if (toy.timer != NULL)
        toy.timer();
}

void kernel_ipi(unsigned ipi)
{
    if (toy.ipi != NULL)
        toy.ipi(ipi);
}

void kernel_irq_exit(bool from_user)
{
    (void)from_user;
}

void kernel_console_rx(void)
{
}

void kernel_user_boundary(void)
{
    atomic_store(&hal_current()->pending, 0);
}

zx_status_t kernel_user_fault(vaddr_t va, unsigned flags)
{
    return toy.user_fault != NULL ? toy.user_fault(va, flags) : ZX_ERR_NOT_FOUND;
}

void kernel_user_exception(const struct hal_exception *e)
{
    (void)e;
    host_fail(HOST_PANIC, "user exception");
}

paddr_t kernel_table_page_alloc(void)
{
    return toy_page();
}

void kernel_table_page_free(paddr_t pa)
{
    (void)pa;
}

paddr_t kernel_user_table_alloc(struct hal_aspace *as)
{
    (void)as;
    return toy_page();
}

void kernel_user_table_free(struct hal_aspace *as, paddr_t pa)
{
    (void)as;
    (void)pa;
}

void sched_preempt_check_slow(void)
{
}

// The toy locks without the rank checker, whose code is a kernel layer.
void lock_debug_acquire(const struct lock_debug *d, const void *lock)
{
    (void)d;
    (void)lock;
}

void lock_debug_release(const struct lock_debug *d, const void *lock)
{
    (void)d;
    (void)lock;
}
