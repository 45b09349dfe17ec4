// SPDX-License-Identifier: MIT
// Futexes (object/futex.h): a hash table of buckets, each with a mutex and a FIFO of waiters.
//
//   X1 The word is compared and the waiter queued in one hold of the bucket's lock; a waker takes the
//      lock after it has changed the word. So a wake that follows the change is not missed.
//   X2 A waiter's record lives on its stack. It is in the queue of the bucket that `bucket` names, or
//      in none; requeue changes both under both locks.
//   X3 The waker holds the waiter's bucket lock, which the waiter takes before it leaves: sched/wait.h
//      W1. A woken waiter has been taken off the queue, so it reports OK although its deadline passed.
// Locks: [B] the bucket's mutex (rank FUTEX); two are taken in order of their addresses.
#include <object/futex.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <lib/list.h>
#include <object/process.h>
#include <sched/mutex.h>
#include <sched/wait.h>

LOCK_CLASS(futex_class, RANK_FUTEX, LOCK_MUTEX);

#define BUCKET_BITS 8u

struct bucket {
    struct mutex lock;
    struct list waiters; // [B] of futex_waiter, longest waiting first
};

struct futex_waiter {
    struct list_node node;          // [B]
    struct bucket *_Atomic bucket;  // [B] to write, X2
    struct process *process;        // [I]
    uintptr_t addr;                 // [B]
    struct thread *thread;          // [I]
};

static struct bucket buckets[1u << BUCKET_BITS];

void futex_init(void)
{
    for (size_t i = 0; i < countof(buckets); i++) {
        mutex_init(&buckets[i].lock, &futex_class);
        list_init(&buckets[i].waiters);
    }
}

static struct bucket *bucket_of(const struct process *p, uintptr_t addr)
{
    uint64_t key = ((uintptr_t)p >> 4) + (addr >> 2);
    return &buckets[(key * 0x9e3779b97f4a7c15u) >> (64 - BUCKET_BITS)];
}

zx_status_t futex_compare(uintptr_t addr, int32_t current)
{
    uint32_t word;
    if (hal_user_read_u32(&word, addr) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return word == (uint32_t)current ? ZX_OK : ZX_ERR_BAD_STATE;
}

// The same under a lock: without faulting.
static zx_status_t compare_locked(uintptr_t addr, int32_t current)
{
    user_faults_disable();
    zx_status_t status = futex_compare(addr, current);
    user_faults_enable();
    return status;
}

// Queues the current thread, whose wait is armed, if the word still has its value.
static zx_status_t enqueue(struct futex_waiter *w, int32_t current)
{
    struct bucket *b = bucket_of(w->process, w->addr);
    for (;;) {
        mutex_lock(&b->lock);
        zx_status_t status = compare_locked(w->addr, current);
        if (status == ZX_OK) {
            atomic_store_explicit(&w->bucket, b, memory_order_relaxed);
            list_add_tail(&b->waiters, &w->node);
        }
        mutex_unlock(&b->lock);
        if (status != ZX_ERR_INVALID_ARGS || hal_user_fault_in(w->addr, 4, false) != ZX_OK)
            return status;
    }
}

// Leaves the queue. True if the waiter was still in one, that is: nobody has woken it.
static bool dequeue(struct futex_waiter *w)
{
    for (;;) {
        struct bucket *b = atomic_load_explicit(&w->bucket, memory_order_acquire);
        mutex_lock(&b->lock);
        if (b == atomic_load_explicit(&w->bucket, memory_order_relaxed)) {
            bool queued = list_remove_if_linked(&w->node);
            mutex_unlock(&b->lock);
            return queued;
        }
        mutex_unlock(&b->lock); // requeued meanwhile
    }
}

zx_status_t futex_wait(struct process *p, uintptr_t addr, int32_t current, zx_time_t deadline)
{
    struct futex_waiter w = { .process = p, .addr = addr, .thread = thread_current() };
    zx_status_t ignored;
    // Whatever must be faulted in is, before anything may wake this thread.
    zx_status_t status = futex_compare(addr, current);
    if (status != ZX_OK)
        return status;
    wait_arm(true);
    status = enqueue(&w, current);
    if (status != ZX_OK) {
        (void)wait_disarm(&ignored);
        return status;
    }
    status = wait_block(WAIT_ON_FUTEX, deadline);
    return dequeue(&w) ? status : ZX_OK; // X3
}

// One that is being killed would do nothing with a wake or a place in another queue: the next gets it.
static bool dying(const struct futex_waiter *w)
{
    return (thread_pending(w->thread) & THREAD_PENDING_KILL) != 0;
}

// Wakes up to `count` waiters of (p, addr) in b. A waiter whose wait has ended otherwise (deadline,
// suspension) counts all the same: it is off the queue, so it reports OK.
static void wake_locked(struct bucket *b, struct process *p, uintptr_t addr, uint32_t count)
{
    struct futex_waiter *w;
    if (count == 0)
        return;
    list_for_each_entry_safe (w, &b->waiters, node) {
        if (w->process != p || w->addr != addr || dying(w))
            continue;
        list_remove(&w->node);
        wait_wake(w->thread, ZX_OK);
        if (--count == 0)
            return;
    }
}

void futex_wake(struct process *p, uintptr_t addr, uint32_t count)
{
    struct bucket *b = bucket_of(p, addr);
    mutex_lock(&b->lock);
    wake_locked(b, p, addr, count);
    mutex_unlock(&b->lock);
}

// By address; the analysis cannot follow which lock is which.
static void lock_two(struct bucket *a, struct bucket *b) NO_TSA
{
    mutex_lock(a < b ? &a->lock : &b->lock);
    if (a != b)
        mutex_lock_nested(a < b ? &b->lock : &a->lock);
}

static void unlock_two(struct bucket *a, struct bucket *b) NO_TSA
{
    mutex_unlock(&a->lock);
    if (a != b)
        mutex_unlock(&b->lock);
}

static void requeue_locked(struct bucket *from, struct bucket *to, struct process *p,
                           uintptr_t addr, uintptr_t to_addr, uint32_t count)
{
    struct futex_waiter *w;
    struct list moved;
    if (count == 0)
        return;
    list_init(&moved);
    list_for_each_entry_safe (w, &from->waiters, node) {
        if (w->process != p || w->addr != addr || dying(w))
            continue;
        list_remove(&w->node);
        w->addr = to_addr;
        list_add_tail(&moved, &w->node);
        atomic_store_explicit(&w->bucket, to, memory_order_release);
        if (--count == 0)
            break;
    }
    list_splice_tail(&to->waiters, &moved);
}

zx_status_t futex_requeue(struct process *p, uintptr_t addr, uint32_t wake_count, int32_t current,
                          uintptr_t to, uint32_t requeue_count)
{
    struct bucket *a = bucket_of(p, addr), *b = bucket_of(p, to);
    for (;;) {
        lock_two(a, b);
        zx_status_t status = compare_locked(addr, current);
        if (status == ZX_OK) {
            wake_locked(a, p, addr, wake_count);
            requeue_locked(a, b, p, addr, to, requeue_count);
        }
        unlock_two(a, b);
        if (status != ZX_ERR_INVALID_ARGS || hal_user_fault_in(addr, 4, false) != ZX_OK)
            return status;
    }
}
