// SPDX-License-Identifier: MIT
//
// test/driver/bench, row virtio_blk_read_4k: what one read of 4 KiB takes of the client's thread and the driver's,
// from the call to its return. Started at the shell's prompt by scripts/bench, with a disk that answers some time
// later, when both threads wait: what is counted is time of theirs, in which a tick is an instruction. The
// interrupt's way into the kernel is the idle thread's time, and not in it (row interrupt_to_user has it).
//
// A computer that is so slow that the answer comes while a thread still runs makes a sample of its own. Nearly all
// are the same: the row is the figure that comes most often.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <block/block.h>
#include <jacinth/service.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define DISK    "/svc/fs/device/disk0"
#define DRIVER  "virtio-disk"
#define BYTES   4096u
#define SAMPLES 100u
#define FIRST   20u // samples that make what is made once

static zx_handle_t driver; // its thread
static zx_koid_t driver_process;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static bool find_driver(void *context, const struct task *task)
{
    char name[ZX_MAX_NAME_LEN];

    (void)context;
    if (task->kind == TASK_PROCESS) {
        tasks_name(task->handle, name);
        driver_process = strcmp(name, DRIVER) == 0 ? task->koid : driver_process;
    }
    if (task->kind != TASK_THREAD || task->parent != driver_process) {
        return true;
    }
    if (zx_handle_duplicate(task->handle, ZX_RIGHT_SAME_RIGHTS, &driver) != ZX_OK) {
        fail("no handle to the driver");
    }
    return false;
}

static zx_duration_t runtime(zx_handle_t thread)
{
    zx_info_thread_stats_t info;

    if (zx_object_get_info(thread, ZX_INFO_THREAD_STATS, &info, sizeof(info), NULL, NULL) != ZX_OK) {
        fail("no times of a thread");
    }
    return info.total_runtime;
}

static zx_duration_t busy(void)
{
    return runtime(driver) + runtime(zx_thread_self());
}

// What comes most often; the least of those.
static zx_duration_t most_frequent(const zx_duration_t *samples)
{
    zx_duration_t best = 0;
    uint32_t most = 0;

    for (uint32_t i = 0; i < SAMPLES; i++) {
        uint32_t count = 0;

        for (uint32_t j = 0; j < SAMPLES; j++) {
            count += samples[j] == samples[i];
        }
        if (count > most || (count == most && samples[i] < best)) {
            most = count;
            best = samples[i];
        }
    }
    printf("# %lld: %u of %u samples\n", (long long)best, most, SAMPLES);
    return best;
}

static zx_duration_t measure(struct block_device *disk)
{
    static zx_duration_t samples[SAMPLES];

    for (uint32_t i = 0; i < FIRST + SAMPLES; i++) {
        zx_duration_t start = busy();

        if (disk != NULL && block_transfer(disk, false, 0, BYTES / disk->info.block_size) != ZX_OK) {
            fail("a read failed");
        }
        if (i >= FIRST) {
            samples[i - FIRST] = busy() - start;
        }
    }
    return most_frequent(samples);
}

int main(void)
{
    zx_handle_t channel, job;
    struct block_device disk;

    // Nobody waits at the prompt for the drivers to be up.
    while (block_open(DISK, BYTES, &disk) != ZX_OK) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(50)));
    }
    if (service_connect("/svc/system", &channel) != ZX_OK ||
        system_root_job(channel, ZX_TIME_INFINITE, ZX_RIGHT_SAME_RIGHTS, &job) != ZX_OK) {
        fail("no root job");
    }
    tasks_walk(job, find_driver, NULL);
    if (driver == ZX_HANDLE_INVALID) {
        fail("no driver");
    }
    zx_duration_t nothing = measure(NULL);

    printf("bench virtio_blk_read_4k %lld\n", (long long)(measure(&disk) - nothing));
    return 0;
}
