// SPDX-License-Identifier: MIT
// What tests of exceptions share (exception_test.h).
#include "exception_test.h"

#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

zx_handle_t make_port(void)
{
    zx_handle_t port = 0;

    assert_ok(zx_port_create(0, &port));
    return port;
}

void bind_port(zx_handle_t task, zx_handle_t port, uint64_t key, uint32_t options)
{
    assert_ok(zx_task_bind_exception_port(task, port, key, options));
}

zx_status_t unbind(zx_handle_t task, uint32_t options)
{
    return zx_task_bind_exception_port(task, ZX_HANDLE_INVALID, 0, options);
}

uint32_t waits_for(zx_handle_t thread)
{
    zx_info_thread_t info;

    assert_ok(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
    return info.wait_exception_port_type;
}

void receive(zx_handle_t port, uint64_t key, uint32_t type, const struct child *c)
{
    zx_port_packet_t p;

    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_int_equal(p.type, type);
    assert_int_equal(p.key, key);
    assert_int_equal(p.status, 0);
    assert_int_equal(p.exception.pid, basic(c->process).koid);
    assert_int_equal(p.exception.tid, basic(c->thread).koid);
    assert_int_equal(p.exception.reserved0 | p.exception.reserved1, 0);
}

void answer(const struct child *c, zx_handle_t port, uint32_t options)
{
    assert_ok(zx_task_resume_from_exception(c->thread, port, options));
}

void child_faults(zx_handle_t bootstrap)
{
    (void)bootstrap;
    host_user_write(NOWHERE, "x", 1);
}

void await_killed(struct child *c)
{
    await(c->process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c->process).return_code, -1);
}
