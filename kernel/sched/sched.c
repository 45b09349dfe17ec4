// SPDX-License-Identifier: MIT
// The scheduler: per-CPU run queues of 32 priorities, round robin within one, tickless.
//
// Interface: sched_park/sched_unpark (used by wait.c and mutex.c), thread_start, thread_yield,
// thread_exit, sched_preempt_check_slow, kernel_irq_exit, the idle loop.
//
// Locks: each CPU's rq_lock (LOCK_SPIN_IRQ, rank RUN_QUEUE) guards its queues and the state of the
// threads whose `cpu` it is. Two are taken only by the stealing idle CPU, by CPU number.
//
// Invariants:
//  S1 A thread's `cpu` changes only under the rq_lock of the CPU it leaves. Whoever locks t->cpu's
//     queue checks afterwards that it is still t->cpu.
//  S2 The rq_lock is held across a switch and released by the thread switched to. So a thread seen
//     BLOCKED or READY under its CPU's lock has its registers saved.
//  S3 A BLOCKED thread's *park_word was > 0 when it left the CPU; sched_unpark moves it on only when
//     it is not. A waker changes the word first and calls sched_unpark after, so no wake is lost.
//  S4 need_resched of a running thread is set under its CPU's lock and cleared when it leaves.
//  S5 cpu->next is a READY thread that is on no queue, and not counted. The next switch takes it, unless a
//     queue has somebody of higher priority. It is either the first of its queue, kept apart because
//     it mostly runs next (a wake and a switch then touch no list): no queue from its priority on had
//     anybody when it came, and who comes later puts it there first (queue_next_locked). Or the
//     current thread has woken it and will make room for it by blocking; if it does not, it goes
//     to the end of its queue. So does it when the current thread is preempted
//     (sched_next_settle_locked). An idle CPU may steal the first of a queue as any other. Or
//     it has been woken by an interrupt while the CPU idled.
//  S6 A CPU's bit in sched_idle_mask says that it idles and nobody has given it work. Whoever queues a
//     thread there, or sends it to look around, clears the bit, so that the next thread goes to another
//     CPU; the idle loop, which each of them makes go round, sets it again when it finds nothing.
#include "run_queue.h"

#include <debug/assert.h>
#include <hal/console.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <lib/printf.h>
#include <sched/wait.h>

LOCK_CLASS(run_queue_class, RANK_RUN_QUEUE, LOCK_SPIN_IRQ);

#define SLICE_NS ZX_MSEC(10)

struct cpu cpus[MAX_CPUS];

static void (*call_hook)(void); // what HAL_IPI_CALL does; fixed at boot

atomic_uint sched_idle_mask; // run_queue.h

// Time slices: armed only when somebody of the same priority waits, and then left armed.
void sched_slice_arm_locked(struct cpu *cpu)
{
    if (cpu->slice_armed)
        return;
    cpu->slice_armed = true;
    uint64_t ends = cpu->switch_ticks + cpu_current(cpu)->slice_ticks;
    timer_set(&cpu->slice_timer, hal_ticks_to_ns(ends));
}

static void slice_timer_fire(struct timer *timer, zx_time_t now)
{
    struct cpu *cpu = container_of(timer, struct cpu, slice_timer);
    (void)now;
    rq_lock(cpu);
    cpu->slice_armed = false;
    sched_next_settle_locked(cpu);
    struct thread *t = cpu_current(cpu);
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    if (!t->idle && (cpu->ready_mask >> p) != 0) {
        uint64_t ran = hal_ticks() - cpu->switch_ticks;
        if (ran >= t->slice_ticks) {
            t->slice_ticks = 0;
            atomic_store_explicit(&t->hal.need_resched, 1, memory_order_relaxed);
        } else {
            sched_slice_arm_locked(cpu);
        }
    }
    rq_unlock(cpu);
}

void sched_idle_flag_set(struct cpu *cpu, bool idle)
{
    const unsigned bit = 1u << cpu->num;
    if (((atomic_load_explicit(&sched_idle_mask, memory_order_relaxed) & bit) != 0) == idle)
        return;
    if (idle)
        atomic_fetch_or_explicit(&sched_idle_mask, 1u << cpu->num, memory_order_seq_cst);
    else
        atomic_fetch_and_explicit(&sched_idle_mask, ~(1u << cpu->num), memory_order_relaxed);
}

const struct sched_tracer *_Atomic sched_tracer; // sched/trace.h

NO_INLINE void sched_trace_switch_locked(const struct thread *from, const struct thread *to)
{
    const struct sched_tracer *tracer = atomic_load_explicit(&sched_tracer, memory_order_acquire);
    if (tracer != NULL)
        tracer->switched(from, to);
}

NO_INLINE void sched_trace_wake_locked(const struct thread *t)
{
    const struct sched_tracer *tracer = atomic_load_explicit(&sched_tracer, memory_order_acquire);
    if (tracer != NULL && t->state == SCHED_BLOCKED &&
        atomic_load_explicit(t->park_word, memory_order_acquire) <= 0)
        tracer->woken(t);
}

// The same for callers that are not hot.
static NO_INLINE void switch_locked(struct cpu *cpu) { switch_inline_locked(cpu, SWITCH_ANY); }

void sched_finish_switch(void) { finish_switch(); }

struct cpu *sched_place_online(struct thread *t, struct cpu *cpu)
{
    unsigned count = hal_cpu_count();
    if (likely(atomic_load_explicit(&cpu->online, memory_order_acquire)))
        return cpu;
    for (unsigned n = 0; n < count; n++) {
        if ((t->affinity >> n) & 1u && atomic_load_explicit(&cpus[n].online, memory_order_acquire))
            return &cpus[n];
    }
    return cpu;
}

// Where a thread should run that was on `last` or is to be started from there: an idle CPU, else that
// one, or another if that is offline.
static NO_INLINE struct cpu *place(struct thread *t, bool handoff, struct cpu *last)
{
    struct cpu *self = cpu_this();
    if (handoff && (t->affinity >> self->num) & 1u)
        return self;
    unsigned idle = atomic_load_explicit(&sched_idle_mask, memory_order_relaxed) & t->affinity;
    if (likely(idle == 0)) {
        if ((t->affinity >> last->num) & 1u)
            return sched_place_online(t, last);
        return sched_place_online(t, &cpus[__builtin_ctz(t->affinity)]);
    }
    if ((idle >> last->num) & 1u)
        return last;
    return &cpus[__builtin_ctz(idle)];
}

// Locks the queue where t has been placed, or another's if that CPU has gone offline meanwhile (H1 in
// hotplug.c).
static struct cpu *lock_placed(struct thread *t, struct cpu *to)
{
    for (;;) {
        rq_lock(to);
        struct cpu *better = sched_place_online(t, to);
        if (likely(better == to))
            return to;
        atomic_store_explicit(&t->cpu, better, memory_order_release);
        rq_unlock(to);
        to = better;
    }
}

// Makes another CPU look at its queue. One that is still starting looks by itself.
static void kick_locked(struct cpu *cpu)
{
    if (!atomic_load_explicit(&cpu->online, memory_order_acquire))
        return;
    hal_ipi_send(cpu->num, HAL_IPI_RESCHEDULE);
}

// Queues t on this CPU, whose lock is held, and sees to it that it gets its turn.
static void make_ready_here_locked(struct cpu *self, struct thread *t)
{
    enqueue_locked(self, t, false);
    struct thread *running = thread_current();
    uint8_t p = t->queued_priority;
    uint8_t rp = atomic_load_explicit(&running->priority, memory_order_relaxed);
    if (unlikely(p > rp || running->idle)) {
        if (running->idle)
            sched_idle_flag_set(self, false); // S6
        atomic_store_explicit(&running->hal.need_resched, 1, memory_order_relaxed);
    } else {
        offer_locked(self, t);
    }
    if (p == rp && unlikely(!self->slice_armed))
        sched_slice_arm_locked(self);
}

// Whether the next thread of `cpu` is the first of its queue, and is not about to run.
static bool is_first_locked(struct cpu *cpu, const struct thread *next)
{
    uint8_t p = atomic_load_explicit(&((struct thread *)next)->priority, memory_order_relaxed);
    uint8_t rp = atomic_load_explicit(&cpu_current(cpu)->priority, memory_order_relaxed);
    return (cpu->ready_mask >> p) == 0 && p <= rp;
}

// Somebody is to be queued behind what is there: the next thread, if it is the first of its queue (S5),
// has to be there too.
static void queue_next_locked(struct cpu *cpu)
{
    struct thread *next = next_get(cpu);
    if (next != NULL && is_first_locked(cpu, next)) {
        next_set_locked(cpu, NULL);
        enqueue_locked(cpu, next, false);
    }
}

// Queues t on `cpu`, whose lock is held, and makes that CPU look if t should run there now.
static NO_INLINE void make_ready_locked(struct cpu *cpu, struct thread *t)
{
    queue_next_locked(cpu);
    if (cpu == cpu_this()) {
        make_ready_here_locked(cpu, t);
        return;
    }
    enqueue_locked(cpu, t, false);
    struct thread *running = cpu_current(cpu);
    uint8_t p = t->queued_priority;
    uint8_t rp = atomic_load_explicit(&running->priority, memory_order_relaxed);
    if (running->idle || p > rp) {
        if (running->idle)
            sched_idle_flag_set(cpu, false); // S6
        if (!atomic_exchange_explicit(&running->hal.need_resched, 1, memory_order_relaxed))
            kick_locked(cpu);
        return;
    }
    offer_locked(cpu, t);
    if (p == rp && !cpu->slice_armed)
        kick_locked(cpu);
}

// An interrupt ends its sleep, and the idle loop looks around for work; S6.
void sched_kick_idle(unsigned idle)
{
    struct cpu *cpu = &cpus[__builtin_ctz(idle)];
    sched_idle_flag_set(cpu, false);
    hal_ipi_send(cpu->num, HAL_IPI_RESCHEDULE);
}

// See S5. The lock is held.
void sched_next_settle_locked(struct cpu *cpu)
{
    struct thread *t = next_get(cpu);
    if (t == NULL)
        return;
    next_set_locked(cpu, NULL);
    make_ready_locked(cpu, t);
}

void sched_handoff_cancel(void)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    rq_lock(cpu);
    sched_next_settle_locked(cpu);
    rq_unlock(cpu);
    hal_irq_restore(flags);
    sched_preempt_check();
}

// The half of sched_unpark that chooses a CPU. The lock of `last`, t's CPU, is held, and released.
void sched_unpark_elsewhere_locked(struct thread *t, bool handoff, struct cpu *last)
{
    struct cpu *to = place(t, handoff, last);
    if (to != last) {
        t->state = SCHED_WAKING;
        atomic_store_explicit(&t->cpu, to, memory_order_release);
        rq_unlock(last);
        to = lock_placed(t, to);
    }
    if (handoff && to == cpu_this() && next_get(to) == NULL) {
        t->state = SCHED_READY;
        next_set_locked(to, t);
    } else {
        make_ready_locked(to, t);
    }
    rq_unlock(to);
}

void sched_unpark_here_locked(struct thread *t)
{
    struct cpu *self = cpu_this();
    unsigned idle = atomic_load_explicit(&sched_idle_mask, memory_order_relaxed) & t->affinity;
    if ((idle >> self->num) & 1u) { // in an interrupt, while nothing ran, and nobody is here yet (S6)
        DEBUG_ASSERT(next_get(self) == NULL && self->ready_mask == 0);
        sched_idle_flag_set(self, false);
        t->state = SCHED_READY;
        next_set_locked(self, t);
        atomic_store_explicit(&cpu_current(self)->hal.need_resched, 1, memory_order_relaxed);
    } else if (idle != 0) {
        sched_unpark_elsewhere_locked(t, false, self);
        return;
    } else {
        make_ready_locked(self, t); // it has been here, so its affinity allows it
    }
    rq_unlock(self);
}

void sched_unpark(struct thread *t, bool handoff) { unpark_inline(t, handoff); }
void sched_park(atomic_int *word) { park_inline(word); }

// Puts the running thread back on its queue and picks again. Interrupts off, lock held.
static void preempt_locked(struct cpu *cpu, struct thread *t)
{
    bool expired = t->slice_ticks == 0;
    CPU_STAT_ADD(cpu, preempts, 1);
    if (!t->idle) {
        enqueue_locked(cpu, t, !expired);
        offer_locked(cpu, t);
    }
    switch_locked(cpu);
}

// Whether the next thread should take the CPU from t now, without being queued.
static bool next_preempts_locked(struct cpu *cpu, struct thread *t)
{
    struct thread *next = next_get(cpu);
    if (next == NULL)
        return false;
    if (t->idle)
        return atomic_load_explicit(&cpu->online, memory_order_relaxed);
    return atomic_load_explicit(&next->priority, memory_order_relaxed) >
           atomic_load_explicit(&t->priority, memory_order_relaxed);
}

// Whether a ready thread should take the CPU from t now.
static bool should_preempt_locked(struct cpu *cpu, struct thread *t)
{
    if (cpu->ready_mask == 0)
        return false;
    if (t->idle) // offline, it gives the CPU to nobody
        return atomic_load_explicit(&cpu->online, memory_order_relaxed);
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    uint32_t better = p == 31 ? 0 : cpu->ready_mask >> (p + 1);
    return better != 0 || (t->slice_ticks == 0 && (cpu->ready_mask >> p) != 0);
}

// Ready threads of t's own priority get their turn when its time slice is over.
static void share_with_equals_locked(struct cpu *cpu, struct thread *t)
{
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    if (!t->idle && ((cpu->ready_mask >> p) & 1u))
        sched_slice_arm_locked(cpu);
}

// The queues of this CPU or the priority of t, which runs here, have changed: t gives way now, or to
// its equals in time.
static void reconsider_locked(struct cpu *cpu, struct thread *t)
{
    if (should_preempt_locked(cpu, t))
        atomic_store_explicit(&t->hal.need_resched, 1, memory_order_relaxed);
    else
        share_with_equals_locked(cpu, t);
}

static void preempt_irqsoff(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *t = thread_current();
    rq_lock(cpu);
    if (next_preempts_locked(cpu, t)) {
        preempt_locked(cpu, t);
        return;
    }
    sched_next_settle_locked(cpu);
    atomic_store_explicit(&t->hal.need_resched, 0, memory_order_relaxed);
    if (should_preempt_locked(cpu, t)) {
        preempt_locked(cpu, t);
        return;
    }
    // An equal that was handed this CPU by a thread that then kept it.
    share_with_equals_locked(cpu, t);
    rq_unlock(cpu);
}

void sched_preempt_check_slow(void)
{
    struct hal_thread *h = hal_current();
    if (h->preempt_count != 0 || !hal_irqs_enabled())
        return;
    unsigned long flags = hal_irq_save();
    preempt_irqsoff();
    hal_irq_restore(flags);
}

void kernel_irq_exit(bool from_user)
{
    struct hal_thread *h = hal_current();
    CPU_STAT_ADD(cpu_this(), ints, 1);
    // Again, if the thread that gave the CPU back to this one has died: its reaper waits to run.
    while (atomic_load_explicit(&h->need_resched, memory_order_relaxed) &&
           (from_user || h->preempt_count == 0)) {
        CPU_STAT_ADD(cpu_this(), irq_preempts, 1);
        preempt_irqsoff();
    }
}

void kernel_ipi(unsigned ipi)
{
    struct cpu *cpu = cpu_this();
    if (ipi == HAL_IPI_HALT)
        hal_cpu_halt();
    if (ipi == HAL_IPI_RESCHEDULE) {
        CPU_STAT_ADD(cpu, reschedule_ipis, 1);
        rq_lock(cpu);
        reconsider_locked(cpu, cpu_current(cpu));
        rq_unlock(cpu);
    } else {
        CPU_STAT_ADD(cpu, generic_ipis, 1);
        if (call_hook != NULL)
            call_hook();
    }
}

void sched_set_call_hook(void (*fn)(void))
{
    call_hook = fn;
}

void thread_yield(void)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    struct thread *t = thread_current();
    rq_lock(cpu);
    CPU_STAT_ADD(cpu, yields, 1);
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    uint32_t others = cpu->ready_mask >> p;
    if (likely(others == 1 && next_get(cpu) == NULL)) {
        // Changes places with the first of its own priority: mask and count stay.
        struct thread *next = list_entry(cpu->queue[p].head.next, struct thread, run_node);
        list_remove(&next->run_node);
        list_add_tail(&cpu->queue[p], &t->run_node);
        t->state = SCHED_READY;
        t->queued_priority = p;
        t->slice_ticks = 0;
        switch_to_locked(cpu, t, next, SWITCH_BUSY);
    } else {
        sched_next_settle_locked(cpu);
        if ((cpu->ready_mask >> p) != 0) {
            t->slice_ticks = 0;
            enqueue_locked(cpu, t, false);
            switch_inline_locked(cpu, SWITCH_FROM_BUSY);
        } else {
            rq_unlock(cpu);
        }
    }
    hal_irq_restore(flags);
}

void thread_start(struct thread *t, struct hal_aspace *aspace)
{
    unsigned long flags = hal_irq_save();
    struct cpu *self = cpu_this();
    t->aspace = aspace;
    struct cpu *to = place(t, false, self);
    atomic_store_explicit(&t->cpu, to, memory_order_release);
    to = lock_placed(t, to);
    make_ready_locked(to, t);
    rq_unlock(to);
    hal_irq_restore(flags);
    sched_preempt_check();
}

void thread_exit(void)
{
    hal_irq_disable();
    struct cpu *cpu = cpu_this();
    struct thread *t = thread_current();
    DEBUG_ASSERT(t->hal.preempt_count == 0);
    rq_lock(cpu);
    t->state = SCHED_DEAD;
    switch_locked(cpu);
    panic("a dead thread ran again");
}

void thread_drop_aspace(void)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    struct thread *t = thread_current();
    t->aspace = NULL;
    cpu->aspace = NULL;
    hal_aspace_activate(NULL);
    hal_irq_restore(flags);
}

zx_duration_t thread_runtime(struct thread *t)
{
    if (atomic_load_explicit(&t->cpu, memory_order_acquire) == NULL)
        return 0; // not started yet
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = lock_cpu_of(t);
    uint64_t ticks = t->runtime_ticks;
    if (t->state == SCHED_RUNNING)
        ticks += hal_ticks() - cpu->switch_ticks;
    rq_unlock(cpu);
    hal_irq_restore(flags);
    return hal_ticks_to_ns(ticks);
}

// The counters are read as they are written, without an order: no race that a checker need report.
__attribute__((no_sanitize("thread"))) static void copy_counters(const struct cpu_stats *from,
                                                                 struct cpu_stats *to)
{
    _Static_assert(sizeof(*from) % sizeof(uint64_t) == 0, "counters and nothing else");
    const volatile uint64_t *in = (const uint64_t *)from;
    uint64_t *out = (uint64_t *)to;
    for (size_t i = 0; i < sizeof(*from) / sizeof(*in); i++)
        out[i] = in[i];
}

void cpu_stats_read(struct cpu *cpu, struct cpu_stats *out)
{
    unsigned long flags = hal_irq_save();
    rq_lock(cpu);
    copy_counters(&cpu->stats, out);
    out->syscalls = __atomic_load_n(&cpu_current(cpu)->hal.syscalls, __ATOMIC_RELAXED);
    if (cpu_current(cpu)->idle && atomic_load_explicit(&cpu->online, memory_order_relaxed))
        out->idle_ticks += hal_ticks() - cpu->switch_ticks;
    rq_unlock(cpu);
    hal_irq_restore(flags);
}

void sched_apply_priority(struct thread *t, uint8_t priority)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = lock_cpu_of(t);
    sched_next_settle_locked(cpu); // be it t, or one for which t may have to make room now
    uint8_t old = atomic_exchange_explicit(&t->priority, priority, memory_order_relaxed);
    if (old != priority) {
        if (t->state == SCHED_READY) {
            dequeue_locked(cpu, t);
            make_ready_locked(cpu, t);
        } else if (t->state == SCHED_RUNNING && (cpu->ready_mask >> priority) != 0) {
            if (cpu == cpu_this())
                reconsider_locked(cpu, t);
            else
                kick_locked(cpu);
        }
    }
    rq_unlock(cpu);
    hal_irq_restore(flags);
    sched_preempt_check();
}

void thread_post_pending(struct thread *t, unsigned bits, zx_status_t status)
{
    atomic_fetch_or_explicit(&t->hal.pending, bits, memory_order_seq_cst);
    if (wait_interrupt(t, status))
        return;
    // Running on another CPU: an interrupt makes it pass the user boundary.
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = atomic_load_explicit(&t->cpu, memory_order_acquire);
    if (cpu != NULL) { // else not started
        cpu = lock_cpu_of(t);
        if (t->state == SCHED_RUNNING && cpu != cpu_this())
            hal_ipi_send(cpu->num, HAL_IPI_RESCHEDULE);
        rq_unlock(cpu);
    }
    hal_irq_restore(flags);
}

void thread_clear_pending(struct thread *t, unsigned bits)
{
    atomic_fetch_and_explicit(&t->hal.pending, ~bits, memory_order_seq_cst);
}

// The online CPU with the most ready threads, of those in the mask `among`; NULL: none has any.
static struct cpu *most_loaded(unsigned among)
{
    struct cpu *found = NULL;
    uint32_t most = 0;
    for (; among != 0; among &= among - 1) {
        struct cpu *c = &cpus[__builtin_ctz(among)];
        if (!atomic_load_explicit(&c->online, memory_order_acquire))
            continue;
        uint32_t ready = atomic_load_explicit(&c->ready_count, memory_order_seq_cst) +
                         (atomic_load_explicit(&c->next, memory_order_seq_cst) != NULL);
        if (ready > most) {
            most = ready;
            found = c;
        }
    }
    return found;
}

// Takes the most urgent ready thread of `victim` that may run on `self`: it is on no queue then. NULL:
// there is none. Interrupts off, no lock held.
static struct thread *take_from(struct cpu *victim, struct cpu *self)
{
    struct thread *taken = NULL;
    rq_lock(victim);
    queue_next_locked(victim);
    for (uint32_t mask = victim->ready_mask; mask != 0 && taken == NULL;) {
        unsigned p = 31u - (unsigned)__builtin_clz(mask);
        mask &= ~(1u << p);
        struct thread *t;
        list_for_each_entry (t, &victim->queue[p], run_node) {
            if ((t->affinity >> self->num) & 1u) {
                taken = t;
                break;
            }
        }
    }
    if (taken != NULL) {
        dequeue_locked(victim, taken);
        taken->state = SCHED_WAKING;
        atomic_store_explicit(&taken->cpu, self, memory_order_release);
    }
    rq_unlock(victim);
    return taken;
}

// Takes a ready thread from another CPU, of the most loaded one that has any for this CPU: those bound
// elsewhere do not keep it from looking further. Interrupts off, no lock held.
static bool steal(struct cpu *self)
{
    unsigned among = (UINT32_MAX >> (32u - hal_cpu_count())) & ~(1u << self->num);
    struct thread *stolen = NULL;
    while (stolen == NULL) {
        struct cpu *victim = most_loaded(among);
        if (victim == NULL)
            return false;
        among &= ~(1u << victim->num);
        stolen = take_from(victim, self);
    }
    rq_lock(self);
    sched_idle_flag_set(self, false); // S6
    enqueue_locked(self, stolen, false);
    rq_unlock(self);
    return true;
}

static NO_RETURN void idle_loop(void)
{
    for (;;) {
        hal_irq_disable();
        struct cpu *cpu = cpu_this();
        if (unlikely(!atomic_load_explicit(&cpu->online, memory_order_relaxed))) {
            sched_leave_idle(cpu);
            hal_cpu_stop();
            sched_arrive(cpu);
        }
        rq_lock(cpu);
        bool ready = cpu->ready_mask != 0 || next_get(cpu) != NULL;
        if (ready) {
            switch_locked(cpu); // releases the lock
        } else {
            // What set it was stolen meanwhile; left set, the next to queue here would not kick (S4).
            atomic_store_explicit(&cpu->idle->hal.need_resched, 0, memory_order_relaxed);
            sched_idle_flag_set(cpu, true); // before it looks around: offer_locked()
            rq_unlock(cpu);
        }
        if (!ready && !steal(cpu))
            hal_cpu_idle();
        hal_irq_enable();
    }
}

static void cpu_init(struct cpu *cpu, unsigned num)
{
    spin_init(&cpu->rq_lock, &run_queue_class);
    cpu->num = num;
    for (unsigned p = 0; p < PRIORITY_COUNT; p++)
        list_init(&cpu->queue[p]);
    timer_queue_init(cpu);
    timer_init(&cpu->slice_timer, slice_timer_fire);
    cpu->switch_ticks = hal_ticks();
    cpu->slice_full = hal_ns_to_ticks(SLICE_NS);
}

// The idle thread of a CPU has the CPU's boot stack; it only needs its records.
static void idle_thread_init(struct cpu *cpu)
{
    struct thread *t = &cpu->idle_thread;
    ksnprintf(t->name, sizeof(t->name), "idle-%u", cpu->num);
    t->idle = true;
    t->state = SCHED_RUNNING;
    t->hal.cpu = cpu->num;
    t->affinity = 1u << cpu->num;
    atomic_store_explicit(&t->cpu, cpu, memory_order_release);
    atomic_store_explicit(&t->wait_word, INT32_MIN, memory_order_relaxed);
    cpu->idle = t;
    thread_enlist(t);
}

static void idle_entry(void *arg)
{
    (void)arg;
    sched_finish_switch();
    idle_loop();
}

static struct lock_debug_held *held_locks(void)
{
    return &thread_current()->held_locks;
}

void sched_init_boot_cpu(struct thread *boot)
{
    struct cpu *cpu = &cpus[0];
    cpu_init(cpu, 0);
    idle_thread_init(cpu);
    ksnprintf(boot->name, sizeof(boot->name), "boot");
    boot->base_priority = PRIORITY_DEFAULT;
    boot->boot_stack = true;
    boot->state = SCHED_RUNNING;
    boot->affinity = UINT32_MAX;
    boot->slice_ticks = cpu->slice_full;
    timer_init(&boot->wait_timer, wait_timer_fire);
    atomic_store_explicit(&boot->priority, PRIORITY_DEFAULT, memory_order_relaxed);
    atomic_store_explicit(&boot->cpu, cpu, memory_order_relaxed);
    atomic_store_explicit(&boot->wait_word, INT32_MIN, memory_order_relaxed);
    atomic_store_explicit(&cpu->current, boot, memory_order_relaxed);
    hal_cpu_adopt_boot_thread(&boot->hal);
    lock_debug_set_hook(held_locks);
    atomic_store_explicit(&cpu->online, true, memory_order_release);
}

zx_status_t sched_start_workers(void)
{
    // The boot CPU's idle thread gets a stack of its own: the boot stack belongs to the boot thread.
    struct cpu *cpu = &cpus[0];
    struct thread *idle = cpu->idle;
    size_t size;
    void *stack = hal_kstack_alloc(&size);
    if (stack == NULL)
        return ZX_ERR_NO_MEMORY;
    idle->hal.kstack_base = (uintptr_t)stack;
    idle->hal.kstack_size = size;
    idle->state = SCHED_BLOCKED;
    hal_thread_init(&idle->hal, idle_entry, NULL);
    return worker_start(cpu);
}

zx_status_t sched_start_secondary(unsigned num)
{
    struct cpu *cpu = &cpus[num];
    cpu_init(cpu, num);
    idle_thread_init(cpu);
    size_t size;
    void *stack = hal_kstack_alloc(&size);
    if (stack == NULL)
        return ZX_ERR_NO_MEMORY;
    cpu->idle->hal.kstack_base = (uintptr_t)stack;
    cpu->idle->hal.kstack_size = size;
    atomic_store_explicit(&cpu->current, cpu->idle, memory_order_relaxed);
    zx_status_t status = worker_start(cpu);
    if (status == ZX_OK)
        status = sched_start(cpu);
    cpu->takes_part = status == ZX_OK;
    return status;
}

void sched_secondary_main(void)
{
    sched_arrive(cpu_this());
    idle_loop();
}
