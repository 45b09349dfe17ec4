// SPDX-License-Identifier: MIT
// Joining and detaching. Who may free a thread is settled once: by the claim (ring.c), for the
// joiner, or by the state's change from JOINABLE, for the thread itself.
#include "thread_impl.h"

// Waits for the end of a claimed thread; ETIMEDOUT or EINVAL leave it as it was.
static int wait_for_end(pthread_t thread, const struct timespec *at)
{
    int state;

    while ((state = thread->detach_state) != DT_EXITED) {
        int error = __timedwait(&thread->detach_state, state, CLOCK_REALTIME, at, 1);

        if (error && thread->detach_state != DT_EXITED)
            return error;
    }
    a_barrier();
    return 0;
}

// It has ended: nothing of it runs, and nobody else has the claim.
static void free_thread(pthread_t thread)
{
    __thread_ring_remove(thread);
    __thread_memory_unmap((uintptr_t)thread->map_base, thread->map_size);
}

static int join(pthread_t thread, void **result, const struct timespec *at)
{
    int error;

    if (thread == __pthread_self())
        return EDEADLK;
    if (!__thread_ring_claim(thread))
        return EINVAL;
    error = wait_for_end(thread, at);
    if (error) {
        __thread_ring_unclaim(thread);
        return error;
    }
    if (result)
        *result = thread->result;
    free_thread(thread);
    return 0;
}

int __pthread_join(pthread_t thread, void **result)
{
    return join(thread, result, NULL);
}
weak_alias(__pthread_join, pthread_join);

int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *at)
{
    return join(thread, result, at);
}

int pthread_tryjoin_np(pthread_t thread, void **result)
{
    // Looked at under a claim: before it the struct may be gone.
    if (thread == __pthread_self())
        return EDEADLK;
    if (!__thread_ring_claim(thread))
        return EINVAL;
    if (thread->detach_state == DT_JOINABLE) {
        __thread_ring_unclaim(thread);
        return EBUSY;
    }
    (void)wait_for_end(thread, NULL);
    if (result)
        *result = thread->result;
    free_thread(thread);
    return 0;
}

int pthread_detach(pthread_t thread)
{
    if (!__thread_ring_claim(thread))
        return EINVAL;
    if (a_cas(&thread->detach_state, DT_JOINABLE, DT_DETACHED) == DT_JOINABLE)
        return 0; // it frees itself, perhaps already
    // It is on its last instructions and believes in a joiner.
    (void)wait_for_end(thread, NULL);
    free_thread(thread);
    return 0;
}
