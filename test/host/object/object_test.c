// SPDX-License-Identifier: MIT
// Helpers of the object tests (object_test.h).
#include "object_test.h"

zx_handle_t make_event(void)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_event_create(0, &h));
    return h;
}

void make_pair(zx_handle_t ends[2])
{
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
}

void make_sockets(uint32_t options, zx_handle_t ends[2])
{
    assert_ok(zx_socket_create(options, &ends[0], &ends[1]));
}

size_t fill_stream(zx_handle_t end)
{
    static const uint8_t data[262145];
    size_t total = 0, actual;
    zx_status_t status;

    while ((status = zx_socket_write(end, 0, data, sizeof(data), &actual)) == ZX_OK)
        total += actual;
    assert_status(status, ZX_ERR_SHOULD_WAIT);
    return total;
}

zx_handle_t make_job(zx_handle_t parent)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_job_create(parent, 0, &h));
    return h;
}

struct child make_child(zx_handle_t job)
{
    struct child c = {0};

    assert_ok(zx_process_create(job, "child", 5, 0, &c.process, &c.vmar));
    assert_ok(zx_thread_create(c.process, "first", 5, 0, &c.thread));
    return c;
}

void close_child(struct child *c)
{
    close_handle(c->process);
    close_handle(c->vmar);
    close_handle(c->thread);
    *c = (struct child){0};
}

static void child_entry(uint64_t bootstrap, uint64_t fn)
{
    ((void (*)(zx_handle_t))(uintptr_t)fn)((zx_handle_t)bootstrap);
    zx_process_exit(0);
}

static void launch(struct child *c, void (*fn)(zx_handle_t bootstrap), zx_handle_t bootstrap)
{
    assert_ok(zx_process_start(c->process, c->thread, (zx_vaddr_t)child_entry, 0, bootstrap,
                               (uintptr_t)fn));
}

struct child start_child(zx_handle_t job, void (*fn)(zx_handle_t bootstrap), zx_handle_t bootstrap)
{
    struct child c = make_child(job);

    launch(&c, fn, bootstrap != ZX_HANDLE_INVALID ? bootstrap : make_event());
    return c;
}

struct child start_child_with_itself(zx_handle_t job, void (*fn)(zx_handle_t self))
{
    struct child c = make_child(job);

    launch(&c, fn, duplicate_without(c.process, 0));
    return c;
}

void child_waits(zx_handle_t bootstrap)
{
    (void)zx_object_wait_one(bootstrap, 0, FOREVER, NULL);
    for (;;)
        lab_pause();
}

void child_spins(zx_handle_t bootstrap)
{
    (void)bootstrap;
    for (;;)
        lab_pause();
}

void child_ends(zx_handle_t bootstrap)
{
    (void)bootstrap;
}

void close_handle(zx_handle_t h)
{
    assert_ok(zx_handle_close(h));
}

bool alive(zx_handle_t h)
{
    zx_status_t status = zx_object_get_info(h, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    return status == ZX_OK;
}

zx_info_handle_basic_t basic(zx_handle_t h)
{
    zx_info_handle_basic_t info;

    assert_ok(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    return info;
}

uint32_t handle_count(zx_handle_t h)
{
    zx_info_handle_count_t info;

    assert_ok(zx_object_get_info(h, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL, NULL));
    return info.handle_count;
}

zx_info_process_t process_info(zx_handle_t process)
{
    zx_info_process_t info;

    assert_ok(zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    return info;
}

uint32_t thread_state(zx_handle_t thread)
{
    zx_info_thread_t info;

    assert_ok(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
    return info.state;
}

zx_signals_t state_of(zx_handle_t h)
{
    zx_signals_t state = 0x5a5a5a5a;

    assert_status(zx_object_wait_one(h, 0, 0, &state), ZX_ERR_TIMED_OUT);
    return state;
}

zx_handle_t duplicate_without(zx_handle_t h, zx_rights_t rights)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;

    assert_ok(zx_handle_duplicate(h, basic(h).rights & ~rights, &copy));
    return copy;
}

zx_handle_t replace_without(zx_handle_t h, zx_rights_t rights)
{
    zx_handle_t fresh = ZX_HANDLE_INVALID;

    assert_ok(zx_handle_replace(h, basic(h).rights & ~rights, &fresh));
    return fresh;
}

void await(zx_handle_t h, zx_signals_t signals)
{
    for (zx_signals_t left = signals; left != 0; left &= left - 1)
        assert_ok(zx_object_wait_one(h, left & -left, FOREVER, NULL));
}

void await_state(zx_handle_t thread, uint32_t state)
{
    while (thread_state(thread) != state)
        sleep_ns(1000);
}

void await_state_or_end(zx_handle_t thread, uint32_t state)
{
    uint32_t now;

    while ((now = thread_state(thread)) != state && now != ZX_THREAD_STATE_DEAD)
        sleep_ns(1000);
}

void sleep_ns(zx_duration_t ns)
{
    assert_ok(zx_nanosleep(zx_deadline_after(ns)));
}

static void waiter_main(void *arg)
{
    struct waiter *w = arg;

    w->status = zx_object_wait_one(w->handle, w->mask, w->deadline, &w->observed);
}

void waiter_start(struct waiter *w, zx_handle_t handle, zx_signals_t mask, zx_time_t deadline)
{
    *w = (struct waiter){.handle = handle, .mask = mask, .deadline = deadline};
    w->thread = lab_thread(waiter_main, w);
    if (deadline == FOREVER)
        await_state(w->thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    else
        await_state_or_end(w->thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
}

void waiter_join(struct waiter *w)
{
    lab_thread_join(w->thread);
}

#define RACERS 8u

void race(unsigned count, void (*const bodies[])(void *), void *arg)
{
    zx_handle_t threads[RACERS];

    assert_true(count <= RACERS);
    for (unsigned i = 0; i < count; i++)
        threads[i] = lab_thread(bodies[i], arg);
    for (unsigned i = 0; i < count; i++)
        lab_thread_join(threads[i]);
}

bool lab_got(zx_status_t status, const char *expr, const char *file, int line)
{
    if (status != ZX_OK)
        lab_assert_status(status, ZX_ERR_NO_MEMORY, expr, file, line);
    return status == ZX_OK;
}
