// SPDX-License-Identifier: MIT
// Parallel mode: each virtual CPU is a pthread.
//
// P1. idle_lock guards sleeping: an idle CPU looks at its pending word under it before it waits,
//     and whoever makes something pending for an idle CPU broadcasts under it.
// P2. When every started CPU is idle with nothing pending, the last of them moves time_offset so
//     that the nearest timer is due; without any timer that is a hang.
// P3. After an outcome is set each pthread leaves at its next point; threads are abandoned.
// P4. The first CPU that fails reports it; others that fail wait for the outcome, and leave.
#include "machine.h"

#include <sched.h>
#include <time.h>

#define YIELD_EVERY 64u // a seeded sched_yield in so many points, on average

static bool stopping(void)
{
    return atomic_load_explicit(&host.outcome, memory_order_relaxed) != HOST_RUNNING;
}

int64_t par_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec + atomic_load(&host.time_offset);
}

NO_RETURN static void leave(void)
{
    struct vcpu *v = host_vcpu();

    host_fiber_switch(&v->current->plat.fiber, &v->root, true, true);
    __builtin_unreachable();
}

static void take_due(bool from_user)
{
    struct vcpu *v = host_vcpu();

    if (!v->irqs_on)
        return;
    unsigned due = vcpu_due(v);
    if (due != 0)
        vcpu_take(due & -due, from_user);
}

void par_point(enum point kind)
{
    struct vcpu *v = host_vcpu();

    if (stopping())
        leave();
    uint64_t r = host_mix(&v->rng);
    if (r % YIELD_EVERY == 0)
        sched_yield();
    // The clock is dear: look at the timer only now and then, at the pending word always.
    if (atomic_load_explicit(&v->pending, memory_order_relaxed) != 0 || (r >> 32) % 8 == 0)
        take_due(kind == POINT_USER);
}

void par_relax(void)
{
    if (stopping())
        leave();
    sched_yield();
    take_due(false);
}

void par_wake(struct vcpu *v)
{
    if (!atomic_load(&v->idle))
        return;
    pthread_mutex_lock(&host.idle_lock);
    pthread_cond_broadcast(&host.idle_cond);
    pthread_mutex_unlock(&host.idle_lock);
}

// All CPUs are idle: true if something is pending somewhere after all or time could be moved.
static bool idle_jump_locked(void)
{
    int64_t next = NO_DEADLINE;

    for (unsigned i = 0; i < host.config.cpus; i++) {
        struct vcpu *v = &host.cpus[i];
        if (!v->started || atomic_load(&v->stopped))
            continue;
        if (vcpu_due(v) != 0)
            return true;
        next = MIN(next, atomic_load(&v->deadline));
    }
    if (next == NO_DEADLINE)
        return false;
    int64_t now = par_now();
    if (next > now)
        atomic_fetch_add(&host.time_offset, next - now);
    pthread_cond_broadcast(&host.idle_cond);
    return true;
}

static unsigned started_count(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < host.config.cpus; i++)
        n += host.cpus[i].started;
    return n;
}

void par_idle(void)
{
    struct vcpu *v = host_vcpu();
    bool hang = false;

    pthread_mutex_lock(&host.idle_lock);
    atomic_store(&v->idle, true);
    atomic_fetch_add(&host.idle_count, 1);
    while (vcpu_due(v) == 0 && !stopping() && !hang) {
        if ((unsigned)atomic_load(&host.idle_count) == started_count()) {
            hang = !idle_jump_locked();
            if (hang || vcpu_due(v) != 0)
                continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 2000000; // own timers are looked at every 2 ms of real time
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&host.idle_cond, &host.idle_lock, &until);
    }
    atomic_fetch_sub(&host.idle_count, 1);
    atomic_store(&v->idle, false);
    pthread_mutex_unlock(&host.idle_lock);
    if (stopping())
        leave();
    if (hang)
        host_fail(HOST_HANG, "all CPUs idle and no timer is set");
}

// Counts as idle, so that P2 holds of the others.
void par_stop_cpu(void)
{
    struct vcpu *v = host_vcpu();

    pthread_mutex_lock(&host.idle_lock);
    atomic_store(&v->stopped, true);
    atomic_fetch_add(&host.idle_count, 1);
    pthread_cond_broadcast(&host.idle_cond);
    while (atomic_load(&v->stopped) && !stopping())
        pthread_cond_wait(&host.idle_cond, &host.idle_lock);
    pthread_mutex_unlock(&host.idle_lock);
    if (stopping())
        leave();
}

void par_restart_cpu(struct vcpu *v)
{
    pthread_mutex_lock(&host.idle_lock);
    atomic_store(&v->stopped, false);
    atomic_fetch_sub(&host.idle_count, 1);
    pthread_cond_broadcast(&host.idle_cond);
    pthread_mutex_unlock(&host.idle_lock);
}

static void run_cpu(struct vcpu *v)
{
    host_fiber_adopt_current(&v->root);
    host_set_vcpu(v);
    host_fiber_switch(&v->root, &v->current->plat.fiber, true, false);
    host_set_vcpu(NULL);
}

static void *cpu_main(void *arg)
{
    run_cpu(arg);
    return NULL;
}

zx_status_t par_start_cpu(struct vcpu *v)
{
    return pthread_create(&v->pthread, NULL, cpu_main, v) == 0 ? ZX_OK : ZX_ERR_IO;
}

void par_run(void)
{
    host.cpus[0].irqs_on = false;
    run_cpu(&host.cpus[0]);
    for (unsigned i = 1; i < host.config.cpus; i++) {
        if (host.cpus[i].started)
            pthread_join(host.cpus[i].pthread, NULL);
    }
}

void par_finish(void)
{
    pthread_mutex_lock(&host.idle_lock);
    pthread_cond_broadcast(&host.idle_cond);
    pthread_mutex_unlock(&host.idle_lock);
    leave();
}

void par_stop(void)
{
    while (!stopping())
        sched_yield();
    leave();
}
