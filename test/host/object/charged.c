// SPDX-License-Identifier: MIT
// Whatever programs make the kernel take is charged, to the byte: what makes memory grow in ways that a single call
// does not. Each call by itself: cost.c.
#include "charged.h"

#include "limits_test.h"

#include <account/account.h>
#include <host/machine.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>
#include <sched/thread.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

static void add_cache(void *ctx, const struct slab_cache *c, uint64_t outstanding)
{
    *(int64_t *)ctx += (int64_t)(outstanding * ROUND_UP(c->size, c->align));
}

static int64_t taken_bytes(void)
{
    // A slab's or kmalloc's pages are counted by what is in use of them; the kernel's image, and what is free, is
    // nobody's.
    static const enum page_state states[] = {PAGE_STATE_VMO, PAGE_STATE_MMU, PAGE_STATE_IPC, PAGE_STATE_OTHER};
    struct page_stats pages;
    uint64_t large, count;
    int64_t bytes = 0;

    slab_for_each(add_cache, &bytes);
    kmalloc_large_stats(&large, &count);
    page_stats_get(&pages);
    for (unsigned i = 0; i < countof(states); i++)
        bytes += (int64_t)(pages.pages[states[i]] << PAGE_SHIFT);
    bytes += (int64_t)(host_usage().kstacks * thread_current()->hal.kstack_size);
    return bytes + (int64_t)large;
}

int64_t uncharged_bytes(void)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_sweep();
    account_usage(&account_root, usage);
    return taken_bytes() - (int64_t)usage[ACCOUNT_KMEM].used -
           (int64_t)(usage[ACCOUNT_PAGES].used << PAGE_SHIFT);
}

// ---- what grows ------------------------------------------------------------------------------------

#define HANDLES_MAX 300u

static zx_handle_t kept[HANDLES_MAX];
static unsigned kept_count;

static zx_handle_t keep_handle(zx_handle_t h)
{
    assert_true(kept_count < HANDLES_MAX);
    kept[kept_count++] = h;
    return h;
}

static void keep_pair(zx_handle_t ends[2])
{
    make_pair(ends);
    keep_handle(ends[0]);
    keep_handle(ends[1]);
}

static void many_handles(void)
{
    while (kept_count < HANDLES_MAX)
        keep_handle(make_event());
}

static void messages_of_all_sizes(void)
{
    static char bytes[ZX_CHANNEL_MAX_MSG_BYTES];
    zx_handle_t ends[2], handles[ZX_CHANNEL_MAX_MSG_HANDLES];

    keep_pair(ends);
    for (uint32_t size = 1; size <= sizeof(bytes); size = size * 3 / 2 + 1)
        assert_ok(zx_channel_write(ends[0], 0, bytes, size, NULL, 0));
    assert_ok(zx_channel_write(ends[0], 0, bytes, sizeof(bytes), NULL, 0));
    for (uint32_t count = 1; count <= ZX_CHANNEL_MAX_MSG_HANDLES; count *= 2) {
        for (uint32_t i = 0; i < count; i++)
            handles[i] = make_event();
        assert_ok(zx_channel_write(ends[1], 0, bytes, count, handles, count));
    }
}

static void full_socket(void)
{
    zx_handle_t ends[2];

    make_sockets(0, ends);
    keep_handle(ends[0]);
    keep_handle(ends[1]);
    assert_true(fill_stream(ends[0]) > 0);
    make_sockets(ZX_SOCKET_DATAGRAM, ends);
    keep_handle(ends[0]);
    keep_handle(ends[1]);
    for (unsigned i = 1; i < 3000; i += 100)
        assert_ok(zx_socket_write(ends[0], 0, kept, i % sizeof(kept), NULL));
}

static void port_with_packets_and_waits(void)
{
    const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};
    const zx_handle_t event = keep_handle(make_event());
    zx_handle_t port;

    assert_ok(zx_port_create(0, &port));
    keep_handle(port);
    for (unsigned i = 0; i < 20; i++) {
        assert_ok(zx_port_queue(port, &packet));
        assert_ok(zx_object_wait_async(event, port, i, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE));
    }
}

static void sparse_pages_tables_and_clones(void)
{
    const uint64_t size = 1ul << 36;
    zx_handle_t vmo, clone, middle;
    zx_vaddr_t va;
    char byte = 1;

    assert_ok(zx_vmo_create(size, 0, &vmo));
    keep_handle(vmo);
    for (uint64_t at = PAGE; at < size; at *= 3)
        assert_ok(zx_vmo_write(vmo, &byte, at, 1));
    assert_ok(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, size, &middle));
    assert_ok(zx_vmo_write(middle, &byte, 5 * PAGE, 1));
    assert_ok(zx_vmo_clone(middle, ZX_VMO_CLONE_COPY_ON_WRITE, 0, size, &clone));
    close_handle(middle);
    keep_handle(clone);
    for (uint64_t at = PAGE; at < size; at *= 7)
        assert_ok(zx_vmo_write(clone, &byte, at, 1));
    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, clone, 0, size, &va));
    for (uint64_t at = PAGE; at < size; at *= 5)
        host_user_write(va + at, &byte, 1);
}

static void threads_with_all_registers(void)
{
    zx_thread_state_vector_regs_t vector = {.fpcr = 0};
    zx_thread_state_debug_regs_t debug = {.hw_bps_count = 0};
    struct child c = start_child_with_itself(lab.job, child_spins);
    zx_handle_t token, thread;

    assert_ok(zx_thread_create(c.process, "more", 4, 0, &thread));
    keep_handle(thread);
    assert_ok(zx_task_suspend(c.thread, &token));
    await(c.thread, ZX_THREAD_SUSPENDED);
    assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_VECTOR_REGS, &vector, sizeof(vector)));
    assert_ok(zx_thread_write_state(c.thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug)));
    keep_handle(c.process);
    keep_handle(c.thread);
    keep_handle(c.vmar);
    keep_handle(token);
}

static void jobs_below_jobs(void)
{
    zx_handle_t job = lab.job;

    for (unsigned i = 0; i < 10; i++)
        job = keep_handle(make_job(job));
}

// What takes memory that is charged to nobody. There is none.
static void (*const grow[])(void) = {
    many_handles,
    messages_of_all_sizes,
    full_socket,
    port_with_packets_and_waits,
    sparse_pages_tables_and_clones,
    threads_with_all_registers,
    jobs_below_jobs,
};

// CALLS(zx_job_set_limits): whatever is made is charged to somebody.
SCENARIO_ON(all_memory_is_charged, 1, 1)
{
    for (unsigned i = 0; i < countof(grow); i++) {
        const int64_t before = uncharged_bytes(), taken = taken_bytes();
        grow[i]();
        assert_true(taken_bytes() > taken);
        assert_int_equal(uncharged_bytes(), before);
        while (kept_count > 0) {
            zx_handle_t h = kept[--kept_count];
            if (basic(h).type == ZX_OBJ_TYPE_PROCESS) {
                assert_ok(zx_task_kill(h));
                await(h, ZX_PROCESS_TERMINATED);
            }
            close_handle(h);
        }
        sleep_ns(1000000); // the dead are buried
        assert_int_equal(uncharged_bytes(), before);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest charged_tests[] = {
    T(all_memory_is_charged),
};
const size_t charged_test_count = countof(charged_tests);
