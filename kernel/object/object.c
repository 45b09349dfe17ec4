// SPDX-License-Identifier: MIT
// Object headers: koids, references' end, signals and observers.
//
// Deferral. Dropping the last handle or the last reference runs the object's callback at once, unless
// this thread is in such a callback already: then it queues the object on a chain of the thread, which
// the outermost one works until it is empty. So callbacks never nest, however long the chain of
// ownership, and the stack stays flat.
//   D1 An object is on at most one chain: `defer` is claimed by an atomic exchange.
//   D2 While queued for zero handles it is kept alive by the reference that the last handle has left.
//   D3 The chain is worked with no lock held; callers of object_unref and handle_drop hold none.
#include <object/object.h>

#include <debug/assert.h>
#include <hal/cpu.h>
#include <object/ktrace.h>
#include <sched/cpu.h>

LOCK_CLASS_PUBLIC(object_lock_class, RANK_OBJECT, LOCK_MUTEX);

#define KOID_FIRST 1024u

enum { DEFER_NONE, DEFER_ZERO_HANDLES, DEFER_DESTROY }; // object_init: none

_Atomic zx_koid_t object_next_koid = KOID_FIRST;

uint32_t object_count(uint32_t type)
{
    int32_t sum = 0;
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        sum += atomic_load_explicit(&cpus[cpu].objects[type], memory_order_relaxed);
    return sum > 0 ? (uint32_t)sum : 0;
}

void object_watch_deaths(bool on)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        atomic_store_explicit(&cpus[cpu].deaths_watched, on, memory_order_relaxed);
}

static void defer_push(struct thread *t, struct object *obj)
{
    obj->defer_next = t->deferred;
    t->deferred = obj;
}

// Apart, so that nothing needs to be kept over the record where there is none.
static NO_INLINE void destroy_told(struct object *obj)
{
    ktrace(KTRACE_OBJECT_DELETE, obj->koid, 0);
    obj->ops->destroy(obj);
}

// The two callbacks; `deferring` is set. `ops` is the object's, which the callers have at hand.
ALWAYS_INLINE void finish_destroy(struct object *obj, const struct object_ops *ops)
{
    struct cpu *cpu = cpu_this();
    object_live_add(cpu, ops, -1);
    if (unlikely(atomic_load_explicit(&cpu->deaths_watched, memory_order_relaxed)))
        destroy_told(obj);
    else
        ops->destroy(obj);
}

ALWAYS_INLINE void finish_zero_handles(struct object *obj)
{
    const struct object_ops *ops = obj->ops;
    ops->on_zero_handles(obj);
    uint64_t old = atomic_fetch_sub_explicit(&obj->counts, 1, memory_order_acq_rel);
    if (old == 1)
        finish_destroy(obj, ops);
    else if (unlikely(old & OBJECT_REFS_SATURATED))
        atomic_fetch_add_explicit(&obj->counts, 1, memory_order_relaxed);
}

static void finish_one(struct object *obj)
{
    uint32_t due = atomic_exchange_explicit(&obj->defer, DEFER_NONE, memory_order_acq_rel);
    if (due == DEFER_DESTROY)
        finish_destroy(obj, obj->ops);
    else
        finish_zero_handles(obj);
}

// Ends an outermost callback: works what it has queued.
ALWAYS_INLINE void finish_queued(struct thread *t)
{
    if (unlikely(t->deferred != NULL))
        object_defer_drain();
    else
        t->deferring = false;
}

void object_defer_drain(void)
{
    struct thread *t = thread_current();
    t->deferring = true;
    while (t->deferred != NULL) {
        struct object *obj = t->deferred;
        t->deferred = obj->defer_next;
        finish_one(obj);
    }
    t->deferring = false;
}

ALWAYS_INLINE void finish_deferring(struct object *obj, const struct object_ops *ops)
{
    struct thread *t = thread_current();
    if (unlikely(t->deferring)) {
        atomic_store_explicit(&obj->defer, DEFER_DESTROY, memory_order_relaxed);
        defer_push(t, obj);
        return;
    }
    t->deferring = true;
    finish_destroy(obj, ops);
    finish_queued(t);
}

static NO_INLINE void dead_deferring(struct object *obj, const struct object_ops *ops)
{
    finish_deferring(obj, ops);
}

void object_dead(struct object *obj)
{
    lock_debug_assert_none("the end of an object");
    const struct object_ops *ops = obj->ops;
    if (ops->destroy_is_leaf)
        finish_destroy(obj, ops);
    else
        finish_deferring(obj, ops);
}

// The last handle is gone and has left a reference in its place.
static NO_INLINE void zero_handles(struct object *obj)
{
    struct thread *t = thread_current();
    if (likely(!t->deferring)) {
        t->deferring = true;
        finish_zero_handles(obj);
        finish_queued(t);
        return;
    }
    // D1: another thread may have it queued already (a handle came back and went again): its turn
    // serves for ours.
    uint32_t none = DEFER_NONE;
    if (atomic_compare_exchange_strong_explicit(&obj->defer, &none, DEFER_ZERO_HANDLES,
                                                memory_order_acq_rel, memory_order_relaxed))
        defer_push(t, obj);
    else
        object_unref(obj);
}

// The same while there are other handles or references.
static NO_INLINE void last_handle_slow(struct object *obj)
{
    bool callback = obj->ops->on_zero_handles != NULL, last;
    uint64_t old = atomic_load_explicit(&obj->counts, memory_order_relaxed), left;
    do {
        last = old < 2 * OBJECT_HANDLE;
        left = old - OBJECT_HANDLE + (last && callback);
    } while (!atomic_compare_exchange_weak_explicit(&obj->counts, &old, left, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (last && callback)
        zero_handles(obj);
    else if (left == 0)
        object_dead(obj);
}

// Mostly the last handle is all that there is: then `left` takes its place, and true.
ALWAYS_INLINE bool give_up_handle(struct object *obj, uint64_t left)
{
    uint64_t old = OBJECT_HANDLE;
    return likely(atomic_compare_exchange_strong_explicit(
        &obj->counts, &old, left, memory_order_acq_rel, memory_order_relaxed));
}

zx_status_t object_last_handle(struct object *obj)
{
    lock_debug_assert_none("the close of a last handle");
    const struct object_ops *ops = obj->ops;
    if (ops->on_zero_handles != NULL) {
        if (give_up_handle(obj, 1))
            zero_handles(obj);
        else
            last_handle_slow(obj);
    } else if (!give_up_handle(obj, 0)) {
        last_handle_slow(obj);
    } else if (likely(ops->destroy_is_leaf)) {
        finish_destroy(obj, ops);
    } else {
        dead_deferring(obj, ops);
    }
    return ZX_OK;
}

// Takes off a handle's list the observer that lay between these two, and may be gone.
ALWAYS_INLINE void handle_unlink(struct observer *next, struct observer **pprev)
{
    __atomic_store_n(pprev, next, __ATOMIC_RELEASE); // peeked at: handle.c H3
    if (next != NULL)
        next->handle_pprev = pprev;
}

static NO_INLINE void notify_all_locked(struct object *obj, zx_signals_t signals)
{
    struct list_node *n = obj->observers.head.next;
    while (n != &obj->observers.head) {
        struct observer *o = list_entry(n, struct observer, node);
        n = n->next;
        // Unlinked before the call would be too early (on_change decides), after it too late (o may
        // be freed): so a finished one is unlinked by its own callback's word, first in line.
        struct list_node node = o->node;
        struct observer *next = o->handle_next, **pprev = o->handle_pprev;
        const struct observer_ops *ops = o->ops;
        if (ops->on_change(o, signals) && !ops->stays) {
            node.prev->next = node.next;
            node.next->prev = node.prev;
            handle_unlink(next, pprev);
        }
    }
}

static NO_INLINE void notify_one_locked(struct object *obj, struct observer *o, zx_signals_t signals)
{
    struct observer *next = o->handle_next, **pprev = o->handle_pprev;
    if (o->ops->on_change(o, signals)) {
        list_init(&obj->observers);
        handle_unlink(next, pprev);
    }
}

// Mostly there is one, and mostly a thread: that takes no frame.
void object_notify_locked(struct object *obj, zx_signals_t signals)
{
    struct list_node *n = obj->observers.head.next;
    struct observer *o = list_entry(n, struct observer, node);
    if (unlikely(n->next != &obj->observers.head))
        notify_all_locked(obj, signals);
    else if (likely(o->ops->stays))
        (void)o->ops->on_change(o, signals);
    else
        notify_one_locked(obj, o, signals);
}

static void move_observers_locked(struct observer **from, struct observer **to)
{
    struct observer *first = *from;
    for (struct observer *o = first; o != NULL; o = o->handle_next) {
        if (o->ops->on_move != NULL)
            o->ops->on_move(o);
    }
    __atomic_store_n(to, first, __ATOMIC_RELAXED);
    __atomic_store_n(from, NULL, __ATOMIC_RELAXED);
    if (first != NULL)
        first->handle_pprev = to;
}

void object_move_observers(struct object *obj, struct observer **from, struct observer **to)
{
    mutex_lock(obj->lock);
    move_observers_locked(from, to);
    mutex_unlock(obj->lock);
}

void object_move_observers_nested(struct object *obj, struct observer **from, struct observer **to)
{
    mutex_lock_nested(obj->lock);
    move_observers_locked(from, to);
    mutex_unlock(obj->lock);
}

void object_cancel_observers(struct object *obj, struct observer **handle_list)
{
    mutex_lock(obj->lock);
    zx_signals_t signals = object_signals(obj);
    while (*handle_list != NULL) {
        struct observer *o = *handle_list;
        object_unobserve_locked(obj, o);
        o->ops->on_cancel(o, signals);
    }
    mutex_unlock(obj->lock);
}

zx_status_t object_user_signal_peer(struct object *obj, zx_signals_t clear, zx_signals_t set)
{
    if (obj->ops->signal_peer == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    if ((clear | set) & ~obj->ops->user_signals)
        return ZX_ERR_INVALID_ARGS;
    return obj->ops->signal_peer(obj, clear, set);
}
