// SPDX-License-Identifier: MIT
// CPUs that are taken offline and come back, under threads, timers and deferred work.
#include "sched_test.h"

#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>

static atomic_bool stop;
static atomic_uint turns;

static bool online(unsigned cpu)
{
    return atomic_load(&cpus[cpu].online);
}

static void assert_others_online(bool are)
{
    for (unsigned cpu = 1; cpu < hal_cpu_count(); cpu++)
        assert_int_equal(online(cpu), are);
}

// No thread runs on a CPU that is offline.
static void assert_here_online(void)
{
    preempt_disable();
    assert_true(online(hal_cpu_num()));
    preempt_enable();
}

static void sleeps(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        assert_here_online();
        sleep_for((zx_duration_t)host_random(30000));
    }
}

static void yields(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        assert_here_online();
        thread_yield();
        sleep_for(1000);
    }
}

LOCK_CLASS(shared_class, RANK_OBJECT, LOCK_MUTEX);
static struct mutex shared;

static void contends(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        mutex_lock(&shared);
        assert_here_online();
        sleep_for((zx_duration_t)host_random(5000));
        mutex_unlock(&shared);
        thread_yield();
    }
}

static struct work work;
static atomic_uint worked;

static void count_work(struct work *w)
{
    (void)w;
    assert_here_online();
    atomic_fetch_add(&worked, 1);
}

static void queues_work(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        unsigned before = atomic_load(&worked);
        if (work_queue(&work)) {
            while (atomic_load(&worked) == before)
                sleep_for(1000);
        }
        sleep_for((zx_duration_t)host_random(20000));
    }
}

KERNEL_TEST(cpus_leave_and_come_back_under_load, 4, 150)
{
    static void (*const does[])(void *) = {sleeps, sleeps, yields, contends, contends, queues_work};
    static struct kthread k[countof(does)], pinned[4];

    atomic_store(&stop, false);
    mutex_init(&shared, &shared_class);
    work_init(&work, count_work);
    for (unsigned i = 0; i < countof(does); i++)
        kthread_start(&k[i], 10 + i, does[i], NULL);
    for (unsigned i = 0; i < countof(pinned); i++)
        kthread_start_on(&pinned[i], i, sleeps, NULL);
    for (unsigned i = 0; i < 3; i++) {
        sleep_for((zx_duration_t)host_random(50000));
        assert_ok(sched_cpus_down());
        assert_others_online(false);
        assert_ok(sched_cpus_down()); // none is left
        sleep_for((zx_duration_t)host_random(50000));
        assert_ok(sched_cpus_up());
        assert_ok(sched_cpus_up());
        assert_others_online(true);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < countof(does); i++)
        kthread_join(&k[i]);
    for (unsigned i = 0; i < countof(pinned); i++)
        kthread_join(&pinned[i]);
}

static void sleeps_long(void *arg)
{
    (void)arg;
    sleep_for(ZX_MSEC(20));
}

// False where virtual time passes so fast that it has slept already.
static bool wait_until_asleep(struct kthread *k)
{
    while (!wait_is_armed(&k->thread) || atomic_load(&k->thread.wait_timer.cpu) == NULL) {
        if (atomic_load(&k->dead))
            return false;
        sleep_for(1000);
    }
    return true;
}

// Only the thread itself may say where it runs while others look at it.
static void sleeps_long_and_goes_anywhere(void *arg)
{
    thread_current()->affinity = UINT32_MAX;
    sleeps_long(arg);
}

// A deadline that a thread has set on a CPU holds when the CPU has left.
KERNEL_TEST(timers_go_on_elsewhere, 2, 100)
{
    static struct kthread k;

    kthread_start_on(&k, 1, sleeps_long_and_goes_anywhere, NULL);
    if (!wait_until_asleep(&k))
        return;
    assert_ok(sched_cpus_down());
    kthread_join(&k);
    assert_ok(sched_cpus_up());
}

static void counts_turns(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        atomic_fetch_add(&turns, 1);
        hal_preempt_point();
    }
}

// A thread bound to a CPU that has left stands still, whether it was running or is woken meanwhile, and goes
// on when the CPU is back.
KERNEL_TEST(bound_threads_wait_for_their_cpu, 2, 100)
{
    static struct kthread runs, wakes;

    atomic_store(&stop, false);
    atomic_store(&turns, 0);
    kthread_start_on(&wakes, 1, sleeps_long, NULL);
    if (!wait_until_asleep(&wakes))
        return;
    kthread_start_on(&runs, 1, counts_turns, NULL);
    while (atomic_load(&turns) == 0)
        sleep_for(1000);
    assert_ok(sched_cpus_down());
    unsigned then = atomic_load(&turns);
    sleep_for(ZX_MSEC(50));
    assert_int_equal(atomic_load(&turns), then);
    assert_ok(sched_cpus_up());
    while (atomic_load(&turns) == then)
        sleep_for(1000);
    atomic_store(&stop, true);
    kthread_join(&runs);
    kthread_join(&wakes);
}

static atomic_uint done, refused;

static void takes_cpus_down(void *arg)
{
    (void)arg;
    zx_status_t status = sched_cpus_down();
    if (status == ZX_OK)
        atomic_fetch_add(&done, 1);
    else if (status == ZX_ERR_SHOULD_WAIT)
        atomic_fetch_add(&refused, 1);
}

// Two at the same time: one does it, the other is sent away or finds nothing left to do.
KERNEL_TEST(two_callers_do_not_meet, 3, 150)
{
    static struct kthread k[2];

    atomic_store(&done, 0);
    atomic_store(&refused, 0);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_start(&k[i], 12, takes_cpus_down, NULL);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_join(&k[i]);
    assert_int_equal(atomic_load(&done) + atomic_load(&refused), countof(k));
    assert_true(atomic_load(&done) >= 1);
    assert_others_online(false);
    assert_ok(sched_cpus_up());
}

static void nothing(void *arg)
{
    (void)arg;
}

// A CPU that comes when its start has been given up stops again; or it has come just in time. Either way
// it is wholly there later on, with its worker.
KERNEL_TEST(a_late_cpu_stops_or_takes_part, 3, 200)
{
    static struct kthread k;

    for (unsigned i = 0; i < 3; i++) {
        assert_ok(sched_cpus_down());
        host_start_late(1);
        zx_status_t status = sched_cpus_up();
        assert_true(online(2));
        if (status != ZX_OK) {
            assert_int_equal(status, ZX_ERR_TIMED_OUT);
            sleep_for((zx_duration_t)host_random(50000));
            assert_false(online(1));
            assert_ok(sched_cpus_up());
        }
        assert_others_online(true);
        kthread_start_on(&k, 1, nothing, NULL);
        kthread_join(&k);
    }
}

// The first CPU is alone only when the others have stopped, whoever asks again, and whoever is online.
KERNEL_TEST(a_cpu_that_does_not_stop_is_not_forgotten, 3, 50)
{
    host_refuse_stop(1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sched_alone(), ZX_ERR_TIMED_OUT);
        assert_false(online(1));
        assert_true(online(2));
    }
}

static void fills_caches(void *arg)
{
    void *objects[8];
    struct list pages = LIST_INIT(pages);

    (void)arg;
    for (unsigned i = 0; i < countof(objects); i++) {
        objects[i] = kmalloc(16u << i % 4);
        assert_non_null(objects[i]);
    }
    for (unsigned i = 0; i < countof(objects); i++)
        kfree(objects[i]);
    assert_true(page_alloc_list(40, PAGE_STATE_OTHER, 0, &pages));
    page_free_list(&pages);
}

static void count_cached(void *sum, const struct slab_cache *c, uint64_t outstanding)
{
    (void)outstanding;
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        *(uint64_t *)sum += atomic_load(&c->cpu[cpu].count);
}

// What a CPU that leaves had cached is there for the others.
KERNEL_TEST(a_cpu_that_leaves_keeps_no_memory, 3, 100)
{
    static struct kthread k[2];
    struct page_stats stats;
    uint64_t cached = 0;

    for (unsigned i = 0; i < countof(k); i++)
        kthread_start_on(&k[i], i + 1, fills_caches, NULL);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_join(&k[i]);
    assert_ok(sched_cpus_down());
    slab_drain_all(); // of the CPU that is left
    page_cache_drain();
    slab_for_each(count_cached, &cached);
    assert_int_equal(cached, 0);
    page_stats_get(&stats);
    assert_int_equal(stats.pages[PAGE_STATE_FREE], page_free_estimate());
    assert_ok(sched_cpus_up());
}

const struct CMUnitTest hotplug_tests[] = {
    cmocka_unit_test(test_cpus_leave_and_come_back_under_load),
    cmocka_unit_test(test_timers_go_on_elsewhere),
    cmocka_unit_test(test_bound_threads_wait_for_their_cpu),
    cmocka_unit_test(test_two_callers_do_not_meet),
    cmocka_unit_test(test_a_late_cpu_stops_or_takes_part),
    cmocka_unit_test(test_a_cpu_that_leaves_keeps_no_memory),
    cmocka_unit_test(test_a_cpu_that_does_not_stop_is_not_forgotten),
};
const size_t hotplug_test_count = countof(hotplug_tests);
