// SPDX-License-Identifier: MIT
// The kernel's trace: control, reading, names, probes, lives of processes and threads.
#include "ktrace_test.h"

#include <zircon/zx-syscall-numbers.h>

// CALLS(zx_ktrace_control, zx_ktrace_read, zx_ktrace_write)
TRACED(checks_come_in_order, READY, false)
{
    uint8_t byte;
    size_t n;

    assert_status(zx_ktrace_control(0, 99, 0, NULL), ZX_ERR_BAD_HANDLE);
    assert_status(zx_ktrace_control(lab.job, 99, 0, NULL), ZX_ERR_WRONG_TYPE);
    assert_status(zx_ktrace_control(lab.resource, 0, 0, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_control(lab.resource, 5, 0, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_control(lab.resource, NEW_PROBE, 0, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_control(lab.resource, NEW_PROBE, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_write(0, 0x800, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_ktrace_write(lab.job, 0x800, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_ktrace_write(lab.resource, 0x800, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_write(lab.resource, 0x7ff, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_status(zx_ktrace_read(0, &byte, 0, 1, &n), ZX_ERR_BAD_HANDLE);
    assert_status(zx_ktrace_read(lab.job, &byte, 0, 1, &n), ZX_ERR_WRONG_TYPE);
    assert_status(zx_ktrace_read(lab.resource, LAB_BAD_PTR, 0, 1, &n), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_read(lab.resource, &byte, 0, 1, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_ktrace_read(lab.resource, NULL, 0, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_ktrace_read): parts of it, and nothing behind the end
TRACED(parts_can_be_read, READY, false)
{
    struct trace t = trace_read();
    uint8_t part[24];
    size_t n = 7;

    assert_ok(zx_ktrace_read(lab.resource, part, 16, sizeof(part), &n));
    assert_int_equal(n, sizeof(part));
    assert_memory_equal(part, t.bytes + 16, sizeof(part));
    assert_ok(zx_ktrace_read(lab.resource, part, (uint32_t)t.size - 8, sizeof(part), &n));
    assert_int_equal(n, 8);
    assert_memory_equal(part, t.bytes + t.size - 8, 8);
    assert_ok(zx_ktrace_read(lab.resource, part, (uint32_t)t.size, sizeof(part), &n));
    assert_int_equal(n, 0);
    assert_ok(zx_ktrace_read(lab.resource, part, ~0u, sizeof(part), &n));
    assert_int_equal(n, 0);
    free(t.bytes);
}

// CALLS(zx_ktrace_control, zx_ktrace_read): the first two records, names of calls, of what lives
TRACED(names_tell_what_the_numbers_mean, READY, false)
{
    struct trace t = trace_read();
    const uint32_t *r = (const uint32_t *)t.bytes;
    zx_info_handle_basic_t me;
    unsigned mine = 0;

    assert_int_equal(r[0], 0x00100004); // META, VERSION, 32 bytes
    assert_int_equal(r[4], 0x00020000);
    assert_int_equal(r[8], 0x00100104); // TICKS_PER_MS
    assert_int_equal(r[12] | (uint64_t)r[13] << 32, zx_ticks_per_second() / 1000);
    assert_non_null(trace_find(&t, 1, 0x023, ZX_SYS_COUNT - 1));
    assert_null(trace_find(&t, 1, 0x023, ZX_SYS_COUNT));
    r = trace_find(&t, 1, 0x023, ZX_SYS_handle_close);
    assert_int_equal(r[1], ZX_SYS_handle_close);
    assert_string_equal((const char *)&r[3], "handle_close");
    assert_null(trace_find(&t, 1, 0x022, 0));
    free(t.bytes);

    assert_ok(zx_object_get_info(lab.process, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    assert_ok(zx_ktrace_control(lab.resource, START, 0, NULL));
    t = trace_read();
    for (unsigned i = 0; (r = trace_find(&t, 1, 0x022, i)) != NULL; i++)
        mine += r[1] == (uint32_t)me.koid;
    assert_int_equal(mine, 1);
    assert_ok(zx_object_get_info(lab.thread, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    mine = 0;
    for (unsigned i = 0; (r = trace_find(&t, 1, 0x021, i)) != NULL; i++)
        mine += r[1] == (uint32_t)me.koid && r[2] == (uint32_t)me.related_koid;
    assert_int_equal(mine, 1);
    free(t.bytes);
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
}

// CALLS(zx_ktrace_control, zx_ktrace_write): the same name, the same id; records of 24 bytes
TRACED(probes_are_recorded, READY, false)
{
    char one[32] = "first", other[32] = "second";
    zx_info_handle_basic_t me;
    zx_status_t a = zx_ktrace_control(lab.resource, NEW_PROBE, 0, one);
    zx_status_t b = zx_ktrace_control(lab.resource, NEW_PROBE, 0, other);

    assert_in_range(a, 1, 0x7ff);
    assert_in_range(b, 1, 0x7ff);
    assert_int_not_equal(a, b);
    assert_status(zx_ktrace_control(lab.resource, NEW_PROBE, 0, one), a);
    assert_status(zx_ktrace_write(lab.resource, (uint32_t)a, 1, 2), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_ktrace_control(lab.resource, START, 0xfff & ~0x40u, NULL)); // all but the probes
    assert_status(zx_ktrace_write(lab.resource, (uint32_t)a, 1, 2), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_ktrace_control(lab.resource, START, 0x40, NULL));
    int64_t before = zx_ticks_get();
    assert_ok(zx_ktrace_write(lab.resource, (uint32_t)b, 0x11223344, ~0u));
    int64_t after = zx_ticks_get();
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    assert_status(zx_ktrace_write(lab.resource, (uint32_t)b, 1, 2), ZX_ERR_UNAVAILABLE);

    struct trace t = trace_read();
    assert_null(trace_find(&t, 0x40, 0x800 | (unsigned)a, 0));
    const uint32_t *r = trace_find(&t, 0x40, 0x800 | (unsigned)b, 0);
    assert_non_null(r);
    assert_null(trace_find(&t, 0x40, 0x800 | (unsigned)b, 1));
    assert_int_equal(*r & 0xff, 3);
    assert_ok(zx_object_get_info(lab.thread, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    assert_int_equal(r[1], (uint32_t)me.koid);
    assert_in_range(r[2] | (uint64_t)r[3] << 32, before, after);
    assert_int_equal(r[4], 0x11223344);
    assert_int_equal(r[5], ~0u);
    free(t.bytes);

    // A rewind forgets the record and keeps the names.
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    t = trace_read();
    assert_null(trace_find(&t, 0x40, 0x800 | (unsigned)b, 0));
    r = trace_find(&t, 1, 0x025, 1);
    assert_int_equal(r[1], b);
    assert_string_equal((const char *)&r[3], "second");
    assert_non_null(trace_find(&t, 1, 0x000, 0));
    free(t.bytes);
}

// CALLS(zx_ktrace_write): a full buffer ends the recording; nothing is lost or written over
TRACED(a_full_buffer_stops_the_trace, READY, false)
{
    uint32_t count = 0;
    zx_status_t status;

    assert_ok(zx_ktrace_control(lab.resource, START, 0x40, NULL));
    size_t room = BUFFER_BYTES - trace_available();
    while ((status = zx_ktrace_write(lab.resource, 9, count, 0)) == ZX_OK)
        count++;
    assert_status(status, ZX_ERR_UNAVAILABLE);
    assert_int_equal(count, room / 24);
    size_t full = trace_available();
    assert_true(full <= BUFFER_BYTES && full + 24 > BUFFER_BYTES);
    assert_status(zx_ktrace_write(lab.resource, 9, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(trace_available(), full);
    const struct trace t = trace_read();
    const uint32_t *last = trace_find(&t, 0x40, 0x809, count - 1);
    assert_non_null(last);
    assert_int_equal(last[4], count - 1);
    free(t.bytes);
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    assert_ok(zx_ktrace_control(lab.resource, START, 0x40, NULL));
    assert_ok(zx_ktrace_write(lab.resource, 9, 0, 0));
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
}

static void child(zx_handle_t bootstrap)
{
    assert_ok(zx_handle_close(bootstrap));
    zx_process_exit(0);
}

// CALLS(zx_ktrace_control): the life of a process and of its thread
TRACED(lives_are_recorded, READY, false)
{
    static const struct {
        uint32_t event;
        bool process; // whose koid the record has, and where
        unsigned word;
    } wanted[] = {
        {0x120, true, 4},  {0x110, true, 5},  {0x121, true, 5},
        {0x111, false, 4}, {0x112, false, 1}, {0x122, true, 4},
    };
    zx_info_handle_basic_t info;
    zx_handle_t event, process;
    const uint32_t *r;

    assert_ok(zx_event_create(0, &event));
    assert_ok(zx_ktrace_control(lab.resource, START, 0x8, NULL));
    assert_ok(lab_process_start(child, event, &process));
    assert_ok(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, FOREVER, NULL));
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    assert_ok(zx_object_get_info(process, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    close_handle(process);
    const struct trace t = trace_read();
    r = trace_find(&t, 8, 0x110, 0);
    assert_non_null(r);
    const uint32_t tid = r[4];
    for (unsigned i = 0; i < countof(wanted); i++) {
        r = trace_find(&t, 8, wanted[i].event, 0);
        assert_non_null(r);
        assert_int_equal(*r & 0xff, 4);
        assert_int_equal(r[wanted[i].word], wanted[i].process ? (uint32_t)info.koid : tid);
    }
    free(t.bytes);
}

// CALLS(zx_ktrace_control, zx_ktrace_read): with no option there is no trace until it is started
TRACED(buffer_is_made_at_the_first_start, "", true)
{
    assert_int_equal(trace_available(), 0);
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    assert_status(zx_ktrace_write(lab.resource, 1, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(trace_available(), 0);
    assert_ok(zx_ktrace_control(lab.resource, START, 0, NULL));
    assert_true(trace_available() > 64);
    assert_ok(zx_ktrace_write(lab.resource, 1, 0, 0));
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
}

// CALLS(zx_ktrace_control): ktrace.bufsize=0
TRACED(no_buffer_no_trace, "ktrace.bufsize=0 ktrace.grpmask=0xfff", false)
{
    assert_status(zx_ktrace_control(lab.resource, START, 0, NULL), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_ktrace_write(lab.resource, 1, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(trace_available(), 0);
}

// CALLS(zx_ktrace_control): ktrace.bufsize more than there is
TRACED(too_large_a_buffer, "ktrace.bufsize=1000", false)
{
    assert_status(zx_ktrace_control(lab.resource, START, 0, NULL), ZX_ERR_NO_MEMORY);
    assert_int_equal(trace_available(), 0);
}

// CALLS(zx_ktrace_write): ktrace.grpmask=0x40: probes are recorded from boot
TRACED(groups_at_boot, "ktrace.bufsize=1 ktrace.grpmask=0x40", false)
{
    assert_ok(zx_ktrace_write(lab.resource, 1, 0, 0));
    const struct trace t = trace_read();
    assert_null(trace_find(&t, 8, 0x120, 0));
    free(t.bytes);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ktrace_tests[] = {
    T(checks_come_in_order),
    T(parts_can_be_read),
    T(names_tell_what_the_numbers_mean),
    T(probes_are_recorded),
    T(a_full_buffer_stops_the_trace),
    T(lives_are_recorded),
    T(buffer_is_made_at_the_first_start),
    T(no_buffer_no_trace),
    T(too_large_a_buffer),
    T(groups_at_boot),
};
const size_t ktrace_test_count = countof(ktrace_tests);
