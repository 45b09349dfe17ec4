// SPDX-License-Identifier: MIT
// C11 threads (spec 12 section 4, 34 section 4.1).
#include <check/check.h>

#include <stdatomic.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/threads.h>

#include "baseline.h"

static struct timespec after(long milliseconds)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += milliseconds / 1000;
    at.tv_nsec += milliseconds % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static bool is_past(const struct timespec *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}

TEST(constants_and_sizes)
{
    EXPECT_EQ(thrd_success, 0);
    EXPECT_EQ(thrd_busy, 1);
    EXPECT_EQ(thrd_error, 2);
    EXPECT_EQ(thrd_nomem, 3);
    EXPECT_EQ(thrd_timedout, 4);
    EXPECT_EQ(mtx_plain, 0);
    EXPECT_EQ(mtx_recursive, 1);
    EXPECT_EQ(mtx_timed, 2);
    EXPECT_EQ(ONCE_FLAG_INIT, 0);
    EXPECT_EQ(TSS_DTOR_ITERATIONS, 4);
    EXPECT_EQ(sizeof(mtx_t), 4);
    EXPECT_EQ(sizeof(cnd_t), 24);
}

// ---- threads ----

static int return_it(void *argument)
{
    return *(int *)argument;
}

static int exit_with_it(void *argument)
{
    thrd_exit(*(int *)argument);
}

TEST(join_gives_the_result)
{
    struct baseline before = baseline_take(true);
    thrd_t thread;
    int values[3] = {-7, 8, 9}, result = 0;

    ASSERT_EQ(thrd_create(&thread, return_it, &values[0]), thrd_success);
    EXPECT_EQ(thrd_join(thread, &result), thrd_success);
    EXPECT_EQ(result, -7);
    ASSERT_EQ(thrd_create(&thread, exit_with_it, &values[1]), thrd_success);
    EXPECT_EQ(thrd_join(thread, &result), thrd_success);
    EXPECT_EQ(result, 8);
    ASSERT_EQ(thrd_create_with_name(&thread, return_it, &values[2], NULL), thrd_success);
    EXPECT_EQ(thrd_join(thread, NULL), thrd_success);
    EXPECT_EQ(thrd_join(thread, NULL), thrd_error);
    baseline_check(&before);
}

static atomic_uint ended;
static atomic_bool go_on;

static int wait_for_go(void *argument)
{
    while (!go_on)
        thrd_yield();
    (void)argument;
    return 0;
}

TEST(long_names_are_cut)
{
    thrd_t thread;
    char name[ZX_MAX_NAME_LEN] = "";

    go_on = false;
    ASSERT_EQ(thrd_create_with_name(&thread, wait_for_go, NULL,
                                    "a name that is much longer than the kernel can keep"),
              thrd_success);
    EXPECT_EQ(zx_object_get_property(thrd_get_zx_handle(thread), ZX_PROP_NAME, name, sizeof(name)),
              ZX_OK);
    EXPECT_STR(name, "a name that is much longer than");
    go_on = true;
    EXPECT_EQ(thrd_join(thread, NULL), thrd_success);
}

TEST(the_handle_is_the_threads_and_can_be_duplicated)
{
    thrd_t thread;
    zx_handle_t copy;
    zx_signals_t seen = 0;

    go_on = false;
    ASSERT_EQ(thrd_create(&thread, wait_for_go, NULL), thrd_success);
    ASSERT_EQ(zx_handle_duplicate(thrd_get_zx_handle(thread), ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(copy, ZX_THREAD_TERMINATED, 0, &seen), ZX_ERR_TIMED_OUT);
    go_on = true;
    EXPECT_EQ(zx_object_wait_one(copy, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, &seen), ZX_OK);
    EXPECT_EQ(thrd_join(thread, NULL), thrd_success);
    EXPECT_EQ(zx_handle_close(copy), ZX_OK);
    EXPECT_EQ(thrd_get_zx_handle(thrd_current()), zx_thread_self());
    EXPECT_TRUE(thrd_equal(thrd_current(), thrd_current()));
}

static int detach_itself(void *argument)
{
    EXPECT_EQ(thrd_detach(thrd_current()), thrd_success);
    ended++;
    (void)argument;
    return 0;
}

static void storm(void)
{
    thrd_t thread;

    ended = 0;
    for (unsigned i = 0; i < 1000; i++) {
        ASSERT_EQ(thrd_create_with_name(&thread, detach_itself, NULL, "detacher"), thrd_success);
        while (ended + 32 < i)
            thrd_yield();
    }
    while (ended < 1000)
        thrd_yield();
}

TEST(a_thousand_detach_themselves)
{
    baseline_check_rounds(storm);
}

TEST(sleep_is_relative_and_long_enough)
{
    struct timespec at = after(30), duration = {0, 30000000}, left = {7, 7};

    EXPECT_EQ(thrd_sleep(&duration, &left), 0);
    EXPECT_TRUE(is_past(&at));
    EXPECT_EQ(left.tv_sec, 0);
    EXPECT_EQ(left.tv_nsec, 0);
    duration.tv_nsec = 1000000000;
    EXPECT_EQ(thrd_sleep(&duration, NULL), -2);
}

TEST(statuses_have_a_meaning_for_the_kernel)
{
    EXPECT_EQ(thrd_status_to_zx_status(thrd_success), ZX_OK);
    EXPECT_EQ(thrd_status_to_zx_status(thrd_nomem), ZX_ERR_NO_MEMORY);
    EXPECT_EQ(thrd_status_to_zx_status(thrd_timedout), ZX_ERR_TIMED_OUT);
    EXPECT_EQ(thrd_status_to_zx_status(thrd_busy), ZX_ERR_SHOULD_WAIT);
    EXPECT_EQ(thrd_status_to_zx_status(thrd_error), ZX_ERR_INTERNAL);
    EXPECT_EQ(thrd_status_to_zx_status(99), ZX_ERR_INTERNAL);
}

// ---- mutexes ----

TEST(initialisers_are_byte_for_byte_the_same)
{
    mtx_t mutex, fresh = MTX_INIT;
    cnd_t condition, fresh_condition = CND_INIT;

    memset(&mutex, 0xae, sizeof(mutex));
    EXPECT_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
    EXPECT_EQ(memcmp(&mutex, &fresh, sizeof(mutex)), 0);
    memset(&mutex, 0xae, sizeof(mutex));
    EXPECT_EQ(mtx_init(&mutex, mtx_timed), thrd_success);
    EXPECT_EQ(memcmp(&mutex, &fresh, sizeof(mutex)), 0);
    memset(&condition, 0xae, sizeof(condition));
    EXPECT_EQ(cnd_init(&condition), thrd_success);
    EXPECT_EQ(memcmp(&condition, &fresh_condition, sizeof(condition)), 0);
    EXPECT_EQ(mtx_init(&mutex, mtx_recursive), thrd_error);
}

static mtx_t mutex = MTX_INIT;
static unsigned counter;

static int count_up(void *argument)
{
    for (unsigned i = 0; i < 20000; i++) {
        mtx_lock(&mutex);
        counter++;
        mtx_unlock(&mutex);
    }
    (void)argument;
    return 0;
}

TEST(mutexes_exclude)
{
    thrd_t threads[3];

    counter = 0;
    for (unsigned i = 0; i < 3; i++)
        ASSERT_EQ(thrd_create(&threads[i], count_up, NULL), thrd_success);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
    EXPECT_EQ(counter, 60000);
}

static int try_it(void *argument)
{
    struct timespec at = after(110), bad = {0, 1000000000};

    EXPECT_EQ(mtx_trylock(&mutex), thrd_busy);
    EXPECT_EQ(mtx_timedlock(&mutex, &bad), thrd_error);
    EXPECT_EQ(mtx_timedlock(&mutex, &at), thrd_timedout);
    EXPECT_TRUE(is_past(&at));
    (void)argument;
    return 0;
}

TEST(timed_lock_is_never_early)
{
    thrd_t thread;

    EXPECT_EQ(mtx_trylock(&mutex), thrd_success);
    ASSERT_EQ(thrd_create(&thread, try_it, NULL), thrd_success);
    EXPECT_EQ(thrd_join(thread, NULL), thrd_success);
    EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
    // Past already: not even tried.
    struct timespec at = after(0);
    EXPECT_EQ(mtx_timedlock(&mutex, &at), thrd_timedout);
    at = after(10000);
    EXPECT_EQ(mtx_timedlock(&mutex, &at), thrd_success);
    EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
}

// ---- condition variables ----

static cnd_t condition = CND_INIT;
static unsigned waiting, released;

static int wait_once(void *argument)
{
    mtx_lock(&mutex);
    waiting++;
    EXPECT_EQ(cnd_wait(&condition, &mutex), thrd_success);
    released++;
    mtx_unlock(&mutex);
    (void)argument;
    return 0;
}

static unsigned read_locked(const unsigned *value)
{
    mtx_lock(&mutex);
    unsigned seen = *value;
    mtx_unlock(&mutex);
    return seen;
}

static void wait_for(const unsigned *value, unsigned wanted)
{
    while (read_locked(value) < wanted)
        thrd_yield();
}

TEST(a_broadcast_releases_those_that_wait_and_a_signal_one)
{
    thrd_t threads[6];

    waiting = released = 0;
    for (unsigned i = 0; i < 3; i++)
        ASSERT_EQ(thrd_create(&threads[i], wait_once, NULL), thrd_success);
    wait_for(&waiting, 3);
    cnd_broadcast(&condition);
    wait_for(&released, 3);
    for (unsigned i = 3; i < 6; i++)
        ASSERT_EQ(thrd_create(&threads[i], wait_once, NULL), thrd_success);
    wait_for(&waiting, 6);
    for (unsigned i = 4; i <= 6; i++) {
        cnd_signal(&condition);
        wait_for(&released, i);
        zx_nanosleep(zx_deadline_after(ZX_MSEC(10)));
        EXPECT_EQ(read_locked(&released), i);
    }
    for (unsigned i = 0; i < 6; i++)
        EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
}

TEST(a_timed_wait_is_never_early_and_holds_the_mutex)
{
    struct timespec at = after(120), bad = {0, 1000000000};

    mtx_lock(&mutex);
    EXPECT_EQ(cnd_timedwait(&condition, &mutex, &at), thrd_timedout);
    EXPECT_TRUE(is_past(&at));
    EXPECT_EQ(mtx_trylock(&mutex), thrd_busy);
    EXPECT_EQ(cnd_timedwait(&condition, &mutex, &bad), thrd_error);
    EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
}

// ---- once and keys ----

static atomic_uint initialised, destroyed;
static tss_t key;

static void initialise(void)
{
    initialised++;
}

static void destroy(void *value)
{
    destroyed++;
    if (destroyed < 20) // comes back, in vain
        tss_set(key, value);
}

static int use_key(void *argument)
{
    static once_flag flag = ONCE_FLAG_INIT;

    call_once(&flag, initialise);
    EXPECT_EQ(initialised, 1);
    EXPECT_TRUE(tss_get(key) == NULL);
    EXPECT_EQ(tss_set(key, argument), thrd_success);
    EXPECT_TRUE(tss_get(key) == argument);
    return 0;
}

TEST(keys_and_once)
{
    thrd_t threads[2];

    ASSERT_EQ(tss_create(&key, destroy), thrd_success);
    for (unsigned i = 0; i < 2; i++) {
        ASSERT_EQ(thrd_create(&threads[i], use_key, &key), thrd_success);
        EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
    }
    EXPECT_EQ(destroyed, 2 * TSS_DTOR_ITERATIONS);
    tss_delete(key);
}
