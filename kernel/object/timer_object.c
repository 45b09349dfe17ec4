// SPDX-License-Identifier: MIT
// Timer objects (object/timer_object.h). The interrupt may not take the object's lock: it queues work,
// and the worker asserts SIGNALED.
//
//   T1 While the timer is armed it owns a reference. An expiry passes it on to the work that it queues;
//      so the object lives until its work has run, however often it is queued.
//   T2 An expiry that finds the work queued already leaves its reference in `spare`, for whoever comes
//      next: that work, or who disarms the timer.
//   T3 Setting and cancelling begin a new generation; an expiry of an older one asserts nothing. The
//      generation changes only while the timer is disarmed and its callback does not run.
// Locks: [L] the object's mutex; [a] atomic.
#include <object/timer_object.h>

#include <hal/time.h>
#include <mem/slab.h>
#include <sched/cpu.h>

struct timer_object {
    struct object obj;
    struct mutex lock;
    struct timer timer;
    struct work work;
    atomic_uint spare;          // [a] T2
    atomic_uint generation;     // [L] to write; [a] T3
    atomic_uint due_generation; // [a] of the last expiry
    bool closed;                // [L] the last handle is gone: nothing is armed any more
    enum timer_slack_mode mode; // [I]
};

static SLAB_CACHE(timer_cache, sizeof(struct timer_object), _Alignof(struct timer_object));

static struct timer_object *timer_from_object(struct object *obj)
{
    return container_of(obj, struct timer_object, obj);
}

static void unref_many(struct timer_object *t, unsigned count)
{
    while (count-- > 0)
        object_unref(&t->obj);
}

static unsigned take_spare(struct timer_object *t)
{
    return atomic_exchange_explicit(&t->spare, 0, memory_order_acquire);
}

// Disarms and begins a new generation. Returns how many references come back to the caller, who drops
// them without the lock (T1, T2).
static unsigned disarm_locked(struct timer_object *t)
{
    unsigned refs = timer_cancel(&t->timer) ? 1 : 0; // from here on no expiry is under way
    atomic_fetch_add_explicit(&t->generation, 1, memory_order_relaxed);
    return refs + take_spare(t);
}

static void timer_zero_handles(struct object *obj)
{
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    t->closed = true;
    unsigned refs = disarm_locked(t);
    mutex_unlock(&t->lock);
    unref_many(t, refs);
}

static void timer_destroy(struct object *obj)
{
    slab_free(&timer_cache, timer_from_object(obj));
}

static zx_koid_t timer_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops timer_ops = {
    .type = ZX_OBJ_TYPE_TIMER,
    .rights = ZX_DEFAULT_TIMER_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = timer_zero_handles,
    .destroy = timer_destroy,
    .related = timer_related,
};

// Interrupt context.
static void timer_expire(struct timer *timer, zx_time_t now)
{
    struct timer_object *t = container_of(timer, struct timer_object, timer);
    (void)now;
    atomic_store_explicit(&t->due_generation,
                          atomic_load_explicit(&t->generation, memory_order_relaxed),
                          memory_order_relaxed);
    if (!work_queue(&t->work))
        atomic_fetch_add_explicit(&t->spare, 1, memory_order_release);
}

static void timer_work(struct work *w)
{
    struct timer_object *t = container_of(w, struct timer_object, work);
    mutex_lock(&t->lock);
    if (atomic_load_explicit(&t->due_generation, memory_order_relaxed) ==
        atomic_load_explicit(&t->generation, memory_order_relaxed))
        object_update_locked(&t->obj, 0, ZX_TIMER_SIGNALED);
    mutex_unlock(&t->lock);
    unref_many(t, take_spare(t) + 1);
}

zx_status_t timer_object_create(enum timer_slack_mode mode, struct object **out)
{
    struct timer_object *t = slab_alloc(&timer_cache);
    if (t == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&t->lock, &object_lock_class);
    timer_init(&t->timer, timer_expire);
    work_init(&t->work, timer_work);
    atomic_init(&t->spare, 0);
    t->closed = false;
    atomic_init(&t->generation, 1);
    atomic_init(&t->due_generation, 0);
    t->mode = mode;
    object_init(&t->obj, &timer_ops, &t->lock, 0);
    *out = &t->obj;
    return ZX_OK;
}

void timer_object_set(struct object *obj, zx_time_t deadline, zx_duration_t slack)
{
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    unsigned refs = disarm_locked(t);
    bool due = deadline <= hal_now();
    // Two changes, so that a repeating wait sees an old expiry go and a new one come.
    object_update_locked(obj, ZX_TIMER_SIGNALED, 0);
    if (due)
        object_update_locked(obj, 0, ZX_TIMER_SIGNALED);
    if (!due && deadline != ZX_TIME_INFINITE && !t->closed) {
        object_ref(obj);
        timer_set_slack(&t->timer, deadline, slack, t->mode);
    }
    mutex_unlock(&t->lock);
    unref_many(t, refs);
}

void timer_object_cancel(struct object *obj)
{
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    unsigned refs = disarm_locked(t);
    object_update_locked(obj, ZX_TIMER_SIGNALED, 0);
    mutex_unlock(&t->lock);
    unref_many(t, refs);
}
