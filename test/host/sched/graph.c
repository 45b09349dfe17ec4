// SPDX-License-Identifier: MIT
// Priority inheritance against a model: random threads hold and wait for random mutexes and pi_queues,
// and change their own priorities. After each step every thread has to run at the highest of its own
// priority and those of all that wait for it, directly or through others. No step makes a circle.
#include "sched_test.h"

#include <host/machine.h>
#include <sched/pi.h>

#define ACTORS  8u
#define MUTEXES 6u
#define QUEUES  4u
#define STEPS   80u
#define NONE    (-1)

LOCK_CLASS(graph_class, RANK_OBJECT, LOCK_MUTEX);

enum order { ORDER_NONE, ORDER_LOCK, ORDER_UNLOCK, ORDER_END };

// What a thread does is told by the director, which runs the scenario.
struct actor {
    struct kthread k;
    atomic_int order;
    atomic_uint mutex; // that the order is about
};

static struct actor actors[ACTORS];
static struct mutex mutexes[MUTEXES];
static struct pi_queue queues[QUEUES];

// The model: actors by number. A member that queues for a mutex as well counts in its pi_queue with the
// priority that it had before, until it has the mutex (mutex.c, M5).
static struct {
    unsigned base[ACTORS];
    int waits[ACTORS];  // mutex that it queues for
    int member[ACTORS]; // queue that it is in
    unsigned counted[ACTORS];
    int holder[MUTEXES];
    int owner[QUEUES];
} model;

// ---- the model -----------------------------------------------------------------------------------------

// Whom `a` waits for by a mutex and by a pi_queue, or NONE.
static int mutex_holder(unsigned a)
{
    return model.waits[a] == NONE ? NONE : model.holder[model.waits[a]];
}

static int queue_owner(unsigned a)
{
    return model.member[a] == NONE ? NONE : model.owner[model.member[a]];
}

// Whether `from` waits for `a`, directly or not, or is `a`.
static bool leads_to(int from, unsigned a)
{
    if (from == NONE || from == (int)a)
        return from != NONE;
    return leads_to(mutex_holder((unsigned)from), a) || leads_to(queue_owner((unsigned)from), a);
}

static unsigned expected_priority(unsigned a)
{
    unsigned highest = model.base[a];

    for (unsigned w = 0; w < ACTORS; w++) {
        if (mutex_holder(w) == (int)a)
            highest = MAX(highest, expected_priority(w));
        if (queue_owner(w) == (int)a)
            highest = MAX(highest, model.waits[w] == NONE ? expected_priority(w) : model.counted[w]);
    }
    return highest;
}

static void check_all(void)
{
    for (unsigned a = 0; a < ACTORS; a++) {
        const unsigned expected = expected_priority(a);
        assert_int_equal(priority_now(&actors[a].k), expected);
        if (model.waits[a] == NONE)
            model.counted[a] = expected;
    }
}

// ---- the actors ----------------------------------------------------------------------------------------

// Which mutexes an actor holds is what the model decides: more than the analysis of lock use can follow.
static void obey(struct actor *me, int order) NO_TSA
{
    struct mutex *m = &mutexes[atomic_load(&me->mutex)];

    if (order == ORDER_LOCK)
        mutex_lock_nested(m);
    else if (order == ORDER_UNLOCK)
        mutex_unlock(m);
    atomic_store(&me->order, ORDER_NONE);
}

static void acts(void *arg)
{
    struct actor *me = arg;

    for (int order = ORDER_NONE; order != ORDER_END;) {
        wait_arm(false);
        while ((order = atomic_load(&me->order)) == ORDER_NONE) {
            (void)wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
            wait_arm(false);
        }
        zx_status_t ignored;
        (void)wait_disarm(&ignored);
        obey(me, order);
    }
}

// Until nobody but us has anything left to do. The actors are elsewhere, if there is elsewhere.
static void wait_for(struct actor *a)
{
    if (hal_cpu_count() == 1) {
        while (atomic_load(&a->order) != ORDER_NONE && a->k.thread.blocked_on == NULL)
            sleep_for(1000);
        return;
    }
    do {
        hal_preempt_point();
    } while (!host_others_idle());
}

static void give_order(unsigned a, enum order order, unsigned mutex)
{
    atomic_store(&actors[a].mutex, mutex);
    atomic_store(&actors[a].order, order);
    (void)wait_wake(&actors[a].k.thread, ZX_OK);
    wait_for(&actors[a]);
}

// ---- steps: each does nothing where it is not possible -------------------------------------------------

static void lock(unsigned a, unsigned m)
{
    if (model.waits[a] != NONE || leads_to(model.holder[m], a))
        return;
    if (model.holder[m] == NONE)
        model.holder[m] = (int)a;
    else
        model.waits[a] = (int)m;
    give_order(a, ORDER_LOCK, m);
    assert_int_equal(atomic_load(&actors[a].order) == ORDER_NONE, model.waits[a] == NONE);
}

static void leave(unsigned a)
{
    if (model.member[a] == NONE || model.waits[a] != NONE)
        return;
    pi_queue_leave(&queues[model.member[a]], &actors[a].k.thread);
    model.member[a] = NONE;
}

// The mutex goes to one of those that waited with the highest priority.
static void take_over(unsigned m)
{
    struct thread *owner = (struct thread *)(atomic_load(&mutexes[m].owner) & ~(uintptr_t)1);
    unsigned highest = 0;
    int heir = NONE;

    model.holder[m] = NONE;
    for (unsigned a = 0; a < ACTORS; a++) {
        if (model.waits[a] == (int)m)
            highest = MAX(highest, expected_priority(a));
        if (owner == &actors[a].k.thread)
            heir = (int)a;
    }
    if (heir == NONE) {
        for (unsigned a = 0; a < ACTORS; a++)
            assert_true(model.waits[a] != (int)m);
        return;
    }
    assert_int_equal(model.waits[heir], m);
    assert_int_equal(expected_priority((unsigned)heir), highest);
    model.waits[heir] = NONE;
    model.holder[m] = heir;
    wait_for(&actors[heir]);
    assert_int_equal(atomic_load(&actors[heir].order), ORDER_NONE);
    if (leads_to(queue_owner((unsigned)heir), (unsigned)heir))
        leave((unsigned)heir); // the owner waits for this mutex, too
}

static void unlock(unsigned a, unsigned m)
{
    if (model.waits[a] != NONE || model.holder[m] != (int)a)
        return;
    give_order(a, ORDER_UNLOCK, m);
    take_over(m);
}

// A blocked thread may be made a member by anybody: the actor waits for orders. It may be a member and
// then queue for a mutex; it leaves when it has it.
static void join(unsigned a, unsigned q)
{
    if (model.waits[a] != NONE || model.member[a] != NONE || leads_to(model.owner[q], a))
        return;
    pi_queue_join(&queues[q], &actors[a].k.thread);
    model.member[a] = (int)q;
}

static void own(unsigned q, int owner)
{
    for (unsigned a = 0; a < ACTORS; a++) {
        if (model.member[a] == (int)q && leads_to(owner, a))
            return;
    }
    pi_queue_set_owner(&queues[q], owner == NONE ? NULL : &actors[owner].k.thread);
    model.owner[q] = owner;
}

static void rebase(unsigned a, unsigned priority)
{
    model.base[a] = priority;
    thread_set_priority(&actors[a].k.thread, priority);
}

static void random_step(void)
{
    unsigned a = (unsigned)host_random(ACTORS), m = (unsigned)host_random(MUTEXES);
    unsigned q = (unsigned)host_random(QUEUES);

    switch (host_random(8)) {
    case 0:
    case 1:
    case 2:
        lock(a, m);
        break;
    case 3:
        if (model.holder[m] != NONE)
            unlock((unsigned)model.holder[m], m);
        break;
    case 4:
        join(a, q);
        break;
    case 5:
        leave(a);
        break;
    case 6:
        own(q, host_random(4) == 0 ? NONE : (int)a);
        break;
    default:
        rebase(a, (unsigned)host_random(PRIORITY_DIRECTOR));
        break;
    }
}

// ---- from the first step to the last -------------------------------------------------------------------

static void begin(void)
{
    const uint32_t elsewhere = hal_cpu_count() == 1 ? UINT32_MAX : ~(1u << cpu_this()->num);

    for (unsigned i = 0; i < MUTEXES; i++) {
        mutex_init(&mutexes[i], &graph_class);
        model.holder[i] = NONE;
    }
    for (unsigned i = 0; i < QUEUES; i++) {
        pi_queue_init(&queues[i]);
        model.owner[i] = NONE;
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        model.waits[i] = model.member[i] = NONE;
        model.base[i] = (unsigned)host_random(PRIORITY_DIRECTOR);
        atomic_store(&actors[i].order, ORDER_NONE);
        kthread_prepare(&actors[i].k, model.base[i], elsewhere, acts, &actors[i]);
        kthread_go(&actors[i].k);
    }
}

static bool held(void)
{
    for (unsigned m = 0; m < MUTEXES; m++) {
        if (model.holder[m] != NONE)
            return true;
    }
    return false;
}

// Without circles somebody can always go on.
static void end(void)
{
    for (unsigned q = 0; q < QUEUES; q++)
        own(q, NONE);
    check_all();
    while (held()) {
        for (unsigned m = 0; m < MUTEXES; m++) {
            if (model.holder[m] != NONE)
                unlock((unsigned)model.holder[m], m);
            check_all();
        }
    }
    for (unsigned a = 0; a < ACTORS; a++) {
        leave(a);
        assert_int_equal(priority_now(&actors[a].k), model.base[a]);
        give_order(a, ORDER_END, 0);
        kthread_join(&actors[a].k);
    }
}

static void walk(void)
{
    stay_here();
    begin();
    for (unsigned i = 0; i < STEPS; i++) {
        random_step();
        check_all();
    }
    end();
}

KERNEL_TEST_DET(inheritance_is_as_in_the_model_1_cpu, 1, 300) { walk(); }
KERNEL_TEST_DET(inheritance_is_as_in_the_model_3_cpus, 3, 300) { walk(); }

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest graph_tests[] = {
    T(inheritance_is_as_in_the_model_1_cpu),
    T(inheritance_is_as_in_the_model_3_cpus),
};
const size_t graph_test_count = countof(graph_tests);
