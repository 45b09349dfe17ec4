// SPDX-License-Identifier: MIT
// What each call costs, measured: allocations and locks on the usual path, compared with what
// syscalls/text/*.cmake say (generated: syscalls/costs.h, docs/costs.md).
//
// Each call is made ROUNDS times and the cheapest counts: the first ones warm caches and bring memory
// in, and an interrupt may take locks in the middle of any. Only the measuring thread's locks count.
//
// When the call is done, whatever memory it has taken must be charged to somebody.
#include "cost.h"

#include "charged.h"

#include <hal/lock_class.h>
#include <mem/alloc_fail.h>
#include <sched/thread.h>
#include <stdio.h>
#include <stdlib.h>
#include <syscalls/costs.h>

#define ROUNDS    24u
#define LOCKS_MAX 32u

struct claim {
    const char *call;
    unsigned allocations;
    const char *locks;
};

#define CLAIM(call, allocations, locks) {#call, allocations, locks},
static const struct claim claims[] = {SYSCALL_COSTS(CLAIM)};

// The measurement under way.
static const struct thread *measured;
static const struct lock_class *taken[LOCKS_MAX];
static unsigned taken_count;
static uint64_t allocations_before;
static int64_t uncharged_before;

// The cheapest round of the present call.
static struct {
    unsigned allocations, locks;
    char text[512];
    int64_t uncharged; // the smallest amount of all rounds: somebody else may be at work in some
} best;

static void on_lock(const struct lock_class *class_)
{
    if (thread_current() == measured && taken_count < LOCKS_MAX)
        taken[taken_count++] = class_;
}

void cost_begin(void)
{
    measured = thread_current();
    uncharged_before = uncharged_bytes();
    taken_count = 0;
    allocations_before = alloc_fail_count();
    lock_debug_set_trace(on_lock);
}

// "handle_table" for handle_table_class, "aspace" for aspace_lock.
static size_t bare_length(const char *name)
{
    static const char *const endings[] = {"_class", "_lock"};
    size_t length = strlen(name);

    for (unsigned i = 0; i < countof(endings); i++) {
        size_t n = strlen(endings[i]);
        if (length > n && strncmp(name + length - n, endings[i], n) == 0)
            length -= n;
    }
    return length;
}

void cost_end(void)
{
    lock_debug_set_trace(NULL);
    unsigned allocations = (unsigned)(alloc_fail_count() - allocations_before);
    const int64_t uncharged = uncharged_bytes() - uncharged_before;
    if (llabs(uncharged) < llabs(best.uncharged))
        best.uncharged = uncharged;
    if (allocations > best.allocations ||
        (allocations == best.allocations && taken_count >= best.locks))
        return;
    best.allocations = allocations;
    best.locks = taken_count;
    size_t used = 0;
    best.text[0] = 0;
    for (unsigned i = 0; i < taken_count; i++)
        used += (size_t)snprintf(best.text + used, sizeof(best.text) - used, "%s%.*s",
                                 i > 0 ? " " : "", (int)bare_length(taken[i]->name),
                                 taken[i]->name);
}

static const struct claim *claim_of(const char *call)
{
    for (unsigned i = 0; i < countof(claims); i++) {
        if (strcmp(claims[i].call, call) == 0)
            return &claims[i];
    }
    return NULL;
}

static unsigned wrong;

static void measure(const struct cost_case *c)
{
    const struct claim *claim = claim_of(c->call);

    best.allocations = best.locks = ~0u;
    best.uncharged = INT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++)
        c->fn();
    if (best.uncharged != 0) {
        wrong++;
        print_message("%s: %lld bytes are charged to nobody\n", c->call, (long long)best.uncharged);
    }
    if (claim != NULL && claim->allocations == best.allocations &&
        strcmp(claim->locks, best.text) == 0)
        return;
    wrong++;
    print_message("%s costs \"%u\" \"%s\", its text says \"%u\" \"%s\"\n", c->call,
                  best.allocations, best.text, claim != NULL ? claim->allocations : 0,
                  claim != NULL ? claim->locks : "nothing");
}

static const struct cost_cases groups[] = {
    {cost_ipc_cases, &cost_ipc_count},
    {cost_task_cases, &cost_task_count},
    {cost_memory_cases, &cost_memory_count},
    {cost_device_cases, &cost_device_count},
};

static bool is_measured(const char *call)
{
    for (unsigned g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < *groups[g].count; i++) {
            if (strcmp(groups[g].cases[i].call, call) == 0)
                return true;
        }
    }
    return false;
}

static void costs(void *arg)
{
    (void)arg;
    assert_ok(zx_thread_set_priority(COST_PRIORITY));
    for (unsigned g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < *groups[g].count; i++)
            measure(&groups[g].cases[i]);
    }
    for (unsigned i = 0; i < countof(claims); i++) {
        if (!is_measured(claims[i].call)) {
            wrong++;
            print_message("%s: its text has a cost that nobody measures\n", claims[i].call);
        }
    }
    assert_int_equal(wrong, 0);
}

// One CPU, so that nobody else runs unless the call itself makes it run.
static void test_costs_are_what_the_pages_say(void **state)
{
    (void)state;
    struct lab_config config = lab_config_make("test_costs_are_what_the_pages_say", costs);
    config.mode = HOST_DETERMINISTIC;
    config.cpus = 1;
    config.max_steps = 30000000;
    (void)lab_run(&config);
}

const struct CMUnitTest cost_tests[] = {
    cmocka_unit_test(test_costs_are_what_the_pages_say),
};
const size_t cost_test_count = countof(cost_tests);
