// SPDX-License-Identifier: MIT
// kmain: the boot order on the target. It runs on the boot CPU in a context that becomes a thread,
// which ends when the first process runs.
#include <init/init.h>

#include <debug/crashlog.h>
#include <debug/log.h>
#include <debug/panic.h>
#include <hal/boot.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <mem/page.h>
#include <object/console_input.h>
#include <object/job.h>
#include <object/log_object.h>
#include <sched/cpu.h>
#include <sched/thread.h>

static void banner(void)
{
    klog(LOG_INFO, "Jacinth on %s: %llu MiB of memory, %u CPU%s", boot_info.machine,
         (unsigned long long)(page_total_bytes() >> 20), hal_cpu_count(),
         hal_cpu_count() == 1 ? "" : "s");
    if (boot_info.cmdline[0] != 0)
        klog(LOG_INFO, "command line: %s", boot_info.cmdline);
}

// Spec 20 section 2.1. Nobody can ask for anything any more, so the machine is switched off; where that cannot
// be done, it stands still.
static void halt_machine(struct work *w)
{
    (void)w;
    klog(LOG_INFO, "no job and no process is left: the machine halts");
    log_flush_sync();
    crashlog_forget();
    (void)hal_power_off();
}

static struct work halt_work = {.fn = halt_machine};

void kmain(void)
{
    crashlog_open(boot_info.crashlog, boot_info.crashlog_size);
    kernel_init_core();
    hal_irq_enable();
    zx_status_t status = log_object_init();
    if (status != ZX_OK)
        panic("the log did not start (%d)", status);
    banner();
    console_input_init();
    kernel_start_cpus();
    log_object_hush();
    status = kernel_start_userboot();
    if (status != ZX_OK)
        panic("the first process did not start (%d)", status);
    job_when_nobody_is_left(&halt_work);
    klog(LOG_INFO, "first process started %llu us after entry",
         (unsigned long long)(hal_ticks_to_ns(hal_ticks() - boot_info.entry_ticks) / 1000));
    thread_exit();
}
