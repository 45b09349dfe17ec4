// SPDX-License-Identifier: MIT
//
// Races on purpose, on every CPU that there is: closing against waiting, closing against calling,
// unmapping against system calls that use the memory, killing against everything. What each call may
// return is known; what must not happen is anything else, a hang, a crash, or memory that is gone
// afterwards.

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/profile.h>

#define PAGE ((uint64_t)ZX_PAGE_SIZE)

// A small generator; every thread has its own.
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void pause_randomly(uint32_t *state)
{
    for (volatile uint32_t i = next_random(state) % 2000; i != 0; i--) {}
}

// ---- closing against waiting ----

struct close_race {
    struct test_thread threads[2];
    zx_handle_t handle;
    atomic_uint wrong;
};

static void wait_until_closed(void *context)
{
    struct close_race *race = context;
    zx_signals_t seen = 0;
    zx_status_t status =
        zx_object_wait_one(race->handle, ZX_EVENT_SIGNALED, test_patience(), &seen);

    // Either the wait began and was cancelled, or the handle was gone before.
    race->wrong += !(status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE || status == ZX_OK);
}

static void close_waited_handle(void)
{
    static uint32_t seed = 1;
    static struct close_race race;
    zx_handle_t copy;

    race.wrong = 0;
    EXPECT_OK(zx_event_create(0, &race.handle));
    EXPECT_OK(zx_handle_duplicate(race.handle, ZX_RIGHT_SAME_RIGHTS, &copy));
    EXPECT_OK(test_thread_start(&race.threads[0], wait_until_closed, &race));
    EXPECT_OK(test_thread_start(&race.threads[1], wait_until_closed, &race));
    pause_randomly(&seed);
    if (next_random(&seed) % 4 == 0) {
        EXPECT_OK(zx_object_signal(copy, 0, ZX_EVENT_SIGNALED));
    }
    EXPECT_OK(zx_handle_close(race.handle));
    test_thread_join(&race.threads[0]);
    test_thread_join(&race.threads[1]);
    EXPECT_EQ(race.wrong, 0);
    EXPECT_OK(zx_handle_close(copy));
}

// CALLS(zx_handle_close, zx_object_wait_one)
TEST(closing_a_handle_while_threads_wait_through_it)
{
    test_no_loss(close_waited_handle, 200);
}

// ---- closing against calling ----

struct call_race {
    struct test_thread threads[3];
    zx_handle_t client, server;
    atomic_uint wrong;
};

static void call_until_closed(void *context)
{
    struct call_race *race = context;
    uint32_t out[4] = {0}, in[4], bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = out, .wr_num_bytes = sizeof(out), .rd_bytes = in, .rd_num_bytes = sizeof(in)};
    zx_status_t status;

    do {
        out[1]++;
        status = zx_channel_call(race->client, 0, test_patience(), &args, &bytes, &handles);
        race->wrong += status == ZX_OK && in[1] != out[1];
    } while (status == ZX_OK);
    race->wrong +=
        !(status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE);
}

static void answer_until_closed(void *context)
{
    struct call_race *race = context;
    uint32_t message[4], bytes;

    for (;;) {
        zx_status_t status =
            zx_channel_read(race->server, 0, message, NULL, sizeof(message), 0, &bytes, NULL);

        if (status == ZX_OK) {
            status = zx_channel_write(race->server, 0, message, bytes, NULL, 0);
        } else if (status == ZX_ERR_SHOULD_WAIT) {
            status = zx_object_wait_one(race->server, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                        test_patience(), NULL);
        }
        if (status != ZX_OK) {
            race->wrong += !(status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_CANCELED ||
                             status == ZX_ERR_BAD_HANDLE);
            return;
        }
    }
}

static void close_called_channel(void)
{
    static uint32_t seed = 2;
    static struct call_race race;

    race.wrong = 0;
    EXPECT_OK(zx_channel_create(0, &race.client, &race.server));
    EXPECT_OK(test_thread_start(&race.threads[0], answer_until_closed, &race));
    EXPECT_OK(test_thread_start(&race.threads[1], call_until_closed, &race));
    EXPECT_OK(test_thread_start(&race.threads[2], call_until_closed, &race));
    for (uint32_t i = next_random(&seed) % 8; i != 0; i--) {
        pause_randomly(&seed);
    }
    bool client_first = next_random(&seed) % 2 == 0;

    EXPECT_OK(zx_handle_close(client_first ? race.client : race.server));
    pause_randomly(&seed);
    EXPECT_OK(zx_handle_close(client_first ? race.server : race.client));
    for (size_t i = 0; i < 3; i++) {
        test_thread_join(&race.threads[i]);
    }
    EXPECT_EQ(race.wrong, 0);
}

// CALLS(zx_channel_call, zx_handle_close)
TEST(closing_a_channel_while_calls_are_made)
{
    test_no_loss(close_called_channel, 120);
}

// ---- handles that several threads use and close ----

#define SLOTS 8

struct handle_storm {
    struct test_thread threads[4];
    zx_handle_t event;
    _Atomic zx_handle_t slots[SLOTS];
    atomic_uint wrong;
    atomic_uint seed;
};

static void storm_handles(void *context)
{
    struct handle_storm *storm = context;
    uint32_t seed = storm->seed++;

    for (int i = 0; i < 300; i++) {
        _Atomic zx_handle_t *slot = &storm->slots[next_random(&seed) % SLOTS];
        zx_handle_t copy, old = *slot;
        zx_status_t status;

        switch (next_random(&seed) % 4) {
        case 0:
            status = zx_handle_duplicate(storm->event, ZX_RIGHT_SAME_RIGHTS, &copy);
            storm->wrong += status != ZX_OK;
            old = atomic_exchange(slot, copy);
            status = zx_handle_close(old);
            break;
        case 1: status = zx_object_signal(old, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1); break;
        case 2:
            status = zx_object_wait_one(old, ZX_USER_SIGNAL_7, 0, NULL);
            status = status == ZX_ERR_TIMED_OUT || status == ZX_ERR_CANCELED ? ZX_OK : status;
            break;
        default: status = zx_handle_close(old); break;
        }
        storm->wrong += status != ZX_OK && status != ZX_ERR_BAD_HANDLE;
    }
}

static void storm_once(void)
{
    static struct handle_storm storm;

    storm.wrong = 0;
    EXPECT_OK(zx_event_create(0, &storm.event));
    for (size_t i = 0; i < 4; i++) {
        EXPECT_OK(test_thread_start(&storm.threads[i], storm_handles, &storm));
    }
    for (size_t i = 0; i < 4; i++) {
        test_thread_join(&storm.threads[i]);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        (void)zx_handle_close(atomic_exchange(&storm.slots[i], 0));
    }
    EXPECT_EQ(storm.wrong, 0);
    EXPECT_OK(zx_handle_close(storm.event));
}

// CALLS(zx_handle_duplicate, zx_handle_close, zx_object_signal)
TEST(threads_duplicate_use_and_close_the_same_handles)
{
    test_no_loss(storm_once, 40);
}

// ---- unmapping against system calls ----

struct map_race {
    struct test_thread threads[2];
    zx_handle_t vmo;
    _Atomic zx_vaddr_t base;
    atomic_bool stop;
    atomic_uint wrong;
};

// Copies into and out of memory that comes and goes.
static void copy_while_mapped(void *context)
{
    struct map_race *race = context;

    while (!race->stop) {
        void *buffer = (void *)(race->base + 100);
        zx_status_t in = zx_vmo_read(race->vmo, buffer, 0, 2 * PAGE);
        zx_status_t out = zx_vmo_write(race->vmo, buffer, PAGE, 2 * PAGE);

        race->wrong += in != ZX_OK && in != ZX_ERR_INVALID_ARGS;
        race->wrong += out != ZX_OK && out != ZX_ERR_INVALID_ARGS;
    }
}

static void unmap_under_copies(void)
{
    static struct map_race race;
    static uint32_t seed = 3;
    zx_handle_t root = zx_vmar_root_self();

    race.wrong = 0;
    race.stop = false;
    race.base = PAGE;
    EXPECT_OK(zx_vmo_create(8 * PAGE, 0, &race.vmo));
    for (size_t i = 0; i < 2; i++) {
        EXPECT_OK(test_thread_start(&race.threads[i], copy_while_mapped, &race));
    }
    for (int i = 0; i < 40; i++) {
        zx_vaddr_t base;

        EXPECT_OK(
            zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, race.vmo, 0, 8 * PAGE, &base));
        race.base = base;
        pause_randomly(&seed);
        EXPECT_OK(
            zx_vmar_protect(root, next_random(&seed) % 2 ? ZX_VM_PERM_READ : 0, base, 2 * PAGE));
        pause_randomly(&seed);
        EXPECT_OK(zx_vmo_op_range(race.vmo, ZX_VMO_OP_DECOMMIT, 0, 8 * PAGE, NULL, 0));
        EXPECT_OK(zx_vmar_unmap(root, base, 8 * PAGE));
    }
    race.stop = true;
    for (size_t i = 0; i < 2; i++) {
        test_thread_join(&race.threads[i]);
    }
    EXPECT_EQ(race.wrong, 0);
    EXPECT_OK(zx_handle_close(race.vmo));
}

// CALLS(zx_vmar_unmap, zx_vmar_protect, zx_vmo_read, zx_vmo_write, zx_vmo_op_range)
TEST(memory_is_unmapped_while_system_calls_use_it)
{
    test_no_loss(unmap_under_copies, 12);
}

struct tlb_race {
    struct test_thread thread;
    _Atomic(volatile uint8_t *) page;
    atomic_bool stop;
    atomic_uint wrong;
};

static void watch_page(void *context)
{
    struct tlb_race *race = context;

    while (!race->stop) {
        uint8_t value = *race->page;

        race->wrong += value != 0 && value != 0x5a;
    }
}

// CALLS(zx_vmo_op_range)
TEST(decommitted_pages_are_never_seen_again)
{
    static struct tlb_race race;
    zx_handle_t vmo, other;
    zx_vaddr_t base, elsewhere;

    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &other));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, PAGE,
                          &base));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, other, 0,
                          PAGE, &elsewhere));
    race.page = (volatile uint8_t *)base;
    ASSERT_OK(test_thread_start(&race.thread, watch_page, &race));
    for (int i = 0; i < 2000; i++) {
        *(volatile uint8_t *)base = 0x5a;
        EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
        // The freed page is likely to be this one now: a stale translation would show 0xa5.
        *(volatile uint8_t *)elsewhere = 0xa5;
        EXPECT_OK(zx_vmo_op_range(other, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
    }
    race.stop = true;
    test_thread_join(&race.thread);
    EXPECT_EQ(race.wrong, 0);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), base, PAGE));
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), elsewhere, PAGE));
    EXPECT_OK(zx_handle_close(vmo));
    EXPECT_OK(zx_handle_close(other));
}

// ---- killing ----

static void use_everything(void *context)
{
    zx_handle_t channel = *(zx_handle_t *)context;
    uint32_t message[4] = {0}, in[4], bytes, handles;
    zx_channel_call_args_t args = {.wr_bytes = message,
                                   .wr_num_bytes = sizeof(message),
                                   .rd_bytes = in,
                                   .rd_num_bytes = sizeof(in)};

    for (;;) {
        char *memory = pages_allocate(4 * PAGE);
        zx_handle_t event, ends[2];

        if (memory != NULL) {
            memset(memory, 1, 4 * PAGE);
        }
        (void)zx_channel_call(channel, 0, zx_deadline_after(ZX_USEC(50)), &args, &bytes, &handles);
        if (zx_event_create(0, &event) == ZX_OK) {
            (void)zx_object_wait_one(event, 1, zx_deadline_after(ZX_USEC(20)), NULL);
        }
        if (zx_channel_create(0, &ends[0], &ends[1]) == ZX_OK) {
            (void)zx_channel_write(ends[0], 0, memory, 4 * (uint32_t)PAGE, &event, 1);
            (void)zx_handle_close_many(ends, 2);
        }
        (void)zx_nanosleep(zx_deadline_after(ZX_USEC(10)));
        pages_free(memory, 4 * PAGE);
    }
}

CHILD(busy_process)
{
    static struct test_thread threads[3];
    static zx_handle_t channel;

    channel = test_child_channel();
    for (size_t i = 0; i < 3; i++) {
        if (test_thread_start(&threads[i], use_everything, &channel) != ZX_OK) {
            return 1;
        }
    }
    (void)zx_channel_write(channel, 0, "ready", 6, NULL, 0);
    use_everything(&channel);
    return 2;
}

static void kill_busy_process(void)
{
    static uint32_t seed = 4;
    struct test_child child;
    zx_handle_t victim;

    if (test_child_start("busy_process", &child) != ZX_OK) {
        return;
    }
    EXPECT_OK(zx_object_wait_one(child.channel, ZX_CHANNEL_READABLE, test_patience(), NULL));
    zx_nanosleep(zx_deadline_after(ZX_USEC(next_random(&seed) % 3000)));
    victim = next_random(&seed) % 2 ? child.process : child.job;
    EXPECT_OK(zx_task_kill(victim));
    EXPECT_EQ(test_child_finish(&child), -1);
}

// CALLS(zx_task_kill)
TEST(busy_processes_are_killed_at_any_moment)
{
    test_no_loss(kill_busy_process, 40);
}

static void kill_threads(void)
{
    static uint32_t seed = 5;
    static struct test_thread threads[4];
    zx_handle_t ends[2];

    EXPECT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    for (size_t i = 0; i < 4; i++) {
        EXPECT_OK(test_thread_start(&threads[i], use_everything, &ends[0]));
    }
    for (size_t i = 0; i < 4; i++) {
        pause_randomly(&seed);
        EXPECT_OK(zx_task_kill(threads[i].handle));
    }
    for (size_t i = 0; i < 4; i++) {
        test_thread_join(&threads[i]);
    }
    EXPECT_OK(zx_handle_close_many(ends, 2));
}

CHILD(kill_own_threads)
{
    // Here, so that what killed threads leave behind in the process goes with it.
    for (int i = 0; i < 50; i++) {
        kill_threads();
    }
    return 0;
}

static void run_thread_killer(void)
{
    EXPECT_EQ(test_child_run("kill_own_threads"), 0);
}

// CALLS(zx_task_kill)
TEST(busy_threads_are_killed_at_any_moment)
{
    test_no_loss(run_thread_killer, 4);
}

static void start_and_finish_children(void *context)
{
    atomic_uint *wrong = context;

    for (int i = 0; i < 10; i++) {
        *wrong += test_child_run("exit_zero") != 0;
    }
}

static void launch_from_two_threads(void)
{
    static struct test_thread thread;
    static atomic_uint wrong;

    wrong = 0;
    EXPECT_OK(test_thread_start(&thread, start_and_finish_children, &wrong));
    start_and_finish_children(&wrong);
    test_thread_join(&thread);
    EXPECT_EQ(wrong, 0);
}

// CALLS(zx_process_create, zx_process_start, zx_vmar_map)
TEST(two_threads_start_processes_at_the_same_time)
{
    test_no_loss(launch_from_two_threads, 4);
}

// ---- a thousand threads ----

#define CROWD       1000u
#define PRIORITIES  8u
#define CROWD_TURNS 10u

static atomic_uint crowd_turns;

static void crowd_entry(uintptr_t seed, uintptr_t event)
{
    uint32_t random = (uint32_t)seed;

    for (unsigned i = 0; i < CROWD_TURNS; i++) {
        pause_randomly(&random);
        if (next_random(&random) % 4 == 0) {
            zx_signals_t ignored;

            (void)zx_object_wait_one((zx_handle_t)event, ZX_USER_SIGNAL_0,
                                     zx_deadline_after(ZX_USEC(next_random(&random) % 500)),
                                     &ignored);
        } else {
            (void)zx_nanosleep(0);
        }
        atomic_fetch_add(&crowd_turns, 1);
    }
    zx_thread_exit();
}

static void run_crowd(void)
{
    static zx_handle_t threads[CROWD], profiles[PRIORITIES];
    char *stacks = pages_allocate(CROWD * PAGE);
    zx_handle_t event = ZX_HANDLE_INVALID;
    unsigned started = 0;

    ASSERT_TRUE(stacks != NULL);
    ASSERT_OK(zx_event_create(0, &event));
    atomic_store(&crowd_turns, 0);
    for (unsigned i = 0; i < PRIORITIES; i++) {
        zx_profile_info_t info = {.type = ZX_PROFILE_INFO_SCHEDULER,
                                  .scheduler = {.priority = (int32_t)(2 + 3 * i)}};

        EXPECT_OK(zx_profile_create(zx_job_default(), &info, &profiles[i]));
    }
    for (; started < CROWD; started++) {
        zx_handle_t *thread = &threads[started];

        if (zx_thread_create(zx_process_self(), "crowd", 5, 0, thread) != ZX_OK)
            break;
        EXPECT_OK(zx_object_set_profile(*thread, profiles[started % PRIORITIES], 0));
        EXPECT_OK(zx_thread_start(*thread, (zx_vaddr_t)crowd_entry,
                                  (zx_vaddr_t)stacks + (started + 1) * PAGE, started + 1, event));
    }
    EXPECT_EQ(started, CROWD);
    for (unsigned i = 0; i < started; i++) {
        EXPECT_OK(zx_object_wait_one(threads[i], ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL));
        EXPECT_OK(zx_handle_close(threads[i]));
    }
    EXPECT_EQ(atomic_load(&crowd_turns), CROWD * CROWD_TURNS);
    for (unsigned i = 0; i < PRIORITIES; i++) {
        EXPECT_OK(zx_handle_close(profiles[i]));
    }
    EXPECT_OK(zx_handle_close(event));
    pages_free(stacks, CROWD * PAGE);
}

// Threads of all kinds of priority, that run, yield, wait and time out, come to their ends.
// CALLS(zx_thread_create, zx_object_set_profile, zx_profile_create, zx_nanosleep)
TEST(a_thousand_threads_of_mixed_priorities_finish)
{
    run_crowd();
}
