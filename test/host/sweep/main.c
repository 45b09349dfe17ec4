// SPDX-License-Identifier: MIT
// Sweeps over every system call in the laboratory (calls/sweeps.h): a test for each call and sweep,
// each in a machine of its own, so that what is left behind is found where it was left.
#include "machine.h"

#include <calls/fixture.h>
#include <calls/sweeps.h>
#include <lab/lab.h>
#include <stdio.h>
#include <stdlib.h>
#include <zircon/zx-syscall-numbers.h>

struct job {
    char name[80];
    const struct call_info *call;
    void (*sweep)(const struct call_info *call);
};

static void in_env(void *arg)
{
    const struct job *job = arg;

    job->sweep(job->call);
}

static void scenario(void *arg)
{
    machine_with_env(in_env, arg);
}

static void test_sweep(void **state)
{
    struct job *job = *state;
    struct lab_config config = lab_config_make(job->name, scenario);

    config.arg = job;
    config.max_steps = 0;
    lab_run(&config);
}

// The table is what dispatch goes by, and a fixture can be made for all but a few calls.
static void test_table(void **state)
{
    unsigned numbered = 0, possible = 0;

    (void)state;
    for (size_t i = 0; i < call_count; i++) {
        const struct call_info *call = &call_table[i];
        if (call->number != CALL_NO_NUMBER)
            assert_int_equal(call->number, numbered++);
        possible += fixture_possible(call);
    }
    assert_int_equal(numbered, ZX_SYS_COUNT);
    assert_in_range(possible, 90, numbered);
}

#define SWEEPS 4u

static const struct {
    const char *name;
    void (*fn)(const struct call_info *call);
} sweeps[SWEEPS] = {
    {"valid", sweep_valid},
    {"pointers", sweep_pointers},
    {"handles", sweep_handles},
    {"policy", sweep_policy},
};

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(SWEEPS * call_count + 1, sizeof(*tests));
    struct job *jobs = calloc(SWEEPS * call_count, sizeof(*jobs));
    size_t count = 0;

    if (tests == NULL || jobs == NULL)
        return 1;
    for (size_t i = 0; i < SWEEPS * call_count; i++) {
        struct job *job = &jobs[count];
        job->call = &call_table[i / SWEEPS];
        job->sweep = sweeps[i % SWEEPS].fn;
        snprintf(job->name, sizeof(job->name), "%s_%s", sweeps[i % SWEEPS].name, job->call->name);
        if (!fixture_possible(job->call))
            continue;
        tests[count++] = (struct CMUnitTest){job->name, test_sweep, NULL, NULL, job};
    }
    tests[count++] = (struct CMUnitTest){"table", test_table, NULL, NULL, NULL};
    int failed = lab_main(argc, argv, tests, count);
    free(tests);
    free(jobs);
    return failed;
}
