// SPDX-License-Identifier: MIT
// Helpers of the scheduler tests (sched_test.h).
#include "sched_test.h"

static struct scenario {
    lab_scenario_fn fn;
} scenario;

static void direct(void *arg)
{
    thread_set_priority(thread_current(), PRIORITY_DIRECTOR);
    ((const struct scenario *)arg)->fn(NULL);
}

static struct lab_config config(const char *name, lab_scenario_fn fn, unsigned cpu_count)
{
    struct lab_config c = lab_config_make(name, direct);

    scenario.fn = fn;
    c.arg = &scenario;
    c.kernel_thread = true;
    c.cpus = cpu_count;
    return c;
}

void run_kernel(const char *name, lab_scenario_fn fn, unsigned cpu_count, unsigned seeds)
{
    struct lab_config c = config(name, fn, cpu_count);

    lab_seeds_config(&c, seeds);
}

void run_kernel_det(const char *name, lab_scenario_fn fn, unsigned cpu_count, unsigned seeds)
{
    struct lab_config c = config(name, fn, cpu_count);

    if (c.mode == HOST_PARALLEL)
        return;
    if (c.seed != 1) { // of the command line
        lab_run(&c);
        return;
    }
    for (; c.seed <= seeds; c.seed++)
        lab_run(&c);
}

void sleep_for(zx_duration_t ns)
{
    thread_sleep_until(hal_now() + ns);
}

void spin_for(zx_duration_t ns)
{
    zx_time_t end = hal_now() + ns;

    while (hal_now() < end)
        hal_preempt_point();
}

bool clock_is_fast(zx_duration_t ns)
{
    zx_time_t start = hal_now();

    for (unsigned i = 0; i < 100; i++)
        hal_preempt_point();
    return (hal_now() - start) * 2000 > ns;
}

unsigned priority_now(struct kthread *k)
{
    return atomic_load(&k->thread.priority);
}

void stay_here(void)
{
    struct thread *t = thread_current();

    do {
        t->affinity = 1u << cpu_this()->num;
    } while (t->affinity != 1u << cpu_this()->num);
}
