// SPDX-License-Identifier: MIT
//
// Drivers that are killed (faults.h) under programs, and under what the system itself does with them. Which of the
// tests a machine runs is said on the command line.

#include "faults.h"
#include "numbers.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/rtc.h>
#include <protocol/system.h>
#include <protocol/watchdog.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>

#define NAP ZX_MSEC(5)

// ---- dd -----------------------------------------------------------------------------------------

#define PIECE   4096u
#define PIECES  32u // of one dd
#define BLOCKS  (PIECE / 512u)

static struct numbers numbers;

static bool look_at_disk(void)
{
    struct block_device disk;
    bool good = block_open(DISK, PIECE, &disk) == ZX_OK;

    if (good) {
        good = numbers_find(&disk, &numbers);
        block_close(&disk);
    }
    return good;
}

// Starts `dd` from a piece of the disk on; what it says of errors goes nowhere. Returns the end of the pipe that it
// writes to.
static int start_dd(uint64_t piece, pid_t *out_pid)
{
    char skip[32], count[32];
    char *argv[] = {"dd", "if=" DISK, "bs=4096", skip, count, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int ends[2] = {-1, -1};

    snprintf(skip, sizeof(skip), "skip=%llu", (unsigned long long)piece);
    snprintf(count, sizeof(count), "count=%u", PIECES);
    EXPECT_EQ(pipe(ends), 0);
    EXPECT_EQ(posix_spawn_file_actions_init(&actions), 0);
    EXPECT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    EXPECT_EQ(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0), 0);
    EXPECT_EQ(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
    EXPECT_EQ(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
    EXPECT_EQ(posix_spawn(out_pid, "/boot/bin/dd", &actions, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    return ends[0];
}

// Reads what dd writes, and compares it. Returns the pieces.
static uint32_t take_pieces(int fd, uint64_t block)
{
    static uint64_t words[PIECE / sizeof(uint64_t)];
    size_t filled = 0;
    uint32_t pieces = 0;
    ssize_t got;

    while ((got = read(fd, (char *)words + filled, PIECE - filled)) > 0) {
        filled += (size_t)got;
        if (filled < PIECE) {
            continue;
        }
        filled = 0;
        if (!numbers_are(&numbers, words, block + (uint64_t)pieces * BLOCKS, BLOCKS)) {
            check_fail(__FILE__, __LINE__, "wrong bytes behind %u pieces from block %llu on", pieces,
                       (unsigned long long)block);
        }
        pieces++;
    }
    EXPECT_EQ(filled, 0);
    return pieces;
}

static bool nothing_to_open(void)
{
    return true;
}

static void nothing_to_close(void) {}

// One run of dd, of pieces that are known as a whole. It succeeds, or says that it did not.
static bool use_dd(uint64_t *dice)
{
    uint64_t first = (numbers.first + BLOCKS - 1) / BLOCKS;
    uint64_t count = numbers.count / BLOCKS - 1 - PIECES;
    uint64_t piece = first + roll(dice, (uint32_t)count);
    pid_t pid = -1;
    int status = -1;
    int fd = start_dd(piece, &pid);
    uint32_t pieces = take_pieces(fd, piece * BLOCKS);

    close(fd);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) {
        EXPECT_EQ(pieces, PIECES);
    }
    return WEXITSTATUS(status) == 0;
}

static const struct victim victim_dd = {"disk0", 5000, 1, nothing_to_open, use_dd, nothing_to_close};

TEST(a_dd_whose_disk_driver_is_killed_gets_the_right_bytes_or_an_error)
{
    ASSERT_TRUE(look_at_disk());
    kill_while_used(&victim_dd);
}

// ---- a driver that does not stay up ---------------------------------------------------------------

static bool kill_process(void *context, const struct task *task)
{
    const zx_koid_t *koid = context;

    if (task->koid != *koid) {
        return true;
    }
    EXPECT_EQ(zx_task_kill(task->handle), ZX_OK);
    return false;
}

// Kills the process, of which nobody is told, unlike kill_driver().
static void kill_koid(zx_koid_t koid)
{
    zx_handle_t channel, job;

    EXPECT_EQ(service_connect("/svc/system", &channel), ZX_OK);
    EXPECT_EQ(system_root_job(channel, soon(), ZX_RIGHT_SAME_RIGHTS, &job), ZX_OK);
    tasks_walk(job, kill_process, &koid);
    zx_handle_close(job);
    zx_handle_close(channel);
}

// Connects to the clock and asks it; *out_took: for how long.
static zx_status_t ask_clock(zx_duration_t *out_took)
{
    zx_time_t start = zx_clock_get_monotonic();
    zx_handle_t channel;
    uint64_t seconds;
    zx_status_t status = service_connect("/svc/fs/device/rtc0", &channel);

    if (status == ZX_OK) {
        status = rtc_get(channel, soon(), &seconds);
        zx_handle_close(channel);
    }
    *out_took = zx_clock_get_monotonic() - start;
    return status;
}

// The pauses become longer and longer; who asks meanwhile waits for a short one, and is told so in a long one.
TEST(who_asks_a_driver_that_dies_again_and_again_is_answered_soon)
{
    struct devices_entry entry = await_driver("rtc0", 0);
    uint32_t answers = 0, refusals = 0, kills = 0;
    zx_duration_t took, longest = 0;

    while (entry.state == DEVICES_RUNNING && kills < 100) {
        kill_koid(entry.koid);
        kills++;
        // Also while the end has not been seen yet.
        for (uint32_t i = 0; i < 3; i++) {
            zx_status_t status = ask_clock(&took);

            longest = took > longest ? took : longest;
            answers += status == ZX_OK;
            refusals += status == ZX_ERR_UNAVAILABLE;
        }
        entry = await_driver("rtc0", entry.koid);
    }
    check_print("# %u kills: %u answers, %u refusals; the longest wait was %lld us", kills, answers, refusals,
                (long long)longest / 1000);
    EXPECT_EQ(entry.state, DEVICES_FAILED);
    EXPECT_TRUE(answers != 0 && refusals != 0);
    EXPECT_EQ(ask_clock(&took), ZX_ERR_UNAVAILABLE);
    expect_quick(longest);
    expect_quick(took);

    kill_driver("rtc0");
    EXPECT_EQ(ask_clock(&took), ZX_OK);
    expect_quick(took);
}

// ---- the watchdog -------------------------------------------------------------------------------

#define LONG_SECONDS 120u // the i.MX's can be set to it

static zx_handle_t watchdog_channel;

static bool open_watchdog(void)
{
    return service_connect("/svc/fs/device/watchdog0", &watchdog_channel) == ZX_OK;
}

static void close_watchdog(void)
{
    zx_handle_close(watchdog_channel);
}

static bool use_watchdog(uint64_t *dice)
{
    uint32_t seconds = 0, longest = 0;

    if (roll(dice, 2) == 0) {
        return watchdog_feed(watchdog_channel, soon(), LONG_SECONDS) == ZX_OK;
    }
    if (watchdog_state(watchdog_channel, soon(), &seconds, &longest) != ZX_OK) {
        return false;
    }
    // Each driver starts it anew.
    EXPECT_TRUE(seconds == 0 || seconds == LONG_SECONDS);
    EXPECT_TRUE(longest >= LONG_SECONDS);
    return true;
}

static const struct victim victim_watchdog = {"watchdog0", 1000, 0, open_watchdog, use_watchdog, close_watchdog};

// The machine lives: it is fed, whoever drives it.
TEST(a_watchdog_whose_driver_is_killed_is_fed_or_says_so)
{
    kill_while_used(&victim_watchdog);
}

// ---- the console --------------------------------------------------------------------------------

static uint32_t console_line;

// Writes the next number, which arrives whatever becomes of the driver: line.py reads them.
static bool use_console(uint64_t *dice)
{
    char text[16];
    int size = snprintf(text, sizeof(text), "%u\n", ++console_line);

    EXPECT_EQ(write(STDOUT_FILENO, text, (size_t)size), size);
    // Some of the kills find the driver at work, some at rest.
    if (roll(dice, 8) == 0) {
        zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
    }
    return true;
}

static const struct victim victim_console = {"console0", 8000, 8, nothing_to_open, use_console, nothing_to_close};

TEST(what_is_written_while_the_console_s_driver_is_killed_does_not_wait)
{
    kill_while_used(&victim_console);
    check_print("# %u lines were written", console_line);
}
