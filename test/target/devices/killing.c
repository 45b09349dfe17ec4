// SPDX-License-Identifier: MIT
//
// Killing drivers while they work; the interface is in faults.h.

#include "faults.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/devices.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls/object.h>

#define NAP   ZX_MSEC(5)
#define KILLS 100u

// Samples that are equal, one NAP after the other, where all that ended has gone.
#define STEADY 10u

// Less than the three pages or more that each kill of a driver with DMA would lose.
#define SLACK (256u * 4096u)

uint32_t roll(uint64_t *dice, uint32_t sides)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % sides;
}

static void kill_driver(const char *name)
{
    zx_handle_t channel;

    if (service_connect("/svc/devices", &channel) != ZX_OK) {
        check_fail(__FILE__, __LINE__, "no /svc/devices");
        return;
    }
    EXPECT_EQ(devices_restart(channel, soon(), name, strlen(name)), ZX_OK);
    zx_handle_close(channel);
}

bool open_again(const struct victim *victim)
{
    for (zx_time_t end = soon(); zx_clock_get_monotonic() < end;) {
        if (victim->open()) {
            return true;
        }
        zx_nanosleep(zx_deadline_after(NAP));
    }
    check_fail(__FILE__, __LINE__, "%s does not come back", victim->service);
    return false;
}

// ---- figures ------------------------------------------------------------------------------------

struct figures {
    uint64_t free_bytes;
    uint32_t tasks[TASK_THREAD + 1];
    uint64_t handles;
};

static bool count_task(void *context, const struct task *task)
{
    struct figures *figures = context;
    zx_info_process_handle_stats_t info = {0};

    figures->tasks[task->kind]++;
    if (task->kind == TASK_PROCESS &&
        zx_object_get_info(task->handle, ZX_INFO_PROCESS_HANDLE_STATS, &info, sizeof(info), NULL,
                           NULL) == ZX_OK) {
        for (size_t i = 0; i < sizeof(info.handle_count) / sizeof(info.handle_count[0]); i++) {
            figures->handles += info.handle_count[i];
        }
    }
    return true;
}

static struct figures take_figures(void)
{
    struct figures figures = {0};
    zx_info_kmem_stats_t memory = {0};
    zx_handle_t channel, resource, job;

    EXPECT_EQ(service_connect("/svc/system", &channel), ZX_OK);
    EXPECT_EQ(system_root_resource(channel, soon(), ZX_RIGHT_SAME_RIGHTS, &resource), ZX_OK);
    EXPECT_EQ(system_root_job(channel, soon(), ZX_RIGHT_SAME_RIGHTS, &job), ZX_OK);
    EXPECT_EQ(zx_object_get_info(resource, ZX_INFO_KMEM_STATS, &memory, sizeof(memory), NULL, NULL),
              ZX_OK);
    figures.free_bytes = memory.free_bytes;
    tasks_walk(job, count_task, &figures);
    zx_handle_close(job);
    zx_handle_close(resource);
    zx_handle_close(channel);
    return figures;
}

// What a driver had for a connection goes some time after the client has closed it: figures that stay the same.
static struct figures take_steady_figures(void)
{
    struct figures last = take_figures();
    uint32_t same = 0;

    for (zx_time_t end = soon(); zx_clock_get_monotonic() < end && same < STEADY;) {
        zx_nanosleep(zx_deadline_after(NAP));
        struct figures now = take_figures();
        bool steady =
            memcmp(now.tasks, last.tasks, sizeof(now.tasks)) == 0 && now.handles == last.handles;

        same = steady ? same + 1 : 0;
        last = now;
    }
    return last;
}

// Fewer tasks or handles than before: something of the time before went late.
static bool are_back(const struct figures *before, const struct figures *after)
{
    bool back =
        after->handles <= before->handles && after->free_bytes + SLACK >= before->free_bytes;

    for (size_t kind = 0; kind <= TASK_THREAD; kind++) {
        back = back && after->tasks[kind] <= before->tasks[kind];
    }
    return back;
}

// Destruction goes on for a moment after the answers.
static void expect_back(const struct figures *before)
{
    struct figures after = take_figures();

    for (zx_time_t end = soon(); zx_clock_get_monotonic() < end && !are_back(before, &after);) {
        zx_nanosleep(zx_deadline_after(NAP));
        after = take_figures();
    }
    check_print("# free before %llu, after %llu; handles before %llu, after %llu",
                (unsigned long long)before->free_bytes, (unsigned long long)after.free_bytes,
                (unsigned long long)before->handles, (unsigned long long)after.handles);
    for (size_t kind = 0; kind <= TASK_THREAD; kind++) {
        EXPECT_TRUE(after.tasks[kind] <= before->tasks[kind]);
    }
    EXPECT_TRUE(after.handles <= before->handles);
    EXPECT_TRUE(after.free_bytes + SLACK >= before->free_bytes);
}

// ---- killing ------------------------------------------------------------------------------------

static atomic_bool over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint32_t connections; // made so far; under the lock

static void note_connection(void)
{
    pthread_mutex_lock(&lock);
    connections++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

// Waits for a connection after number `last`; returns the number of the newest.
static uint32_t await_connection(uint32_t last)
{
    pthread_mutex_lock(&lock);
    while (connections == last && !atomic_load(&over)) {
        pthread_cond_wait(&changed, &lock);
    }
    last = connections;
    pthread_mutex_unlock(&lock);
    return last;
}

// Most instants lie in the beginning of a connection, some before the driver serves anybody.
static void *kill_often(void *argument)
{
    const struct victim *victim = argument;
    uint64_t dice = 2;
    uint32_t last = 0;

    for (uint32_t i = 0; i < KILLS && !atomic_load(&over); i++) {
        if (i % 5 != 4) {
            last = await_connection(last);
        }
        zx_nanosleep(zx_deadline_after(ZX_USEC(roll(&dice, victim->spread))));
        kill_driver(victim->service);
    }
    atomic_store(&over, true);
    return NULL;
}

// ---- the client ---------------------------------------------------------------------------------

static zx_duration_t longest; // that the client waited for an answer, or for a driver to connect to

static void note_wait(zx_time_t start)
{
    zx_duration_t took = zx_clock_get_monotonic() - start;

    longest = took > longest ? took : longest;
}

static bool timed_open(const struct victim *victim)
{
    zx_time_t start = zx_clock_get_monotonic();
    bool good = open_again(victim);

    note_wait(start);
    return good;
}

static bool timed_use(const struct victim *victim, uint64_t *dice)
{
    zx_time_t start = zx_clock_get_monotonic();
    bool good = victim->use(dice);

    note_wait(start);
    return good;
}

static void use_until_over(const struct victim *victim)
{
    uint64_t dice = 1;
    uint32_t good = 0, failed = 0;

    while (!atomic_load(&over) && timed_open(victim)) {
        note_connection();
        while (!atomic_load(&over) && timed_use(victim, &dice)) {
            good++;
        }
        failed++;
        victim->close();
    }
    atomic_store(&over, true);
    note_connection(); // nobody waits for one that will not come
    check_print("# %u answers, %u connections; the longest wait was %lld us", good, failed,
                (long long)longest / 1000);
    EXPECT_TRUE(good != 0);
}

static void expect_quick(void)
{
    const char *limit = getenv("FAULTS_LIMIT_MS");

    EXPECT_TRUE(limit == NULL || longest <= ZX_MSEC(atoi(limit)));
}

// One connection, with some uses. False: noted.
static bool works(const struct victim *victim, uint32_t uses)
{
    uint64_t dice = 3;
    bool good = open_again(victim);

    for (uint32_t i = 0; good && i < uses; i++) {
        good = victim->use(&dice);
        EXPECT_TRUE(good);
    }
    victim->close();
    return good;
}

void kill_while_used(const struct victim *victim)
{
    pthread_t killer;

    // What is made once, is made before the figures are taken.
    for (uint32_t i = 0; i < 3; i++) {
        ASSERT_TRUE(works(victim, 1));
        kill_driver(victim->service);
    }
    ASSERT_TRUE(works(victim, 1));
    const struct figures before = take_steady_figures();

    atomic_store(&over, false);
    connections = 0;
    longest = 0;
    ASSERT_EQ(pthread_create(&killer, NULL, kill_often, (void *)(uintptr_t)victim), 0);
    use_until_over(victim);
    ASSERT_EQ(pthread_join(killer, NULL), 0);
    expect_quick();
    EXPECT_TRUE(works(victim, 20));
    expect_back(&before);
}
