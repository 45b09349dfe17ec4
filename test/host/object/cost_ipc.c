// SPDX-License-Identifier: MIT
// What calls on handles, signals, time and communication cost (cost.h).
#include "cost.h"

#include <zircon/syscalls/port.h>

static zx_handle_t one, two;
static char bytes[64];
static uint32_t actual;
static size_t moved;
static zx_port_packet_t packet;
static uint32_t words[2];
#define FUTEX       ((const zx_futex_t *)&words[0])
#define OTHER_FUTEX ((const zx_futex_t *)&words[1])

static void close_both(void)
{
    assert_ok(zx_handle_close(one));
    assert_ok(zx_handle_close(two));
}

// --- Handles -----------------------------------------------------------------------------------

static void cost_handle_close(void)
{
    one = make_event();
    two = duplicate_without(one, 0);
    MEASURE(zx_handle_close(two)); // not the last one: no object ends
    close_handle(one);
}

static void cost_handle_close_many(void)
{
    one = make_event();
    two = duplicate_without(one, 0);
    MEASURE(zx_handle_close_many(&two, 1));
    close_handle(one);
}

static void cost_handle_duplicate(void)
{
    one = make_event();
    MEASURE(zx_handle_duplicate(one, ZX_RIGHT_SAME_RIGHTS, &two));
    close_both();
}

static void cost_handle_replace(void)
{
    one = make_event();
    MEASURE(zx_handle_replace(one, ZX_RIGHT_SAME_RIGHTS, &one));
    close_handle(one);
}

// --- Objects -----------------------------------------------------------------------------------

static void cost_object_wait_one(void)
{
    one = make_event();
    assert_ok(zx_object_signal(one, 0, ZX_USER_SIGNAL_0));
    MEASURE(zx_object_wait_one(one, ZX_USER_SIGNAL_0, FOREVER, NULL));
    close_handle(one);
}

static void cost_object_wait_many(void)
{
    one = make_event();
    zx_wait_item_t item = {.handle = one, .waitfor = ZX_USER_SIGNAL_0};

    assert_ok(zx_object_signal(one, 0, ZX_USER_SIGNAL_0));
    MEASURE(zx_object_wait_many(&item, 1, FOREVER));
    close_handle(one);
}

static void cost_object_wait_async(void)
{
    one = make_event();
    assert_ok(zx_port_create(0, &two));
    MEASURE(zx_object_wait_async(one, two, 1, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE));
    close_both();
}

static void cost_port_cancel(void)
{
    one = make_event();
    assert_ok(zx_port_create(0, &two));
    assert_ok(zx_object_wait_async(one, two, 1, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE));
    MEASURE(zx_port_cancel(two, one, 1));
    close_both();
}

static void cost_object_signal(void)
{
    one = make_event();
    MEASURE(zx_object_signal(one, 0, ZX_USER_SIGNAL_0));
    close_handle(one);
}

static void cost_object_signal_peer(void)
{
    assert_ok(zx_eventpair_create(0, &one, &two));
    MEASURE(zx_object_signal_peer(one, 0, ZX_USER_SIGNAL_0));
    close_both();
}

static void cost_object_get_property(void)
{
    char name[ZX_MAX_NAME_LEN];

    MEASURE(zx_object_get_property(lab.process, ZX_PROP_NAME, name, sizeof(name)));
}

SIMPLE_CASE(object_set_property, zx_object_set_property(lab.job, ZX_PROP_NAME, "j", 1))

static void cost_object_set_cookie(void)
{
    one = make_event();
    MEASURE(zx_object_set_cookie(one, one, 5));
    close_handle(one);
}

static void cost_object_get_cookie(void)
{
    uint64_t cookie;

    one = make_event();
    assert_ok(zx_object_set_cookie(one, one, 5));
    MEASURE(zx_object_get_cookie(one, one, &cookie));
    close_handle(one);
}

static void cost_object_get_info(void)
{
    zx_info_handle_basic_t info;

    MEASURE(zx_object_get_info(lab.job, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
}

static void cost_object_get_child(void)
{
    zx_koid_t koid = basic(lab.thread).koid;

    MEASURE(zx_object_get_child(lab.process, koid, ZX_RIGHT_SAME_RIGHTS, &one));
    close_handle(one);
}

// --- Time and timers ---------------------------------------------------------------------------

static void cost_clock_get(void)
{
    cost_begin();
    zx_time_t now = zx_clock_get(ZX_CLOCK_MONOTONIC);
    cost_end();
    assert_true(now > 0);
}

static void cost_clock_get_new(void)
{
    zx_time_t now;

    MEASURE(zx_clock_get_new(ZX_CLOCK_THREAD, &now));
}

static void cost_clock_get_monotonic(void)
{
    cost_begin();
    zx_time_t now = zx_clock_get_monotonic();
    cost_end();
    assert_true(now > 0);
}

SIMPLE_CASE(clock_adjust, zx_clock_adjust(lab.resource, ZX_CLOCK_UTC, 0))
SIMPLE_CASE(nanosleep, zx_nanosleep(zx_clock_get_monotonic() + ZX_SEC(1)))

SIMPLE_CASE(timer_create, zx_timer_create(0, ZX_CLOCK_MONOTONIC, &one))
static void cost_timer_create_closed(void)
{
    cost_timer_create();
    close_handle(one);
}

static void cost_timer_set(void)
{
    assert_ok(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &one));
    MEASURE(zx_timer_set(one, zx_clock_get_monotonic() + ZX_SEC(1000), 0));
    close_handle(one);
}

static void cost_timer_cancel(void)
{
    assert_ok(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &one));
    assert_ok(zx_timer_set(one, zx_clock_get_monotonic() + ZX_SEC(1000), 0));
    MEASURE(zx_timer_cancel(one));
    close_handle(one);
}

// --- Channels ----------------------------------------------------------------------------------

static void cost_channel_create(void)
{
    MEASURE(zx_channel_create(0, &one, &two));
    close_both();
}

static void cost_channel_write(void)
{
    assert_ok(zx_channel_create(0, &one, &two));
    MEASURE(zx_channel_write(one, 0, bytes, sizeof(bytes), NULL, 0));
    close_both();
}

static void cost_channel_read(void)
{
    assert_ok(zx_channel_create(0, &one, &two));
    assert_ok(zx_channel_write(one, 0, bytes, sizeof(bytes), NULL, 0));
    MEASURE(zx_channel_read(two, 0, bytes, NULL, sizeof(bytes), 0, &actual, NULL));
    close_both();
}

static void cost_channel_read_etc(void)
{
    assert_ok(zx_channel_create(0, &one, &two));
    assert_ok(zx_channel_write(one, 0, bytes, sizeof(bytes), NULL, 0));
    MEASURE(zx_channel_read_etc(two, 0, bytes, NULL, sizeof(bytes), 0, &actual, NULL));
    close_both();
}

// Nobody answers: what the caller does is the same, and the reply is another thread's write.
static void cost_channel_call(void)
{
    uint32_t handles;
    zx_channel_call_args_t args = {
        .wr_bytes = bytes,
        .wr_num_bytes = sizeof(bytes),
        .rd_bytes = bytes,
        .rd_num_bytes = sizeof(bytes),
    };

    assert_ok(zx_channel_create(0, &one, &two));
    MEASURE_AS(zx_channel_call(one, 0, 0, &args, &actual, &handles), ZX_ERR_TIMED_OUT);
    close_both();
}

static void cost_channel_call_noretry(void)
{
    uint32_t handles;
    zx_channel_call_args_t args = {.wr_bytes = bytes, .wr_num_bytes = sizeof(bytes)};

    assert_ok(zx_channel_create(0, &one, &two));
    MEASURE_AS(raw_call(channel_call_noretry, one, 0, 0, (uintptr_t)&args, (uintptr_t)&actual,
                        (uintptr_t)&handles),
               ZX_ERR_TIMED_OUT);
    close_both();
}

// --- Sockets and FIFOs -------------------------------------------------------------------------

static void cost_socket_create(void)
{
    MEASURE(zx_socket_create(0, &one, &two));
    close_both();
}

static void cost_socket_write(void)
{
    assert_ok(zx_socket_create(0, &one, &two));
    assert_ok(zx_socket_write(one, 0, bytes, sizeof(bytes), &moved)); // makes the block
    MEASURE(zx_socket_write(one, 0, bytes, sizeof(bytes), &moved));
    close_both();
}

static void cost_socket_read(void)
{
    assert_ok(zx_socket_create(0, &one, &two));
    assert_ok(zx_socket_write(one, 0, bytes, sizeof(bytes), &moved));
    MEASURE(zx_socket_read(two, 0, bytes, sizeof(bytes), &moved));
    close_both();
}

static void share(zx_handle_t *other)
{
    assert_ok(zx_socket_create(ZX_SOCKET_HAS_ACCEPT, &one, &two));
    assert_ok(zx_socket_create(0, &other[0], &other[1]));
}

static void cost_socket_share(void)
{
    zx_handle_t other[2];

    share(other);
    MEASURE(zx_socket_share(one, other[0]));
    close_handle(other[1]);
    close_both();
}

static void cost_socket_accept(void)
{
    zx_handle_t other[2];

    share(other);
    assert_ok(zx_socket_share(one, other[0]));
    MEASURE(zx_socket_accept(two, &other[0]));
    assert_ok(zx_handle_close_many(other, 2));
    close_both();
}

static void cost_socket_shutdown(void)
{
    assert_ok(zx_socket_create(0, &one, &two));
    MEASURE(zx_socket_shutdown(one, ZX_SOCKET_SHUTDOWN_WRITE));
    close_both();
}

static void cost_fifo_create(void)
{
    MEASURE(zx_fifo_create(8, 8, 0, &one, &two));
    close_both();
}

static void cost_fifo_write(void)
{
    assert_ok(zx_fifo_create(8, 8, 0, &one, &two));
    MEASURE(zx_fifo_write(one, 8, bytes, 1, &moved));
    close_both();
}

static void cost_fifo_read(void)
{
    assert_ok(zx_fifo_create(8, 8, 0, &one, &two));
    assert_ok(zx_fifo_write(one, 8, bytes, 1, &moved));
    MEASURE(zx_fifo_read(two, 8, bytes, 1, &moved));
    close_both();
}

// --- Events and ports --------------------------------------------------------------------------

static void cost_event_create(void)
{
    MEASURE(zx_event_create(0, &one));
    close_handle(one);
}

static void cost_eventpair_create(void)
{
    MEASURE(zx_eventpair_create(0, &one, &two));
    close_both();
}

static void cost_port_create(void)
{
    MEASURE(zx_port_create(0, &one));
    close_handle(one);
}

static void cost_port_queue(void)
{
    assert_ok(zx_port_create(0, &one));
    MEASURE(zx_port_queue(one, &packet));
    close_handle(one);
}

static void cost_port_wait(void)
{
    assert_ok(zx_port_create(0, &one));
    assert_ok(zx_port_queue(one, &packet));
    MEASURE(zx_port_wait(one, FOREVER, &packet));
    close_handle(one);
}

// --- Futexes: nobody else is there, so a wait runs into its deadline ------------------------------

static void cost_futex_wait(void)
{
    MEASURE_AS(zx_futex_wait(FUTEX, 0, 0, 0), ZX_ERR_TIMED_OUT);
}

static void cost_futex_wait_deprecated(void)
{
    MEASURE_AS(zx_futex_wait_deprecated(FUTEX, 0, 0), ZX_ERR_TIMED_OUT);
}

static void cost_futex_get_owner(void)
{
    zx_koid_t koid;

    MEASURE(zx_futex_get_owner(FUTEX, &koid));
}

SIMPLE_CASE(futex_wake, zx_futex_wake(FUTEX, 1))
SIMPLE_CASE(futex_wake_single_owner, zx_futex_wake_single_owner(FUTEX))

// Neighbours never share a bucket: the hash (kernel/object/futex.c) takes them far apart.
SIMPLE_CASE(futex_requeue, zx_futex_requeue(FUTEX, 1, 0, OTHER_FUTEX, 1, 0))
SIMPLE_CASE(futex_requeue_single_owner,
            zx_futex_requeue_single_owner(FUTEX, 0, OTHER_FUTEX, 1, 0))
SIMPLE_CASE(futex_requeue_deprecated, zx_futex_requeue_deprecated(FUTEX, 1, 0, OTHER_FUTEX, 1))

const struct cost_case cost_ipc_cases[] = {
    CASE(handle_close),
    CASE(handle_close_many),
    CASE(handle_duplicate),
    CASE(handle_replace),
    CASE(object_wait_one),
    CASE(object_wait_many),
    CASE(object_wait_async),
    CASE(object_signal),
    CASE(object_signal_peer),
    CASE(object_get_property),
    CASE(object_set_property),
    CASE(object_set_cookie),
    CASE(object_get_cookie),
    CASE(object_get_info),
    CASE(object_get_child),
    CASE(clock_get),
    CASE(clock_get_new),
    CASE(clock_get_monotonic),
    CASE(clock_adjust),
    CASE(nanosleep),
    {"timer_create", cost_timer_create_closed},
    CASE(timer_set),
    CASE(timer_cancel),
    CASE(channel_create),
    CASE(channel_write),
    CASE(channel_read),
    CASE(channel_read_etc),
    CASE(channel_call),
    CASE(channel_call_noretry),
    CASE(socket_create),
    CASE(socket_write),
    CASE(socket_read),
    CASE(socket_share),
    CASE(socket_accept),
    CASE(socket_shutdown),
    CASE(fifo_create),
    CASE(fifo_write),
    CASE(fifo_read),
    CASE(event_create),
    CASE(eventpair_create),
    CASE(port_create),
    CASE(port_queue),
    CASE(port_wait),
    CASE(port_cancel),
    CASE(futex_wait),
    CASE(futex_wait_deprecated),
    CASE(futex_get_owner),
    CASE(futex_wake),
    CASE(futex_wake_single_owner),
    CASE(futex_requeue),
    CASE(futex_requeue_single_owner),
    CASE(futex_requeue_deprecated),
};
const size_t cost_ipc_count = countof(cost_ipc_cases);
