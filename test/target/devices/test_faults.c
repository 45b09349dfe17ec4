// SPDX-License-Identifier: MIT
//
// Kills the disk's driver at 100 seeded instants while this reads and writes: whatever is answered
// is right, the disk serves again, and nothing of memory, handles and processes is lost. faults.py
// makes the disk: each block consists of its number, as 64-bit words. What is written is what is
// there, so that the disk must be the same afterwards.

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <block/block.h>
#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/devices.h>
#include <protocol/entropy.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define DISK     "/svc/fs/device/disk0"
#define PATIENCE ZX_SEC(120) // only a hang takes that long
#define NAP      ZX_MSEC(5)
#define KILLS    100u
#define BUFFER   (256u * 1024u)
#define WORDS    64u // of a block

// Less than the three pages or more that each kill would lose.
#define SLACK (256u * 4096u)

static zx_time_t soon(void)
{
    return zx_deadline_after(PATIENCE);
}

static uint32_t roll(uint64_t *dice, uint32_t sides)
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

// ---- a client -----------------------------------------------------------------------------------

// Opens the disk; connections that are made while its driver dies may die with it.
static bool open_disk(struct block_device *disk)
{
    for (zx_time_t end = soon(); zx_clock_get_monotonic() < end;) {
        if (block_open(DISK, BUFFER, disk) == ZX_OK) {
            return true;
        }
        zx_nanosleep(zx_deadline_after(NAP));
    }
    check_fail(__FILE__, __LINE__, "the disk does not come back");
    return false;
}

static void fill(struct block_device *disk, uint64_t block, uint32_t count)
{
    uint64_t *words = (uint64_t *)(void *)disk->data;

    for (uint32_t i = 0; i < count * WORDS; i++) {
        words[i] = block + i / WORDS;
    }
}

static bool is_right(const struct block_device *disk, uint64_t block, uint32_t count)
{
    const uint64_t *words = (const uint64_t *)(const void *)disk->data;

    for (uint32_t i = 0; i < count * WORDS; i++) {
        if (words[i] != block + i / WORDS) {
            return false;
        }
    }
    return true;
}

// One transfer. False: it was answered with an error, or the driver has gone.
static bool transfer(struct block_device *disk, uint64_t *dice)
{
    uint32_t count = 1 + roll(dice, BUFFER / 512);
    uint64_t block = roll(dice, (uint32_t)disk->info.block_count - count);
    bool write = roll(dice, 3) == 0;

    if (write) {
        fill(disk, block, count);
    } else {
        memset(disk->data, 0xff, BUFFER);
    }
    if (block_transfer(disk, write, block, count) != ZX_OK) {
        return false;
    }
    if (!write && !is_right(disk, block, count)) {
        check_fail(__FILE__, __LINE__, "wrong bytes in %u blocks from %llu on", count,
                   (unsigned long long)block);
    }
    return true;
}

// ---- figures ------------------------------------------------------------------------------------

struct figures {
    uint64_t free_bytes;
    uint32_t processes;
};

static bool count_process(void *context, const struct task *task)
{
    struct figures *figures = context;

    figures->processes += task->kind == TASK_PROCESS;
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
    tasks_walk(job, count_process, &figures);
    zx_handle_close(job);
    zx_handle_close(resource);
    zx_handle_close(channel);
    return figures;
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

// Most instants lie in the first 20 ms of a connection, some before the driver serves anybody.
static void *kill_often(void *argument)
{
    uint64_t dice = *(const uint64_t *)argument;
    uint32_t last = 0;

    for (uint32_t i = 0; i < KILLS && !atomic_load(&over); i++) {
        if (i % 5 != 4) {
            last = await_connection(last);
        }
        zx_nanosleep(zx_deadline_after(ZX_USEC(roll(&dice, 20000))));
        kill_driver("disk0");
    }
    atomic_store(&over, true);
    return NULL;
}

static void read_and_write_until_over(uint64_t *dice)
{
    struct block_device disk;
    uint32_t good = 0, failed = 0;

    while (!atomic_load(&over) && open_disk(&disk)) {
        note_connection();
        while (!atomic_load(&over) && transfer(&disk, dice)) {
            good++;
        }
        failed++;
        block_close(&disk);
    }
    atomic_store(&over, true);
    note_connection(); // nobody waits for one that will not come
    check_print("# %u transfers, %u connections", good, failed);
    EXPECT_TRUE(good != 0);
}

// CALLS(zx_bti_pin, zx_bti_release_quarantine, zx_interrupt_bind, zx_interrupt_ack)
TEST(a_disk_whose_driver_is_killed_gives_the_right_bytes_or_an_error)
{
    uint64_t dice = 1, kills = 2;
    struct block_device disk;
    pthread_t killer;

    // What is made once, is made before the figures are taken.
    for (uint32_t i = 0; i < 3; i++) {
        ASSERT_TRUE(open_disk(&disk));
        EXPECT_TRUE(transfer(&disk, &dice));
        block_close(&disk);
        kill_driver("disk0");
    }
    ASSERT_TRUE(open_disk(&disk));
    block_close(&disk);
    const struct figures before = take_figures();

    ASSERT_EQ(pthread_create(&killer, NULL, kill_often, &kills), 0);
    read_and_write_until_over(&dice);
    ASSERT_EQ(pthread_join(killer, NULL), 0);
    ASSERT_TRUE(open_disk(&disk));
    for (uint32_t i = 0; i < 20; i++) {
        EXPECT_TRUE(transfer(&disk, &dice));
    }
    EXPECT_EQ(block_sync(&disk), ZX_OK);
    block_close(&disk);
    // Destruction goes on for a moment after the answers.
    struct figures after = take_figures();

    for (zx_time_t end = soon();
         zx_clock_get_monotonic() < end &&
         (after.processes != before.processes || after.free_bytes + SLACK < before.free_bytes);) {
        zx_nanosleep(zx_deadline_after(NAP));
        after = take_figures();
    }
    check_print("# free before %llu, after %llu", (unsigned long long)before.free_bytes,
                (unsigned long long)after.free_bytes);
    EXPECT_EQ(after.processes, before.processes);
    EXPECT_TRUE(after.free_bytes + SLACK >= before.free_bytes);
}

// What a disk refuses.
TEST(requests_that_are_none_are_refused)
{
    struct block_device disk;
    zx_handle_t vmo;
    uint32_t buffer;

    ASSERT_TRUE(open_disk(&disk));
    const uint64_t end = disk.info.block_count;
    zx_handle_t channel = disk.channel;

    EXPECT_EQ(disk.info.block_size, 512);
    EXPECT_EQ(block_read(channel, soon(), 7, 1, 0, 0), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(block_read(channel, soon(), UINT32_MAX, 1, 0, 0), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(block_read(channel, soon(), 0, 0, 0, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(block_read(channel, soon(), 0, 1, 100, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(block_read(channel, soon(), 0, 1, BUFFER, 0), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_read(channel, soon(), 0, 2, BUFFER - 512, 0), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_write(channel, soon(), 0, 1, 0, end), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_write(channel, soon(), 0, 2, 0, end - 1), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_write(channel, soon(), 0, 1, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_read(channel, soon(), 0, disk.info.max_transfer + 1, 0, 0),
              ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(block_detach(channel, soon(), 1), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(zx_vmo_create(BLOCK_MAX_BUFFER_BYTES + 4096, 0, &vmo), ZX_OK);
    EXPECT_EQ(block_attach(channel, soon(), vmo, &buffer), ZX_ERR_OUT_OF_RANGE);
    for (uint32_t i = 1; i <= BLOCK_MAX_BUFFERS; i++) {
        EXPECT_EQ(zx_vmo_create(4096, 0, &vmo), ZX_OK);
        EXPECT_EQ(block_attach(channel, soon(), vmo, &buffer),
                  i < BLOCK_MAX_BUFFERS ? ZX_OK : ZX_ERR_NO_RESOURCES);
    }
    // The connection is as good as before.
    EXPECT_EQ(block_transfer(&disk, false, 0, 4), ZX_OK);
    EXPECT_TRUE(is_right(&disk, 0, 4));
    block_close(&disk);
}

TEST(randomness_is_mixed_in)
{
    zx_handle_t channel;
    uint64_t bytes = 0;

    ASSERT_EQ(service_connect("/svc/fs/device/entropy0", &channel), ZX_OK);
    for (zx_time_t end = soon(); bytes == 0 && zx_clock_get_monotonic() < end;) {
        ASSERT_EQ(entropy_total(channel, soon(), &bytes), ZX_OK);
        zx_nanosleep(zx_deadline_after(NAP));
    }
    EXPECT_TRUE(bytes != 0);
    zx_handle_close(channel);
}
