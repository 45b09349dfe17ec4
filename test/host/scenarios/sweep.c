// SPDX-License-Identifier: MIT
// Allocation failures: every allocation of each scenario fails once. The call reports
// ZX_ERR_NO_MEMORY (or succeeds, where the kernel can do without), and nothing is left over.
// CALLS(zx_event_create, zx_channel_create, zx_channel_write, zx_vmo_create, zx_vmar_map)
#include "scenarios.h"

// True for ZX_OK; else asserts that it is what a failing allocation may cause.
#define ok(expr) check_ok((expr), #expr, __LINE__)

static bool check_ok(zx_status_t status, const char *expr, int line)
{
    if (status != ZX_OK)
        lab_assert_status(status, ZX_ERR_NO_MEMORY, expr, __FILE__, line);
    return status == ZX_OK;
}

static void events(void *arg)
{
    zx_handle_t e, copy;

    (void)arg;
    if (!ok(zx_event_create(0, &e)))
        return;
    if (ok(zx_handle_duplicate(e, ZX_RIGHT_SAME_RIGHTS, &copy)))
        assert_ok(zx_handle_close(copy));
    assert_ok(zx_handle_close(e));
}

static void test_sweep_events(void **state)
{
    (void)state;
    assert_true(lab_sweep(events) >= 1);
}

static void messages(void *arg)
{
    static char big[20000];
    zx_handle_t ends[2], e = ZX_HANDLE_INVALID;
    uint32_t bytes, handles;

    (void)arg;
    if (!ok(zx_channel_create(0, &ends[0], &ends[1])))
        return;
    bool have = ok(zx_event_create(0, &e));
    if (have && ok(zx_channel_write(ends[0], 0, "small", 6, &e, 1))) {
        char text[6];
        assert_ok(zx_channel_read(ends[1], 0, text, &e, 6, 1, &bytes, &handles));
        assert_ok(zx_handle_close(e));
    }
    if (ok(zx_channel_write(ends[0], 0, big, sizeof(big), NULL, 0)))
        assert_ok(zx_channel_read(ends[1], 0, big, NULL, sizeof(big), 0, &bytes, &handles));
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
}

static void test_sweep_messages(void **state)
{
    (void)state;
    assert_true(lab_sweep(messages) >= 3);
}

static void memory(void *arg)
{
    zx_handle_t vmo;
    zx_vaddr_t va = 0;

    (void)arg;
    if (!ok(zx_vmo_create(3 * PAGE_SIZE, 0, &vmo)))
        return;
    const zx_vm_option_t perm = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
    if (ok(zx_vmar_map(lab.vmar, perm, 0, vmo, 0, 3 * PAGE_SIZE, &va))) {
        (void)host_user_probe(va, 3 * PAGE_SIZE, HAL_FAULT_WRITE);
        assert_ok(zx_vmar_unmap(lab.vmar, va, 3 * PAGE_SIZE));
    }
    assert_ok(zx_handle_close(vmo));
}

static void test_sweep_memory(void **state)
{
    (void)state;
    assert_true(lab_sweep(memory) >= 3);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void threads(void *arg)
{
    zx_handle_t thread;

    (void)arg;
    if (ok(lab_thread_start(nothing, NULL, &thread))) {
        assert_ok(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL));
        assert_ok(zx_handle_close(thread));
    }
}

static void test_sweep_threads(void **state)
{
    (void)state;
    assert_true(lab_sweep(threads) >= 2);
}

static void child_main(zx_handle_t bootstrap)
{
    zx_handle_close(bootstrap);
}

static void processes(void *arg)
{
    zx_handle_t e, process;

    (void)arg;
    if (!ok(zx_event_create(0, &e)))
        return;
    if (ok(lab_process_start(child_main, e, &process))) {
        assert_ok(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL));
        assert_ok(zx_handle_close(process));
    }
}

static void test_sweep_processes(void **state)
{
    (void)state;
    assert_true(lab_sweep(processes) >= 4);
}

static void jobs(void *arg)
{
    zx_handle_t job, below;

    (void)arg;
    if (!ok(zx_job_create(lab.job, 0, &job)))
        return;
    if (ok(zx_job_create(job, 0, &below)))
        assert_ok(zx_handle_close(below));
    assert_ok(zx_handle_close(job));
}

static void test_sweep_jobs(void **state)
{
    (void)state;
    assert_true(lab_sweep(jobs) >= 2);
}

static void ports(void *arg)
{
    zx_handle_t port, event;
    zx_port_packet_t packet = { .key = 3, .type = ZX_PKT_TYPE_USER };

    (void)arg;
    if (!ok(zx_port_create(0, &port)))
        return;
    if (ok(zx_event_create(0, &event))) {
        if (ok(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE))) {
            assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
            assert_ok(zx_port_wait(port, 0, &packet));
        }
        assert_ok(zx_handle_close(event));
    }
    packet = (zx_port_packet_t){ .key = 3, .type = ZX_PKT_TYPE_USER };
    (void)ok(zx_port_queue(port, &packet));
    assert_ok(zx_handle_close(port));
}

static void test_sweep_ports(void **state)
{
    (void)state;
    assert_true(lab_sweep(ports) >= 3);
}

static void streams(void *arg)
{
    static const char bytes[9000];
    zx_handle_t s[2], f[2], e[2];
    size_t actual;

    (void)arg;
    if (ok(zx_socket_create(ZX_SOCKET_STREAM, &s[0], &s[1]))) {
        (void)ok(zx_socket_write(s[0], 0, bytes, sizeof(bytes), &actual));
        assert_ok(zx_handle_close(s[0]));
        assert_ok(zx_handle_close(s[1]));
    }
    if (ok(zx_fifo_create(8, 16, 0, &f[0], &f[1]))) {
        assert_ok(zx_handle_close(f[0]));
        assert_ok(zx_handle_close(f[1]));
    }
    if (ok(zx_eventpair_create(0, &e[0], &e[1]))) {
        assert_ok(zx_handle_close(e[0]));
        assert_ok(zx_handle_close(e[1]));
    }
}

static void test_sweep_streams(void **state)
{
    (void)state;
    assert_true(lab_sweep(streams) >= 3);
}

const struct CMUnitTest sweep_tests[] = {
    cmocka_unit_test(test_sweep_events),  cmocka_unit_test(test_sweep_messages),
    cmocka_unit_test(test_sweep_memory),  cmocka_unit_test(test_sweep_threads),
    cmocka_unit_test(test_sweep_processes), cmocka_unit_test(test_sweep_jobs),
    cmocka_unit_test(test_sweep_ports),   cmocka_unit_test(test_sweep_streams),
};
const size_t sweep_test_count = countof(sweep_tests);
