// SPDX-License-Identifier: MIT
// Synchronous waits: zx_object_wait_one and _many on the observer mechanism.
//
// A waiter lives on the waiting thread's stack, linked to the object and to the handle value. Both
// links are made under the handle table's lock and the object's, so that a close of the handle
// either comes before (the look-up fails) or finds the waiter and cancels it.
//   W1 The waker holds the object's lock, which the waiter takes before it leaves (sched/wait.h).
//   W2 The waiter holds a reference to the object from linking to unlinking: the closed handle may
//      have been the last.
#include <object/handle.h>
#include <object/object.h>

#include "handle_slot.h"

#include <debug/assert.h>
#include <hal/time.h>
#include <object/process.h>
#include <sched/wait.h>
#include <zircon/types.h>

struct waiter {
    struct observer observer;
    struct object *object;  // referenced once linked; NULL: never linked
    struct thread *thread;  // [I]
    zx_signals_t seen;      // [L of object] union of the states since it was linked
};

static bool waiter_change(struct observer *o, zx_signals_t signals)
{
    struct waiter *w = container_of(o, struct waiter, observer);
    w->seen |= signals;
    return (signals & o->trigger) && wait_wake(w->thread, ZX_OK);
}

static void waiter_cancel(struct observer *o, zx_signals_t signals)
{
    struct waiter *w = container_of(o, struct waiter, observer);
    w->seen |= signals | ZX_SIGNAL_HANDLE_CLOSED;
    wait_wake(w->thread, ZX_ERR_CANCELED);
}

static const struct observer_ops waiter_ops = {
    .on_change = waiter_change,
    .stays = true,
    .on_cancel = waiter_cancel,
};

// Checks of one handle, table lock held. *out stays borrowed under that lock.
ALWAYS_INLINE zx_status_t check_slot_locked(struct handle_table *table, zx_handle_t value,
                                            struct handle_slot **out)
{
    struct handle_slot *slot = slot_live(table, value);
    if (unlikely(slot == NULL))
        return ZX_ERR_BAD_HANDLE;
    if (unlikely(!(slot->rights & ZX_RIGHT_WAIT)))
        return ZX_ERR_ACCESS_DENIED;
    if (unlikely(!object_waitable(slot->object)))
        return ZX_ERR_NOT_SUPPORTED;
    *out = slot;
    return ZX_OK;
}

// Links w to the slot's object; the table lock is held. The state at this moment is in w->seen.
ALWAYS_INLINE void waiter_link(struct waiter *w, struct handle_slot *slot, zx_signals_t trigger)
{
    struct object *obj = slot->object;
    w->observer.ops = &waiter_ops;
    w->observer.trigger = trigger;
    w->object = obj;
    w->thread = thread_current();
    object_ref(obj);
    mutex_lock(obj->lock);
    w->seen = object_signals(obj);
    object_observe_locked(obj, &w->observer, &slot->observers);
    mutex_unlock(obj->lock);
}

ALWAYS_INLINE void waiter_unlink(struct waiter *w)
{
    mutex_lock(w->object->lock);
    object_unobserve_locked(w->object, &w->observer);
    mutex_unlock(w->object->lock);
    object_unref(w->object);
}

zx_status_t object_wait_one(struct handle_table *table, zx_handle_t handle, zx_signals_t signals,
                            zx_time_t deadline, zx_signals_t *out_observed, bool *out_early)
{
    struct waiter w;
    struct handle_slot *slot;
    mutex_lock(&table->lock);
    zx_status_t status = check_slot_locked(table, handle, &slot);
    *out_early = status != ZX_OK;
    if (unlikely(status != ZX_OK)) {
        mutex_unlock(&table->lock);
        return status;
    }
    zx_signals_t state = object_signals(slot->object);
    if ((state & signals) || deadline <= 0) {
        mutex_unlock(&table->lock);
        *out_observed = state;
        return (state & signals) ? ZX_OK : ZX_ERR_TIMED_OUT;
    }
    wait_arm(true);
    waiter_link(&w, slot, signals);
    mutex_unlock(&table->lock);
    if (unlikely(w.seen & signals)) { // it came between the first look and the link
        zx_status_t ignored;
        (void)wait_disarm(&ignored);
        status = ZX_OK;
    } else {
        status = wait_block(WAIT_ON_ONE, deadline);
    }
    waiter_unlink(&w);
    *out_observed = w.seen;
    if (unlikely(w.seen & ZX_SIGNAL_HANDLE_CLOSED))
        return ZX_ERR_CANCELED;
    if (status == ZX_ERR_TIMED_OUT && (w.seen & signals))
        return ZX_OK;
    return status;
}

zx_status_t object_signal_handle(zx_handle_t handle, zx_signals_t clear, zx_signals_t set)
{
    struct handle_table *table = &process_current()->handles;
    zx_status_t status;
    mutex_lock(&table->lock);
    struct handle_slot *slot = slot_live(table, handle);
    if (unlikely(slot == NULL)) {
        mutex_unlock(&table->lock);
        policy_bad_handle();
        return ZX_ERR_BAD_HANDLE;
    }
    // The lock keeps the handle, which keeps the object: no reference is needed.
    if (unlikely(!(slot->rights & ZX_RIGHT_SIGNAL)))
        status = ZX_ERR_ACCESS_DENIED;
    else
        status = object_user_signal(slot->object, clear, set);
    mutex_unlock(&table->lock);
    return status;
}

// Links waiters for all items; on an error none stays linked. *out_ready: some item is satisfied.
static zx_status_t link_all(struct handle_table *table, struct waiter *waiters,
                            const zx_wait_item_t *items, size_t count, bool *out_ready)
{
    zx_status_t status = ZX_OK;
    size_t linked = 0;
    *out_ready = false;
    mutex_lock(&table->lock);
    for (; linked < count && status == ZX_OK; linked++) {
        struct handle_slot *slot;
        status = check_slot_locked(table, items[linked].handle, &slot);
        if (status != ZX_OK)
            break;
        waiter_link(&waiters[linked], slot, items[linked].waitfor);
        if (waiters[linked].seen & items[linked].waitfor)
            *out_ready = true;
    }
    mutex_unlock(&table->lock);
    if (status != ZX_OK) {
        while (linked > 0)
            waiter_unlink(&waiters[--linked]);
    }
    return status;
}

zx_status_t object_wait_many(struct handle_table *table, zx_wait_item_t *items, size_t count,
                             zx_time_t deadline, bool *out_early)
{
    struct waiter waiters[ZX_WAIT_MANY_MAX_ITEMS];
    zx_status_t ignored;
    bool ready;
    DEBUG_ASSERT(count <= ZX_WAIT_MANY_MAX_ITEMS);
    wait_arm(true);
    zx_status_t status = link_all(table, waiters, items, count, &ready);
    *out_early = status != ZX_OK;
    if (status != ZX_OK) {
        (void)wait_disarm(&ignored);
        return status;
    }
    if (ready)
        (void)wait_disarm(&ignored);
    else
        status = wait_block(count == 0 ? WAIT_ON_NOTHING : WAIT_ON_MANY, deadline);
    bool closed = false, satisfied = false;
    for (size_t i = 0; i < count; i++) {
        waiter_unlink(&waiters[i]);
        items[i].pending = waiters[i].seen;
        closed |= (waiters[i].seen & ZX_SIGNAL_HANDLE_CLOSED) != 0;
        satisfied |= (waiters[i].seen & items[i].waitfor) != 0;
    }
    if (closed)
        return ZX_ERR_CANCELED;
    if (status == ZX_ERR_TIMED_OUT && satisfied)
        return ZX_OK;
    return status;
}
