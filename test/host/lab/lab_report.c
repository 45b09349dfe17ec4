// SPDX-License-Identifier: MIT
// What a failure report says about the kernel: every thread, its state, and where it stands.
// Takes no locks. Other CPUs may run on in a parallel run: what they write is read as it comes, and
// ThreadSanitizer is not asked.
#include "lab_priv.h"

#include <sched/cpu.h>
#include <sched/mutex.h>
#include <sched/thread.h>
#include <sched/wait.h>

static const char *state_name(unsigned state)
{
    switch (state) {
    case SCHED_INITIAL: return "initial";
    case SCHED_READY: return "ready";
    case SCHED_RUNNING: return "running";
    case SCHED_BLOCKED: return "blocked";
    case SCHED_DEAD: return "dead";
    default: return "in between";
    }
}

static const char *wait_name(unsigned reason)
{
    static const char *const names[] = {
        "nothing", "exception", "sleep", "futex", "port", "channel", "one", "many", "interrupt",
    };
    return reason < countof(names) ? names[reason] : "?";
}

__attribute__((no_sanitize("thread"))) static void print_thread(const struct hal_thread *h)
{
    const struct thread *t = (const struct thread *)h;
    const struct cpu *cpu = atomic_load((struct cpu *_Atomic *)&t->cpu);

    host_print("  thread %p %s: %s, cpu %u, waits for %s, wait word %d, pending %#x",
               (const void *)t, t->name, state_name(t->state), cpu != NULL ? cpu->num : 99u,
               wait_name(t->wait_reason), atomic_load((atomic_int *)&t->wait_word),
               atomic_load((atomic_uint *)&h->pending));
    if (t->blocked_on != NULL)
        host_print(", blocked on mutex %p of thread %#lx", (const void *)t->blocked_on,
                   (unsigned long)atomic_load(&t->blocked_on->owner) & ~1ul);
    host_print("\n");
    // The machine's own threads at rest would only hide the rest of the report.
    if (!t->idle && (strncmp(t->name, "worker-", 7) != 0 || t->state != SCHED_BLOCKED))
        host_print_backtrace(h);
}

void lab_reporter(void)
{
    host_for_each_thread(print_thread);
}
