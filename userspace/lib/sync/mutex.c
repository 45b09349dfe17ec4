// SPDX-License-Identifier: MIT
// sync_mutex (lib/sync/mutex.h).
//
//   M1 A thread waits only after it has put 2 into the word and found it taken, and the kernel
//      compares with 2 again. So the unlock that takes the 2 away comes later, and wakes.
//   M2 A thread that has waited takes the mutex with 2: others may wait behind it.
//   M3 unlock changes the word and then uses its address only.
#include <lib/sync/mutex.h>

#include "word.h"

enum { FREE, HELD, WAITED_FOR };

// How often to look again before sleeping, while nobody else sleeps.
#define SPINS 64

// Puts WAITED_FOR into the word until that takes the mutex (M1).
static zx_status_t wait_for(int *word, zx_time_t deadline)
{
    while (word_swap(word, WAITED_FOR) != FREE) {
        if (word_wait(word, WAITED_FOR, deadline) == ZX_ERR_TIMED_OUT)
            return ZX_ERR_TIMED_OUT;
    }
    return ZX_OK;
}

static zx_status_t lock_until(int *word, zx_time_t deadline)
{
    if (word_change(word, FREE, HELD))
        return ZX_OK;
    for (unsigned i = 0; i < SPINS; i++) {
        int seen = __atomic_load_n(word, __ATOMIC_RELAXED);
        if (seen == WAITED_FOR)
            break;
        if (seen == FREE && word_change(word, FREE, HELD))
            return ZX_OK;
    }
    return wait_for(word, deadline);
}

void sync_mutex_lock(sync_mutex_t *mutex)
{
    lock_until(word_of(&mutex->futex), ZX_TIME_INFINITE);
}

void sync_mutex_lock_with_waiter(sync_mutex_t *mutex)
{
    wait_for(word_of(&mutex->futex), ZX_TIME_INFINITE);
}

zx_status_t sync_mutex_timedlock(sync_mutex_t *mutex, zx_time_t deadline)
{
    return lock_until(word_of(&mutex->futex), deadline);
}

zx_status_t sync_mutex_trylock(sync_mutex_t *mutex)
{
    return word_change(word_of(&mutex->futex), FREE, HELD) ? ZX_OK : ZX_ERR_BAD_STATE;
}

void sync_mutex_unlock(sync_mutex_t *mutex)
{
    int *word = word_of(&mutex->futex);
    int seen = word_swap(word, FREE);

    if (seen == WAITED_FOR)
        word_wake(word, 1);
    else if (seen != HELD)
        __builtin_trap();
}
