// SPDX-License-Identifier: MIT
// What every start of the portable kernel does, on the target and in the laboratory (init/init.h).
#include <init/init.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <debug/panic.h>
#include <hal/boot.h>
#include <hal/upcall.h>
#include <lib/cmdline.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mem/page.h>
#include <object/futex.h>
#include <object/job.h>
#include <object/ktrace.h>
#include <object/process.h>
#include <object/random.h>
#include <object/settings.h>
#include <sched/cpu.h>
#include <vm/aspace.h>

static struct thread boot_thread;

// For panics and the log: who runs.
static void describe(char *buf, size_t size)
{
    struct thread *t = thread_current();
    if (t->user) {
        struct uthread *ut = uthread_current();
        ksnprintf(buf, size, "process '%s' (%llu), thread '%s' (%llu)", ut->process->name,
                  (unsigned long long)ut->process->obj.koid, ut->name,
                  (unsigned long long)ut->obj.koid);
    } else {
        ksnprintf(buf, size, "kernel thread '%s'", t->name);
    }
}

static void identify(uint64_t *out_pid, uint64_t *out_tid)
{
    struct thread *t = thread_current();
    *out_pid = t->user ? uthread_current()->process->obj.koid : 0;
    *out_tid = t->user ? uthread_current()->obj.koid : 0;
}

static void must(zx_status_t status, const char *what)
{
    if (status != ZX_OK)
        panic("boot: %s failed (%d)", what, status);
}

// With less than this the kernel and the first program cannot start.
#define MEMORY_LIMIT_MIN_MB 48u

static uint64_t memory_limit(void)
{
    uint64_t mb = cmdline_u64(boot_info.cmdline, "kernel.memory-limit-mb", 0);
    return mb == 0 ? 0 : MIN(MAX(mb, MEMORY_LIMIT_MIN_MB), 1ul << 40) << 20;
}

void kernel_init_core(void)
{
    boot_info.memory_limit = memory_limit();
    sched_init_boot_cpu(&boot_thread);
    must(pages_init(&boot_info), "memory");
    panic_set_describe(describe);
    log_set_identity(identify);
    settings_init(boot_info.cmdline);
    random_init(boot_info.seed, boot_info.seed_size);
    random_add(boot_info.mixin, boot_info.mixin_size);
    memset(boot_info.mixin, 0, sizeof(boot_info.mixin));
    must(vm_init(), "virtual memory");
    futex_init();
    must(job_init_super_root(), "the job tree");
    ktrace_init(boot_info.cmdline);
    must(sched_start_workers(), "the workers");
    job_oom_init();
}

void kernel_start_cpus(void)
{
    unsigned count = hal_cpu_count();
    uint64_t limit = cmdline_u64(boot_info.cmdline, "kernel.smp.maxcpus", count);
    for (unsigned cpu = 1; cpu < count && cpu < limit; cpu++) {
        zx_status_t status = sched_start_secondary(cpu);
        if (status != ZX_OK)
            klog(LOG_ERROR, "CPU %u did not start (%d)", cpu, status);
    }
    ktrace_cpus_started();
}

void kernel_secondary_main(void)
{
    sched_secondary_main();
}
