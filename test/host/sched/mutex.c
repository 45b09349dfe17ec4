// SPDX-License-Identifier: MIT
// Mutexes: exclusion, order of the hand-over, priority inheritance.
#include "sched_test.h"

LOCK_CLASS(outer_class, RANK_JOB_TREE, LOCK_MUTEX);
LOCK_CLASS(inner_class, RANK_OBJECT, LOCK_MUTEX);

static struct mutex outer = MUTEX_INIT(outer_class);
static struct mutex inner = MUTEX_INIT(inner_class);

static unsigned counter; // guarded by inner
static atomic_bool inside;

static void increments(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 30; i++) {
        mutex_lock(&inner);
        assert_false(atomic_exchange(&inside, true));
        unsigned value = counter;
        hal_preempt_point();
        if (host_random(10) == 0)
            sleep_for(host_random(5000));
        counter = value + 1;
        atomic_store(&inside, false);
        mutex_unlock(&inner);
    }
}

KERNEL_TEST(one_thread_at_a_time, 4, 150)
{
    static struct kthread k[4];

    counter = 0;
    for (unsigned i = 0; i < 4; i++)
        kthread_start(&k[i], 10 + i, increments, NULL);
    for (unsigned i = 0; i < 4; i++)
        kthread_join(&k[i]);
    assert_int_equal(counter, 120);
}

static unsigned order[8], ordered; // guarded by inner

static void records(void *arg)
{
    mutex_lock(&inner);
    order[ordered++] = (unsigned)(uintptr_t)arg;
    mutex_unlock(&inner);
}

// The highest first, equals in the order they came.
static void holds_for_waiters(void *arg)
{
    static const unsigned priorities[] = {21, 23, 22, 23, 21};
    static struct kthread k[5];

    (void)arg;
    ordered = 0;
    mutex_lock(&inner);
    for (unsigned i = 0; i < 5; i++) {
        kthread_start(&k[i], priorities[i], records, (void *)(uintptr_t)i);
        while (k[i].thread.blocked_on != &inner)
            sleep_for(1000); // lets it in, whatever priority we have inherited by now
    }
    mutex_unlock(&inner);
    for (unsigned i = 0; i < 5; i++)
        kthread_join(&k[i]);
    const unsigned expected[] = {1, 3, 2, 0, 4};
    assert_int_equal(ordered, 5);
    assert_memory_equal(order, expected, sizeof(expected));
}

KERNEL_TEST_DET(mutex_goes_to_the_highest_then_the_oldest, 1, 40)
{
    static struct kthread k;

    kthread_start(&k, 20, holds_for_waiters, NULL);
    kthread_join(&k);
}

// ---- inheritance -------------------------------------------------------------------------------------

static struct kthread low, middle, high, hog;
static atomic_bool high_done;

static void middle_main(void *arg)
{
    (void)arg;
    mutex_lock(&outer);
    mutex_lock(&inner);
    assert_int_equal(priority_now(&middle), 25); // from high, behind outer
    mutex_unlock(&inner);
    mutex_unlock(&outer);
    assert_int_equal(priority_now(&middle), 10);
}

static void high_main(void *arg)
{
    (void)arg;
    mutex_lock(&outer);
    atomic_store(&high_done, true);
    mutex_unlock(&outer);
}

static void hog_main(void *arg)
{
    (void)arg;
    while (!atomic_load(&high_done))
        hal_preempt_point();
}

// low holds inner; middle holds outer and waits for inner; high waits for outer; a hog of a priority
// between them would keep low from the CPU for ever.
static void low_main(void *arg)
{
    (void)arg;
    mutex_lock(&inner);
    kthread_start(&middle, 10, middle_main, NULL);
    assert_int_equal(priority_now(&low), 10);
    kthread_start(&high, 25, high_main, NULL);
    assert_int_equal(priority_now(&middle), 25);
    assert_int_equal(priority_now(&low), 25);
    kthread_start(&hog, 20, hog_main, NULL);
    assert_false(atomic_load(&high_done));
    mutex_unlock(&inner);
    assert_int_equal(priority_now(&low), 5);
    assert_true(atomic_load(&high_done));
}

KERNEL_TEST_DET(priority_is_inherited_along_a_chain, 1, 60)
{
    atomic_store(&high_done, false);
    kthread_start(&low, 5, low_main, NULL);
    kthread_join(&low);
    kthread_join(&middle);
    kthread_join(&high);
    kthread_join(&hog);
}

static void waits_for_inner(void *arg)
{
    (void)arg;
    mutex_lock(&inner);
    mutex_unlock(&inner);
}

// What a waiter's base priority becomes, its owner has, up and down.
static void owner_follows(void *arg)
{
    (void)arg;
    mutex_lock(&inner);
    kthread_start(&high, 15, waits_for_inner, NULL);
    assert_int_equal(priority_now(&low), 15);
    thread_set_priority(&high.thread, 22);
    assert_int_equal(priority_now(&low), 22);
    thread_set_priority(&high.thread, 12);
    assert_int_equal(priority_now(&low), 12);
    thread_set_priority(&high.thread, 2);
    assert_int_equal(priority_now(&low), 5); // its own
    thread_set_priority(&low.thread, 7);
    assert_int_equal(priority_now(&low), 7);
    mutex_unlock(&inner);
    assert_int_equal(priority_now(&low), 7);
}

KERNEL_TEST_DET(owner_follows_its_waiter_up_and_down, 1, 20)
{
    kthread_start(&low, 5, owner_follows, NULL);
    kthread_join(&low);
    kthread_join(&high);
}

// The highest waiter of two mutexes counts, and leaves with its mutex.
static void waits_for_outer(void *arg)
{
    (void)arg;
    mutex_lock(&outer);
    mutex_unlock(&outer);
}

static void holds_two(void *arg)
{
    (void)arg;
    mutex_lock(&outer);
    mutex_lock(&inner);
    kthread_start(&middle, 15, waits_for_outer, NULL);
    kthread_start(&high, 25, waits_for_inner, NULL);
    assert_int_equal(priority_now(&low), 25);
    mutex_unlock(&inner);
    assert_int_equal(priority_now(&low), 15);
    mutex_unlock(&outer);
    assert_int_equal(priority_now(&low), 5);
}

KERNEL_TEST_DET(inheritance_of_two_mutexes, 1, 40)
{
    kthread_start(&low, 5, holds_two, NULL);
    kthread_join(&low);
    kthread_join(&middle);
    kthread_join(&high);
}

// Many threads, nested mutexes, changing priorities: nobody stays behind with a borrowed priority.
static void nests(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 15; i++) {
        if (host_random(2) == 0) {
            mutex_lock(&outer);
            mutex_lock(&inner);
            counter++;
            mutex_unlock(&inner);
            mutex_unlock(&outer);
        } else {
            mutex_lock(&inner);
            counter++;
            mutex_unlock(&inner);
        }
        if (host_random(4) == 0)
            thread_set_priority(thread_current(), 5 + (unsigned)host_random(20));
    }
    struct thread *self = thread_current();
    assert_int_equal(atomic_load(&self->priority), self->base_priority);
}

KERNEL_TEST(inheritance_under_load, 3, 150)
{
    static struct kthread k[5];

    counter = 0;
    for (unsigned i = 0; i < 5; i++)
        kthread_start(&k[i], 5 + 4 * i, nests, NULL);
    for (unsigned i = 0; i < 5; i++)
        kthread_join(&k[i]);
    assert_int_equal(counter, 75);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest mutex_tests[] = {
    T(one_thread_at_a_time),
    T(mutex_goes_to_the_highest_then_the_oldest),
    T(priority_is_inherited_along_a_chain),
    T(owner_follows_its_waiter_up_and_down),
    T(inheritance_of_two_mutexes),
    T(inheritance_under_load),
};
const size_t mutex_test_count = countof(mutex_tests);
