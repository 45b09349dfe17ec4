// SPDX-License-Identifier: MIT
// The laboratory's half of calls/fixture.h.
#include "machine.h"

#include <calls/fixture.h>
#include <lab/lab.h>
#include <stdio.h>

struct call_env call_env;

int64_t call_issue(const struct call_info *call, const uint64_t args[CALL_MAX_ARGS])
{
    // Whatever the call finds where a pointer should be must not reach into the test's own memory.
    host_user_mapped_only(true);
    const int64_t result = lab_syscall(call->number, args);
    host_user_mapped_only(false);
    return result;
}

bool call_reachable(const struct call_info *call)
{
    return call->number != CALL_NO_NUMBER;
}

void call_poke(uint64_t address, const void *data, size_t size)
{
    host_user_write(address, data, size);
}

void call_peek(uint64_t address, void *data, size_t size)
{
    host_user_read(data, address, size);
}

zx_status_t call_thread_start(void (*fn)(void *arg), void *arg, zx_handle_t *out)
{
    return lab_thread_start(fn, arg, out);
}

// Both threads and first threads of processes may begin here.
static void end_at_once(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_thread_exit();
}

uint64_t call_entry(void)
{
    return (uint64_t)(uintptr_t)end_at_once;
}

void call_fail(const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    fail_msg("%s", text);
    __builtin_trap();
}

// ---- a handle of another process ----------------------------------------------------------------

static _Atomic zx_handle_t foreign;

static void foreign_main(zx_handle_t bootstrap)
{
    foreign = bootstrap;
    (void)zx_object_wait_one(bootstrap, 0, ZX_TIME_INFINITE, NULL);
}

void machine_with_env(void (*fn)(void *arg), void *arg)
{
    zx_handle_t event, other, root_job;

    foreign = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    assert_ok(zx_job_create(lab.job, 0, &root_job)); // the laboratory's own is above it
    assert_ok(lab_process_start(foreign_main, event, &other));
    while (foreign == ZX_HANDLE_INVALID)
        assert_ok(zx_nanosleep(zx_deadline_after(1000)));
    call_env = (struct call_env){.process = lab.process,
                                 .thread = lab.thread,
                                 .vmar = lab.vmar,
                                 .job = lab.job,
                                 .resource = lab.resource,
                                 .root_job = root_job,
                                 .foreign = foreign};
    fixtures_begin();
    fn(arg);
    fixtures_end();
    assert_ok(zx_task_kill(other));
    assert_ok(zx_object_wait_one(other, ZX_TASK_TERMINATED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(other));
    assert_ok(zx_handle_close(root_job));
}
