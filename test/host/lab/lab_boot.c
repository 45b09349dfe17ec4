// SPDX-License-Identifier: MIT
// One run in the child: boots the kernel core, runs the scenario, and compares what the kernel
// holds before and after it.
//
// An empty process runs before the first count, so that what is made once and kept (caches' first
// slabs, table directories) does not look like a leak.
#include "lab_priv.h"

#include <account/account.h>
#include <debug/log.h>
#include <hal/time.h>
#include <init/init.h>
#include <mem/alloc_fail.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>
#include <object/log_object.h>
#include <object/console_input.h>
#include <object/handle.h>
#include <object/job.h>
#include <object/object.h>
#include <object/process.h>
#include <object/resource.h>
#include <object/uthread.h>
#include <sched/cpu.h>
#include <sched/thread.h>
#include <stdlib.h>

#define TURN_NS 1000000      // virtual time between two looks
#define QUIET_TURNS 5u       // looks that must find the machine at rest
#define QUIESCE_LIMIT 20000u
#define SCENARIO_LIMIT 4000u // looks, ever further apart, until a scenario counts as stuck

struct lab_handles lab;

static const struct lab_config *config;
static struct lab_result result;
static struct thread kernel_thread;
static atomic_bool kernel_thread_dead;

// What may not change over a scenario.
struct inventory {
    uint64_t memory;                  // slab objects and large allocations
    uint64_t pages[PAGE_STATE_COUNT]; // those of states that a scenario must give back
    uint64_t objects;
    uint64_t used[ACCOUNT_KINDS];
    struct host_usage host;
};

static void inventory_take(struct inventory *inv)
{
    struct page_stats stats;

    memset(inv, 0, sizeof(*inv));
    struct account_usage usage[ACCOUNT_KINDS];
    account_sweep();
    account_usage(&account_root, usage);
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        inv->used[kind] = usage[kind].used;
    inv->memory = mem_outstanding();
    page_stats_get(&stats);
    // Free and heap pages depend on what the caches keep; everything else is exact.
    for (unsigned s = 0; s < PAGE_STATE_COUNT; s++)
        inv->pages[s] = s == PAGE_STATE_FREE || s == PAGE_STATE_HEAP ? 0 : stats.pages[s];
    for (uint32_t type = 0; type < ZX_OBJ_TYPE_LAST; type++)
        inv->objects += object_count(type);
    inv->host = host_usage();
}

static void inventory_print(const char *when, const struct inventory *inv)
{
    host_print("  %s: %llu allocations, %llu objects, %zu stacks, "
               "%zu address spaces, %zu mapped pages; charged (pages, bytes, handles, threads, processes):",
               when, (unsigned long long)inv->memory, (unsigned long long)inv->objects,
               inv->host.kstacks, inv->host.aspaces, inv->host.mappings);
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        host_print(" %llu", (unsigned long long)inv->used[kind]);
    host_print("; pages by state:");
    for (unsigned s = 0; s < PAGE_STATE_COUNT; s++)
        host_print(" %llu", (unsigned long long)inv->pages[s]);
    host_print("\n");
}

static void print_cache(void *ctx, const struct slab_cache *c, uint64_t outstanding)
{
    (void)ctx;
    if (outstanding != 0)
        host_print("    %s: %llu\n", c->name, (unsigned long long)outstanding);
}

// True while no CPU has anything to run but this thread.
static bool quiet_now(void)
{
    for (unsigned i = 0; i < hal_cpu_count(); i++) {
        if (atomic_load(&cpu_get(i)->ready_count) != 0)
            return false;
    }
    return host_others_idle();
}

// Lets the machine run until reapers and workers have nothing left to do.
static void quiesce(void)
{
    unsigned quiet = 0;

    for (unsigned turn = 0; quiet < QUIET_TURNS; turn++) {
        if (turn == QUIESCE_LIMIT)
            host_fail(HOST_HANG, "lab: the machine does not come to rest");
        thread_sleep_until(hal_now() + TURN_NS);
        quiet = quiet_now() ? quiet + 1 : 0;
    }
}

// ---- the scenario's process -------------------------------------------------------------------

static void scenario_main(uint64_t bootstrap, uint64_t fn)
{
    (void)bootstrap;
    if (fn != 0)
        ((lab_scenario_fn)(uintptr_t)fn)(config->arg);
    zx_process_exit(0);
}

static zx_handle_t give(struct process *p, struct object *obj, zx_rights_t rights)
{
    zx_handle_t value;

    if (handle_install(&p->handles, handle_make(obj, rights), &value) != ZX_OK)
        abort();
    return value;
}

static void check(zx_status_t status, const char *what)
{
    if (status != ZX_OK)
        host_fail(HOST_PANIC, "lab: %s: %d", what, status);
}

// Runs fn as a process's first thread and waits until the process is dead. Returns its exit code.
static int64_t run_process(lab_scenario_fn fn)
{
    struct object *process, *vmar, *thread, *resource;
    zx_rights_t vmar_rights;

    check(process_create(job_super_root(), "scenario", &process, &vmar, &vmar_rights), "process");
    struct process *p = process_from_object(process);
    check(uthread_create(p, "first", &thread), "thread");
    check(resource_create(ZX_RSRC_KIND_ROOT, 0, 0, 0, "lab", &resource), "resource");
    struct object *job = &job_super_root()->obj;
    lab.process = give(p, process, process->ops->rights);
    lab.thread = give(p, thread, thread->ops->rights);
    lab.vmar = give(p, vmar, vmar_rights);
    lab.job = give(p, job, job->ops->rights);
    lab.resource = give(p, resource, resource->ops->rights);
    struct handle arg = handle_make(job, job->ops->rights);
    if (fn != NULL && config->fail_allocation != 0)
        alloc_fail_set(0, false);
    check(process_start(p, uthread_from_object(thread), (vaddr_t)scenario_main, 0, arg,
                        (uintptr_t)fn), "start");
    object_unref(vmar);
    object_unref(thread);
    object_unref(resource);
    for (unsigned turn = 0; (object_signals(process) & ZX_TASK_TERMINATED) == 0; turn++) {
        if (turn == SCENARIO_LIMIT && !config->endless)
            host_fail(HOST_HANG, "the scenario's process does not end");
        thread_sleep_until(hal_now() + TURN_NS * (MIN(turn, SCENARIO_LIMIT) + 1));
    }
    int64_t code = p->return_code;
    object_unref(process);
    return code;
}

// Allocation failures begin with the scenario's first instruction, not with the making of its
// process.
static void scenario_with_failures(void *arg)
{
    alloc_fail_set(config->fail_allocation, config->fail_all_after);
    config->fn(arg);
    result.allocation_failed |= config->fail_allocation != 0 && alloc_fail_hit();
    alloc_fail_set(0, false);
}

void lab_end_without_memory(zx_status_t got)
{
    if (!config->ends_without_memory || got != ZX_ERR_NO_MEMORY || !alloc_fail_hit())
        return;
    result.allocation_failed = true;
    alloc_fail_set(0, false);
    zx_process_exit(0);
}

// ---- a scenario on a kernel thread --------------------------------------------------------------

static void kernel_main(void *arg)
{
    scenario_with_failures(arg);
}

static void kernel_dead(struct thread *t)
{
    (void)t;
    atomic_store(&kernel_thread_dead, true);
}

static void run_kernel_thread(void)
{
    static const struct thread_ops ops = { .dead = kernel_dead };

    check(thread_init(&kernel_thread, "scenario", PRIORITY_DEFAULT, kernel_main, config->arg, &ops),
          "kernel thread");
    thread_start(&kernel_thread, NULL);
    for (unsigned turn = 0; !atomic_load(&kernel_thread_dead); turn++) {
        if (turn == SCENARIO_LIMIT)
            host_fail(HOST_HANG, "the scenario's thread does not end");
        thread_sleep_until(hal_now() + TURN_NS * (turn + 1));
    }
}

// ---- the run
// --------------------------------------------------------------------------------------

static bool fail_host_allocation(void)
{
    return alloc_should_fail();
}

static struct inventory before, after;

static void leak_report(void)
{
    lab_reporter();
    inventory_print("before", &before);
    inventory_print("after", &after);
    slab_for_each(print_cache, NULL);
}

// The boot thread: everything of a run.
static void boot(void *unused)
{
    (void)unused;
    kernel_init_core();
    console_input_init();
    hal_irq_enable();
    kernel_start_cpus();
    if (config->log_writer)
        check(log_object_init(), "the log's writer");
    run_process(NULL);
    quiesce();
    inventory_take(&before);

    if (config->kernel_thread) {
        run_kernel_thread();
    } else {
        int64_t code = run_process(scenario_with_failures);
        if (code != 0)
            host_fail(HOST_PANIC, "the scenario's process ended with code %lld", (long long)code);
    }
    quiesce();
    inventory_take(&after);
    if (memcmp(&before, &after, sizeof(before)) != 0 && !config->leaks_allowed) {
        host_set_reporter(leak_report);
        host_fail(HOST_BROKEN, "the scenario left something behind");
    }
    host_finish(HOST_FINISHED);
}

struct lab_result lab_child_run(const struct lab_config *c)
{
    struct host_config h = host_config_default;

    config = c;
    result = (struct lab_result){ 0 };
    h.mode = c->mode;
    h.seed = c->seed;
    h.cpus = c->cpus;
    h.max_steps = c->max_steps;
    if (c->ram_bytes != 0)
        h.ram_bytes = c->ram_bytes;
    h.quiet = c->expected != HOST_FINISHED;
    h.verbose = getenv("LAB_VERBOSE") != NULL;
    host_set_reporter(lab_reporter);
    host_set_alloc_hook(fail_host_allocation);
    host_user_set_exit(lab_user_thread_exit);
    result.outcome = host_run(&h, boot, NULL);
    result.hash = host_trace_hash();
    result.steps = host_step_count();
    result.complete = true;
    strncpy(result.report, host_report(), sizeof(result.report) - 1);
    return result;
}
