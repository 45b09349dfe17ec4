// SPDX-License-Identifier: MIT
// System calls in the kernel's trace, and what they are about.
#include "ktrace_test.h"

#include <vm/aspace.h>
#include <zircon/syscalls/port.h>
#include <zircon/zx-syscall-numbers.h>

// Programs of the laboratory have no vDSO, whose base is what traced threads do not keep.
static void have_vdso(void)
{
    atomic_store(&vm_aspace_current()->vdso_base, (uintptr_t)1 << 30);
}

// CALLS(zx_ktrace_control): channels: who, how many bytes and handles; nothing of what fails
TRACED(channels_are_recorded, READY, false)
{
    zx_handle_t ends[2], event = make_event(), got = 0;
    char bytes[16];
    uint32_t count, handles;

    have_vdso();
    trace_over(0x10);
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_channel_write(ends[0], 0, "hello", 5, &event, 1));
    assert_ok(zx_channel_write(ends[0], 0, "hi", 2, NULL, 0));
    assert_status(zx_channel_write(ends[0], 1, "hi", 2, NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_write(0, 0, "hi", 2, NULL, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_channel_read(ends[1], 0, bytes, &got, 4, 1, &count, &handles),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_ok(zx_channel_read(ends[1], 0, bytes, &got, 16, 1, &count, &handles));
    assert_ok(zx_channel_read(ends[1], 0, bytes, NULL, 16, 0, NULL, NULL));
    assert_status(zx_channel_read(ends[1], 0, bytes, NULL, 16, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    const struct trace t = trace_stop_and_read();
    const uint32_t a = trace_koid(ends[0]), b = trace_koid(ends[1]);
    trace_expect(&t, 0x10, 0x130, 0, a, b, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x130, 1));
    trace_expect(&t, 0x10, 0x131, 0, a, 5, 1, 0);
    trace_expect(&t, 0x10, 0x131, 1, a, 2, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x131, 2));
    trace_expect(&t, 0x10, 0x132, 0, b, 5, 1, 0);
    trace_expect(&t, 0x10, 0x132, 1, b, 16, 0, 0); // of the room: it did not ask
    assert_null(trace_find(&t, 0x10, 0x132, 2));
    assert_null(trace_find(&t, 0x20, 0x032, 0));
    free(t.bytes);
    close_handle(got);
    close_handle(ends[0]);
    close_handle(ends[1]);
}

static void reply_to_one(void *arg)
{
    const zx_handle_t end = *(zx_handle_t *)arg;
    uint32_t message[8], count;

    assert_ok(zx_object_wait_one(end, ZX_CHANNEL_READABLE, FOREVER, NULL));
    assert_ok(zx_channel_read(end, 0, message, NULL, sizeof(message), 0, &count, NULL));
    assert_ok(zx_channel_write(end, 0, message, 12, NULL, 0));
}

// CALLS(zx_ktrace_control): a call is a write, and a read if there is a reply
TRACED(channel_calls_are_recorded, READY, false)
{
    uint32_t out[5] = {0}, in[8], bytes, handles;
    const zx_channel_call_args_t args = {
        .wr_bytes = out, .wr_num_bytes = 20, .rd_bytes = in, .rd_num_bytes = sizeof(in)};
    zx_handle_t ends[2];

    have_vdso();
    make_pair(ends);
    trace_over(0x10);
    assert_status(zx_channel_call(ends[0], 0, 0, &args, &bytes, &handles), ZX_ERR_TIMED_OUT);
    assert_status(zx_channel_call(ends[0], 1, 0, &args, &bytes, &handles), ZX_ERR_INVALID_ARGS);
    struct trace t = trace_stop_and_read();
    trace_expect(&t, 0x10, 0x131, 0, trace_koid(ends[0]), 20, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x131, 1));
    assert_null(trace_find(&t, 0x10, 0x132, 0));
    free(t.bytes);
    assert_ok(zx_channel_read(ends[1], 0, in, NULL, sizeof(in), 0, &bytes, NULL));

    zx_handle_t server = lab_thread(reply_to_one, &ends[1]);
    trace_over(0x10);
    assert_ok(zx_channel_call(ends[0], 0, FOREVER, &args, &bytes, &handles));
    t = trace_stop_and_read();
    unsigned n = 0;
    const uint32_t *r;
    while ((r = trace_find(&t, 0x10, 0x132, n)) != NULL && r[4] != trace_koid(ends[0]))
        n++;
    trace_expect(&t, 0x10, 0x132, n, trace_koid(ends[0]), 12, 0, 0);
    free(t.bytes);
    lab_thread_join(server);
    close_handle(ends[0]);
    close_handle(ends[1]);
}

// CALLS(zx_ktrace_control): ports and single waits: begun for what, ended how
TRACED(ports_and_waits_are_recorded, READY, false)
{
    const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};
    const zx_time_t past = -(0x1234567800000000 + 0x1);
    zx_handle_t port, event = make_event();
    zx_port_packet_t got;
    zx_signals_t pending;

    have_vdso();
    trace_over(0x10);
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_port_queue(port, &packet));
    assert_ok(zx_port_wait(port, FOREVER, &got));
    assert_status(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
    assert_status(zx_port_wait(event, 0, &got), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_one(event, ZX_EVENT_SIGNALED, past, &pending), ZX_ERR_TIMED_OUT);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0));
    assert_ok(zx_object_wait_one(event, ZX_EVENT_SIGNALED, FOREVER, &pending));
    assert_status(zx_object_wait_one(0, ZX_EVENT_SIGNALED, 0, NULL), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_one(event, 1, past, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    const struct trace t = trace_stop_and_read();
    const uint32_t p = trace_koid(port), e = trace_koid(event);
    trace_expect(&t, 0x10, 0x142, 0, p, 0, 0, 0);
    trace_expect(&t, 0x10, 0x143, 0, p, sizeof(packet), 0, 0);
    assert_null(trace_find(&t, 0x10, 0x143, 1));
    trace_expect(&t, 0x10, 0x140, 1, p, 0, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x140, 2));
    trace_expect(&t, 0x10, 0x141, 0, p, ZX_OK, 0, 0);
    trace_expect(&t, 0x10, 0x141, 1, p, (uint32_t)ZX_ERR_TIMED_OUT, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x141, 2));
    trace_expect(&t, 0x10, 0x150, 0, e, ZX_EVENT_SIGNALED, (uint32_t)past,
                  (uint32_t)((uint64_t)past >> 32));
    trace_expect(&t, 0x10, 0x151, 0, e, (uint32_t)ZX_ERR_TIMED_OUT, 0, 0);
    trace_expect(&t, 0x10, 0x151, 1, e, ZX_OK, pending, 0);
    trace_expect(&t, 0x10, 0x151, 2, e, (uint32_t)ZX_ERR_INVALID_ARGS, 0, 0);
    assert_null(trace_find(&t, 0x10, 0x150, 3));
    assert_null(trace_find(&t, 0x10, 0x151, 3));
    free(t.bytes);
    close_handle(port);
    close_handle(event);
}

// CALLS(zx_ktrace_control): system calls by number, without what they are about; then nothing
TRACED(begin_and_end_of_calls_are_recorded, READY, false)
{
    zx_handle_t ends[2];

    have_vdso();
    trace_over(0x20);
    make_pair(ends);
    assert_ok(zx_handle_close(ends[0]));
    struct trace t = trace_stop_and_read();
    assert_int_equal(trace_call(&t, 0x033, 0), ZX_SYS_channel_create);
    assert_int_equal(trace_call(&t, 0x032, 0), ZX_SYS_channel_create);
    assert_int_equal(trace_call(&t, 0x032, 1), ZX_SYS_handle_close);
    assert_int_equal(trace_call(&t, 0x033, 1), ZX_SYS_handle_close);
    assert_int_equal(trace_call(&t, 0x032, 2), ZX_SYS_ktrace_control);
    assert_null(trace_find(&t, 0x20, 0x032, 3));
    assert_null(trace_find(&t, 0x20, 0x033, 2)); // by then it was stopped
    assert_null(trace_find(&t, 0x10, 0x130, 0));
    free(t.bytes);
    const size_t before = trace_available();
    assert_ok(zx_handle_close(ends[1]));
    assert_int_equal(trace_available(), before);
    trace_over(0x40);
    make_pair(ends);
    t = trace_stop_and_read();
    assert_null(trace_find(&t, 0x20, 0x032, 0));
    assert_null(trace_find(&t, 0x10, 0x130, 0));
    free(t.bytes);
    close_handle(ends[0]);
    close_handle(ends[1]);
}

// CALLS(zx_ktrace_control): with the buffer full, calls go on as ever
TRACED(calls_end_with_a_full_buffer, READY, false)
{
    zx_handle_t ends[2];
    char byte;

    have_vdso();
    make_pair(ends);
    trace_over(0x30);
    for (size_t before = 0, now = 1; now != before; now = trace_available()) {
        before = now;
        assert_ok(zx_channel_write(ends[0], 0, "x", 1, NULL, 0));
        assert_ok(zx_channel_read(ends[1], 0, &byte, NULL, 1, 0, NULL, NULL));
    }
    assert_in_range(trace_available(), BUFFER_BYTES - 31, BUFFER_BYTES);
    const struct trace t = trace_stop_and_read();
    assert_non_null(trace_find(&t, 0x10, 0x131, 1000));
    free(t.bytes);
    close_handle(ends[0]);
    close_handle(ends[1]);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ktrace_calls_tests[] = {
    T(channels_are_recorded),
    T(channel_calls_are_recorded),
    T(ports_and_waits_are_recorded),
    T(begin_and_end_of_calls_are_recorded),
    T(calls_end_with_a_full_buffer),
};
const size_t ktrace_calls_test_count = countof(ktrace_calls_tests);
