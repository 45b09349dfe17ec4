// SPDX-License-Identifier: MIT
//
// Reading the memory of a process that may not want to be read. zx_process_read_memory() waits for a
// pager that has to supply the page, and nothing says that it ever will; so a thread of its own makes
// the call, and is killed when it does not come back.
//
// The thread must leave nothing behind when it is killed: it uses its own stack and `request`, takes
// no lock, and is unknown to libc. It has no thread pointer, hence no stack protector.
//
// request.state: IDLE -> ASKED (the caller) -> DONE (the thread) -> IDLE (the caller). The other
// members belong to the thread while it is ASKED, else to the caller.

#include "crashes.h"

#include <stdatomic.h>
#include <string.h>

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define PAGE     4096u
#define PATIENCE ZX_SEC(10) // pages that are there take microseconds

enum { IDLE, ASKED, DONE };

static struct {
    atomic_int state;
    zx_handle_t process;
    zx_vaddr_t page;
    zx_status_t status;
    size_t actual;
    uint8_t bytes[PAGE];
} request;

static uint8_t stack[2 * PAGE] __attribute__((aligned(16)));
static zx_handle_t thread;
static zx_handle_t process;
static bool stuck;
static bool cached; // request.bytes are those of request.page

static void wake(void)
{
    (void)zx_futex_wake((const zx_futex_t *)&request.state, 1);
}

__attribute__((no_stack_protector, noreturn)) static void serve(uintptr_t unused1,
                                                                 uintptr_t unused2)
{
    (void)unused1;
    (void)unused2;
    for (;;) {
        int state = atomic_load(&request.state);

        if (state != ASKED) {
            (void)zx_futex_wait((const zx_futex_t *)&request.state, state, ZX_HANDLE_INVALID,
                                ZX_TIME_INFINITE);
            continue;
        }
        request.status = zx_process_read_memory(request.process, request.page, request.bytes,
                                                sizeof(request.bytes), &request.actual);
        atomic_store(&request.state, DONE);
        (void)zx_futex_wake((const zx_futex_t *)&request.state, 1);
    }
}

zx_status_t reader_start(void)
{
    atomic_store(&request.state, IDLE);
    zx_status_t status = zx_thread_create(zx_process_self(), "reader", 6, 0, &thread);

    if (status != ZX_OK)
        return status;
    status = zx_thread_start(thread, (zx_vaddr_t)serve, (zx_vaddr_t)stack + sizeof(stack), 0, 0);
    if (status != ZX_OK)
        zx_handle_close(thread);
    return status;
}

// The thread is in a call that does not end.
static void replace_thread(void)
{
    stuck = true;
    (void)zx_task_kill(thread);
    (void)zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL);
    zx_handle_close(thread);
    if (reader_start() != ZX_OK)
        thread = ZX_HANDLE_INVALID; // tried again by the next read
}

void reader_begin(zx_handle_t of)
{
    process = of;
    stuck = false;
    cached = false;
}

bool reader_was_stuck(void)
{
    return stuck;
}

// Gets a page into request.bytes.
static bool fetch(zx_vaddr_t page)
{
    if (cached && request.page == page)
        return true;
    cached = false;
    if (stuck || (thread == ZX_HANDLE_INVALID && reader_start() != ZX_OK))
        return false;
    zx_time_t deadline = zx_deadline_after(PATIENCE);

    request.process = process;
    request.page = page;
    atomic_store(&request.state, ASKED);
    wake();
    while (atomic_load(&request.state) == ASKED) {
        if (zx_futex_wait((const zx_futex_t *)&request.state, ASKED, ZX_HANDLE_INVALID,
                          deadline) == ZX_ERR_TIMED_OUT &&
            atomic_load(&request.state) == ASKED) {
            replace_thread();
            return false;
        }
    }
    atomic_store(&request.state, IDLE);
    cached = request.status == ZX_OK && request.actual == PAGE;
    return cached;
}

bool reader_read(void *context, zx_vaddr_t at, void *to, size_t size)
{
    uint8_t *bytes = to;

    (void)context;
    if (at > UINT64_MAX - size)
        return false;
    while (size != 0) {
        size_t offset = at % PAGE, part = PAGE - offset < size ? PAGE - offset : size;

        if (!fetch(at - offset))
            return false;
        memcpy(bytes, request.bytes + offset, part);
        at += part;
        bytes += part;
        size -= part;
    }
    return true;
}
