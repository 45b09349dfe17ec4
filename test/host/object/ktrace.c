// SPDX-License-Identifier: MIT
// The kernel's trace: spec 31 section 5. The numbers are the specification's, not the kernel's names.
#include "object_test.h"

#include <stdlib.h>

#include <hal/boot.h>
#include <vm/aspace.h>
#include <zircon/syscalls/port.h>
#include <zircon/zx-syscall-numbers.h>

enum { START = 1, STOP, REWIND, NEW_PROBE };

// A scenario in a machine with this command line.
#define TRACED(name, cmdline_, leaks)                                             \
    static void name(void *arg);                                                  \
    static void test_##name(void **state)                                         \
    {                                                                             \
        struct lab_config c = lab_config_make("test_" #name, name);               \
        (void)state;                                                              \
        c.leaks_allowed = (leaks);                                                \
        boot_info.cmdline = (cmdline_);                                           \
        (void)lab_run(&c);                                                        \
        boot_info.cmdline = "";                                                   \
    }                                                                             \
    static void name(__attribute__((unused)) void *arg)

#define BUFFER_BYTES ((1u << 20) - 256)
#define READY        "ktrace.bufsize=1 ktrace.grpmask=0"

static size_t available(void)
{
    size_t n = ~(size_t)0;

    assert_ok(zx_ktrace_read(lab.resource, NULL, 0, 0, &n));
    return n;
}

struct trace {
    uint8_t *bytes;
    size_t size;
};

static struct trace read_trace(void)
{
    struct trace t = {.size = available()};
    size_t n = 0;

    t.bytes = malloc(t.size + 1);
    assert_non_null(t.bytes);
    assert_ok(zx_ktrace_read(lab.resource, t.bytes, 0, t.size, &n));
    assert_int_equal(n, t.size);
    return t;
}

// The n-th record (from 0) of this group and event; NULL if there are fewer. The records must fill the
// buffer without a gap.
static const uint32_t *find(const struct trace *t, uint32_t group, uint32_t event, unsigned n)
{
    const uint32_t *found = NULL;

    for (size_t at = 0; at < t->size;) {
        const uint32_t *r = (const uint32_t *)(t->bytes + at);
        size_t bytes = (*r & 15) * 8;
        assert_in_range(bytes, 16, 48);
        assert_true(at + bytes <= t->size);
        if (*r >> 20 == group && (*r >> 8 & 0xfff) == event && n-- == 0)
            found = r;
        at += bytes;
    }
    return found;
}

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
    struct trace t = read_trace();
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
    struct trace t = read_trace();
    const uint32_t *r = (const uint32_t *)t.bytes;
    zx_info_handle_basic_t me;
    unsigned mine = 0;

    assert_int_equal(r[0], 0x00100004); // META, VERSION, 32 bytes
    assert_int_equal(r[4], 0x00020000);
    assert_int_equal(r[8], 0x00100104); // TICKS_PER_MS
    assert_int_equal(r[12] | (uint64_t)r[13] << 32, zx_ticks_per_second() / 1000);
    assert_non_null(find(&t, 1, 0x023, ZX_SYS_COUNT - 1));
    assert_null(find(&t, 1, 0x023, ZX_SYS_COUNT));
    r = find(&t, 1, 0x023, ZX_SYS_handle_close);
    assert_int_equal(r[1], ZX_SYS_handle_close);
    assert_string_equal((const char *)&r[3], "handle_close");
    assert_null(find(&t, 1, 0x022, 0));
    free(t.bytes);

    assert_ok(zx_object_get_info(lab.process, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    assert_ok(zx_ktrace_control(lab.resource, START, 0, NULL));
    t = read_trace();
    for (unsigned i = 0; (r = find(&t, 1, 0x022, i)) != NULL; i++)
        mine += r[1] == (uint32_t)me.koid;
    assert_int_equal(mine, 1);
    assert_ok(zx_object_get_info(lab.thread, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    mine = 0;
    for (unsigned i = 0; (r = find(&t, 1, 0x021, i)) != NULL; i++)
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

    struct trace t = read_trace();
    assert_null(find(&t, 0x40, 0x800 | (unsigned)a, 0));
    const uint32_t *r = find(&t, 0x40, 0x800 | (unsigned)b, 0);
    assert_non_null(r);
    assert_null(find(&t, 0x40, 0x800 | (unsigned)b, 1));
    assert_int_equal(*r & 0xff, 3);
    assert_ok(zx_object_get_info(lab.thread, ZX_INFO_HANDLE_BASIC, &me, sizeof(me), NULL, NULL));
    assert_int_equal(r[1], (uint32_t)me.koid);
    assert_in_range(r[2] | (uint64_t)r[3] << 32, before, after);
    assert_int_equal(r[4], 0x11223344);
    assert_int_equal(r[5], ~0u);
    free(t.bytes);

    // A rewind forgets the record and keeps the names.
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    t = read_trace();
    assert_null(find(&t, 0x40, 0x800 | (unsigned)b, 0));
    r = find(&t, 1, 0x025, 1);
    assert_int_equal(r[1], b);
    assert_string_equal((const char *)&r[3], "second");
    assert_non_null(find(&t, 1, 0x000, 0));
    free(t.bytes);
}

// CALLS(zx_ktrace_write): a full buffer ends the recording; nothing is lost or written over
TRACED(a_full_buffer_stops_the_trace, READY, false)
{
    uint32_t count = 0;
    zx_status_t status;

    assert_ok(zx_ktrace_control(lab.resource, START, 0x40, NULL));
    size_t room = BUFFER_BYTES - available();
    while ((status = zx_ktrace_write(lab.resource, 9, count, 0)) == ZX_OK)
        count++;
    assert_status(status, ZX_ERR_UNAVAILABLE);
    assert_int_equal(count, room / 24);
    size_t full = available();
    assert_true(full <= BUFFER_BYTES && full + 24 > BUFFER_BYTES);
    assert_status(zx_ktrace_write(lab.resource, 9, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(available(), full);
    const struct trace t = read_trace();
    const uint32_t *last = find(&t, 0x40, 0x809, count - 1);
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
    const struct trace t = read_trace();
    r = find(&t, 8, 0x110, 0);
    assert_non_null(r);
    const uint32_t tid = r[4];
    for (unsigned i = 0; i < countof(wanted); i++) {
        r = find(&t, 8, wanted[i].event, 0);
        assert_non_null(r);
        assert_int_equal(*r & 0xff, 4);
        assert_int_equal(r[wanted[i].word], wanted[i].process ? (uint32_t)info.koid : tid);
    }
    free(t.bytes);
}

// CALLS(zx_ktrace_control, zx_ktrace_read): with no option there is no trace until it is started
TRACED(buffer_is_made_at_the_first_start, "", true)
{
    assert_int_equal(available(), 0);
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    assert_status(zx_ktrace_write(lab.resource, 1, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(available(), 0);
    assert_ok(zx_ktrace_control(lab.resource, START, 0, NULL));
    assert_true(available() > 64);
    assert_ok(zx_ktrace_write(lab.resource, 1, 0, 0));
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
}

// CALLS(zx_ktrace_control): ktrace.bufsize=0
TRACED(no_buffer_no_trace, "ktrace.bufsize=0 ktrace.grpmask=0xfff", false)
{
    assert_status(zx_ktrace_control(lab.resource, START, 0, NULL), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_ktrace_write(lab.resource, 1, 0, 0), ZX_ERR_UNAVAILABLE);
    assert_int_equal(available(), 0);
}

// CALLS(zx_ktrace_control): ktrace.bufsize more than there is
TRACED(too_large_a_buffer, "ktrace.bufsize=1000", false)
{
    assert_status(zx_ktrace_control(lab.resource, START, 0, NULL), ZX_ERR_NO_MEMORY);
    assert_int_equal(available(), 0);
}

// CALLS(zx_ktrace_write): ktrace.grpmask=0x40: probes are recorded from boot
TRACED(groups_at_boot, "ktrace.bufsize=1 ktrace.grpmask=0x40", false)
{
    assert_ok(zx_ktrace_write(lab.resource, 1, 0, 0));
    const struct trace t = read_trace();
    assert_null(find(&t, 8, 0x120, 0));
    free(t.bytes);
}

// --- System calls ----------------------------------------------------------------------------------

// Programs of the laboratory have no vDSO, whose base is what traced threads do not keep.
static void have_vdso(void)
{
    atomic_store(&vm_aspace_current()->vdso_base, (uintptr_t)1 << 30);
}

static uint32_t koid_of(zx_handle_t h)
{
    zx_info_handle_basic_t info;

    assert_ok(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    return (uint32_t)info.koid;
}

static struct trace stop_and_read(void)
{
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    return read_trace();
}

static void start_over(uint32_t groups)
{
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    assert_ok(zx_ktrace_control(lab.resource, START, groups, NULL));
}

// The n-th record of the event is of this thread, 32 bytes long, and has these arguments.
static void expect_record(const struct trace *t, uint32_t group, uint32_t event, unsigned n,
                          uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t *r = find(t, group, event, n);

    assert_non_null(r);
    assert_int_equal(*r & 0xff, 4);
    assert_int_equal(r[1], koid_of(lab.thread));
    assert_int_equal(r[4], a);
    assert_int_equal(r[5], b);
    assert_int_equal(r[6], c);
    assert_int_equal(r[7], d);
}

// CALLS(zx_ktrace_control): channels: who, how many bytes and handles; nothing of what fails
TRACED(channels_are_recorded, READY, false)
{
    zx_handle_t ends[2], event = make_event(), got = 0;
    char bytes[16];
    uint32_t count, handles;

    have_vdso();
    start_over(0x10);
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
    const struct trace t = stop_and_read();
    const uint32_t a = koid_of(ends[0]), b = koid_of(ends[1]);
    expect_record(&t, 0x10, 0x130, 0, a, b, 0, 0);
    assert_null(find(&t, 0x10, 0x130, 1));
    expect_record(&t, 0x10, 0x131, 0, a, 5, 1, 0);
    expect_record(&t, 0x10, 0x131, 1, a, 2, 0, 0);
    assert_null(find(&t, 0x10, 0x131, 2));
    expect_record(&t, 0x10, 0x132, 0, b, 5, 1, 0);
    expect_record(&t, 0x10, 0x132, 1, b, 16, 0, 0); // of the room: it did not ask
    assert_null(find(&t, 0x10, 0x132, 2));
    assert_null(find(&t, 0x20, 0x032, 0));
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
    start_over(0x10);
    assert_status(zx_channel_call(ends[0], 0, 0, &args, &bytes, &handles), ZX_ERR_TIMED_OUT);
    assert_status(zx_channel_call(ends[0], 1, 0, &args, &bytes, &handles), ZX_ERR_INVALID_ARGS);
    struct trace t = stop_and_read();
    expect_record(&t, 0x10, 0x131, 0, koid_of(ends[0]), 20, 0, 0);
    assert_null(find(&t, 0x10, 0x131, 1));
    assert_null(find(&t, 0x10, 0x132, 0));
    free(t.bytes);
    assert_ok(zx_channel_read(ends[1], 0, in, NULL, sizeof(in), 0, &bytes, NULL));

    zx_handle_t server = lab_thread(reply_to_one, &ends[1]);
    start_over(0x10);
    assert_ok(zx_channel_call(ends[0], 0, FOREVER, &args, &bytes, &handles));
    t = stop_and_read();
    unsigned n = 0;
    const uint32_t *r;
    while ((r = find(&t, 0x10, 0x132, n)) != NULL && r[4] != koid_of(ends[0]))
        n++;
    expect_record(&t, 0x10, 0x132, n, koid_of(ends[0]), 12, 0, 0);
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
    start_over(0x10);
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
    const struct trace t = stop_and_read();
    const uint32_t p = koid_of(port), e = koid_of(event);
    expect_record(&t, 0x10, 0x142, 0, p, 0, 0, 0);
    expect_record(&t, 0x10, 0x143, 0, p, sizeof(packet), 0, 0);
    assert_null(find(&t, 0x10, 0x143, 1));
    expect_record(&t, 0x10, 0x140, 1, p, 0, 0, 0);
    assert_null(find(&t, 0x10, 0x140, 2));
    expect_record(&t, 0x10, 0x141, 0, p, ZX_OK, 0, 0);
    expect_record(&t, 0x10, 0x141, 1, p, (uint32_t)ZX_ERR_TIMED_OUT, 0, 0);
    assert_null(find(&t, 0x10, 0x141, 2));
    expect_record(&t, 0x10, 0x150, 0, e, ZX_EVENT_SIGNALED, (uint32_t)past,
                  (uint32_t)((uint64_t)past >> 32));
    expect_record(&t, 0x10, 0x151, 0, e, (uint32_t)ZX_ERR_TIMED_OUT, 0, 0);
    expect_record(&t, 0x10, 0x151, 1, e, ZX_OK, pending, 0);
    expect_record(&t, 0x10, 0x151, 2, e, (uint32_t)ZX_ERR_INVALID_ARGS, 0, 0);
    assert_null(find(&t, 0x10, 0x150, 3));
    assert_null(find(&t, 0x10, 0x151, 3));
    free(t.bytes);
    close_handle(port);
    close_handle(event);
}

static void wait_until_signaled(void *arg)
{
    assert_ok(zx_object_wait_one(*(zx_handle_t *)arg, ZX_EVENT_SIGNALED, FOREVER, NULL));
}

// Whether this thread has a record that it blocked on this, which is no mutex.
static bool blocked_on(const struct trace *t, uint32_t tid, uint32_t high, uint32_t low)
{
    const uint32_t *r;

    for (unsigned n = 0; (r = find(t, 4, 0x160, n)) != NULL; n++) {
        if (r[1] == tid && r[4] == high && r[5] == low && r[6] == 0)
            return true;
    }
    return false;
}

// CALLS(zx_ktrace_control): a thread blocks, is woken and runs; a wait that times out is unblocked
TRACED(switches_and_waits_are_recorded, READY, false)
{
    zx_handle_t event = make_event();
    unsigned from = 0, to = 0, woken = 0, unblocked = 0, n = 0;
    const uint32_t *r;

    zx_handle_t thread = lab_thread(wait_until_signaled, &event);
    const uint32_t tid = koid_of(thread);
    await_state(thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    sleep_ns(ZX_SEC(10)); // nothing is left to do for anybody: it has left its CPU
    start_over(0x4);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    lab_thread_join(thread);
    sleep_ns(ZX_SEC(10));
    const struct trace t = stop_and_read();
    const uint32_t me = koid_of(lab.thread);
    for (n = 0; (r = find(&t, 4, 0x040, n)) != NULL; n++) {
        assert_int_equal(*r & 0xff, 4);
        assert_true((r[5] & 0xff) < zx_system_get_num_cpus());
        assert_true(r[5] >> 24 < 32 && (r[5] >> 16 & 0xff) < 32);
        assert_int_not_equal(r[6], r[7]);
        to += r[4] == tid;
        from += r[1] == tid && (r[5] >> 8 & 0xff) == 6; // its last switch
    }
    assert_true(to >= 1);
    assert_int_equal(from, 1);
    for (n = 0; (r = find(&t, 4, 0x161, n)) != NULL; n++)
        woken += r[1] == me && r[6] == 0;
    assert_true(woken >= 1); // by the signal
    for (n = 0; (r = find(&t, 4, 0x162, n)) != NULL; n++)
        unblocked += r[6] == (uint32_t)ZX_ERR_TIMED_OUT && blocked_on(&t, me, r[4], r[5]);
    assert_true(unblocked >= 1); // the sleep
    assert_null(find(&t, 0x10, 0x150, 0));
    free(t.bytes);
    const size_t before = available();
    sleep_ns(ZX_MSEC(1));
    assert_int_equal(available(), before);
    close_handle(event);
}

// The n-th record of a system call's begin or end; its argument.
static uint32_t call_record(const struct trace *t, uint32_t event, unsigned n)
{
    const uint32_t *r = find(t, 0x20, event, n);

    assert_non_null(r);
    assert_int_equal(*r & 0xff, 2);
    assert_true((r[1] & 0xff) < zx_system_get_num_cpus());
    return r[1] >> 8;
}

// CALLS(zx_ktrace_control): system calls by number, without what they are about; then nothing
TRACED(begin_and_end_of_calls_are_recorded, READY, false)
{
    zx_handle_t ends[2];

    have_vdso();
    start_over(0x20);
    make_pair(ends);
    assert_ok(zx_handle_close(ends[0]));
    struct trace t = stop_and_read();
    assert_int_equal(call_record(&t, 0x033, 0), ZX_SYS_channel_create);
    assert_int_equal(call_record(&t, 0x032, 0), ZX_SYS_channel_create);
    assert_int_equal(call_record(&t, 0x032, 1), ZX_SYS_handle_close);
    assert_int_equal(call_record(&t, 0x033, 1), ZX_SYS_handle_close);
    assert_int_equal(call_record(&t, 0x032, 2), ZX_SYS_ktrace_control);
    assert_null(find(&t, 0x20, 0x032, 3));
    assert_null(find(&t, 0x20, 0x033, 2)); // by then it was stopped
    assert_null(find(&t, 0x10, 0x130, 0));
    free(t.bytes);
    const size_t before = available();
    assert_ok(zx_handle_close(ends[1]));
    assert_int_equal(available(), before);
    start_over(0x40);
    make_pair(ends);
    t = stop_and_read();
    assert_null(find(&t, 0x20, 0x032, 0));
    assert_null(find(&t, 0x10, 0x130, 0));
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
    start_over(0x30);
    for (size_t before = 0, now = 1; now != before; now = available()) {
        before = now;
        assert_ok(zx_channel_write(ends[0], 0, "x", 1, NULL, 0));
        assert_ok(zx_channel_read(ends[1], 0, &byte, NULL, 1, 0, NULL, NULL));
    }
    assert_in_range(available(), BUFFER_BYTES - 31, BUFFER_BYTES);
    const struct trace t = stop_and_read();
    assert_non_null(find(&t, 0x10, 0x131, 1000));
    free(t.bytes);
    close_handle(ends[0]);
    close_handle(ends[1]);
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
    T(channels_are_recorded),
    T(channel_calls_are_recorded),
    T(ports_and_waits_are_recorded),
    T(switches_and_waits_are_recorded),
    T(begin_and_end_of_calls_are_recorded),
    T(calls_end_with_a_full_buffer),
};
const size_t ktrace_test_count = countof(ktrace_tests);
