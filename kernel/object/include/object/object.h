// SPDX-License-Identifier: MIT
// The header of every kernel object: identity, references, handles, signals, observers.
//
// A type embeds struct object and supplies an ops table; `TYPE_from_object` in the type's header is
// the only downcast. References (object_ref) and handles keep the memory alive; a handle also keeps
// the object reachable for user code. When the last handle goes, ops->on_zero_handles runs, with a
// reference in the handle's place; when nothing of either is left, ops->destroy runs.
//
// Both callbacks run outside of all locks and never nest: closing long chains (a channel holding
// messages holding channels ...) works through a per-thread list with a bounded stack (object.c).
#pragma once

#include <hal/types.h>
#include <lib/list.h>
#include <sched/cpu.h>
#include <sched/mutex.h>
#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

struct object;
struct observer;
struct thread;

struct object_ops {
    uint32_t type;             // ZX_OBJ_TYPE_*; this and the next by OBJECT_TYPE()
    uint32_t cell;             // where in struct cpu those that live are counted
    zx_rights_t rights;        // of the first handle; waitable iff it contains WAIT
    zx_signals_t user_signals; // what zx_object_signal may change
    // The last handle is closed. Runs with no lock held; the caller holds a reference. NULL: nothing
    // to do.
    void (*on_zero_handles)(struct object *obj);
    // The last reference is gone: free the memory. No lock held.
    void (*destroy)(struct object *obj);
    // `destroy` drops no reference or handle of another object, or none whose end leads back here: it runs
    // at once, in the middle of whatever ends.
    bool destroy_is_leaf;
    // The object's lasting relation: peer, parent job, process ... 0 if none.
    zx_koid_t (*related)(const struct object *obj);
    // Signals the peer; NULL: the type has no peers. Masks are checked by the caller.
    zx_status_t (*signal_peer)(struct object *obj, zx_signals_t clear, zx_signals_t set);
    // The name buffer (ZX_MAX_NAME_LEN bytes) guarded by obj->lock; NULL: nameless type.
    char *(*name)(struct object *obj);
    // Messages that wait to be read, for the first packet of an asynchronous wait; *lock is held.
    // NULL: the type counts none.
    uint64_t (*queue_length)(struct object *obj);
    // The cookie slot, NULL: the type has none.
    struct object_cookie *(*cookie)(struct object *obj);
};

#define OBJECT_TYPE(number) .type = (number), .cell = offsetof(struct cpu, objects[number])

#define OBJECT_COOKIE_LOST UINT64_MAX // no object's koid

struct object_cookie {
    zx_koid_t scope; // 0: never set; OBJECT_COOKIE_LOST: for ever unusable
    uint64_t value;
};

// Locks: [I] fixed after init; [a] atomic; [L] *lock; [S] [L] to write, atomic to read.
struct object {
    const struct object_ops *ops;  // [I]
    _Atomic uint64_t counts;       // [a] references; from OBJECT_HANDLE up, handles in tables and in flight
    zx_koid_t koid;                // [I]
    _Atomic zx_signals_t signals;  // [S]
    atomic_uint defer;             // [a] what is due, see object.c
    struct mutex *lock;            // [I] the object's own or its pair's; NULL: not waitable, nameless
    struct list observers;         // [L] of struct observer, newest first
    struct object *defer_next;     // [owner of the deferral]
};

extern const struct lock_class object_lock_class; // of solo objects and pairs

_Static_assert(ZX_OBJ_TYPE_LAST <= CPU_OBJECT_TYPES, "a cell for each type");
// Counts n more live objects of a type, on `cpu`, which is this one or was a moment ago: the add is atomic.
ALWAYS_INLINE void object_live_add(struct cpu *cpu, const struct object_ops *ops, int32_t n)
{
    _Atomic int32_t *cell = (_Atomic int32_t *)((char *)cpu + ops->cell);
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

extern _Atomic zx_koid_t object_next_koid;

// One reference, no handles, a fresh koid. `lock` as described above. In line, because `ops` is a
// constant wherever it is called.
ALWAYS_INLINE void object_init(struct object *obj, const struct object_ops *ops, struct mutex *lock,
                               zx_signals_t signals)
{
    obj->ops = ops;
    atomic_init(&obj->counts, 1);
    obj->koid = atomic_fetch_add_explicit(&object_next_koid, 1, memory_order_relaxed);
    atomic_init(&obj->signals, signals);
    atomic_init(&obj->defer, 0);
    obj->lock = lock;
    list_init(&obj->observers);
    object_live_add(cpu_this(), ops, 1);
}

void object_dead(struct object *obj); // the counts have reached 0: defers ops->destroy

// One handle in object->counts. References saturate instead of running into the handles (of which there
// is no room in memory for so many): who makes the one too many moves the count on by half the limit,
// and from there it does not change any more, so that the object never dies.
#define OBJECT_HANDLE         (1ull << 32)
#define OBJECT_REFS_SATURATED 0x80000000u

ALWAYS_INLINE void object_ref(struct object *obj)
{
    uint64_t counts = atomic_fetch_add_explicit(&obj->counts, 1, memory_order_relaxed) + 1;
    if (unlikely(counts & OBJECT_REFS_SATURATED)) { // one bit: cheaper than a comparison
        bool first = (counts & (OBJECT_REFS_SATURATED - 1)) == 0;
        atomic_fetch_add_explicit(&obj->counts, first ? OBJECT_REFS_SATURATED / 2 : -1ull,
                                  memory_order_relaxed);
    }
}

// Handles to it, at some moment.
ALWAYS_INLINE uint32_t object_handle_count(const struct object *obj)
{
    uint64_t counts = atomic_load_explicit(&((struct object *)obj)->counts, memory_order_relaxed);
    return (uint32_t)(counts / OBJECT_HANDLE);
}

// False: it is on its way out, whoever found it on a weak list.
ALWAYS_INLINE bool object_alive(const struct object *obj)
{
    return atomic_load_explicit(&((struct object *)obj)->counts, memory_order_relaxed) != 0;
}

// For weak lists: a reference unless the last one is gone already.
ALWAYS_INLINE MUST_CHECK bool object_try_ref(struct object *obj)
{
    uint64_t old = atomic_load_explicit(&obj->counts, memory_order_relaxed);
    do {
        if (old == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&obj->counts, &old, old + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

// No lock of rank >= RANK_JOB_TREE may be held: the object may die here.
ALWAYS_INLINE void object_unref(struct object *obj)
{
    uint64_t old = atomic_fetch_sub_explicit(&obj->counts, 1, memory_order_acq_rel);
    if (unlikely(old == 1))
        object_dead(obj);
    else if (unlikely(old & OBJECT_REFS_SATURATED))
        atomic_fetch_add_explicit(&obj->counts, 1, memory_order_relaxed);
}

// --- Signals and observers -------------------------------------------------------------------

// What watches an object. Embedded in a waiter's record or a port registration. It hangs on the
// object and on the handle value it was begun through (handle.h); both links are guarded by the
// object's lock.
struct observer_ops {
    // The state changed to `signals` (some bit, not necessarily one of `trigger`). Object lock held;
    // may take port and run-queue locks. True: the observer is done, unlink it (it may be freed at
    // once by then, so nothing touches it afterwards).
    bool (*on_change)(struct observer *o, zx_signals_t signals);
    // It is never done: what on_change returns means nothing.
    bool stays;
    // The handle it was begun through is gone. Already unlinked. Object lock held.
    void (*on_cancel)(struct observer *o, zx_signals_t signals);
    // The handle leaves its table, and what was begun through it goes on. Still linked. Table lock and object
    // lock held. NULL: nothing to do.
    void (*on_move)(struct observer *o);
};
struct observer {
    struct list_node node;           // [L] in object->observers
    struct observer *handle_next;    // [L] next observer of the same handle
    struct observer **handle_pprev;  // [L] who points to us there; NULL: not linked
    const struct observer_ops *ops;  // [I]
    zx_signals_t trigger;            // [I]
};

// Current state, without a lock.
ALWAYS_INLINE zx_signals_t object_signals(const struct object *obj)
{
    return atomic_load_explicit(&((struct object *)obj)->signals, memory_order_acquire);
}

void object_notify_locked(struct object *obj, zx_signals_t signals); // tells the observers, of which there are some

// Changes the state: (state & ~clear) | set; tells the observers if that changed anything.
ALWAYS_INLINE void object_update_locked(struct object *obj, zx_signals_t clear, zx_signals_t set)
{
    zx_signals_t old = atomic_load_explicit(&obj->signals, memory_order_relaxed);
    zx_signals_t state = (old & ~clear) | set;
    if (state == old)
        return;
    atomic_store_explicit(&obj->signals, state, memory_order_release);
    if (unlikely(!list_is_empty(&obj->observers)))
        object_notify_locked(obj, state);
}

ALWAYS_INLINE void object_update(struct object *obj, zx_signals_t clear, zx_signals_t set)
{
    mutex_lock(obj->lock);
    object_update_locked(obj, clear, set);
    mutex_unlock(obj->lock);
}

// Links an observer to the object and to the handle whose list head is `handle_list`.
ALWAYS_INLINE void object_observe_locked(struct object *obj, struct observer *o,
                                         struct observer **handle_list)
{
    mutex_assert_held(obj->lock);
    list_add_head(&obj->observers, &o->node);
    o->handle_next = *handle_list;
    o->handle_pprev = handle_list;
    if (unlikely(o->handle_next != NULL))
        o->handle_next->handle_pprev = &o->handle_next;
    *handle_list = o;
}

// Unlinks it from both if it is still linked; true if it was.
ALWAYS_INLINE bool object_unobserve_locked(struct object *obj, struct observer *o)
{
    mutex_assert_held(obj->lock);
    if (unlikely(o->handle_pprev == NULL))
        return false;
    list_remove(&o->node);
    __atomic_store_n(o->handle_pprev, o->handle_next, __ATOMIC_RELEASE); // peeked at: handle.c H3
    if (unlikely(o->handle_next != NULL))
        o->handle_next->handle_pprev = o->handle_pprev;
    o->handle_pprev = NULL;
    return true;
}
// The handle moves: hangs what was begun through it on another list head.
void object_move_observers(struct object *obj, struct observer **from, struct observer **to);
// The same while the lock of another object may be held (LOCKING.md).
void object_move_observers_nested(struct object *obj, struct observer **from, struct observer **to);
// Ends everything begun through a handle that is going away.
void object_cancel_observers(struct object *obj, struct observer **handle_list);

ALWAYS_INLINE bool object_waitable(const struct object *obj)
{
    return (obj->ops->rights & ZX_RIGHT_WAIT) != 0;
}

// --- Handles' side -----------------------------------------------------------------------------

// A handle outside of any table, counted in the object. Move, never copy.
struct handle {
    struct object *object;
    zx_rights_t rights;
};

// Makes a handle from a borrowed object.
ALWAYS_INLINE struct handle handle_make(struct object *obj, zx_rights_t rights)
{
    atomic_fetch_add_explicit(&obj->counts, OBJECT_HANDLE, memory_order_relaxed);
    return (struct handle){ .object = obj, .rights = rights };
}

// The same; the caller's reference turns into the handle.
ALWAYS_INLINE struct handle handle_adopt(struct object *obj, zx_rights_t rights)
{
    atomic_fetch_add_explicit(&obj->counts, OBJECT_HANDLE - 1, memory_order_relaxed);
    return (struct handle){ .object = obj, .rights = rights };
}

// handle_drop of what may be the last one. ZX_OK, for whom that is the end of a call.
zx_status_t object_last_handle(struct object *obj);

// Closes a handle that is in no table. No lock held.
ALWAYS_INLINE void handle_drop(struct handle h)
{
    if (unlikely(!hal_count_down(&h.object->counts, OBJECT_HANDLE)))
        (void)object_last_handle(h.object);
}

// --- Waiting -----------------------------------------------------------------------------------

struct handle_table;

// Waits until one of `signals` is set on the object behind `handle` of the current process.
// *out_observed: union of all states seen. Errors of spec 10: BAD_HANDLE, ACCESS_DENIED,
// NOT_SUPPORTED (these leave *out_observed alone), CANCELED, TIMED_OUT, INTERNAL_INTR_RETRY.
// *out_early tells which: true for the first three.
zx_status_t object_wait_one(struct handle_table *table, zx_handle_t handle, zx_signals_t signals,
                            zx_time_t deadline, zx_signals_t *out_observed,
                            bool *out_early) MUST_CHECK;

// The same for `count` <= ZX_WAIT_MANY_MAX_ITEMS items; fills in `pending` of each.
zx_status_t object_wait_many(struct handle_table *table, zx_wait_item_t *items, size_t count,
                             zx_time_t deadline, bool *out_early) MUST_CHECK;

// zx_object_signal in the calling process: BAD_HANDLE, ACCESS_DENIED, NOT_SUPPORTED, INVALID_ARGS.
zx_status_t object_signal_handle(zx_handle_t handle, zx_signals_t clear,
                                 zx_signals_t set) MUST_CHECK;

// The part of it that concerns the object: checks the masks. NOT_SUPPORTED, INVALID_ARGS.
ALWAYS_INLINE MUST_CHECK zx_status_t object_user_signal(struct object *obj, zx_signals_t clear,
                                                        zx_signals_t set)
{
    if (unlikely(!object_waitable(obj)))
        return ZX_ERR_NOT_SUPPORTED;
    if (unlikely((clear | set) & ~obj->ops->user_signals))
        return ZX_ERR_INVALID_ARGS;
    object_update(obj, clear, set);
    return ZX_OK;
}
zx_status_t object_user_signal_peer(struct object *obj, zx_signals_t clear,
                                    zx_signals_t set) MUST_CHECK;

// Statistics: live objects by type, for `objs` and tests.
uint32_t object_count(uint32_t type);

// The kernel's trace is told of the end of each object from now on, or not any more.
void object_watch_deaths(bool on);

// Runs what the current thread has deferred (called where no lock is held; object_unref does it
// itself when that is allowed).
void object_defer_drain(void);
