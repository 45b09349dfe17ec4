// SPDX-License-Identifier: MIT
//
// Drivers that are killed while they work (faults.h), and what those of disk and entropy do besides.

#include "faults.h"
#include "numbers.h"

#include <string.h>

#include <block/block.h>
#include <check/check.h>
#include <ipc/ipc.h>
#include <jacinth/service.h>
#include <protocol/entropy.h>
#include <protocol/rtc.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls/object.h>

#define NAP    ZX_MSEC(5)
#define BUFFER (256u * 1024u)

// ---- the disk -----------------------------------------------------------------------------------

static struct block_device disk;
static struct numbers numbers;

static uint64_t *words(void)
{
    return (uint64_t *)(void *)disk.data;
}

static bool open_disk(void)
{
    return block_open(DISK, BUFFER, &disk) == ZX_OK;
}

static void close_disk(void)
{
    block_close(&disk);
}

static bool use_disk(uint64_t *dice)
{
    uint32_t count = 1 + roll(dice, BUFFER / 512);
    uint64_t block = numbers.first + roll(dice, (uint32_t)numbers.count - count);
    bool write = roll(dice, 3) == 0 && (disk.info.flags & BLOCK_READ_ONLY) == 0;

    if (write) {
        numbers_fill(&numbers, words(), block, count);
    } else {
        memset(disk.data, 0xff, BUFFER);
    }
    if (block_transfer(&disk, write, block, count) != ZX_OK) {
        return false;
    }
    if (!write && !numbers_are(&numbers, words(), block, count)) {
        check_fail(__FILE__, __LINE__, "wrong bytes in %u blocks from %llu on", count,
                   (unsigned long long)block);
    }
    return true;
}

static const struct victim victim_disk = {"disk0", 20000, 0, open_disk, use_disk, close_disk};

// CALLS(zx_bti_pin, zx_bti_release_quarantine, zx_interrupt_bind, zx_interrupt_ack)
TEST(a_disk_whose_driver_is_killed_gives_the_right_bytes_or_an_error)
{
    ASSERT_TRUE(open_again(&victim_disk));
    ASSERT_TRUE(numbers_find(&disk, &numbers));
    close_disk();
    kill_while_used(&victim_disk);
    ASSERT_TRUE(open_again(&victim_disk));
    EXPECT_EQ(block_sync(&disk), ZX_OK);
    close_disk();
}

// Answers of a connection, in whatever order they come.
static void take_answers(uint32_t count, bool answered[])
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t txid = 0, ordinal;
        zx_status_t answer;

        ASSERT_EQ(zx_object_wait_one(disk.channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
        ASSERT_EQ(ipc_read_status(disk.channel, &txid, &ordinal, &answer), ZX_OK);
        EXPECT_EQ(answer, ZX_OK);
        ASSERT_TRUE(txid >= 1 && txid <= count && !answered[txid]);
        answered[txid] = true;
    }
}

// More than the device is given at a time; each of a block or more, over the end of a page, into a place of its own.
TEST(many_requests_are_in_flight)
{
    enum { PLACE = BUFFER / BLOCK_MAX_REQUESTS / 512 }; // blocks
    bool answered[BLOCK_MAX_REQUESTS + 1] = {false};
    uint64_t dice = 4, block[BLOCK_MAX_REQUESTS];

    ASSERT_TRUE(open_again(&victim_disk));
    ASSERT_TRUE(numbers_find(&disk, &numbers));
    memset(disk.data, 0xff, BUFFER);
    for (uint32_t i = 0; i < BLOCK_MAX_REQUESTS; i++) {
        block[i] = numbers.first + roll(&dice, (uint32_t)numbers.count - PLACE);
        EXPECT_EQ(block_send_read(disk.channel, i + 1, disk.buffer, 1 + i % PLACE, i * PLACE * 512, block[i]), ZX_OK);
    }
    take_answers(BLOCK_MAX_REQUESTS, answered);
    for (uint32_t i = 0; i < BLOCK_MAX_REQUESTS; i++) {
        const uint64_t *place = words() + i * PLACE * NUMBERS_WORDS;

        EXPECT_TRUE(numbers_are(&numbers, place, block[i], 1 + i % PLACE));
        // And nothing behind it.
        EXPECT_TRUE(1 + i % PLACE == PLACE || place[(1 + i % PLACE) * NUMBERS_WORDS] == UINT64_MAX);
    }
    close_disk();
}

// ---- what drivers have --------------------------------------------------------------------------

// What a driver's process may hold: nothing that gives it more than its node.
static void judge_handles(const char *name, zx_handle_t process)
{
    static const uint32_t never[] = {ZX_OBJ_TYPE_RESOURCE, ZX_OBJ_TYPE_JOB, ZX_OBJ_TYPE_IOMMU};
    zx_info_process_handle_stats_t info = {0};

    EXPECT_EQ(zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &info, sizeof(info), NULL, NULL), ZX_OK);
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (info.handle_count[never[i]] != 0) {
            check_fail(__FILE__, __LINE__, "%s has a handle of type %u", name, never[i]);
        }
    }
    // Itself, its first thread, one device.
    EXPECT_TRUE(info.handle_count[ZX_OBJ_TYPE_PROCESS] == 1);
    EXPECT_TRUE(info.handle_count[ZX_OBJ_TYPE_THREAD] == 1);
    EXPECT_TRUE(info.handle_count[ZX_OBJ_TYPE_BTI] <= 1);
    EXPECT_TRUE(info.handle_count[ZX_OBJ_TYPE_INTERRUPT] <= 1);
}

struct search {
    const char *name;
    zx_koid_t koid;
    bool found;
};

static bool judge_process(void *context, const struct task *task)
{
    struct search *search = context;

    if (task->koid != search->koid) {
        return true;
    }
    judge_handles(search->name, task->handle);
    search->found = true;
    return false;
}

// Without them it can make no resource, no process, no physical memory and no interrupt (test/driver/attempts tries).
// CALLS(zx_object_get_info)
TEST(no_driver_has_more_than_its_node)
{
    static const char *const services[] = {"disk0", "entropy0", "rtc0", "console0"};
    zx_handle_t channel, job;

    ASSERT_EQ(service_connect("/svc/system", &channel), ZX_OK);
    ASSERT_EQ(system_root_job(channel, soon(), ZX_RIGHT_SAME_RIGHTS, &job), ZX_OK);
    zx_handle_close(channel);
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct search search = {services[i], await_driver(services[i], 0).koid, false};

        tasks_walk(job, judge_process, &search);
        EXPECT_TRUE(search.found);
    }
    zx_handle_close(job);
}

// ---- requests -----------------------------------------------------------------------------------

// What a disk refuses.
TEST(requests_that_are_none_are_refused)
{
    zx_handle_t vmo;
    uint32_t buffer;

    ASSERT_TRUE(open_again(&victim_disk));
    ASSERT_TRUE(numbers_find(&disk, &numbers));
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
    EXPECT_EQ(block_transfer(&disk, false, numbers.first, 4), ZX_OK);
    EXPECT_TRUE(numbers_are(&numbers, words(), numbers.first, 4));
    close_disk();
}

// ---- the clock ----------------------------------------------------------------------------------

// What the clock says: `seconds` at some instant from `from` to `until`, on the machine's own time. The driver was
// killed while it was set: what it said before, or what it was set to.
struct setting {
    int64_t seconds;
    zx_time_t from, until;
};

static zx_handle_t clock_channel;
static struct setting settings[2];
static bool unsure; // settings[1] may be the one

// Whether it says `reading->seconds` at such an instant. A second of slack for the part of a second that it does not
// say, and one for two clocks that do not run quite alike.
static bool says(const struct setting *setting, const struct setting *reading)
{
    int64_t least = setting->seconds + (reading->from - setting->until) / ZX_SEC(1);
    int64_t most = setting->seconds + (reading->until - setting->from) / ZX_SEC(1);

    return reading->seconds >= least - 2 && reading->seconds <= most + 2;
}

static zx_status_t read_clock(struct setting *reading)
{
    uint64_t seconds = 0;

    reading->from = zx_clock_get_monotonic();
    zx_status_t status = rtc_get(clock_channel, soon(), &seconds);

    reading->until = zx_clock_get_monotonic();
    reading->seconds = (int64_t)seconds;
    return status;
}

static bool open_clock(void)
{
    return service_connect("/svc/fs/device/rtc0", &clock_channel) == ZX_OK;
}

static void close_clock(void)
{
    zx_handle_close(clock_channel);
}

static bool set_clock_to(int64_t seconds)
{
    settings[1] = (struct setting){.seconds = seconds, .from = zx_clock_get_monotonic()};
    zx_status_t status = rtc_set(clock_channel, soon(), (uint64_t)seconds);

    settings[1].until = zx_clock_get_monotonic();
    if (status == ZX_OK) {
        settings[0] = settings[1];
    }
    unsure = status != ZX_OK;
    return status == ZX_OK;
}

static bool use_clock(uint64_t *dice)
{
    struct setting reading;

    if (!unsure && roll(dice, 3) == 0) {
        return set_clock_to(1000000 + (int64_t)roll(dice, 1000000) * 1000);
    }
    if (read_clock(&reading) != ZX_OK) {
        return false;
    }
    if (unsure && says(&settings[1], &reading)) {
        settings[0] = settings[1];
    }
    unsure = false;
    if (!says(&settings[0], &reading)) {
        check_fail(__FILE__, __LINE__, "the clock says %lld", (long long)reading.seconds);
    }
    return true;
}

static const struct victim victim_clock = {"rtc0", 1000, 0, open_clock, use_clock, close_clock};

TEST(a_clock_whose_driver_is_killed_says_the_right_time_or_nothing)
{
    struct setting first;

    ASSERT_TRUE(open_again(&victim_clock));
    ASSERT_EQ(read_clock(&first), ZX_OK);
    close_clock();
    settings[0] = first;
    kill_while_used(&victim_clock);
    ASSERT_TRUE(open_again(&victim_clock));
    EXPECT_TRUE(set_clock_to(first.seconds + (zx_clock_get_monotonic() - first.until) / ZX_SEC(1)));
    close_clock();
}

// ---- entropy ------------------------------------------------------------------------------------

static zx_handle_t entropy_channel;
static uint64_t entropy_bytes; // of this connection

static bool open_entropy(void)
{
    entropy_bytes = 0;
    return service_connect("/svc/fs/device/entropy0", &entropy_channel) == ZX_OK;
}

static void close_entropy(void)
{
    zx_handle_close(entropy_channel);
}

// What was mixed in never becomes less while a driver lives.
static bool use_entropy(uint64_t *dice)
{
    uint64_t bytes;

    (void)dice;
    if (entropy_total(entropy_channel, soon(), &bytes) != ZX_OK) {
        return false;
    }
    EXPECT_TRUE(bytes >= entropy_bytes);
    entropy_bytes = bytes;
    return true;
}

static const struct victim victim_entropy = {"entropy0", 1000, 0, open_entropy, use_entropy, close_entropy};

// The device has the driver's memory as long as it has not answered: it goes to quarantine.
// CALLS(zx_bti_pin, zx_bti_release_quarantine, zx_cprng_add_entropy)
TEST(an_entropy_driver_is_killed_while_its_device_writes)
{
    kill_while_used(&victim_entropy);
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
