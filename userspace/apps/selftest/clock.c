// SPDX-License-Identifier: MIT
//
// The clock, as all CPUs see it at the same time, and timers.

#include "selftest.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <zircon/syscalls.h>

#define TIMERS 100

static _Atomic int64_t latest; // that any thread has read
static _Atomic int64_t back;   // the furthest that a reading lay before it
static atomic_uint_fast64_t readings;
static int64_t end;

// A reading never lies before one that was made earlier, on whichever CPU. A counter that jumps, or
// is not the same on all CPUs, shows here.
static void read_clock(uint32_t number)
{
    uint64_t count = 0;
    int64_t time;

    (void)number;
    do {
        int64_t seen = atomic_load_explicit(&latest, memory_order_acquire);

        time = now();
        if (time < seen) {
            int64_t most = atomic_load(&back);
            while (seen - time > most && !atomic_compare_exchange_weak(&back, &most, seen - time))
                ;
        }
        while (seen < time && !atomic_compare_exchange_weak_explicit(
                                  &latest, &seen, time, memory_order_release, memory_order_relaxed))
            ;
        count++;
    } while (time < end);
    atomic_fetch_add(&readings, count);
}

void check_clock(void)
{
    end = now() + selftest.load_ns;
    bool all = in_threads(selftest.cpus, read_clock);
    report("clock", all && back == 0 && readings > 0,
           "%" PRIu64 " readings on all CPUs; furthest back %" PRId64 " ns", (uint64_t)readings,
           (int64_t)back);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

// None fires early; how late is told, not judged.
void check_timers(void)
{
    static int64_t late[TIMERS];
    unsigned early = 0;

    for (unsigned i = 0; i < TIMERS; i++) {
        int64_t deadline = now() + ZX_USEC(100) * (1 + i % 37);

        zx_nanosleep(deadline);
        late[i] = now() - deadline;
        early += late[i] < 0;
    }
    qsort(late, TIMERS, sizeof(late[0]), compare);
    report("timers", early == 0,
           "%d, %u of them early; late by %" PRId64 " us (middle), %" PRId64 " us (most)", TIMERS,
           early, late[TIMERS / 2] / 1000, late[TIMERS - 1] / 1000);
}
