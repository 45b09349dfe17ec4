// SPDX-License-Identifier: MIT
//
// Random system calls (calls/random.h) on every CPU: several processes at once, each with several
// threads on one pool of handles, each in a job of its own; round after round until the calls are
// used up. Afterwards nothing may be left of them, and the system must still answer.
//
//     fuzz [--seed N] [--calls M] [--threads T] [--round R]
//                     the M calls of all together; T threads a process; begins with round R, to replay it
//
// From the shell of the initrd with the tests, or as the first program: then it has the root resource,
// looks at the memory as well, and takes test.seed=N and so on from the kernel's command line.
//
// The calls of one thread follow from the seed; how threads meet does not.

#include "machine.h"

#include <calls/fixture.h>
#include <calls/random.h>
#include <testing/testing.h>

#include <minilib/console.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/profile.h>
#include <zircon/syscalls/resource.h>

#define PROCESSES     3u
#define ROUND_CALLS   3000u // of each thread at most: seconds on a slow machine
#define LAST_ROUNDS   5u    // under the look at memory
#define DEFAULT_CALLS 150000u

static uint64_t round_number, done;

CHILD(random)
{
    struct machine_order order;
    zx_handle_t extra[2];

    if (!machine_begin(&order, extra)) {
        return 1;
    }
    struct random_run run = {
        .seed = order.seed, .calls = order.calls, .threads = (unsigned)order.threads};

    random_calls_run(&run, extra, 2);
    // If hardly anything works, nothing is tried in depth.
    const bool deep = run.issued < ROUND_CALLS || run.succeeded > run.issued / 5;

    return run.issued == order.calls * order.threads && deep ? 0 : 2;
}

static unsigned threads_of_process(void)
{
    const uint64_t threads = test_option("threads", 2);

    return threads >= 1 && threads <= RANDOM_MAX_THREADS ? (unsigned)threads : 2;
}

// Calls of each thread in a round.
static uint64_t round_calls(void)
{
    const uint64_t most = test_option("calls", DEFAULT_CALLS) /
                          (LAST_ROUNDS * PROCESSES * threads_of_process());

    return most < ROUND_CALLS ? most + 1 : ROUND_CALLS;
}

// What a program with a few privileges has.
static void make_extra(zx_handle_t handles[2])
{
    const zx_profile_info_t info = {.type = ZX_PROFILE_INFO_SCHEDULER,
                                    .scheduler = {.priority = ZX_PRIORITY_DEFAULT}};

    if (zx_resource_create(test_root_resource(), ZX_RSRC_KIND_VMEX, 0, 0, "fuzz", 4,
                           &handles[0]) != ZX_OK) {
        EXPECT_OK(zx_event_create(0, &handles[0])); // not the first program: anything will do
    }
    if (zx_profile_create(zx_job_default(), &info, &handles[1]) != ZX_OK) {
        EXPECT_OK(zx_event_create(0, &handles[1])); // not in the root job
    }
}

static void one_round(void)
{
    struct machine_order order = {.calls = round_calls(), .threads = threads_of_process()};
    struct test_child children[PROCESSES];
    unsigned started = 0;

    round_number++;
    for (; started < PROCESSES; started++) {
        zx_handle_t extra[2];
        order.seed = (test_option("seed", 1) << 32) + round_number * PROCESSES + started;
        if (test_child_start("random", &children[started]) != ZX_OK) {
            break;
        }
        make_extra(extra);
        EXPECT_OK(machine_send(children[started].channel, &order, extra));
    }
    for (unsigned i = 0; i < started; i++) {
        const int64_t code = test_child_finish(&children[i]);
        if (code != 0) {
            test_fail(__FILE__, __LINE__, "process %u of round %lu: %ld", i, round_number, code);
        }
    }
    done += PROCESSES * order.threads * order.calls;
}

static uint64_t children_of_job(zx_object_info_topic_t topic)
{
    size_t count = 0, all = 0;

    EXPECT_OK(zx_object_get_info(zx_job_default(), topic, NULL, 0, &count, &all));
    return all;
}

// Jobs and processes that the calls made end when their worker's job does, at the latest.
static void no_tasks_left(uint64_t jobs, uint64_t processes)
{
    const zx_time_t deadline = test_patience();

    while ((children_of_job(ZX_INFO_JOB_CHILDREN) != jobs ||
            children_of_job(ZX_INFO_JOB_PROCESSES) != processes) &&
           zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    }
    EXPECT_EQ(children_of_job(ZX_INFO_JOB_CHILDREN), jobs);
    EXPECT_EQ(children_of_job(ZX_INFO_JOB_PROCESSES), processes);
}

TEST(random_calls_leave_nothing_behind)
{
    const uint64_t calls = test_option("calls", DEFAULT_CALLS);
    const uint64_t jobs = children_of_job(ZX_INFO_JOB_CHILDREN);
    const uint64_t processes = children_of_job(ZX_INFO_JOB_PROCESSES);
    const uint64_t in_round = PROCESSES * threads_of_process() * round_calls();

    console_printf("# seed %lu, %lu calls, %u threads in each of %u processes\n",
                   test_option("seed", 1), calls, threads_of_process(), PROCESSES);
    round_number = test_option("round", 1) - 1;
    for (uint64_t next = 1000000; done + LAST_ROUNDS * in_round < calls;) {
        one_round();
        if (done >= next) {
            console_printf("# %lu calls\n", done);
            next += 1000000;
        }
    }
    test_no_loss(one_round, LAST_ROUNDS - 1);
    no_tasks_left(jobs, processes);
    console_printf("# %lu calls\n", done);
}

TEST(the_system_answers_afterwards)
{
    zx_handle_t ends[2];
    uint32_t word = 1, bytes, handles;

    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    EXPECT_OK(zx_channel_write(ends[0], 0, &word, sizeof(word), NULL, 0));
    EXPECT_OK(zx_channel_read(ends[1], 0, &word, NULL, sizeof(word), 0, &bytes, &handles));
    EXPECT_OK(zx_handle_close_many(ends, 2));
    EXPECT_EQ(test_child_run("exit_zero"), 0);
}
