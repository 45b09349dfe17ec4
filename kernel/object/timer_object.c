// SPDX-License-Identifier: MIT
// Timer objects (object/timer_object.h). The interrupt may not take the object's lock: it queues work,
// and the worker asserts SIGNALED.
//
//   T1 A timer is armed only while it has handles: closing the last one disarms it for good, and then no
//      callback runs any more. So an expiry finds the object alive; the work that it queues owns a
//      reference.
//   T2 Setting and cancelling begin a new generation; an expiry of an older one asserts nothing. The
//      generation changes only while the timer is disarmed and its callback does not run.
// Locks: [L] the object's mutex; [a] atomic.
#include <object/timer_object.h>

#include <hal/time.h>
#include <account/account.h>
#include <sched/cpu.h>

#include "handle_slot.h"

struct timer_object {
    struct object obj;
    struct mutex lock;
    struct timer timer;
    struct work work;
    atomic_uint generation;     // [L] to write; [a] T2
    atomic_uint due_generation; // [a] of the last expiry
    bool closed;                // [L] the last handle is gone: nothing is armed any more
    enum timer_slack_mode mode; // [I]
};

static ACCOUNT_CACHE(timer_cache, sizeof(struct timer_object), _Alignof(struct timer_object));

static struct timer_object *timer_from_object(struct object *obj)
{
    return container_of(obj, struct timer_object, obj);
}

// Disarms and begins a new generation: from here on no expiry is under way.
ALWAYS_INLINE void disarm_locked(struct timer_object *t)
{
    timer_cancel(&t->timer);
    uint32_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed);
    atomic_store_explicit(&t->generation, generation + 1, memory_order_relaxed);
}

static void timer_zero_handles(struct object *obj)
{
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    t->closed = true;
    disarm_locked(t);
    mutex_unlock(&t->lock);
}

static void timer_destroy(struct object *obj)
{
    account_free(timer_cache, timer_from_object(obj));
}

static zx_koid_t timer_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops timer_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_TIMER),
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
    object_ref(&t->obj);
    if (!work_queue(&t->work))
        object_unref(&t->obj); // it is queued already; never the last reference (T1)
}

static void timer_work(struct work *w)
{
    struct timer_object *t = container_of(w, struct timer_object, work);
    mutex_lock(&t->lock);
    if (atomic_load_explicit(&t->due_generation, memory_order_relaxed) ==
        atomic_load_explicit(&t->generation, memory_order_relaxed))
        object_update_locked(&t->obj, 0, ZX_TIMER_SIGNALED);
    mutex_unlock(&t->lock);
    object_unref(&t->obj);
}

zx_status_t timer_object_create(enum timer_slack_mode mode, struct object **out)
{
    struct timer_object *t = account_alloc(timer_cache);
    if (t == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&t->lock, &object_lock_class);
    timer_init(&t->timer, timer_expire);
    work_init(&t->work, timer_work);
    t->closed = false;
    atomic_init(&t->generation, 1);
    atomic_init(&t->due_generation, 0);
    t->mode = mode;
    object_init(&t->obj, &timer_ops, &t->lock, 0);
    *out = &t->obj;
    return ZX_OK;
}

zx_status_t timer_object_set(zx_handle_t handle, zx_time_t deadline, zx_duration_t slack)
{
    zx_status_t status;
    struct object *obj = handle_hold(handle, &timer_ops, ZX_RIGHT_WRITE, &status);
    if (unlikely(obj == NULL))
        return status;
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    disarm_locked(t);
    bool due = deadline <= hal_now();
    // Two changes, so that a repeating wait sees an old expiry go and a new one come.
    object_update_locked(obj, ZX_TIMER_SIGNALED, 0);
    if (due)
        object_update_locked(obj, 0, ZX_TIMER_SIGNALED);
    else if (!t->closed)
        timer_set_slack(&t->timer, deadline, slack, t->mode);
    mutex_unlock(&t->lock);
    handle_release();
    return ZX_OK;
}

zx_status_t timer_object_cancel(zx_handle_t handle)
{
    zx_status_t status;
    struct object *obj = handle_hold(handle, &timer_ops, ZX_RIGHT_WRITE, &status);
    if (unlikely(obj == NULL))
        return status;
    struct timer_object *t = timer_from_object(obj);
    mutex_lock(&t->lock);
    disarm_locked(t);
    object_update_locked(obj, ZX_TIMER_SIGNALED, 0);
    mutex_unlock(&t->lock);
    handle_release();
    return ZX_OK;
}
