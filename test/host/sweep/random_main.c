// SPDX-License-Identifier: MIT
// Random system calls in the laboratory (calls/random.h). By hand:
//
//     test_random --seed N --calls M       one sequence of M calls in each thread, always the same
//
// with the options of lab/lab.h besides.
#include "machine.h"

#include <calls/fixture.h>
#include <calls/random.h>
#include <lab/lab.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long calls = 2000;

struct run {
    uint64_t seed;
    unsigned threads;
    zx_handle_t extra[2];
};

static void in_env(void *arg)
{
    struct run *run = arg;
    struct fixture f = {0};
    _Atomic uint64_t issued = 0, succeeded = 0;

    run->extra[1] = fixture_object(&f, ZX_OBJ_TYPE_PROFILE, 0);

    random_calls_run(run->seed, calls, run->threads, run->extra, 2, &issued, &succeeded);
    assert_int_equal(issued, calls * run->threads);
    // If hardly anything works, nothing is tried in depth.
    assert_in_range(succeeded, issued / 5, issued);
}

// What a program with some privileges has beside its own handles.
static void scenario(void *arg)
{
    struct run run = {.seed = host_random(UINT64_MAX), .threads = (unsigned)(uintptr_t)arg};

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_VMEX, 0, 0, "random", 6,
                                 &run.extra[0]));
    machine_with_env(in_env, &run);
}

static void run_seeds(const char *name, unsigned threads, unsigned count)
{
    struct lab_config config = lab_config_make(name, scenario);

    config.arg = (void *)(uintptr_t)threads;
    config.max_steps = 0;
    lab_seeds_config(&config, count);
}

static void test_one_thread(void **state)
{
    (void)state;
    run_seeds("test_one_thread", 1, 4);
}

static void test_three_threads(void **state)
{
    (void)state;
    run_seeds("test_three_threads", 3, 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_three_threads),
    };
    int left = 1;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--calls") == 0 && i + 1 < argc)
            calls = strtoul(argv[++i], NULL, 0);
        else
            argv[left++] = argv[i];
    }
    return lab_main(left, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
