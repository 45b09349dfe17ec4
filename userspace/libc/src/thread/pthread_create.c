// SPDX-License-Identifier: MIT
// How a thread starts.
//
//   P1 Everything that can fail and can be undone comes before the thread is in the ring; then it is
//      in the ring, its handle is stored, the caller knows it, and only then does it run.
//   P2 Once it runs, nothing here looks at its struct: a detached thread may be gone already.
#include "thread_impl.h"

#include <stdio.h>
#include <string.h>

#include <zircon/process.h>

// EXPLICIT scheduling parameters other than the usual ones cannot be had.
static int check_attributes(const pthread_attr_t *attr)
{
    if (attr->_a_stackaddr)
        return ENOTSUP;
    if (attr->_a_sched && (attr->_a_policy != SCHED_OTHER || attr->_a_prio != 0))
        return ENOTSUP;
    return 0;
}

// "thread-" and a number, which is that of the attempt: the thread's own is not known yet.
static const char *default_name(char out[ZX_MAX_NAME_LEN])
{
    static volatile int count;
    char digits[12];
    unsigned value = (unsigned)a_fetch_add(&count, 1) + 1;
    unsigned used = sizeof(digits);

    digits[--used] = 0;
    do
        digits[--used] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    memcpy(out, "thread-", 7);
    strcpy(out + 7, digits + used);
    return out;
}

static int errno_of(zx_status_t status)
{
    return status == ZX_ERR_ACCESS_DENIED || status == ZX_ERR_BAD_STATE ? EPERM : EAGAIN;
}

static pthread_t prepare(const struct thread_memory *memory, const pthread_attr_t *attr)
{
    pthread_t thread = __thread_place(memory);

    thread->stack_size = (attr->_a_stacksize + THREAD_PAGE - 1) & ~(size_t)(THREAD_PAGE - 1);
    thread->guard_size = (attr->_a_guardsize + THREAD_PAGE - 1) & ~(size_t)(THREAD_PAGE - 1);
    thread->detach_state = attr->_a_detach ? DT_DETACHED : DT_JOINABLE;
    thread->canary = __pthread_self()->canary;
    return thread;
}

// P1: makes the thread known, then runs it. On failure it is nowhere.
static zx_status_t start(pthread_t thread, zx_handle_t handle, pthread_t *out)
{
    uintptr_t stack = (uintptr_t)thread->stack;
    zx_status_t status;

    thread->handle = handle;
    __thread_ring_add(thread);
    *out = thread;
    status = zx_thread_start(handle, (uintptr_t)__thread_entry, stack, (uintptr_t)thread->tp, 0);
    if (status != ZX_OK) {
        __thread_ring_cancel(thread);
        (void)zx_handle_close(handle);
    }
    return status;
}

int __thread_create(pthread_t *out, const pthread_attr_t *attr_or_null, void *(*entry)(void *),
                    void *argument, const char *name, bool c11)
{
    char name_buffer[ZX_MAX_NAME_LEN];
    struct thread_memory memory;
    pthread_attr_t attr;
    zx_handle_t handle;
    pthread_t thread;
    zx_status_t status;

    pthread_attr_init(&attr);
    if (attr_or_null)
        attr = *attr_or_null;
    if (check_attributes(&attr) != 0)
        return ENOTSUP;
    if (attr._a_stacksize < THREAD_STACK_FLOOR)
        attr._a_stacksize = THREAD_STACK_FLOOR;
    if (!name)
        name = default_name(name_buffer);

    status =
        __thread_memory_map(name, attr._a_stacksize, attr._a_stacksize, attr._a_guardsize, &memory);
    if (status != ZX_OK)
        return EAGAIN;
    status = zx_thread_create(zx_process_self(), name, strlen(name), 0, &handle);
    if (status == ZX_OK) {
        thread = prepare(&memory, &attr);
        thread->entry = entry;
        thread->argument = argument;
        thread->c11 = c11;
        status = start(thread, handle, out);
    }
    if (status != ZX_OK) {
        __thread_memory_unmap(memory.base, memory.size);
        return errno_of(status);
    }
    return 0;
}

_Noreturn void __thread_main(pthread_t self)
{
    void *result;

    if (self->c11)
        result = (void *)(intptr_t)((int (*)(void *))(void *)self->entry)(self->argument);
    else
        result = self->entry(self->argument);
    __pthread_exit(result);
}

int __pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attr,
                     void *(*entry)(void *), void *restrict argument)
{
    return __thread_create(out, attr, entry, argument, NULL, false);
}
weak_alias(__pthread_create, pthread_create);
