// SPDX-License-Identifier: MIT
// Wake-ups are never lost: tokens go round between threads that block, in every way that there is to
// wake somebody, and none is ever stuck with a thread that sleeps on.
#include "sched_test.h"

#define THREADS 6u
#define TOKENS  4u
#define HOPS    150u // of all tokens together

struct holder {
    struct kthread k;
    atomic_uint inbox; // tokens that wait for it
};

static struct holder holders[THREADS];
static atomic_uint hops;
static atomic_uint kept; // tokens whose way is over
static bool deadlines;   // some waits have one, which may make up for a wake-up that was lost
static struct thread *director;

static void pass_on(struct holder *to)
{
    atomic_fetch_add(&to->inbox, 1);
    (void)wait_wake(&to->k.thread, ZX_OK); // false: it is awake, and will look
}

static void end_of_all(void)
{
    (void)wait_wake(director, ZX_OK);
    for (unsigned i = 0; i < THREADS; i++)
        (void)wait_wake(&holders[i].k.thread, ZX_OK);
}

// Blocks until there is a token, or somebody interrupts the wait, or its deadline passes; then the holder
// looks again. `to`: gets a token first, and is handed this CPU.
static void block(struct holder *h, struct holder *to)
{
    zx_time_t deadline = ZX_TIME_INFINITE;

    wait_arm(host_random(2) == 0);
    if (to != NULL) {
        wait_handoff_begin();
        pass_on(to);
        wait_handoff_end();
    }
    if (atomic_load(&h->inbox) != 0 || atomic_load(&kept) == TOKENS)
        deadline = 0; // it does not block after all
    else if (deadlines && host_random(4) == 0)
        deadline = hal_now() + (zx_time_t)host_random(20000);
    zx_status_t status = wait_block(WAIT_ON_NOTHING, deadline);
    assert_true(status == ZX_OK || status == ZX_ERR_CANCELED ||
                (status == ZX_ERR_TIMED_OUT && deadline != ZX_TIME_INFINITE));
}

static void take_one(struct holder *h)
{
    struct holder *to = &holders[host_random(THREADS)];

    atomic_fetch_sub(&h->inbox, 1);
    if (atomic_fetch_add(&hops, 1) >= HOPS) {
        if (atomic_fetch_add(&kept, 1) + 1 == TOKENS)
            end_of_all();
        return;
    }
    switch (host_random(6)) {
    case 0:
        thread_set_priority(thread_current(), (unsigned)host_random(PRIORITY_DIRECTOR));
        break;
    case 1:
        thread_yield();
        break;
    case 2:
        (void)wait_interrupt(&to->k.thread, ZX_ERR_CANCELED);
        break;
    case 3:
        block(h, to);
        return;
    default:
        break;
    }
    pass_on(to);
}

static void holds_tokens(void *arg)
{
    struct holder *h = arg;

    while (atomic_load(&kept) < TOKENS) {
        if (atomic_load(&h->inbox) != 0)
            take_one(h);
        else
            block(h, NULL);
    }
}

static void prepare(void)
{
    atomic_store(&hops, 0);
    atomic_store(&kept, 0);
    deadlines = host_random(2) == 0;
    director = thread_current();
    for (unsigned i = 0; i < THREADS; i++) {
        unsigned cpu = (unsigned)host_random(2 * hal_cpu_count()); // half of them are bound to one
        atomic_store(&holders[i].inbox, 0);
        kthread_prepare(&holders[i].k, (unsigned)host_random(PRIORITY_DIRECTOR),
                        cpu < hal_cpu_count() ? 1u << cpu : UINT32_MAX, holds_tokens, &holders[i]);
    }
    for (unsigned i = 0; i < TOKENS; i++)
        atomic_fetch_add(&holders[host_random(THREADS)].inbox, 1);
}

static void tokens_go_round(void)
{
    prepare();
    wait_arm(false);
    for (unsigned i = 0; i < THREADS; i++)
        kthread_go(&holders[i].k);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
    for (unsigned i = 0; i < THREADS; i++)
        kthread_join(&holders[i].k);
    assert_int_equal(atomic_load(&kept), TOKENS);
}

KERNEL_TEST(no_token_is_stuck_1_cpu, 1, 150) { tokens_go_round(); }
KERNEL_TEST(no_token_is_stuck_2_cpus, 2, 300) { tokens_go_round(); }
KERNEL_TEST(no_token_is_stuck_4_cpus, 4, 300) { tokens_go_round(); }

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest tokens_tests[] = {
    T(no_token_is_stuck_1_cpu),
    T(no_token_is_stuck_2_cpus),
    T(no_token_is_stuck_4_cpus),
};
const size_t tokens_test_count = countof(tokens_tests);
