// SPDX-License-Identifier: MIT
// Deterministic mode: all virtual CPUs in one pthread, one of them at a time, chosen by the seed.
//
// D1. Virtual CPUs change only in here (switch_to), never inside any other platform function.
// D2. Every decision draws from host.rng and goes into host.hash: equal hashes, equal runs.
// D3. Time only moves here: a small seeded step at each point, a jump to the next timer when no CPU
//     can run, or when all that run do nothing but spin.
#include "machine.h"

#define SPIN_JUMP 2000u    // spins with nothing else happening before time jumps to a timer
#define SPIN_HANG 200000u  // ... before it is called a hang
#define FREEZE_MAX 2000u   // longest freeze of a CPU, in steps

static void hash_in(uint64_t value)
{
    host.hash = (host.hash ^ value) * 0x100000001b3u;
}

static uint64_t draw(uint64_t bound)
{
    return host_mix(&host.rng) % bound;
}

static bool can_run(const struct vcpu *v)
{
    return v->started && !atomic_load(&v->stopped) && (!atomic_load(&v->idle) || vcpu_due(v) != 0);
}

// A CPU other than `self` that can go on, NULL if none. Frozen ones only when there is no other.
static struct vcpu *pick_other(const struct vcpu *self, bool thaw)
{
    struct vcpu *found[MAX_CPUS];
    unsigned count = 0;

    for (int pass = 0; pass < (thaw ? 2 : 1) && count == 0; pass++) {
        for (unsigned i = 0; i < host.config.cpus; i++) {
            struct vcpu *v = &host.cpus[i];
            if (v != self && can_run(v) && (pass == 1 || v->frozen_until <= host.step))
                found[count++] = v;
        }
    }
    return count == 0 ? NULL : found[draw(count)];
}

static void switch_to(struct vcpu *to)
{
    struct vcpu *from = host_vcpu();

    hash_in(0x100 + to->num);
    host_set_vcpu(to);
    host_fiber_switch(&from->current->plat.fiber, &to->current->plat.fiber, false, false);
}

// Virtual time of the nearest timer, NO_DEADLINE if none is set.
static int64_t next_deadline(void)
{
    int64_t next = NO_DEADLINE;

    for (unsigned i = 0; i < host.config.cpus; i++) {
        int64_t d = atomic_load(&host.cpus[i].deadline);
        if (host.cpus[i].started && d < next)
            next = d;
    }
    return next;
}

static void begin_step(enum point kind)
{
    host.step++;
    if (host.config.max_steps != 0 && host.step > host.config.max_steps)
        host_fail(HOST_STEPS, "step limit %llu", (unsigned long long)host.config.max_steps);
    if (kind != POINT_RELAX)
        host.spin_streak = 0;
    host.now += (int64_t)draw((uint64_t)host.step_ns);
    hash_in(kind | host_vcpu()->num << 4);
}

// Takes one due interrupt, seeded, with the given chance in 8.
static void maybe_take(bool from_user, unsigned chance)
{
    struct vcpu *v = host_vcpu();

    if (!v->irqs_on)
        return;
    unsigned due = vcpu_due(v);
    if (due == 0 || draw(8) >= chance)
        return;
    unsigned skip = (unsigned)draw((uint64_t)__builtin_popcount(due));
    while (skip-- > 0)
        due &= due - 1;
    due &= -due;
    hash_in(0x200 + due);
    vcpu_take(due, from_user);
}

void det_point(enum point kind)
{
    begin_step(kind);
    struct vcpu *self = host_vcpu();
    if (draw(1u << host.switch_shift) == 0) {
        struct vcpu *other = pick_other(self, false);
        if (other != NULL) {
            // Now and then a CPU stands still for long: windows of any width are met.
            if (draw(16) == 0)
                self->frozen_until = host.step + draw(FREEZE_MAX);
            switch_to(other);
        }
    }
    // A seeded pause between "pending" and "taken", as between devices and CPU.
    maybe_take(kind == POINT_USER, kind == POINT_IRQ_ON || kind == POINT_USER ? 6 : 4);
}

void det_relax(void)
{
    begin_step(POINT_RELAX);
    host.spin_streak++;
    struct vcpu *self = host_vcpu();
    struct vcpu *other = pick_other(self, true);
    if (other != NULL) {
        switch_to(other);
    } else if (!self->irqs_on || vcpu_due(self) == 0) {
        // Alone and spinning: only a timer can change anything.
        if (next_deadline() == NO_DEADLINE && host.spin_streak > 100)
            host_fail(HOST_HANG, "cpu %u spins alone, nothing can stop it", self->num);
    }
    if (host.spin_streak > SPIN_HANG)
        host_fail(HOST_HANG, "all CPUs spin");
    if (host.spin_streak % SPIN_JUMP == SPIN_JUMP - 1 && next_deadline() != NO_DEADLINE)
        host.now = MAX(host.now, next_deadline());
    maybe_take(false, 4);
}

void det_idle(void)
{
    struct vcpu *v = host_vcpu();

    begin_step(POINT_IDLE);
    atomic_store(&v->idle, true);
    while (vcpu_due(v) == 0) {
        struct vcpu *other = pick_other(v, true);
        if (other != NULL) {
            switch_to(other);
            continue;
        }
        int64_t next = next_deadline();
        if (next == NO_DEADLINE)
            host_fail(HOST_HANG, "all CPUs idle and no timer is set");
        host.now = MAX(host.now, next);
    }
    atomic_store(&v->idle, false);
}

void det_stop(void)
{
    struct vcpu *v = host_vcpu();

    begin_step(POINT_IDLE);
    atomic_store(&v->stopped, true);
    while (atomic_load(&v->stopped)) {
        struct vcpu *other = pick_other(v, true);
        int64_t next = next_deadline();
        if (other != NULL) {
            switch_to(other);
        } else {
            if (next == NO_DEADLINE)
                host_fail(HOST_HANG, "all CPUs idle or stopped and no timer is set");
            host.now = MAX(host.now, next);
        }
    }
}

void det_run(void)
{
    host_fiber_adopt_current(&host.root);
    host_set_vcpu(&host.cpus[0]);
    host.cpus[0].irqs_on = false;
    host_fiber_switch(&host.root, &host.cpus[0].current->plat.fiber, true, false);
    // What every CPU did happened before the end of the run.
    for (unsigned i = 0; i < host.config.cpus; i++) {
        if (host.cpus[i].started)
            host_fiber_join(&host.cpus[i].current->plat.fiber, &host.root);
    }
}

void det_finish(void)
{
    host_fiber_switch(&host_vcpu()->current->plat.fiber, &host.root, true, true);
    __builtin_unreachable();
}
