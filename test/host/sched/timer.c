// SPDX-License-Identifier: MIT
// Timers: order, slack, cancelling, arming again; deferred work.
#include "sched_test.h"

#define COUNT 20u

struct probe {
    struct timer timer;
    zx_time_t deadline, fired_at;
    atomic_uint fired;
    atomic_bool running;
    unsigned again; // times it arms itself anew
};

static struct probe probes[COUNT];
static unsigned sequence[COUNT];
static atomic_uint fired;

static void fires(struct timer *timer, zx_time_t now)
{
    struct probe *p = container_of(timer, struct probe, timer);

    atomic_store(&p->running, true);
    p->fired_at = now;
    sequence[atomic_fetch_add(&fired, 1) % COUNT] = (unsigned)(p - probes);
    atomic_fetch_add(&p->fired, 1);
    hal_preempt_point();
    if (p->again > 0) {
        p->again--;
        p->deadline = now + ZX_MSEC(20);
        timer_set(&p->timer, p->deadline);
    }
    atomic_store(&p->running, false);
}

static void reset(void)
{
    memset(probes, 0, sizeof(probes));
    atomic_store(&fired, 0);
    for (unsigned i = 0; i < COUNT; i++)
        timer_init(&probes[i].timer, fires);
}

KERNEL_TEST_DET(timers_fire_in_order_and_never_early, 1, 100)
{
    reset();
    zx_time_t base = hal_now() + ZX_SEC(1);
    for (unsigned i = 0; i < COUNT; i++) {
        // Some share an instant: then the first armed is the first to fire.
        probes[i].deadline = base + (zx_time_t)host_random(10) * 500000;
        timer_set(&probes[i].timer, probes[i].deadline);
    }
    thread_sleep_until(base + ZX_SEC(1));
    assert_int_equal(atomic_load(&fired), COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        const struct probe *p = &probes[sequence[i]];
        assert_true(p->fired_at >= p->deadline);
        if (i > 0) {
            const struct probe *before = &probes[sequence[i - 1]];
            assert_true(before->deadline < p->deadline ||
                        (before->deadline == p->deadline && before < p));
        }
    }
}

// What timer i would fire at, armed with a window next to those that are set already.
static zx_time_t deadline_with(unsigned i, zx_time_t at, zx_duration_t slack,
                               enum timer_slack_mode mode)
{
    timer_set_slack(&probes[i].timer, at, slack, mode);
    zx_time_t deadline = probes[i].timer.deadline;
    assert_true(timer_cancel(&probes[i].timer));
    return deadline;
}

KERNEL_TEST_DET(slack_joins_a_neighbour_inside_the_window, 1, 5)
{
    reset();
    preempt_disable(); // one timer queue all along
    const zx_time_t t = hal_now() + ZX_SEC(100), before = t - 500, after = t + 300;
    timer_set(&probes[0].timer, before);
    timer_set(&probes[1].timer, after);
    assert_true(deadline_with(2, t, 0, TIMER_SLACK_CENTER) == t);
    assert_true(deadline_with(2, t, 200, TIMER_SLACK_CENTER) == t); // nobody there
    assert_true(deadline_with(2, t, 300, TIMER_SLACK_CENTER) == after);
    assert_true(deadline_with(2, t, 1000, TIMER_SLACK_CENTER) == after); // the nearest
    assert_true(deadline_with(2, t, 1000, TIMER_SLACK_EARLY) == before);
    assert_true(deadline_with(2, t, 499, TIMER_SLACK_EARLY) == t);
    assert_true(deadline_with(2, t, 1000, TIMER_SLACK_LATE) == after);
    assert_true(deadline_with(2, t, 299, TIMER_SLACK_LATE) == t);
    assert_true(deadline_with(2, before, 1000, TIMER_SLACK_LATE) == before); // exactly there
    // Windows saturate.
    assert_true(deadline_with(2, t, INT64_MAX, TIMER_SLACK_CENTER) == after);
    assert_true(deadline_with(2, ZX_TIME_INFINITE - 1, INT64_MAX, TIMER_SLACK_LATE) ==
                ZX_TIME_INFINITE - 1);
    assert_true(timer_cancel(&probes[0].timer));
    assert_true(timer_cancel(&probes[1].timer));
    preempt_enable();
    timer_set(&probes[3].timer, ZX_TIME_INFINITE); // arms nothing
    assert_false(timer_cancel(&probes[3].timer));
    assert_int_equal(atomic_load(&fired), 0);
}

KERNEL_TEST(cancel_leaves_no_callback_running, 3, 200)
{
    reset();
    for (unsigned i = 0; i < COUNT; i++) {
        struct probe *p = &probes[i];
        timer_set(&p->timer, hal_now() + (zx_time_t)host_random(60000));
        sleep_for((zx_duration_t)host_random(30000)); // often to another CPU
        bool removed = timer_cancel(&p->timer);
        assert_false(atomic_load(&p->running));
        assert_int_equal(atomic_load(&p->fired), removed ? 0 : 1);
        assert_false(timer_cancel(&p->timer));
    }
    unsigned total = atomic_load(&fired);
    sleep_for(ZX_MSEC(1));
    assert_int_equal(atomic_load(&fired), total);
}

KERNEL_TEST(callback_may_arm_its_timer_again, 2, 100)
{
    reset();
    probes[0].again = 5;
    timer_set(&probes[0].timer, hal_now() + 1000);
    probes[1].again = 1000000;
    timer_set(&probes[1].timer, hal_now() + 1000);
    while (atomic_load(&probes[0].fired) < 6)
        sleep_for(ZX_MSEC(10));
    while (!timer_cancel(&probes[1].timer)) // between two firings at the latest
        sleep_for(1000);
    unsigned total = atomic_load(&probes[1].fired);
    sleep_for(ZX_MSEC(100));
    assert_int_equal(atomic_load(&probes[1].fired), total);
    assert_int_equal(atomic_load(&probes[0].fired), 6);
}

KERNEL_TEST_DET(sleepers_wake_in_order, 1, 40)
{
    reset();
    for (unsigned i = 0; i < 10; i++) {
        zx_time_t deadline = hal_now() + (zx_time_t)host_random(3000000);
        thread_sleep_until(deadline);
        assert_true(hal_now() >= deadline);
    }
    zx_time_t before = hal_now();
    thread_sleep_until(before - 1); // not at all
    thread_sleep_until(0);
    thread_sleep_until(ZX_TIME_INFINITE_PAST);
}

// ---- deferred work -------------------------------------------------------------------------------

static struct {
    struct work work;
    struct timer timer;
    atomic_uint ran;
    unsigned again;
    bool may_block;
} job;

static void does_work(struct work *w)
{
    assert_int_equal(thread_current()->base_priority, PRIORITY_HIGHEST);
    assert_true(hal_irqs_enabled());
    if (job.may_block)
        sleep_for(5000);
    atomic_fetch_add(&job.ran, 1);
    if (job.again > 0) {
        job.again--;
        work_queue(w);
    }
}

static void queues_work(struct timer *timer, zx_time_t now)
{
    (void)timer;
    (void)now;
    work_queue(&job.work);
    work_queue(&job.work); // is queued already
}

static void work_reset(unsigned again, bool may_block)
{
    work_init(&job.work, does_work);
    timer_init(&job.timer, queues_work);
    atomic_store(&job.ran, 0);
    job.again = again;
    job.may_block = may_block;
}

static void await_ran(unsigned count)
{
    while (atomic_load(&job.ran) < count)
        sleep_for(10000);
    sleep_for(ZX_MSEC(1));
    assert_int_equal(atomic_load(&job.ran), count);
}

KERNEL_TEST(work_from_an_interrupt_runs_once_in_a_worker, 2, 100)
{
    work_reset(0, true);
    timer_set(&job.timer, hal_now() + 1000);
    await_ran(1);
    assert_false(timer_cancel(&job.timer));
}

KERNEL_TEST(work_may_queue_itself_again, 2, 60)
{
    work_reset(5, false);
    work_queue(&job.work);
    await_ran(6);
}

static void spins_until_ran(void *arg)
{
    (void)arg;
    work_queue(&job.work);
    while (atomic_load(&job.ran) == 0)
        hal_preempt_point();
}

KERNEL_TEST(work_goes_before_its_queuer, 1, 60)
{
    static struct kthread k;

    work_reset(0, false);
    kthread_start(&k, 20, spins_until_ran, NULL);
    kthread_join(&k);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest timer_tests[] = {
    T(timers_fire_in_order_and_never_early),
    T(slack_joins_a_neighbour_inside_the_window),
    T(cancel_leaves_no_callback_running),
    T(callback_may_arm_its_timer_again),
    T(sleepers_wake_in_order),
    T(work_from_an_interrupt_runs_once_in_a_worker),
    T(work_may_queue_itself_again),
    T(work_goes_before_its_queuer),
};
const size_t timer_test_count = countof(timer_tests);
