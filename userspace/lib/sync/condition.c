// SPDX-License-Identifier: MIT
// sync_condition (lib/sync/condition.h). Each waiter has a record on its stack with a futex word of
// its own; the condition has a list of those, guarded by its lock.
//
//   V1 `queued` says that a record is in the list; both change under the lock. Who takes it out
//      decides: the waiter itself (its deadline passed: TIMED_OUT) or a signaler (then its result is
//      OK, whatever its deadline).
//   V2 A signaler takes records out as a chain and then releases the first: it stores RELEASED into
//      its word and wakes by address. After the store the record may be gone.
//   V3 A released waiter takes the mutex and then, holding it, passes the chain on: it stores MOVED
//      into the next one's word and moves that thread in the kernel from its own word to the mutex's,
//      where the unlock wakes it. The next one cannot return, and its record stays, while it has to
//      wait for the mutex.
//   V4 Who is moved, or moves another, takes the mutex with "waited for": the unlock must wake, since
//      the moved one did not put the mark there itself.
//   V5 No signaler touches the condition after a word is released: a waiter may destroy it then.
#include <lib/sync/condition.h>

#include <stddef.h>

#include "word.h"

enum { WAITING, RELEASED, MOVED };

struct waiter {
    struct waiter *next; // [L] in the list; then the chain's, fixed once released
    struct waiter *prev; // [L]
    bool queued;         // [L] V1
    int word;            // atomic
};

// The condition's lock is a mutex in all but name.
static sync_mutex_t *lock_of(sync_condition_t *c)
{
    return (sync_mutex_t *)&c->lock;
}

static void append_locked(sync_condition_t *c, struct waiter *w)
{
    w->prev = c->tail;
    if (w->prev)
        w->prev->next = w;
    else
        c->head = w;
    c->tail = w;
    w->queued = true;
}

static void remove_locked(sync_condition_t *c, struct waiter *w)
{
    if (w->prev)
        w->prev->next = w->next;
    else
        c->head = w->next;
    if (w->next)
        w->next->prev = w->prev;
    else
        c->tail = w->prev;
    w->next = NULL;
    w->queued = false;
}

// Waits until somebody has released the record, or the deadline has passed and nobody has taken it.
static zx_status_t wait_for_release(sync_condition_t *c, struct waiter *w, zx_time_t deadline)
{
    for (;;) {
        zx_status_t status = word_wait(&w->word, WAITING, deadline);

        if (word_load(&w->word) != WAITING)
            return ZX_OK;
        if (status != ZX_ERR_TIMED_OUT)
            continue;
        sync_mutex_lock(lock_of(c));
        bool queued = w->queued;
        if (queued)
            remove_locked(c, w);
        sync_mutex_unlock(lock_of(c));
        if (queued)
            return ZX_ERR_TIMED_OUT;
        // A signaler has chosen us: its release is on the way, or our predecessor's.
        deadline = ZX_TIME_INFINITE;
    }
}

// Called with the mutex held and marked (V3, V4).
static void pass_on(struct waiter *next, sync_mutex_t *mutex)
{
    word_store(&next->word, MOVED);
    SYNC_POINT();
    if (_zx_futex_requeue((zx_futex_t *)&next->word, 0, MOVED, &mutex->futex, 1,
                          ZX_HANDLE_INVALID) != ZX_OK)
        __builtin_trap();
}

zx_status_t sync_condition_timedwait(sync_condition_t *condition, sync_mutex_t *mutex,
                                     zx_time_t deadline)
{
    struct waiter w = {.word = WAITING};

    sync_mutex_lock(lock_of(condition));
    append_locked(condition, &w);
    sync_mutex_unlock(lock_of(condition));
    sync_mutex_unlock(mutex);

    zx_status_t status = wait_for_release(condition, &w, deadline);

    if (w.next || word_load(&w.word) == MOVED)
        sync_mutex_lock_with_waiter(mutex);
    else
        sync_mutex_lock(mutex);
    if (w.next)
        pass_on(w.next, mutex);
    return status;
}

void sync_condition_wait(sync_condition_t *condition, sync_mutex_t *mutex)
{
    sync_condition_timedwait(condition, mutex, ZX_TIME_INFINITE);
}

static void release(struct waiter *first)
{
    int *word = &first->word;

    word_store(word, RELEASED);
    word_wake(word, 1);
}

void sync_condition_signal(sync_condition_t *condition)
{
    sync_mutex_lock(lock_of(condition));
    struct waiter *first = condition->head;
    if (first)
        remove_locked(condition, first);
    sync_mutex_unlock(lock_of(condition));
    if (first)
        release(first);
}

void sync_condition_broadcast(sync_condition_t *condition)
{
    sync_mutex_lock(lock_of(condition));
    struct waiter *first = condition->head;
    for (struct waiter *w = first; w; w = w->next)
        w->queued = false;
    condition->head = NULL;
    condition->tail = NULL;
    sync_mutex_unlock(lock_of(condition));
    if (first)
        release(first);
}
