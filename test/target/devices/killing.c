// SPDX-License-Identifier: MIT
//
// Killing drivers while they work; the interface is in faults.h.

#include "faults.h"
#include "figures.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/devices.h>
#include <zircon/errors.h>

#define NAP   ZX_MSEC(5)
#define KILLS 100u

uint32_t roll(uint64_t *dice, uint32_t sides)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % sides;
}

void kill_driver(const char *name)
{
    zx_handle_t channel;

    if (service_connect("/svc/devices", &channel) != ZX_OK) {
        check_fail(__FILE__, __LINE__, "no /svc/devices");
        return;
    }
    EXPECT_EQ(devices_restart(channel, soon(), name, strlen(name)), ZX_OK);
    zx_handle_close(channel);
}

struct devices_entry find_driver(const char *service)
{
    static struct devices_entry entries[DEVICES_MAX_ENTRIES / sizeof(struct devices_entry)];
    struct devices_entry found = {.state = UINT32_MAX};
    zx_handle_t channel;
    uint32_t count = 0;
    size_t size = 1;

    if (service_connect("/svc/devices", &channel) != ZX_OK) {
        return found;
    }
    while (size != 0 && devices_list(channel, soon(), count, entries, sizeof(entries), &size) == ZX_OK) {
        for (size_t i = 0; i < size / sizeof(entries[0]); i++) {
            if (strcmp((const char *)entries[i].service, service) == 0) {
                found = entries[i];
            }
        }
        count += (uint32_t)(size / sizeof(entries[0]));
    }
    zx_handle_close(channel);
    return found;
}

struct devices_entry await_driver(const char *service, zx_koid_t before)
{
    struct devices_entry entry = find_driver(service);

    for (zx_time_t end = soon(); zx_clock_get_monotonic() < end && entry.state != DEVICES_FAILED &&
                                 (entry.state != DEVICES_RUNNING || entry.koid == before);) {
        zx_nanosleep(zx_deadline_after(NAP));
        entry = find_driver(service);
    }
    return entry;
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
    uint32_t good = 0, made = 0;

    while (!atomic_load(&over) && timed_open(victim)) {
        note_connection();
        uint32_t uses = 0;

        while (!atomic_load(&over) && timed_use(victim, &dice) && ++uses != victim->uses) {}
        good += uses;
        made++;
        victim->close();
    }
    atomic_store(&over, true);
    note_connection(); // nobody waits for one that will not come
    check_print("# %u answers, %u connections; the longest wait was %lld us", good, made,
                (long long)longest / 1000);
    EXPECT_TRUE(good != 0);
}

void expect_quick(zx_duration_t took)
{
    const char *limit = getenv("FAULTS_LIMIT_MS");

    EXPECT_TRUE(limit == NULL || took <= ZX_MSEC(atoi(limit)));
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
    const struct figures before = figures_take_steady();

    atomic_store(&over, false);
    connections = 0;
    longest = 0;
    ASSERT_EQ(pthread_create(&killer, NULL, kill_often, (void *)(uintptr_t)victim), 0);
    use_until_over(victim);
    ASSERT_EQ(pthread_join(killer, NULL), 0);
    expect_quick(longest);
    EXPECT_TRUE(works(victim, 20));
    figures_expect_back(&before);
}
