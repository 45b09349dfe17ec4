// SPDX-License-Identifier: MIT
// Threads below the C library (runtime/thread.h).
//
//   T1 JOINABLE -> JOINING by the joiner, -> ENDING by the thread itself, -> DETACHED by detach: one
//      of them wins.
//   T2 The thread's last act, unless it is detached, is a call of the vDSO that stores ENDED and
//      wakes whoever waits on the state. Until then it uses its stack, afterwards nothing.
//   T3 JOINED and DETACHED are final. A detached thread may not return from its entry: nobody would
//      free its stack.
#include <runtime/thread.h>

#include <zircon/syscalls.h>

enum { JOINABLE = 1, JOINING, ENDING, ENDED, JOINED, DETACHED };

struct thread {
    zx_handle_t handle; // [T] the thread closes it when it ends
    int state;          // atomic, a futex
    zxr_thread_entry_t entry;
};

_Static_assert(sizeof(struct thread) == sizeof(zxr_thread_t), "spec 12 section 6");

static struct thread *thread_of(zxr_thread_t *thread)
{
    return (struct thread *)thread;
}

static int state_of(const struct thread *t)
{
    return __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
}

// T1: returns the state before; only JOINABLE is changed.
static int leave_joinable(struct thread *t, int to)
{
    int seen = JOINABLE;

    __atomic_compare_exchange_n(&t->state, &seen, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return seen;
}

static size_t length_of(const char *name)
{
    size_t length = 0;

    while (name[length])
        length++;
    return length;
}

zx_status_t zxr_thread_create(zx_handle_t process, const char *name, bool detached,
                              zxr_thread_t *thread)
{
    struct thread *t = thread_of(thread);

    if (!name)
        name = "";
    *t = (struct thread){.state = detached ? DETACHED : JOINABLE};
    return _zx_thread_create(process, name, length_of(name), 0, &t->handle);
}

zx_status_t zxr_thread_adopt(zx_handle_t handle, zxr_thread_t *thread)
{
    *thread_of(thread) = (struct thread){.handle = handle, .state = JOINABLE};
    return handle == ZX_HANDLE_INVALID ? ZX_ERR_BAD_HANDLE : ZX_OK;
}

// T2. The state is ENDING or JOINING: the thread was joinable when it said that it ends.
static __NO_RETURN void end_joinable(struct thread *t)
{
    zx_handle_t handle = t->handle;

    t->handle = ZX_HANDLE_INVALID;
    _zx_futex_wake_handle_close_thread_exit((zx_futex_t *)&t->state, UINT32_MAX, ENDED, handle);
    __builtin_trap();
}

static void begin(uintptr_t self, uintptr_t argument)
{
    struct thread *t = (struct thread *)self;

    t->entry((void *)argument);
    int seen = leave_joinable(t, ENDING);
    if (seen != JOINABLE && seen != JOINING)
        __builtin_trap(); // T3
    end_joinable(t);
}

zx_status_t zxr_thread_start(zxr_thread_t *thread, uintptr_t stack_addr, size_t stack_size,
                             zxr_thread_entry_t entry, void *argument)
{
    struct thread *t = thread_of(thread);
    uintptr_t stack = (stack_addr + stack_size) & ~(uintptr_t)15;

    // Once it runs a detached thread may be gone, with this struct.
    zx_handle_t handle = t->handle;
    t->entry = entry;
    zx_status_t status =
        _zx_thread_start(handle, (zx_vaddr_t)begin, stack, (uintptr_t)t, (uintptr_t)argument);
    if (status != ZX_OK) {
        t->handle = ZX_HANDLE_INVALID;
        (void)_zx_handle_close(handle);
    }
    return status;
}

// The thread is on its way to ENDED.
static void wait_for_end(struct thread *t)
{
    int seen;

    while ((seen = state_of(t)) != ENDED) {
        zx_status_t status =
            _zx_futex_wait((zx_futex_t *)&t->state, seen, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
        if (status != ZX_OK && status != ZX_ERR_BAD_STATE)
            __builtin_trap();
    }
    __atomic_store_n(&t->state, JOINED, __ATOMIC_RELAXED);
}

zx_status_t zxr_thread_join(zxr_thread_t *thread)
{
    struct thread *t = thread_of(thread);

    switch (leave_joinable(t, JOINING)) {
    case JOINABLE:
    case ENDING:
    case ENDED: wait_for_end(t); return ZX_OK;
    default: return ZX_ERR_INVALID_ARGS;
    }
}

zx_status_t zxr_thread_detach(zxr_thread_t *thread)
{
    struct thread *t = thread_of(thread);

    switch (leave_joinable(t, DETACHED)) {
    case JOINABLE: return ZX_OK;
    case ENDING:
    case ENDED: wait_for_end(t); return ZX_ERR_BAD_STATE;
    default: return ZX_ERR_INVALID_ARGS;
    }
}

bool zxr_thread_detached(zxr_thread_t *thread)
{
    return state_of(thread_of(thread)) == DETACHED;
}

__NO_RETURN void zxr_thread_exit_unmap_if_detached(zxr_thread_t *thread, zx_handle_t vmar,
                                                   uintptr_t addr, size_t len)
{
    struct thread *t = thread_of(thread);

    if (leave_joinable(t, ENDING) == DETACHED) {
        // The struct itself may lie in what is unmapped: its handle is read before.
        (void)_zx_vmar_unmap_handle_close_thread_exit(vmar, addr, len, t->handle);
        __builtin_trap();
    }
    end_joinable(t);
}

zx_status_t zxr_thread_destroy(zxr_thread_t *thread)
{
    struct thread *t = thread_of(thread);
    zx_handle_t handle = t->handle;

    t->handle = ZX_HANDLE_INVALID;
    return _zx_handle_close(handle);
}

zx_handle_t zxr_thread_get_handle(zxr_thread_t *thread)
{
    return thread_of(thread)->handle;
}
