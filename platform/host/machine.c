// SPDX-License-Identifier: MIT
// The machine's life: a run begins, ends, or fails with a report.
//
// One machine a process. Its state is only touched by the pthreads of the run; the report buffer by
// the one that fails first.
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine host = {
    .idle_lock = PTHREAD_MUTEX_INITIALIZER,
    .idle_cond = PTHREAD_COND_INITIALIZER,
};

const struct host_config host_config_default = {
    .mode = HOST_DETERMINISTIC,
    .seed = 1,
    .cpus = 2,
    .max_steps = 2000000,
};

static void (*reporter)(void);
static _Atomic(struct vcpu *) failed_cpu; // the first CPU of the run that failed
static char report[32768];
static size_t report_used;

uint64_t host_mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

const char *host_outcome_name(enum host_outcome outcome)
{
    static const char *const names[] = {
        [HOST_RUNNING] = "running",
        [HOST_FINISHED] = "finished",
        [HOST_POWER_OFF] = "power off",
        [HOST_NEXT] = "next kernel",
        [HOST_PANIC] = "panic",
        [HOST_HANG] = "hang",
        [HOST_STEPS] = "step limit",
        [HOST_BROKEN] = "HAL rule broken",
    };
    return (unsigned)outcome < countof(names) ? names[outcome] : "?";
}

void host_reseed(uint64_t seed)
{
    static const int64_t time_steps[] = { 50, 1000, 20000, 500000, 4000000 };
    uint64_t mix = seed;

    host.config.seed = seed;
    host.step = 0;
    host.hash = 0xcbf29ce484222325u;
    // The seed picks the character of the run too: how often CPUs alternate, how fast time passes.
    host.switch_shift = 1 + host_mix(&mix) % 6;
    host.step_ns = time_steps[host_mix(&mix) % countof(time_steps)];
    host.rng = host_mix(&mix);
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        host.cpus[i].frozen_until = 0;
        host.cpus[i].rng = seed * 1000003u + i;
    }
}

static void machine_reset(const struct host_config *config)
{
    host.config = *config;
    if (host.config.cpus == 0 || host.config.cpus > MAX_CPUS)
        abort();
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        struct vcpu *v = &host.cpus[i];
        memset(v, 0, sizeof(*v));
        v->num = i;
        atomic_init(&v->deadline, NO_DEADLINE);
    }
    host.now = 1000000;
    host.spin_streak = 0;
    atomic_init(&host.outcome, HOST_RUNNING);
    atomic_init(&host.idle_count, 0);
    atomic_init(&host.time_offset, 0);
    host_reseed(config->seed);
    host_console_reset();
    host_irq_reset();
    host_mmu_reset();
    host_user_reset();
    host_thread_list_reset();
    if (config->ram_bytes != 0)
        host_ram_init(config->ram_bytes);
    report_used = 0;
    report[0] = '\0';
    atomic_init(&failed_cpu, NULL);
}

enum host_outcome host_run(const struct host_config *config, void (*boot)(void *arg), void *arg)
{
    static void *boot_stack;
    size_t size = 0;

    machine_reset(config);
    if (boot_stack == NULL) {
        boot_stack = hal_kstack_alloc(&size);
        atomic_fetch_sub(&host_kstacks, 1); // the machine's own, not the kernel's
        memset(&host.boot_thread, 0, sizeof(host.boot_thread));
        host.boot_thread.kstack_base = (uintptr_t)boot_stack;
        host.boot_thread.kstack_size = size;
    }
    struct hal_thread *t = &host.boot_thread;
    host_unpoison((void *)t->kstack_base, t->kstack_size);
    host.boot = boot;
    host.boot_arg = arg;
    if (t->plat.fiber.tsan != NULL)
        host_fiber_destroy(&t->plat.fiber);
    hal_thread_init(t, boot, arg);
    t->preempt_count = 0;
    t->cpu = 0;
    t->plat.on_cpu = 1;
    host.cpus[0].current = t;
    host.cpus[0].started = true;
    host.running = true;
    if (config->mode == HOST_DETERMINISTIC)
        det_run();
    else
        par_run();
    host.running = false;
    host_set_vcpu(NULL);
    return (enum host_outcome)atomic_load(&host.outcome);
}

void host_finish(enum host_outcome outcome)
{
    int running = HOST_RUNNING;

    if (!host.running) {
        fprintf(stderr, "host: %s outside a run\n", host_outcome_name(outcome));
        abort();
    }
    atomic_compare_exchange_strong(&host.outcome, &running, (int)outcome);
    if (host.config.mode == HOST_DETERMINISTIC)
        det_finish();
    par_finish();
}

void host_set_reporter(void (*fn)(void))
{
    reporter = fn;
}

void host_print(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(report + report_used, sizeof(report) - report_used, fmt, ap);
    va_end(ap);
    if (n > 0)
        report_used = MIN(report_used + (size_t)n, sizeof(report) - 1);
}

static void print_vcpus(void)
{
    for (unsigned i = 0; i < host.config.cpus; i++) {
        const struct vcpu *v = &host.cpus[i];
        if (!v->started) {
            host_print("  cpu %u: not started\n", i);
            continue;
        }
        host_print("  cpu %u:%s%s interrupts %s, pending %#x, timer ", i,
                   v == host_vcpu() ? " HERE" : "", atomic_load(&v->idle) ? " idle" : "",
                   v->irqs_on ? "on" : "off", atomic_load(&v->pending));
        if (atomic_load(&v->deadline) == NO_DEADLINE)
            host_print("off");
        else
            host_print("%+lld ns", (long long)(atomic_load(&v->deadline) - hal_now()));
        host_print(", thread %p preempt_count %u\n", (void *)v->current, v->current->preempt_count);
    }
}

void host_fail(enum host_outcome outcome, const char *fmt, ...)
{
    struct vcpu *first = NULL;
    va_list ap;

    if (host.running && !atomic_compare_exchange_strong(&failed_cpu, &first, host_vcpu()) &&
        first != host_vcpu())
        par_stop(); // one report is enough: a panic, say, stops the other CPUs
    if (!host.running || first != NULL) {
        // Outside a run, or a failure while a failure is reported.
        va_start(ap, fmt);
        fprintf(stderr, "host: %s: ", host_outcome_name(outcome));
        vfprintf(stderr, fmt, ap);
        fprintf(stderr, "\n%s", host_console_text());
        va_end(ap);
        abort();
    }
    host.reporting = true;
    host_print("host: %s at step %llu (seed %llu): ", host_outcome_name(outcome),
               (unsigned long long)host.step, (unsigned long long)host.config.seed);
    va_start(ap, fmt);
    int n = vsnprintf(report + report_used, sizeof(report) - report_used, fmt, ap);
    va_end(ap);
    if (n > 0)
        report_used = MIN(report_used + (size_t)n, sizeof(report) - 1);
    host_print("\n");
    print_vcpus();
    if (reporter != NULL)
        reporter();
    if (!host.config.quiet) {
        fputs(report, stderr);
        fprintf(stderr, "---- console\n%s----\n", host_console_text());
    }
    host.reporting = false;
    host_finish(outcome);
}

const char *host_report(void)
{
    return report;
}

uint64_t host_trace_hash(void)
{
    return host.hash;
}

uint64_t host_step_count(void)
{
    return host.step;
}

uint64_t host_random(uint64_t bound)
{
    uint64_t *state = &host.rng;

    if (host.running && host.config.mode == HOST_PARALLEL)
        state = &host_vcpu()->rng;
    return bound == 0 ? 0 : host_mix(state) % bound;
}
