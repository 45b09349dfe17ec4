// SPDX-License-Identifier: MIT
// The machine's CPUs: which there are, starting them, interrupts between them.
//
// Interface: parts of <hal/cpu.h>, <arm64/cpus.h>, arm64_priv.h. Locks: none; CPUs are started one
// at a time by the boot CPU.
#include <arm64/cpus.h>
#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <irq/irq.h>
#include <lib/string.h>
#include <power/power.h>
#include <timer/timer.h>
#include <zircon/syscalls/log.h>

#include "arm64_priv.h"
#include "boot.h"
#include "kmap.h"
#include "park.h"
#include "percpu.h"

// How long a CPU may take from the call to its first C line, and how often a spin table is asked.
#define START_TIMEOUT_NS ZX_SEC(2)
#define START_RETRY_NS   ZX_MSEC(20)
// How long a CPU may take to stop: a hang detector, for an emulated machine may stand still meanwhile.
#define STOP_TIMEOUT_NS ZX_SEC(60)

enum start_method { START_NONE, START_PSCI, START_SPIN_TABLE };

struct cpu_info {
    uint64_t affinity;
    enum start_method method;
    paddr_t release;    // spin table
    atomic_bool online; // [a]
    bool called;        // whoever starts it has been told to, and has not refused
    atomic_bool parked; // [a] it has stopped, but not by firmware: it waits in hal_cpu_stop()
};
static struct cpu_info cpus[MAX_CPUS]; // [I] after boot, but for `online` and `parked`
static unsigned cpu_count = 1;         // [I] after boot

uintptr_t arm64_irq_stack_top[MAX_CPUS];
uintptr_t arm64_overflow_stack_top[MAX_CPUS];

extern char secondary_entry[];

uint64_t arm64_cpu_affinity(unsigned cpu)
{
    return cpus[cpu].affinity;
}

unsigned hal_cpu_count(void)
{
    return cpu_count;
}

paddr_t arm64_secondary_entry(void)
{
    return arm64_boot.image_pa + (paddr_t)(secondary_entry - image_start);
}

// enable-method decides; a cpu-release-addr may be a left-over (a Pi under TF-A).
static enum start_method method_of(const struct fdt_cpu *cpu)
{
    if (strcmp(cpu->enable_method, "psci") == 0)
        return START_PSCI;
    // Without a release address (reported) there is nowhere to write to.
    if (strcmp(cpu->enable_method, "spin-table") != 0 || cpu->release_addr == 0)
        return START_NONE;
    if (early_firmware_word(cpu->release_addr))
        return START_SPIN_TABLE;
    kernel_log(ZX_LOG_WARN, "smp: cpu-release-addr %#lx is not in memory that is reserved\n",
               (unsigned long)cpu->release_addr);
    return START_NONE;
}

// Whoever writes there starts the CPU, be it one of ours or not.
static void claim_word(uint64_t release_addr)
{
    kernel_claim_range(release_addr, sizeof(uint64_t));
}

void arm64_smp_init(void)
{
    static struct fdt_cpus tree_cpus;

    cpus[0].affinity = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
    atomic_store_explicit(&cpus[0].online, true, memory_order_relaxed);
    arm64_irq_stack_top[0] = (uintptr_t)boot_stacks_start + KSTACK_SLOT + KSTACK_BYTES;
    arm64_overflow_stack_top[0] = (uintptr_t)boot_stacks_start + 2 * KSTACK_SLOT + KSTACK_BYTES;
    fdt_each_spin_table(&arm64_boot.tree, claim_word);
    if (fdt_read_cpus(&arm64_boot.tree, &tree_cpus) != ZX_OK)
        return;
    for (uint32_t i = 0; i < tree_cpus.count; i++) {
        const struct fdt_cpu *cpu = &tree_cpus.cpus[i];
        if (cpu->mpidr == cpus[0].affinity)
            continue;
        if (cpu_count == MAX_CPUS) {
            kernel_log(ZX_LOG_WARN, "smp: CPUs beyond the first %u are not used\n", MAX_CPUS);
            break;
        }
        cpus[cpu_count++] = (struct cpu_info){
            .affinity = cpu->mpidr, .method = method_of(cpu), .release = cpu->release_addr};
    }
}

static zx_status_t stacks_make(unsigned cpu)
{
    size_t size;

    if (arm64_irq_stack_top[cpu] != 0)
        return ZX_OK;
    void *irq = hal_kstack_alloc(&size);
    void *overflow = hal_kstack_alloc(&size);
    if (irq == NULL || overflow == NULL) {
        if (irq != NULL)
            hal_kstack_free(irq);
        if (overflow != NULL)
            hal_kstack_free(overflow);
        return ZX_ERR_NO_MEMORY;
    }
    arm64_irq_stack_top[cpu] = (uintptr_t)irq + size;
    arm64_overflow_stack_top[cpu] = (uintptr_t)overflow + size;
    return ZX_OK;
}

static zx_status_t start_call(const struct cpu_info *c)
{
    switch (c->method) {
    case START_PSCI: return psci_cpu_on(c->affinity, arm64_secondary_entry());
    case START_SPIN_TABLE: return spin_table_cpu_on(c->release, arm64_secondary_entry());
    default: return ZX_ERR_NOT_SUPPORTED;
    }
}

static bool online_before(struct cpu_info *c, zx_time_t deadline)
{
    while (!atomic_load_explicit(&c->online, memory_order_acquire)) {
        if (hal_now() >= deadline)
            return false;
        hal_cpu_relax();
    }
    return true;
}

zx_status_t hal_cpu_start(unsigned cpu, struct hal_thread *idle)
{
    struct cpu_info *c = &cpus[cpu];

    if (atomic_load_explicit(&c->parked, memory_order_acquire)) {
        atomic_store_explicit(&c->online, true, memory_order_relaxed);
        atomic_store_explicit(&c->parked, false, memory_order_release);
        dsb(ish); // what it looks at is there before it is woken
        __asm__ volatile("sev" ::: "memory");
        return ZX_OK;
    }
    zx_status_t status = stacks_make(cpu);
    if (status != ZX_OK)
        return status;
    idle->cpu = cpu;
    arm64_boot.next_mpidr = c->affinity;
    arm64_boot.next_sp = idle->kstack_base + idle->kstack_size - sizeof(struct plat_frame);
    arm64_boot.next_thread = (uintptr_t)idle;
    // The other CPU reads it with its caches off.
    hal_cache_clean(&arm64_boot, sizeof(arm64_boot));

    zx_time_t deadline = hal_now() + START_TIMEOUT_NS;
    status = start_call(c);
    if (status != ZX_OK)
        return status;
    c->called = true;
    while (!online_before(c, MIN(deadline, hal_now() + START_RETRY_NS))) {
        if (hal_now() >= deadline)
            return ZX_ERR_TIMED_OUT;
        // A spin table may have been looked at before its CPU was waiting: wake it again.
        if (c->method == START_SPIN_TABLE && start_call(c) != ZX_OK)
            return ZX_ERR_IO;
    }
    return ZX_OK;
}

void arm64_identity_drop(void)
{
    sysreg_write(ttbr0_el1, arm64_empty_table_pa);
    isb();
    // The identity map's entries are global: they would shadow user addresses.
    __asm__ volatile("tlbi vmalle1" ::: "memory");
    dsb(nsh);
    isb();
}

void arm64_secondary_main(void)
{
    unsigned cpu = hal_cpu_num();

    arm64_identity_drop();
    arm64_cpu_init();
    if (irq_cpu_init(cpu) != ZX_OK) {
        kernel_log(ZX_LOG_ERROR, "smp: CPU %u has no interrupt controller\n", cpu);
        hal_cpu_halt();
    }
    timer_cpu_init();
    atomic_store_explicit(&cpus[cpu].online, true, memory_order_release);
    kernel_secondary_main();
}

static bool stopped_by_firmware(const struct cpu_info *c)
{
    return c->method == START_PSCI && psci_can_stop();
}

bool arm64_cpus_stop_for_good(void)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        const struct cpu_info *c = &cpus[cpu];
        // It may wait in the kernel's code, and there is no place where the next one would look for it.
        if (c->called && !stopped_by_firmware(c) && c->method != START_SPIN_TABLE)
            return false;
    }
    return true;
}

uint32_t arm64_cpus_to_park(void)
{
    uint32_t result = 0;

    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        if (cpus[cpu].called && cpus[cpu].method == START_SPIN_TABLE)
            result |= 1u << cpu;
    }
    return result;
}

// Without firmware to stop it the CPU waits here for the event of hal_cpu_start(), or of hal_next_park(), all its
// interrupts masked in the controller, so that nothing is pending when it goes on.
void hal_cpu_stop(void)
{
    unsigned cpu = hal_cpu_num();
    struct cpu_info *c = &cpus[cpu];

    hal_timer_cancel();
    irq_cpu_stop();
    atomic_store_explicit(&c->online, false, memory_order_release);
    if (stopped_by_firmware(c)) {
        psci_cpu_off();
        hal_cpu_halt();
    }
    atomic_store_explicit(&c->parked, true, memory_order_release);
    while (atomic_load_explicit(&c->parked, memory_order_acquire)) {
        arm64_park_if_asked(cpu);
        __asm__ volatile("wfe" ::: "memory");
    }
    if (irq_cpu_init(cpu) != ZX_OK)
        hal_cpu_halt(); // it has worked before
    timer_cpu_init();
}

static bool has_stopped(const struct cpu_info *c)
{
    return stopped_by_firmware(c) ? psci_cpu_is_off(c->affinity)
                                  : atomic_load_explicit(&c->parked, memory_order_acquire);
}

zx_status_t hal_cpu_wait_stopped(unsigned cpu)
{
    zx_time_t deadline = hal_now() + STOP_TIMEOUT_NS;

    while (!has_stopped(&cpus[cpu])) {
        if (hal_now() >= deadline)
            return ZX_ERR_TIMED_OUT;
        hal_cpu_relax();
    }
    return ZX_OK;
}

bool hal_cpus_stopped(void)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        if (cpus[cpu].called && !has_stopped(&cpus[cpu]))
            return false;
    }
    return true;
}

void hal_ipi_send(unsigned cpu, enum hal_ipi ipi)
{
    if (atomic_load_explicit(&cpus[cpu].online, memory_order_acquire))
        irq_send(cpu, ipi);
}
