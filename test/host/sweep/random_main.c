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
#include <zircon/syscalls/exception.h>

static unsigned long calls = 2000;

struct run {
    struct random_run calls;
    zx_handle_t extra[2];
};

static void in_env(void *arg)
{
    struct run *run = arg;
    struct random_run *calls_run = &run->calls;
    struct fixture f = {0};

    run->extra[1] = fixture_object(&f, ZX_OBJ_TYPE_PROFILE, 0);
    random_calls_run(calls_run, run->extra, 2);
    assert_int_equal(calls_run->issued, calls_run->calls * calls_run->threads);
    // If hardly anything works, nothing is tried in depth.
    assert_in_range(calls_run->succeeded, calls_run->issued / 5, calls_run->issued);
}

// With what a program with some privileges has beside its own handles.
static void run_calls(const struct random_run *what)
{
    struct run run = {.calls = *what};

    run.calls.seed = host_random(UINT64_MAX);
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_VMEX, 0, 0, "random", 6,
                                 &run.extra[0]));
    machine_with_env(in_env, &run);
}

static void scenario(void *arg)
{
    run_calls(&(struct random_run){.calls = calls, .threads = (unsigned)(uintptr_t)arg});
}

static zx_handle_t silent_port; // that nobody reads

static void bind_debugger(void)
{
    zx_status_t status = zx_task_bind_exception_port(lab.process, silent_port, 0,
                                                     ZX_EXCEPTION_PORT_DEBUGGER);

    assert_true(status == ZX_OK || status == ZX_ERR_ALREADY_BOUND);
}

static void scenario_with_debugger(void *arg)
{
    assert_ok(zx_port_create(0, &silent_port));
    run_calls(&(struct random_run){
        .calls = 300, .threads = (unsigned)(uintptr_t)arg, .last = bind_debugger});
    assert_ok(zx_handle_close(silent_port));
}

static void run_seeds(const char *name, lab_scenario_fn fn, unsigned threads, unsigned count)
{
    struct lab_config config = lab_config_make(name, fn);

    config.arg = (void *)(uintptr_t)threads;
    config.max_steps = 0;
    lab_seeds_config(&config, count);
}

static void test_one_thread(void **state)
{
    (void)state;
    run_seeds("test_one_thread", scenario, 1, 4);
}

static void test_three_threads(void **state)
{
    (void)state;
    run_seeds("test_three_threads", scenario, 3, 4);
}

// The last call of all binds the process's debugger port: the run ends nonetheless.
static void test_nobody_answers_for_the_debugger(void **state)
{
    (void)state;
    run_seeds("test_nobody_answers_for_the_debugger", scenario_with_debugger, 3, 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_three_threads),
        cmocka_unit_test(test_nobody_answers_for_the_debugger),
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
