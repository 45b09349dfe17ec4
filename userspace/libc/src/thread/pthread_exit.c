// SPDX-License-Identifier: MIT
// How a thread ends.
//
//   E1 What may run the program's code (cleanup handlers, destructors of keys) comes first.
//   E2 Then the thread gives up its handle, under the lock that those hold who use it from outside,
//      and leaves the count of running threads. From here on it takes no lock any more.
//   E3 A joinable thread's last act is one call of the vDSO that stores DT_EXITED, wakes the joiner,
//      closes the handle and ends, without a stack from the store on: the joiner unmaps it.
//   E4 A detached thread's last act is one call that unmaps all that it is made of, closes the handle
//      and ends.
#include "thread_impl.h"

#include <stdlib.h>

#include "lock.h"
#include "start.h"

// Only there if something of the program uses what they look after.
static void nothing(void)
{
}
weak_alias(nothing, __dl_thread_cleanup);
weak_alias(nothing, __do_orphaned_stdio_locks);

// The allocator's, if it keeps something for each thread.
void __malloc_thread_exit(void *cache) __attribute__((__weak__));

void __do_cleanup_push(struct __ptcb *buffer)
{
    pthread_t self = __pthread_self();

    buffer->__next = self->cancelbuf;
    self->cancelbuf = buffer;
}

void __do_cleanup_pop(struct __ptcb *buffer)
{
    __pthread_self()->cancelbuf = buffer->__next;
}

static void run_cleanup(pthread_t self)
{
    struct __ptcb *buffer;

    while ((buffer = self->cancelbuf) != NULL) {
        self->cancelbuf = buffer->__next;
        buffer->__f(buffer->__x);
    }
    __pthread_tsd_run_dtors();
}

static zx_handle_t give_up_handle(pthread_t self)
{
    zx_handle_t handle;

    LOCK(self->killlock);
    handle = self->handle;
    self->handle = ZX_HANDLE_INVALID;
    UNLOCK(self->killlock);
    return handle;
}

_Noreturn void __pthread_exit(void *result)
{
    pthread_t self = __pthread_self();
    zx_handle_t handle;
    bool frees_itself;

    self->result = result;
    run_cleanup(self);
    __do_orphaned_stdio_locks();
    __dl_thread_cleanup();
    if (__malloc_thread_exit && self->malloc_cache) {
        void *cache = self->malloc_cache;
        self->malloc_cache = NULL;
        __malloc_thread_exit(cache);
    }

    handle = give_up_handle(self);
    if (!__thread_ring_leave(self, &frees_itself)) {
        // The last one: the process ends as from main().
        self->handle = handle;
        exit(0);
    }
    if (frees_itself)
        (void)zx_vmar_unmap_handle_close_thread_exit(__start_vmar_root, (uintptr_t)self->map_base,
                                                     self->map_size, handle);
    else
        zx_futex_wake_handle_close_thread_exit((const zx_futex_t *)&self->detach_state, UINT32_MAX,
                                               DT_EXITED, handle);
    __builtin_trap();
}
weak_alias(__pthread_exit, pthread_exit);
