// SPDX-License-Identifier: MIT
//
// The target's half of calls/fixture.h (machine.h). Calls go through the vDSO.
//
// State: stacks of threads, reused in turn: whoever has had one eight threads ago is gone.

#include "machine.h"

#include <calls/fixture.h>
#include <testing/testing.h>

#include <stdarg.h>
#include <stdatomic.h>

#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/pages.h>
#include <zircon/process.h>

#define STACKS     8u
#define STACK_SIZE (64u * 1024)

struct call_env call_env;

typedef int64_t (*call8_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                           uint64_t);

bool call_reachable(const struct call_info *call)
{
    // What the vDSO does by itself touches user memory itself; a call through it is the exception.
    return call->fn != NULL &&
           (call->number != CALL_NO_NUMBER || strcmp(call->name, "channel_call") == 0);
}

int64_t call_issue(const struct call_info *call, const uint64_t args[CALL_MAX_ARGS])
{
    return ((call8_t)call->fn)(args[0], args[1], args[2], args[3], args[4], args[5], args[6],
                               args[7]);
}

void call_poke(uint64_t address, const void *data, size_t size)
{
    memcpy((void *)address, data, size);
}

void call_peek(uint64_t address, void *data, size_t size)
{
    memcpy(data, (const void *)address, size);
}

uint64_t call_entry(void)
{
    return (uintptr_t)zx_thread_exit; // needs no stack
}

void call_fail(const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    format_string_v(text, sizeof(text), format, ap);
    va_end(ap);
    console_printf("# %s\n", text);
    zx_process_exit(1);
}

// ---- threads ----

static struct start {
    void (*fn)(void *arg);
    void *arg;
    char *stack;
} starts[STACKS];

static void thread_main(uintptr_t start, uintptr_t unused)
{
    const struct start *s = (const struct start *)start;

    (void)unused;
    s->fn(s->arg);
    zx_thread_exit();
}

zx_status_t call_thread_start(void (*fn)(void *arg), void *arg, zx_handle_t *out)
{
    static atomic_uint turn;
    struct start *s = &starts[atomic_fetch_add(&turn, 1) % STACKS];

    if (s->stack == NULL) {
        s->stack = pages_allocate(STACK_SIZE);
    }
    if (s->stack == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    s->fn = fn;
    s->arg = arg;
    zx_status_t status = zx_thread_create(zx_process_self(), "calls", 5, 0, out);

    if (status != ZX_OK) {
        return status;
    }
    return zx_thread_start(*out, (zx_vaddr_t)thread_main, (zx_vaddr_t)s->stack + STACK_SIZE,
                           (uintptr_t)s, 0);
}

// ---- parent and child ----

zx_status_t machine_send(zx_handle_t channel, const struct machine_order *order,
                         const zx_handle_t handles[2])
{
    return zx_channel_write(channel, 0, order, sizeof(*order), handles, 2);
}

bool machine_begin(struct machine_order *order, zx_handle_t out_handles[2])
{
    const zx_handle_t channel = test_child_channel();
    uint32_t bytes, handles;

    if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE, test_patience(), NULL) != ZX_OK ||
        zx_channel_read(channel, 0, order, out_handles, sizeof(*order), 2, &bytes, &handles) !=
            ZX_OK ||
        bytes != sizeof(*order) || handles != 2) {
        console_printf("# no order\n");
        return false;
    }
    call_env = (struct call_env){.process = zx_process_self(),
                                 .thread = zx_thread_self(),
                                 .vmar = zx_vmar_root_self(),
                                 .job = zx_job_default(),
                                 .foreign = order->foreign};
    return true;
}
