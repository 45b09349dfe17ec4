// SPDX-License-Identifier: MIT
// The policy about bad handles, over every call (spec 20 section 3): a look-up that fails raises the
// exception, once in a call; a call that works raises none.
#include "machine.h"

#include <calls/fixture.h>
#include <lab/lab.h>
#include <object/process.h>
#include <stdatomic.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/port.h>

#define NO_HANDLE ((zx_handle_t)0xdeadbeef)
#define LAST_KEY  2u

struct judge {
    zx_handle_t port, thread; // whose exceptions come to the port
    atomic_uint exceptions;
};

// Lets the watched thread go on each time, until the last packet.
static void answer_all(void *arg)
{
    struct judge *judge = arg;
    zx_port_packet_t packet;

    for (;;) {
        assert_ok(zx_port_wait(judge->port, ZX_TIME_INFINITE, &packet));
        if (packet.key == LAST_KEY)
            return;
        assert_int_equal(packet.type, ZX_EXCP_POLICY_ERROR);
        atomic_fetch_add(&judge->exceptions, 1);
        assert_ok(zx_task_resume_from_exception(judge->thread, judge->port, 0));
    }
}

static void put(struct fixture *f, unsigned index, zx_handle_t value)
{
    if (f->call->args[index].of_handles)
        call_poke(f->args[index], &value, sizeof(value));
    else
        f->args[index] = value;
}

static void expect(struct judge *judge, struct fixture *f, const char *what, zx_status_t status,
                   unsigned exceptions)
{
    atomic_store(&judge->exceptions, 0);
    const int64_t result = fixture_issue(f);
    const unsigned raised = atomic_load(&judge->exceptions);

    if ((result > 0 ? ZX_OK : (zx_status_t)result) != status || raised != exceptions)
        call_fail("%s, %s: %ld with %u exceptions, expected %d with %u", f->call->name, what,
                  (long)result, raised, status, exceptions);
    fixture_end(f, result);
}

static void try_all(struct judge *judge, const struct call_info *call)
{
    struct fixture f;

    fixture_make(&f, call);
    expect(judge, &f, "as it should be", fixture_result(call), 0);
    for (unsigned i = 0; i < call->arg_count; i++) {
        const struct call_arg *arg = &call->args[i];

        if (arg->kind != CALL_HANDLE && !(arg->of_handles && arg->in))
            continue;
        fixture_make(&f, call);
        put(&f, i, NO_HANDLE);
        expect(judge, &f, arg->name, ZX_ERR_BAD_HANDLE, 1);
    }
}

void sweep_policy(const struct call_info *call)
{
    const zx_port_packet_t last = {.key = LAST_KEY, .type = ZX_PKT_TYPE_USER};
    uint8_t *const action = &process_current()->policy.action[ZX_POL_BAD_HANDLE];
    struct judge judge = {.thread = lab.thread};

    assert_ok(zx_port_create(0, &judge.port));
    assert_ok(zx_task_bind_exception_port(lab.thread, judge.port, 0, 0));
    zx_handle_t answering = lab_thread(answer_all, &judge);

    // A program gets its policy from its job; the laboratory's process has none to get it from.
    *action = ZX_POL_ACTION_EXCEPTION;
    try_all(&judge, call);
    *action = ZX_POL_ACTION_ALLOW;
    assert_ok(zx_port_queue(judge.port, &last));
    lab_thread_join(answering);
    assert_ok(zx_handle_close(judge.port));
}
