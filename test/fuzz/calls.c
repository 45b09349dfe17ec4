// SPDX-License-Identifier: MIT
//
// libFuzzer target: sequences of system calls (calls/random.h) whose choices are the input's bytes. The
// machine is booted once and stays; it runs in a thread of its own, which libFuzzer's hands each
// input to and waits for. After an input every object that it made must be gone.

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <calls/fixture.h>
#include <calls/random.h>
#include <lab/lab.h>
#include <object/object.h>

#include "lab_priv.h"
#include "machine.h"

#define REGION_SIZE  (8ul << 20)
#define SETTLE_TURNS 2000u // of virtual milliseconds: what ends on other threads is gone by then

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sem_t input_there, input_done;
static const uint8_t *input;
static size_t input_size;

static uint64_t live_objects(void)
{
    uint64_t total = 0;

    for (uint32_t type = 0; type < ZX_OBJ_TYPE_LAST; type++)
        total += object_count(type);
    return total;
}

static void run_input(void)
{
    struct fixture f = {0};
    struct random_pool pool;
    struct random_calls r;
    zx_handle_t extra[2];

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_VMEX, 0, 0, "fuzz", 4, &extra[0]));
    extra[1] = fixture_object(&f, ZX_OBJ_TYPE_PROFILE, 0);
    random_pool_begin(&pool, extra, 2);
    random_calls_begin(&r, &pool, 0, input, input_size);
    while (random_calls_next(&r))
        continue;
    random_calls_end(&r);
    random_pool_end(&pool);
}

// What was lost in the process's table stays: outputs that one call wrote over each other. A lost handle of
// a thread keeps its process and its job as well.
static void check_settled(uint64_t before, unsigned own_before)
{
    for (unsigned turn = 0; turn < SETTLE_TURNS; turn++) {
        const uint64_t lost = 4 * (handles_of_process() - own_before);
        if (live_objects() <= before + lost)
            return;
        assert_ok(zx_nanosleep(zx_deadline_after(ZX_MSEC(1))));
    }
    host_fail(HOST_BROKEN, "the input left objects behind");
}

// All inputs map in one small region: the simulated MMU keeps its tables until the process ends.
static void reserve_region(void)
{
    zx_vaddr_t base;

    assert_ok(zx_vmar_allocate(lab.vmar,
                               ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
                                   ZX_VM_CAN_MAP_SPECIFIC,
                               0, REGION_SIZE, &call_env.vmar, &base));
}

static void serve(void *unused)
{
    (void)unused;
    reserve_region();
    for (;;) {
        while (sem_wait(&input_there) != 0)
            continue;
        host_reseed(1);
        const uint64_t before = live_objects();
        const unsigned own = handles_of_process();
        run_input();
        check_settled(before, own);
        sem_post(&input_done);
    }
}

static void scenario(void *arg)
{
    machine_with_env(serve, arg);
}

// Comes back only when something was found.
static void *machine_main(void *unused)
{
    struct lab_config config = lab_config_make("fuzz_calls", scenario);

    config.max_steps = 0;
    config.endless = true;
    (void)lab_child_run(&config);
    fprintf(stderr, "fuzz_calls: %s\n", host_report());
    abort();
    return unused;
}

static void boot_once(void)
{
    static bool booted;
    pthread_t machine;

    if (booted)
        return;
    booted = true;
    if (sem_init(&input_there, 0, 0) != 0 || sem_init(&input_done, 0, 0) != 0 ||
        pthread_create(&machine, NULL, machine_main, NULL) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1); // a failed assertion ends the process
    boot_once();
    input = data;
    input_size = size;
    sem_post(&input_there);
    while (sem_wait(&input_done) != 0)
        continue;
    return 0;
}
