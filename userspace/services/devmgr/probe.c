// SPDX-License-Identifier: MIT
//
// Reading registers that a tree tells of, where perhaps nothing answers: the access then ends in an exception, which
// must not be this program's end. So a thread of its own does it. It has no thread-local storage, and nothing but
// its stack: the C library does not know of it, and it may be killed.

#include "devmgr.h"

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#define STACK_BYTES 4096u

static struct {
    const volatile uint32_t *from;
    uint32_t *to;
    uint32_t count;
} job;

static _Alignas(16) uint8_t stack[STACK_BYTES];

static _Noreturn void read_words(uintptr_t first, uintptr_t second)
{
    (void)first;
    (void)second;
    for (uint32_t i = 0; i < job.count; i++) {
        job.to[i] = job.from[i];
    }
    zx_thread_exit();
}

// Runs the thread until it has ended. False: it had an exception.
static bool run(zx_handle_t thread, zx_handle_t port)
{
    zx_port_packet_t packet;

    if (zx_task_bind_exception_port(thread, port, 0, 0) != ZX_OK ||
        zx_object_wait_async(thread, port, 0, ZX_THREAD_TERMINATED, ZX_WAIT_ASYNC_ONCE) != ZX_OK ||
        zx_thread_start(thread, (zx_vaddr_t)read_words, (zx_vaddr_t)stack + STACK_BYTES, 0, 0) !=
            ZX_OK) {
        return false;
    }
    bool ended =
        zx_port_wait(port, ZX_TIME_INFINITE, &packet) == ZX_OK && ZX_PKT_IS_SIGNAL_ONE(packet.type);

    if (!ended) {
        (void)zx_task_kill(thread);
        (void)zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL);
    }
    return ended;
}

bool probe_words(const volatile uint32_t *from, uint32_t *to, uint32_t count)
{
    zx_handle_t thread = ZX_HANDLE_INVALID, port = ZX_HANDLE_INVALID;
    bool good = false;

    job.from = from;
    job.to = to;
    job.count = count;
    if (zx_port_create(0, &port) == ZX_OK &&
        zx_thread_create(zx_process_self(), "probe", 5, 0, &thread) == ZX_OK) {
        good = run(thread, port);
    }
    zx_handle_close(thread);
    zx_handle_close(port);
    return good;
}
