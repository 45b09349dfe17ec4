// SPDX-License-Identifier: MIT
// Allocation failures: each scenario runs once for each of its allocations, which then fails. What
// fails says NO_MEMORY, has consumed what it always consumes, and leaves nothing behind.
#include "object_test.h"

// CALLS(zx_handle_duplicate, zx_handle_replace)
SWEEP(sweep_table_growth, 2)
{
    zx_handle_t e, h[150];
    unsigned n = 0;

    if (!got(zx_event_create(0, &e)))
        return;
    for (unsigned i = 0; i < countof(h); i++)
        n += got(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &h[n]));
    assert_true(n >= countof(h) - 2); // one failure costs one handle, not the table
    assert_int_equal(handle_count(e), n + 1);
    for (unsigned i = 0; i < n; i++) {
        zx_status_t status = zx_handle_replace(h[i], ZX_RIGHT_SAME_RIGHTS, &h[i]);
        assert_ok(status); // a slot was just freed for it
    }
    assert_ok(zx_handle_close_many(h, n));
    close_handle(e);
}

// CALLS(zx_channel_write)
SWEEP(sweep_write_consumes_its_handles, 3)
{
    static char big[30000];
    zx_handle_t ends[2], e, h;

    if (!got(zx_event_create(0, &e)))
        return;
    if (got(zx_channel_create(0, &ends[0], &ends[1]))) {
        for (unsigned i = 0; i < 4; i++) {
            if (!got(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &h)))
                continue;
            (void)got(zx_channel_write(ends[0], 0, big, i % 2 ? sizeof(big) : 100, &h, 1));
            assert_false(alive(h));
        }
        assert_ok(zx_handle_close_many(ends, 2));
        assert_int_equal(handle_count(e), 1);
    }
    close_handle(e);
}

// CALLS(zx_channel_read)
SWEEP(sweep_read_installs_all_or_nothing, 3)
{
    zx_handle_t ends[2], e, h[64];
    uint32_t bytes, count;

    if (!got(zx_event_create(0, &e)))
        return;
    if (got(zx_channel_create(0, &ends[0], &ends[1]))) {
        unsigned n = 0;
        while (n < 60 && got(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &h[n])))
            n++;
        if (got(zx_channel_write(ends[0], 0, NULL, 0, h, n))) {
            zx_handle_t filler[70]; // so that the table must grow for what comes in
            unsigned f = 0;
            while (f < 70 && got(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &filler[f])))
                f++;
            if (got(zx_channel_read(ends[1], 0, NULL, h, 0, 64, &bytes, &count))) {
                assert_int_equal(count, n);
                assert_ok(zx_handle_close_many(h, count));
            }
            assert_ok(zx_handle_close_many(filler, f));
        }
        assert_ok(zx_handle_close_many(ends, 2));
        assert_int_equal(handle_count(e), 1);
    }
    close_handle(e);
}

struct served {
    zx_handle_t channel;
};

static void serve(void *arg)
{
    struct served *s = arg;
    uint32_t m[2], bytes;

    for (;;) {
        if (zx_object_wait_one(s->channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, FOREVER,
                               NULL) != ZX_OK)
            return;
        if (zx_channel_read(s->channel, 0, m, NULL, 8, 0, &bytes, NULL) != ZX_OK)
            return;
        // Without memory for a reply the server says so by closing.
        if (!got(zx_channel_write(s->channel, 0, m, 8, NULL, 0))) {
            close_handle(s->channel);
            s->channel = 0;
            return;
        }
    }
}

// CALLS(zx_channel_call)
SWEEP(sweep_call, 4)
{
    zx_handle_t ends[2], server, e, h;
    uint32_t m[2] = {0, 5}, bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = m,
        .wr_num_bytes = 8,
        .rd_bytes = m,
        .rd_num_bytes = 8,
    };

    if (!got(zx_channel_create(0, &ends[0], &ends[1])))
        return;
    struct served s = {.channel = ends[1]};
    if (got(lab_thread_start(serve, &s, &server))) {
        for (unsigned i = 0; i < 3; i++) {
            zx_status_t status = zx_channel_call(ends[0], 0, FOREVER, &args, &bytes, &handles);
            assert_true(status == ZX_OK || status == ZX_ERR_NO_MEMORY ||
                        status == ZX_ERR_PEER_CLOSED);
        }
        // With a handle that the server has no room for: consumed, and the call still ends.
        if (got(zx_event_create(0, &e))) {
            if (got(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &h))) {
                args.wr_handles = &h;
                args.wr_num_handles = 1;
                (void)zx_channel_call(ends[0], 0, 0, &args, &bytes, &handles);
                assert_false(alive(h));
            }
            close_handle(e);
        }
        close_handle(ends[0]);
        lab_thread_join(server);
    } else {
        close_handle(ends[0]);
    }
    close_handle(s.channel);
}

// CALLS(zx_object_wait_one, zx_object_wait_many)
static void waits(void *arg)
{
    zx_handle_t e = *(zx_handle_t *)arg;
    zx_wait_item_t items[2] = {
        {.handle = e, .waitfor = ZX_USER_SIGNAL_1},
        {.handle = e, .waitfor = ZX_USER_SIGNAL_2},
    };

    assert_ok(zx_object_wait_one(e, ZX_USER_SIGNAL_0, FOREVER, NULL));
    assert_ok(zx_object_wait_many(items, 2, FOREVER));
}

SWEEP(sweep_waits_allocate_nothing, 2)
{
    zx_handle_t e, t;

    if (!got(zx_event_create(0, &e)))
        return;
    if (got(lab_thread_start(waits, &e, &t))) {
        assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
        assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_2));
        lab_thread_join(t);
    }
    close_handle(e);
}

// CALLS(zx_process_create, zx_thread_create, zx_process_start, zx_thread_start, zx_job_create)
static void ends_at_once(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    zx_process_exit(0);
}

SWEEP(sweep_life_of_a_process, 5)
{
    zx_handle_t job, p, v, t, e;

    if (!got(zx_job_create(lab.job, 0, &job)))
        return;
    if (got(zx_process_create(job, "p", 1, 0, &p, &v))) {
        if (got(zx_thread_create(p, "t", 1, 0, &t))) {
            if (got(zx_event_create(0, &e))) {
                bool started = got(zx_process_start(p, t, (zx_vaddr_t)ends_at_once, 0, e, 0));
                assert_false(alive(e)); // either way
                if (started)
                    await(p, ZX_PROCESS_TERMINATED);
                else
                    assert_int_equal(thread_state(t), ZX_THREAD_STATE_NEW);
            }
            close_handle(t);
        }
        close_handle(p);
        close_handle(v);
    }
    await(job, ZX_JOB_NO_PROCESSES);
    close_handle(job);
}

SWEEP(sweep_kill_of_a_job, 5)
{
    zx_handle_t job, below, p, v;

    if (!got(zx_job_create(lab.job, 0, &job)))
        return;
    bool made = got(zx_process_create(job, "p", 1, 0, &p, &v));
    if (got(zx_job_create(job, 0, &below))) {
        assert_ok(zx_task_kill(job)); // needs no memory
        zx_handle_t out;
        zx_status_t status = zx_job_create(below, 0, &out);
        assert_true(status == ZX_ERR_BAD_STATE || status == ZX_ERR_NO_MEMORY);
        if (made)
            await(p, ZX_PROCESS_TERMINATED);
        close_handle(below);
    }
    if (made) {
        close_handle(p);
        close_handle(v);
    }
    close_handle(job);
}

// CALLS(zx_object_get_info)
SWEEP(sweep_lists, 3)
{
    zx_handle_t job, below;
    zx_koid_t koids[16];
    size_t actual = 0;

    if (!got(zx_job_create(lab.job, 0, &job)))
        return;
    if (got(zx_job_create(job, 0, &below))) {
        if (got(zx_object_get_info(job, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &actual, NULL)))
            assert_int_equal(actual, 1);
        zx_handle_t child;
        if (got(zx_object_get_child(job, basic(below).koid, ZX_RIGHT_SAME_RIGHTS, &child)))
            close_handle(child);
        close_handle(below);
    }
    close_handle(job);
}

// CALLS(zx_vmo_create, zx_vmo_write, zx_vmo_clone, zx_vmar_map, zx_vmar_allocate)
SWEEP(sweep_memory, 6)
{
    zx_handle_t vmo, clone, region;
    zx_vaddr_t va, base;

    if (!got(zx_vmo_create(3 * PAGE_SIZE, 0, &vmo)))
        return;
    (void)got(zx_vmo_write(vmo, "x", 5000, 1));
    if (got(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 2 * PAGE_SIZE, &clone))) {
        (void)got(zx_vmo_write(clone, "y", 4990, 1));
        close_handle(clone);
    }
    if (got(zx_vmar_allocate(lab.vmar, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0, 65536, &region,
                             &base))) {
        if (got(zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 3 * PAGE_SIZE,
                            &va)))
            (void)host_user_probe(va, 3 * PAGE_SIZE, HAL_FAULT_WRITE);
        assert_ok(zx_vmar_destroy(region));
        close_handle(region);
    }
    close_handle(vmo);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest sweep_tests[] = {
    T(sweep_table_growth),
    T(sweep_write_consumes_its_handles),
    T(sweep_read_installs_all_or_nothing),
    T(sweep_call),
    T(sweep_waits_allocate_nothing),
    T(sweep_life_of_a_process),
    T(sweep_kill_of_a_job),
    T(sweep_lists),
    T(sweep_memory),
};
const size_t sweep_test_count = countof(sweep_tests);
