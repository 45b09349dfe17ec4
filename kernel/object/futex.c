// SPDX-License-Identifier: MIT
// Futexes (object/futex.h): hash buckets, each with a mutex and a tree of the futexes that somebody
// waits for, each with its waiters in a FIFO.
//
//   X1 The word is compared and the waiter queued in one hold of the bucket's lock; a waker takes the
//      lock after it has changed the word. So a wake that follows the change is not missed.
//   X2 A waiter's record lives on its stack. It is in a queue of the bucket that `bucket` names, or
//      in none; requeue changes both under both locks.
//   X3 A waiter leaves when it finds `bucket` NULL, which is the last that a waker touches of it and its
//      thread, or has taken the bucket's lock, under which wakers work: sched/wait.h W1. A woken waiter
//      has been taken off the queue, so it reports OK although its deadline passed.
//   X4 Each thread owns one futex_queue. The first waiter's becomes the futex's, those of the others
//      lie in its `spares`; who leaves takes one along, the last one the futex's own. So a futex keeps
//      its queue for as long as it has waiters, and waiting allocates nothing.
//   X5 Waiters are members of their queue's pi_queue exactly while it is `counted`: from the first
//      owner on until the futex has no waiters.
// Locks: [B] the bucket's mutex (rank FUTEX); two are taken in order of their addresses.
#include <object/futex.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <account/account.h>
#include <object/process.h>
#include <object/uthread.h>
#include <sched/mutex.h>
#include <sched/pi.h>
#include <sched/wait.h>

LOCK_CLASS(futex_class, RANK_FUTEX, LOCK_MUTEX);

#define BUCKET_BITS 8u

struct bucket {
    struct mutex lock;
    struct rb_tree queues; // [B] by process and address
};

// A futex that somebody waits for.
struct futex_queue {
    struct rb_node node;        // [B]
    struct process *process;    // [B]
    uintptr_t addr;             // [B]
    struct list waiters;        // [B] longest waiting first
    struct futex_queue *spares; // [B] X4; in a spare: the next one
    bool counted;               // [B] X5
    struct pi_queue pi;         // valid while counted
};

struct futex_waiter {
    struct list_node node;         // [B]
    struct bucket *_Atomic bucket; // [B] to write, X2; NULL: woken, X3
    struct process *process;       // [I]
    uintptr_t addr;                // [B]
    struct uthread *thread;        // [I]
};

struct key {
    struct process *process;
    uintptr_t addr;
};

static struct bucket buckets[1u << BUCKET_BITS];
static ACCOUNT_CACHE(queue_cache, sizeof(struct futex_queue), _Alignof(struct futex_queue));

void futex_init(void)
{
    for (size_t i = 0; i < countof(buckets); i++) {
        mutex_init(&buckets[i].lock, &futex_class);
        rb_tree_init(&buckets[i].queues);
    }
}

zx_status_t futex_queue_alloc(struct futex_queue **out)
{
    *out = account_alloc(queue_cache);
    return *out != NULL ? ZX_OK : ZX_ERR_NO_MEMORY;
}

void futex_queue_free(struct futex_queue *q)
{
    if (q != NULL)
        account_free(queue_cache, q);
}

static struct bucket *bucket_of(const struct process *p, uintptr_t addr)
{
    uint64_t key = ((uintptr_t)p >> 4) + (addr >> 2);
    return &buckets[(key * 0x9e3779b97f4a7c15u) >> (64 - BUCKET_BITS)];
}

// ---- queues ----

static int key_compare(const struct key *key, const struct futex_queue *q)
{
    if (key->addr != q->addr)
        return key->addr < q->addr ? -1 : 1;
    if (key->process == q->process)
        return 0;
    return (uintptr_t)key->process < (uintptr_t)q->process ? -1 : 1;
}

// The futex's queue, or NULL if nobody waits. *parent and *link say where it belongs.
static struct futex_queue *search_locked(struct bucket *b, const struct key *key,
                                         struct rb_node **parent, struct rb_node ***link)
{
    *parent = NULL;
    *link = &b->queues.root;
    while (**link != NULL) {
        struct futex_queue *q = rb_entry(**link, struct futex_queue, node);
        int order = key_compare(key, q);
        if (order == 0)
            return q;
        *parent = **link;
        *link = order < 0 ? &(*parent)->left : &(*parent)->right;
    }
    return NULL;
}

static struct futex_queue *find_locked(struct bucket *b, struct process *p, uintptr_t addr)
{
    struct key key = { p, addr };
    struct rb_node *parent, **link;
    return search_locked(b, &key, &parent, &link);
}

// Appends w, whose thread has a futex_queue to bring along (X4). Returns the futex's queue.
static struct futex_queue *append_locked(struct bucket *b, struct futex_waiter *w)
{
    struct key key = { w->process, w->addr };
    struct rb_node *parent, **link;
    struct futex_queue *brought = w->thread->futex_queue;
    struct futex_queue *q = search_locked(b, &key, &parent, &link);
    if (q == NULL) {
        q = brought;
        q->process = w->process;
        q->addr = w->addr;
        q->spares = NULL;
        q->counted = false;
        list_init(&q->waiters);
        rb_insert_at(&b->queues, &q->node, parent, link, NULL);
    } else {
        brought->spares = q->spares;
        q->spares = brought;
    }
    w->thread->futex_queue = NULL;
    atomic_store_explicit(&w->thread->futex_waits_in, q, memory_order_relaxed);
    list_add_tail(&q->waiters, &w->node);
    atomic_store_explicit(&w->bucket, b, memory_order_release);
    if (q->counted)
        pi_queue_join(&q->pi, &w->thread->thread);
    return q;
}

// Takes w off. Its queue is not to be used afterwards if that was the last one.
static void take_off_locked(struct bucket *b, struct futex_queue *q, struct futex_waiter *w)
{
    list_remove(&w->node);
    if (q->counted)
        pi_queue_leave(&q->pi, &w->thread->thread);
    struct futex_queue *own = q->spares;
    if (own != NULL) {
        q->spares = own->spares;
    } else {
        own = q;
        DEBUG_ASSERT(list_is_empty(&q->waiters));
        if (q->counted)
            pi_queue_set_owner(&q->pi, NULL);
        rb_remove(&b->queues, &q->node, NULL);
    }
    atomic_store_explicit(&w->thread->futex_waits_in, NULL, memory_order_relaxed);
    w->thread->futex_queue = own;
}

// Makes `owner` (NULL: nobody) the owner of a futex that has waiters.
static NO_INLINE void change_owner_locked(struct futex_queue *q, struct uthread *owner)
{
    struct futex_waiter *w;
    if (!q->counted) {
        pi_queue_init(&q->pi);
        q->counted = true;
        list_for_each_entry (w, &q->waiters, node)
            pi_queue_join(&q->pi, &w->thread->thread);
    }
    pi_queue_set_owner(&q->pi, owner != NULL ? &owner->thread : NULL);
}

ALWAYS_INLINE void set_owner_locked(struct futex_queue *q, struct uthread *owner)
{
    if (unlikely(owner != NULL || q->counted))
        change_owner_locked(q, owner);
}

// Whether `owner` waits in q. Exact for the bucket's own queues: it enters and leaves them under [B].
static bool waits_in(struct uthread *owner, const struct futex_queue *q)
{
    return owner != NULL && q != NULL &&
           atomic_load_explicit(&owner->futex_waits_in, memory_order_relaxed) == q;
}

// ---- waiting ----

zx_status_t futex_compare(uintptr_t addr, int32_t current)
{
    uint32_t word;
    if (hal_user_read_u32(&word, addr) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return word == (uint32_t)current ? ZX_OK : ZX_ERR_BAD_STATE;
}

// The same under a lock: without faulting. ZX_ERR_SHOULD_WAIT: must be faulted in.
static zx_status_t compare_locked(uintptr_t addr, int32_t current)
{
    uint32_t word;
    if (unlikely(hal_user_read_u32_at_once(&word, addr) != ZX_OK))
        return ZX_ERR_SHOULD_WAIT;
    return word == (uint32_t)current ? ZX_OK : ZX_ERR_BAD_STATE;
}

// Queues the current thread, its wait armed, if the word still has its value.
static zx_status_t enqueue(struct futex_waiter *w, int32_t current, struct uthread *owner)
{
    struct bucket *b = bucket_of(w->process, w->addr);
    for (;;) {
        mutex_lock(&b->lock);
        zx_status_t status = compare_locked(w->addr, current); // the word is judged first
        if (status == ZX_OK && unlikely(owner != NULL) &&
            waits_in(owner, find_locked(b, w->process, w->addr)))
            status = ZX_ERR_INVALID_ARGS;
        if (likely(status == ZX_OK)) {
            wait_arm(true); // who could wake it needs the lock
            set_owner_locked(append_locked(b, w), owner);
        }
        mutex_unlock(&b->lock);
        if (likely(status != ZX_ERR_SHOULD_WAIT))
            return status;
        if (hal_user_fault_in(w->addr, 4, false) != ZX_OK)
            return ZX_ERR_INVALID_ARGS;
    }
}

// Leaves the queue. True if the waiter was still in one, that is: nobody has woken it.
static bool dequeue(struct futex_waiter *w)
{
    for (;;) {
        struct bucket *b = atomic_load_explicit(&w->bucket, memory_order_acquire);
        if (likely(b == NULL))
            return false; // X3
        mutex_lock(&b->lock);
        if (b == atomic_load_explicit(&w->bucket, memory_order_relaxed)) {
            bool queued = list_node_linked(&w->node);
            if (queued)
                take_off_locked(b, find_locked(b, w->process, w->addr), w);
            mutex_unlock(&b->lock);
            return queued;
        }
        mutex_unlock(&b->lock); // requeued meanwhile
    }
}

zx_status_t futex_wait(struct process *p, uintptr_t addr, int32_t current, struct uthread *owner,
                       zx_time_t deadline)
{
    struct futex_waiter w = { .process = p, .addr = addr, .thread = uthread_current() };
    zx_status_t status = enqueue(&w, current, owner);
    // Who waits keeps nobody alive: an owner that goes away owns nothing any more.
    if (unlikely(owner != NULL))
        object_unref(&owner->obj);
    if (status != ZX_OK)
        return status;
    status = wait_block(WAIT_ON_FUTEX, deadline);
    return dequeue(&w) ? status : ZX_OK; // X3
}

// ---- waking ----

// One that is being killed would do nothing with a wake or a place in another queue: the next gets it.
static bool dying(const struct futex_waiter *w)
{
    return (thread_pending(&w->thread->thread) & THREAD_PENDING_KILL) != 0;
}

// Wakes a waiter that is off its queue.
ALWAYS_INLINE void wake_one_locked(struct futex_waiter *w)
{
    wait_wake(&w->thread->thread, ZX_OK);
    atomic_store_explicit(&w->bucket, NULL, memory_order_release); // X3
}

// Wakes up to `count` waiters of q (NULL: nobody waits) and settles who owns the futex then. A waiter
// whose wait has ended otherwise (deadline, suspension) counts all the same: it is off the queue, so
// it reports OK. Returns q, or NULL if nobody is left.
static struct futex_queue *wake_locked(struct bucket *b, struct futex_queue *q, uint32_t count,
                                       bool hand_over)
{
    struct uthread *heir = NULL;
    struct futex_waiter *w;
    if (q == NULL)
        return NULL;
    list_for_each_entry_safe (w, &q->waiters, node) {
        if (count == 0)
            break;
        if (dying(w))
            continue;
        bool last = list_next(&q->waiters, &w->node) == NULL &&
                    list_prev(&q->waiters, &w->node) == NULL;
        heir = w->thread;
        count--;
        take_off_locked(b, q, w);
        if (last) {
            wake_one_locked(w);
            return NULL;
        }
        // Owner before it may run, while its record is surely there.
        if (hand_over)
            set_owner_locked(q, heir);
        wake_one_locked(w);
    }
    if (!hand_over || heir == NULL)
        set_owner_locked(q, NULL);
    return q;
}

void futex_wake(struct process *p, uintptr_t addr, uint32_t count, bool hand_over)
{
    struct bucket *b = bucket_of(p, addr);
    mutex_lock(&b->lock);
    (void)wake_locked(b, find_locked(b, p, addr), count, hand_over);
    mutex_unlock(&b->lock);
}

// ---- requeuing ----

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

// Moves up to `count` waiters of q in a to the futex `to` in b.
static void move_locked(struct bucket *a, struct futex_queue *q, struct bucket *b, uintptr_t to,
                        uint32_t count)
{
    struct futex_waiter *w;
    if (q == NULL)
        return;
    list_for_each_entry_safe (w, &q->waiters, node) {
        if (count == 0)
            return;
        if (dying(w))
            continue;
        bool last = list_next(&q->waiters, &w->node) == NULL &&
                    list_prev(&q->waiters, &w->node) == NULL;
        count--;
        take_off_locked(a, q, w);
        w->addr = to;
        append_locked(b, w);
        if (last)
            return;
    }
}

static zx_status_t requeue_locked(struct bucket *a, struct bucket *b, struct process *p,
                                  const struct futex_requeue *r)
{
    struct futex_queue *from = find_locked(a, p, r->from);
    if (waits_in(r->owner, from) || waits_in(r->owner, find_locked(b, p, r->to)))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = compare_locked(r->from, r->current);
    if (status != ZX_OK)
        return status;
    from = wake_locked(a, from, r->wake_count, r->hand_over);
    move_locked(a, from, b, r->to, r->requeue_count);
    struct futex_queue *to = find_locked(b, p, r->to);
    if (to != NULL)
        set_owner_locked(to, r->owner);
    return ZX_OK;
}

zx_status_t futex_requeue(struct process *p, const struct futex_requeue *r)
{
    struct bucket *a = bucket_of(p, r->from), *b = bucket_of(p, r->to);
    for (;;) {
        lock_two(a, b);
        zx_status_t status = requeue_locked(a, b, p, r);
        unlock_two(a, b);
        if (status != ZX_ERR_SHOULD_WAIT)
            return status;
        if (hal_user_fault_in(r->from, 4, false) != ZX_OK)
            return ZX_ERR_INVALID_ARGS;
    }
}

// ---- owners ----

static uint64_t koid_of(struct thread *t)
{
    return container_of(t, struct uthread, thread)->obj.koid;
}

zx_koid_t futex_get_owner(struct process *p, uintptr_t addr)
{
    struct bucket *b = bucket_of(p, addr);
    mutex_lock(&b->lock);
    struct futex_queue *q = find_locked(b, p, addr);
    zx_koid_t koid = ZX_KOID_INVALID;
    if (q != NULL && q->counted)
        koid = pi_queue_read_owner(&q->pi, koid_of);
    mutex_unlock(&b->lock);
    return koid;
}
