// SPDX-License-Identifier: MIT
//
// Tests of svc, from within a session of its own manifest (test.manifest): names, restarts, services
// that misbehave, clients that misbehave. The session's exit status is what scripts/run reports.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <check/check.h>
#include <jacinth/namespace.h>
#include <jacinth/service.h>
#include <protocol/file.h>
#include <protocol/manager.h>
#include <protocol/system.h>
#include <protocol/terminal.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define SECOND   INT64_C(1000000000)
#define PATIENCE (600 * SECOND) // only a hang takes that long
#define NAP      (SECOND / 100)

static zx_time_t soon(void)
{
    return zx_deadline_after(PATIENCE);
}

static zx_handle_t manager(void)
{
    static zx_handle_t channel;

    if (channel == ZX_HANDLE_INVALID && service_connect("/svc/manager", &channel) != ZX_OK) {
        check_print("# no /svc/manager");
        exit(1);
    }
    return channel;
}

static struct manager_entry entry_of(const char *name)
{
    struct manager_entry entry = {.state = UINT32_MAX};
    zx_status_t status = manager_status(manager(), soon(), name, strlen(name), &entry);

    EXPECT_EQ(status, ZX_OK);
    return entry;
}

// Waits for a service to come into a state.
static bool wait_for_state(const char *name, uint32_t state)
{
    zx_time_t end = soon();

    while (entry_of(name).state != state) {
        if (zx_clock_get_monotonic() > end) {
            check_print("# %s is in state %u, not %u", name, entry_of(name).state, state);
            return false;
        }
        zx_nanosleep(zx_deadline_after(NAP));
    }
    return true;
}

// Waits until a service has another process than that of `before`.
static bool wait_for_next(const char *name, const struct manager_entry *before)
{
    zx_time_t end = soon();

    for (;;) {
        struct manager_entry entry = entry_of(name);

        if (entry.state == MANAGER_RUNNING && entry.koid != before->koid) {
            return true;
        }
        if (zx_clock_get_monotonic() > end) {
            check_print("# %s has no new process, its state is %u", name, entry.state);
            return false;
        }
        zx_nanosleep(zx_deadline_after(NAP));
    }
}

// One question to the echo service by a connection.
static zx_status_t ask_echo(zx_handle_t channel, const char *text)
{
    char answer[64];
    uint32_t size = 0;
    zx_status_t status = zx_channel_write(channel, 0, text, (uint32_t)strlen(text), NULL, 0);

    if (status == ZX_OK) {
        status =
            zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, soon(), NULL);
    }
    if (status == ZX_OK) {
        status = zx_channel_read(channel, 0, answer, NULL, sizeof(answer), 0, &size, NULL);
    }
    if (status == ZX_OK && (size != strlen(text) || memcmp(answer, text, size) != 0)) {
        return ZX_ERR_IO;
    }
    return status;
}

// Connects to the echo service and asks it something.
static zx_status_t try_echo(void)
{
    zx_handle_t channel;
    zx_status_t status = service_connect("/svc/echo", &channel);

    if (status == ZX_OK) {
        status = ask_echo(channel, "are you there");
        zx_handle_close(channel);
    }
    return status;
}

// The directory /svc itself, for raw messages.
static zx_handle_t svc_directory(void)
{
    zx_handle_t directory = ZX_HANDLE_INVALID;

    EXPECT_EQ(namespace_clone_mount("/svc", &directory), ZX_OK);
    return directory;
}

// Opens a name below a directory and waits `patience` for the answer. Our end is closed again.
static zx_status_t open_name(zx_handle_t directory, const char *name, zx_duration_t patience)
{
    zx_handle_t ours, theirs;
    zx_status_t status = zx_channel_create(0, &ours, &theirs);

    if (status == ZX_OK) {
        status = file_open(directory, zx_deadline_after(patience), FILE_OPEN_READ | FILE_OPEN_WRITE,
                           0, name, strlen(name), theirs);
        zx_handle_close(ours);
    }
    return status;
}

// ---- names ------------------------------------------------------------------------------------------------

TEST(svc_lists_what_there_is)
{
    static const char *const wanted[] = {"fs", "system", "manager", "echo", "mute", "absent"};
    unsigned found = 0;
    DIR *directory = opendir("/svc");

    ASSERT_TRUE(directory != NULL);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            found += strcmp(entry->d_name, wanted[i]) == 0;
        }
    }
    closedir(directory);
    EXPECT_EQ(found, 6);
}

TEST(a_service_is_reached_by_its_name)
{
    EXPECT_EQ(try_echo(), ZX_OK);
    zx_handle_t directory = svc_directory();

    EXPECT_EQ(open_name(directory, "echo", PATIENCE), ZX_OK);
    EXPECT_EQ(open_name(directory, "nobody", PATIENCE), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(open_name(directory, "echo/more", PATIENCE), ZX_ERR_NOT_DIR);
    EXPECT_EQ(open_name(directory, "absent", PATIENCE), ZX_ERR_UNAVAILABLE);
    zx_handle_close(directory);
}

TEST(directories_are_there_under_fs)
{
    int fd = open("/tmp/through-the-mount", O_CREAT | O_WRONLY, 0644);

    ASSERT_TRUE(fd >= 0);
    close(fd);
    zx_handle_t directory = svc_directory();

    EXPECT_EQ(open_name(directory, "fs/tmp/through-the-mount", PATIENCE), ZX_OK);
    EXPECT_EQ(open_name(directory, "fs/dev/null", PATIENCE), ZX_OK);
    EXPECT_EQ(open_name(directory, "fs/dev/nothing", PATIENCE), ZX_ERR_NOT_FOUND);
    zx_handle_close(directory);
    EXPECT_EQ(unlink("/tmp/through-the-mount"), 0);
}

TEST(nobody_changes_svc)
{
    EXPECT_ERRNO(mkdir("/svc/x", 0755), EROFS);
    EXPECT_ERRNO(unlink("/svc/echo"), EROFS);
    EXPECT_ERRNO(open("/svc/new", O_CREAT | O_WRONLY, 0644), EROFS);
}

// ---- restarts -----------------------------------------------------------------------------------------------

TEST(a_service_that_dies_is_started_again)
{
    zx_handle_t channel;
    zx_signals_t seen = 0;
    struct manager_entry before = entry_of("echo"), after;

    ASSERT_EQ(before.state, MANAGER_RUNNING);
    ASSERT_EQ(service_connect("/svc/echo", &channel), ZX_OK);
    EXPECT_EQ(zx_channel_write(channel, 0, "die", 3, NULL, 0), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, soon(), &seen), ZX_OK);
    zx_handle_close(channel);
    ASSERT_TRUE(wait_for_next("echo", &before));
    EXPECT_EQ(try_echo(), ZX_OK);
    after = entry_of("echo");
    EXPECT_EQ(after.restarts, before.restarts + 1);
    EXPECT_EQ(after.return_code, 3);
    EXPECT_TRUE(after.koid != before.koid);
}

TEST(a_service_that_crashes_is_started_again)
{
    zx_handle_t channel;
    struct manager_entry before = entry_of("echo");

    ASSERT_EQ(service_connect("/svc/echo", &channel), ZX_OK);
    EXPECT_EQ(zx_channel_write(channel, 0, "crash", 5, NULL, 0), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
    zx_handle_close(channel);
    ASSERT_TRUE(wait_for_next("echo", &before));
    EXPECT_EQ(try_echo(), ZX_OK);
    EXPECT_EQ(entry_of("echo").return_code, -1);
}

// The fourth end is followed by a pause: a connection asked for meanwhile is made when it is over.
TEST(connections_wait_for_the_restart)
{
    zx_handle_t channel;
    struct manager_entry before = entry_of("echo");

    ASSERT_EQ(manager_restart(manager(), soon(), "echo", 4), ZX_OK);
    for (int i = 0; i < 4; i++) {
        ASSERT_TRUE(wait_for_next("echo", &before));
        before = entry_of("echo");
        ASSERT_EQ(service_connect("/svc/echo", &channel), ZX_OK);
        EXPECT_EQ(zx_channel_write(channel, 0, "die", 3, NULL, 0), ZX_OK);
        EXPECT_EQ(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
        zx_handle_close(channel);
    }
    ASSERT_TRUE(wait_for_state("echo", MANAGER_WAITING));
    EXPECT_EQ(try_echo(), ZX_OK);
    EXPECT_EQ(entry_of("echo").state, MANAGER_RUNNING);
}

TEST(a_service_that_always_fails_is_given_up)
{
    struct manager_entry entry;

    ASSERT_TRUE(wait_for_state("fails", MANAGER_FAILED));
    entry = entry_of("fails");
    EXPECT_EQ(entry.restarts, 5); // its limit is 6 failures
    EXPECT_EQ(entry.return_code, 3);
    // Three at once, then 100 and 200 ms.
    zx_handle_t directory = svc_directory();

    EXPECT_EQ(open_name(directory, "fails", PATIENCE), ZX_ERR_UNAVAILABLE);
    zx_handle_close(directory);
    // A request begins anew.
    zx_time_t begun = zx_clock_get_monotonic();

    EXPECT_EQ(manager_start(manager(), soon(), "fails", 5), ZX_OK);
    ASSERT_TRUE(wait_for_state("fails", MANAGER_FAILED));
    EXPECT_TRUE(zx_clock_get_monotonic() - begun >= 3 * SECOND / 10);
}

TEST(policies_are_kept)
{
    ASSERT_TRUE(wait_for_state("ends", MANAGER_ENDED));
    EXPECT_EQ(entry_of("ends").restarts, 0);
    EXPECT_EQ(entry_of("absent").state, MANAGER_FAILED);
    EXPECT_EQ(entry_of("broken").state, MANAGER_FAILED);
    EXPECT_EQ(entry_of("session").state, MANAGER_RUNNING);
}

// ---- on request -----------------------------------------------------------------------------------------------

TEST(stop_and_start)
{
    zx_handle_t channel;
    zx_handle_t directory = svc_directory();

    ASSERT_EQ(service_connect("/svc/echo", &channel), ZX_OK);
    EXPECT_EQ(manager_start(manager(), soon(), "echo", 4), ZX_ERR_ALREADY_EXISTS);
    EXPECT_EQ(manager_stop(manager(), soon(), "echo", 4), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
    zx_handle_close(channel);
    ASSERT_TRUE(wait_for_state("echo", MANAGER_STOPPED));
    EXPECT_EQ(manager_stop(manager(), soon(), "echo", 4), ZX_ERR_BAD_STATE);
    EXPECT_EQ(open_name(directory, "echo", PATIENCE), ZX_ERR_UNAVAILABLE);
    EXPECT_EQ(manager_start(manager(), soon(), "echo", 4), ZX_OK);
    EXPECT_EQ(try_echo(), ZX_OK);
    EXPECT_EQ(manager_start(manager(), soon(), "nobody", 6), ZX_ERR_NOT_FOUND);
    zx_handle_close(directory);
}

TEST(the_list_has_all_services)
{
    static struct manager_entry entries[64];
    size_t size = 0;

    ASSERT_EQ(manager_list(manager(), soon(), entries, sizeof(entries), &size), ZX_OK);
    EXPECT_EQ(size, 12 * sizeof(entries[0]));
    EXPECT_STR((const char *)entries[0].name, "console");
    EXPECT_STR((const char *)entries[11].name, "session");
}

TEST(a_mount_comes_back_after_its_server_died)
{
    int fd = open("/tmp/before", O_CREAT | O_WRONLY, 0644);

    ASSERT_TRUE(fd >= 0);
    ASSERT_EQ(manager_restart(manager(), soon(), "ramfs", 5), ZX_OK);
    ASSERT_TRUE(wait_for_state("ramfs", MANAGER_RUNNING));
    while (write(fd, "x", 1) == 1) { // until it is really dead
        zx_nanosleep(zx_deadline_after(NAP));
    }
    close(fd);
    fd = open("/tmp/after", O_CREAT | O_WRONLY, 0644);
    EXPECT_TRUE(fd >= 0);
    EXPECT_EQ(write(fd, "x", 1), 1);
    close(fd);
    EXPECT_ERRNO(access("/tmp/before", F_OK), ENOENT);
}

// ---- services that misbehave --------------------------------------------------------------------------------

TEST(a_service_that_never_answers_holds_up_nobody)
{
    zx_handle_t directories[10];
    struct manager_entry before = entry_of("mute");
    zx_status_t status = ZX_ERR_TIMED_OUT;

    // What it leaves unanswered is bounded; then the answer comes at once.
    for (size_t i = 0; i < 100; i++) {
        if (i < 10) {
            directories[i] = svc_directory();
        }
        status = open_name(directories[i % 10], "mute", i < 64 ? NAP : PATIENCE);
        if (status != ZX_ERR_TIMED_OUT) {
            EXPECT_TRUE(i >= 60);
            break;
        }
        if (i % 10 == 0) {
            EXPECT_EQ(try_echo(), ZX_OK);
        }
    }
    EXPECT_EQ(status, ZX_ERR_NO_RESOURCES);
    EXPECT_EQ(try_echo(), ZX_OK);
    // A new process begins anew.
    EXPECT_EQ(manager_restart(manager(), soon(), "mute", 4), ZX_OK);
    ASSERT_TRUE(wait_for_next("mute", &before));
    EXPECT_EQ(open_name(directories[0], "mute", NAP), ZX_ERR_TIMED_OUT);
    zx_handle_close_many(directories, 10);
}

TEST(a_service_that_talks_nonsense_holds_up_nobody)
{
    zx_handle_t directory = svc_directory();

    // It is killed, and at last given up.
    ASSERT_TRUE(wait_for_state("junk", MANAGER_FAILED));
    ASSERT_TRUE(wait_for_state("closes", MANAGER_FAILED));
    EXPECT_EQ(open_name(directory, "junk", PATIENCE), ZX_ERR_UNAVAILABLE);
    EXPECT_EQ(open_name(directory, "closes", PATIENCE), ZX_ERR_UNAVAILABLE);
    EXPECT_EQ(try_echo(), ZX_OK);
    zx_handle_close(directory);
}

// ---- clients that misbehave -----------------------------------------------------------------------------------

TEST(junk_from_a_client_costs_its_own_connection)
{
    zx_handle_t directory = svc_directory(), system;
    char nonsense[200];

    memset(nonsense, 0xff, sizeof(nonsense));
    for (uint32_t size = 0; size < sizeof(nonsense); size++) {
        if (zx_channel_write(directory, 0, nonsense, size, NULL, 0) != ZX_OK) {
            break;
        }
    }
    EXPECT_EQ(zx_object_wait_one(directory, ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
    zx_handle_close(directory);
    ASSERT_EQ(service_connect("/svc/system", &system), ZX_OK);
    for (uint32_t size = 0; size < sizeof(nonsense); size++) {
        if (zx_channel_write(system, 0, nonsense, size, NULL, 0) != ZX_OK) {
            break;
        }
    }
    EXPECT_EQ(zx_object_wait_one(system, ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
    zx_handle_close(system);
    EXPECT_EQ(try_echo(), ZX_OK);
}

// Who holds any number of them keeps nobody else out: those idle longest have to go.
TEST(a_flood_of_connections_is_bounded)
{
    static zx_handle_t held[400];
    unsigned made = 0, closed = 0;
    zx_handle_t job;

    while (made < 400 && service_connect("/svc/system", &held[made]) == ZX_OK) {
        made++;
    }
    ASSERT_EQ(made, 400);
    EXPECT_EQ(try_echo(), ZX_OK);
    for (unsigned i = 0; i < made; i++) {
        closed += zx_object_wait_one(held[i], ZX_CHANNEL_PEER_CLOSED, 0, NULL) == ZX_OK;
    }
    EXPECT_TRUE(closed >= 200 && closed < made);
    EXPECT_EQ(zx_object_wait_one(held[0], ZX_CHANNEL_PEER_CLOSED, soon(), NULL), ZX_OK);
    ASSERT_EQ(system_root_job(held[made - 1], soon(), ZX_RIGHT_SAME_RIGHTS, &job), ZX_OK);
    zx_handle_close(job);
    zx_handle_close_many(held, made);
}

TEST(a_flood_of_requests_is_served_in_turn)
{
    zx_handle_t directory = svc_directory(), ours, theirs;

    // Requests whose answers are never read; handles and all.
    for (uint32_t i = 0; i < 3000; i++) {
        ASSERT_EQ(zx_channel_create(0, &ours, &theirs), ZX_OK);
        zx_handle_close(ours);
        if (file_send_open(directory, i + 1, FILE_OPEN_READ, 0, "nobody", 6, theirs) != ZX_OK) {
            break;
        }
        if (i % 500 == 0) {
            EXPECT_EQ(try_echo(), ZX_OK);
        }
    }
    zx_handle_close(directory);
    EXPECT_EQ(try_echo(), ZX_OK);
}

// ---- the protocol system ----------------------------------------------------------------------------------------

TEST(system_gives_handles)
{
    zx_handle_t system, handle = ZX_HANDLE_INVALID;
    zx_info_handle_basic_t info = {0};
    char text[SYSTEM_MAX_COMMAND_LINE + 1] = "";
    uint64_t size = 0;
    size_t length = 0;
    uint32_t magic = 0;

    ASSERT_EQ(service_connect("/svc/system", &system), ZX_OK);
    EXPECT_EQ(system_root_job(system, soon(), ZX_RIGHT_ENUMERATE | ZX_RIGHT_TRANSFER, &handle),
              ZX_OK);
    EXPECT_EQ(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
              ZX_OK);
    EXPECT_EQ(info.type, ZX_OBJ_TYPE_JOB);
    EXPECT_EQ(info.rights, ZX_RIGHT_ENUMERATE | ZX_RIGHT_TRANSFER);
    zx_handle_close(handle);
    EXPECT_EQ(system_root_job(system, soon(), 1u << 30, &handle), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(system_root_resource(system, soon(), ZX_RIGHT_SAME_RIGHTS, &handle), ZX_OK);
    zx_handle_close(handle);
    EXPECT_EQ(system_device_tree(system, soon(), &handle, &size), ZX_OK);
    EXPECT_EQ(zx_vmo_read(handle, &magic, 0, sizeof(magic)), ZX_OK);
    EXPECT_EQ(magic, 0xedfe0dd0);
    EXPECT_TRUE(size > 1000 && size < (4 << 20));
    zx_handle_close(handle);
    EXPECT_EQ(system_vdso(system, soon(), 0, &handle), ZX_OK);
    zx_handle_close(handle);
    EXPECT_EQ(system_vdso(system, soon(), 7, &handle), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(system_command_line(system, soon(), text, sizeof(text) - 1, &length), ZX_OK);
    EXPECT_TRUE(strstr(text, "svc.manifest=etc/test.manifest") != NULL);
    EXPECT_EQ(system_power(system, soon(), 99), ZX_ERR_INVALID_ARGS);
    zx_handle_close(system);
}

// ---- devices --------------------------------------------------------------------------------------------------

TEST(devices)
{
    char buffer[100] = "x";
    int fd = open("/dev/null", O_RDWR);

    ASSERT_TRUE(fd >= 0);
    EXPECT_EQ(read(fd, buffer, sizeof(buffer)), 0);
    EXPECT_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
    close(fd);
    fd = open("/dev/zero", O_RDONLY);
    EXPECT_EQ(read(fd, buffer, sizeof(buffer)), sizeof(buffer));
    EXPECT_EQ(buffer[0] | buffer[99], 0);
    close(fd);
    fd = open("/dev/full", O_WRONLY);
    EXPECT_ERRNO(write(fd, buffer, 1), ENOSPC);
    close(fd);
    fd = open("/dev/urandom", O_RDONLY);
    EXPECT_EQ(read(fd, buffer, sizeof(buffer)), sizeof(buffer));
    close(fd);
    // `> /dev/null` as a shell does it.
    fd = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    EXPECT_TRUE(fd >= 0);
    close(fd);
    EXPECT_EQ(isatty(0), 1);
    EXPECT_ERRNO(open("/dev/nothing", O_RDONLY), ENOENT);
}

// ---- the terminal -----------------------------------------------------------------------------------------------

// A connection to the terminal of our own.
static zx_handle_t terminal(void)
{
    zx_handle_t dev = ZX_HANDLE_INVALID, ours, theirs;

    EXPECT_EQ(namespace_clone_mount("/dev", &dev), ZX_OK);
    EXPECT_EQ(zx_channel_create(0, &ours, &theirs), ZX_OK);
    EXPECT_EQ(file_open(dev, soon(), FILE_OPEN_READ | FILE_OPEN_WRITE, 0, "console", 7, theirs),
              ZX_OK);
    zx_handle_close(dev);
    return ours;
}

TEST(terminal_modes_and_size)
{
    zx_handle_t channel = terminal();
    struct terminal_attributes first, changed, seen;
    uint32_t columns = 0, rows = 0, interrupted = 1, kind = 0;

    EXPECT_EQ(file_describe(channel, soon(), &kind, NULL), ZX_OK);
    EXPECT_EQ(kind, FILE_KIND_TERMINAL);
    ASSERT_EQ(terminal_get_attributes(channel, soon(), &first), ZX_OK);
    EXPECT_TRUE((first.lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
    changed = first;
    changed.lflag &= ~(uint32_t)(ICANON | ECHO);
    EXPECT_EQ(terminal_set_attributes(channel, soon(), TERMINAL_NOW, &changed), ZX_OK);
    EXPECT_EQ(terminal_get_attributes(channel, soon(), &seen), ZX_OK);
    EXPECT_EQ(memcmp(&seen, &changed, sizeof(seen)), 0);
    EXPECT_EQ(terminal_set_attributes(channel, soon(), TERMINAL_FLUSH, &first), ZX_OK);
    EXPECT_EQ(terminal_set_attributes(channel, soon(), 9, &first), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(terminal_get_size(channel, soon(), &columns, &rows), ZX_OK);
    EXPECT_EQ(columns * 1000 + rows, 80024);
    EXPECT_EQ(terminal_set_size(channel, soon(), 132, 50), ZX_OK);
    EXPECT_EQ(terminal_get_size(channel, soon(), &columns, &rows), ZX_OK);
    EXPECT_EQ(columns * 1000 + rows, 132050);
    EXPECT_EQ(terminal_set_size(channel, soon(), 80, 24), ZX_OK);
    EXPECT_EQ(terminal_take_interrupt(channel, soon(), &interrupted), ZX_OK);
    EXPECT_EQ(interrupted, 0);
    EXPECT_EQ(terminal_flush(channel, soon(), 9), ZX_ERR_INVALID_ARGS);
    zx_handle_close(channel);
}

TEST(the_foreground_is_a_job_that_may_be_killed)
{
    zx_handle_t channel = terminal(), job, handle;

    ASSERT_EQ(zx_job_create(zx_job_default(), 0, &job), ZX_OK);
    EXPECT_EQ(zx_event_create(0, &handle), ZX_OK);
    EXPECT_EQ(terminal_set_foreground(channel, soon(), handle), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_handle_duplicate(job, ZX_RIGHT_TRANSFER, &handle), ZX_OK);
    EXPECT_EQ(terminal_set_foreground(channel, soon(), handle), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(terminal_set_foreground(channel, soon(), job), ZX_OK);
    EXPECT_EQ(terminal_set_foreground(channel, soon(), ZX_HANDLE_INVALID), ZX_OK);
    zx_handle_close(channel);
}

// Reads that nobody will ever answer, and clients that go: the others do not notice.
TEST(readers_that_go_are_forgotten)
{
    char line[] = "# a line by another connection\n";
    zx_handle_t other = terminal();

    for (int round = 0; round < 20; round++) {
        zx_handle_t channel = terminal();

        for (uint32_t i = 0; i < 100; i++) {
            if (file_send_read(channel, i + 1, 16) != ZX_OK) {
                break;
            }
        }
        if (round == 0) {
            uint32_t written = 0;

            EXPECT_EQ(file_write(other, soon(), line, strlen(line), &written), ZX_OK);
            EXPECT_EQ(written, strlen(line));
        }
        zx_handle_close(channel);
    }
    EXPECT_EQ(isatty(0), 1);
    zx_handle_close(other);
}
