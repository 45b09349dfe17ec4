// SPDX-License-Identifier: MIT
//
// The tests' session; the interface is in world.h. Whoever plays the service manager gives a
// service the server's end of a directory connection and opens there what the service offers.
//
// State: whether the session is there. Made by the first test, kept until the end, as are the
// channels by which the services know that somebody wants them.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cpio/cpio.h>
#include <jacinth/namespace.h>
#include <jacinth/spawn.h>
#include <protocol/file.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PATIENCE ZX_SEC(600)

static const uint8_t *archive;
static size_t archive_size;
static zx_handle_t initrd;

static zx_status_t map_initrd(void)
{
    uint64_t size;
    zx_vaddr_t base;

    initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    zx_status_t status = zx_vmo_get_size(initrd, &size);

    if (status == ZX_OK) {
        status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, initrd, 0, size, &base);
    }
    if (status == ZX_OK) {
        archive = (const uint8_t *)base;
        archive_size = size;
    }
    return status;
}

// Copies a program out of the initrd.
static zx_status_t open_program(const char *path, zx_handle_t *out)
{
    struct cpio_entry entry;
    zx_status_t status = cpio_find(archive, archive_size, path, &entry);

    if (status == ZX_OK) {
        status = zx_vmo_create(entry.size, 0, out);
    }
    if (status == ZX_OK) {
        status = zx_vmo_write(*out, entry.data, 0, entry.size);
    }
    return status;
}

// Starts a service; *out_outgoing is the directory of what it offers.
static zx_status_t start_service(const char *path, zx_handle_t *out_outgoing)
{
    struct spawn_handle handles[2];
    struct spawned spawned;
    zx_handle_t program;
    const char *reason;
    zx_status_t status = open_program(path, &program);

    if (status != ZX_OK) {
        return status;
    }
    handles[0].info = PA_HND(PA_DIRECTORY_REQUEST, 0);
    handles[1].info = PA_HND(PA_VMO_BOOTFS, 0);
    (void)zx_channel_create(0, out_outgoing, &handles[0].handle);
    (void)zx_handle_duplicate(initrd, ZX_RIGHT_SAME_RIGHTS, &handles[1].handle);
    const char *const argv[] = {path, NULL};
    const struct spawn what = {
        .program = program,
        .argv = argv,
        .name = path,
        .handle_count = 2,
        .handles = handles,
    };

    status = spawn_start(&what, &spawned, &reason);
    zx_handle_close(program);
    if (status != ZX_OK) {
        check_print("# %s: %s\n", path, reason);
        return status;
    }
    zx_handle_close(spawned.process);
    zx_handle_close(spawned.thread);
    return ZX_OK;
}

static zx_status_t mount(zx_handle_t outgoing, const char *name, const char *path)
{
    zx_handle_t ours, theirs;
    zx_status_t status = zx_channel_create(0, &ours, &theirs);

    if (status == ZX_OK) {
        status = file_open(outgoing, zx_deadline_after(PATIENCE),
                           FILE_OPEN_READ | FILE_OPEN_DIRECTORY, 0, name, strlen(name), theirs);
    }
    return status == ZX_OK ? namespace_mount(path, ours) : status;
}

static zx_status_t make(void)
{
    zx_handle_t boot, memory;
    zx_status_t status = map_initrd();

    if (status == ZX_OK) {
        status = start_service("sbin/bootfs", &boot);
    }
    if (status == ZX_OK) {
        status = mount(boot, "boot", "/boot");
    }
    if (status == ZX_OK) {
        status = namespace_mount("/svc", boot); // where `loader` is
    }
    if (status == ZX_OK) {
        status = start_service("sbin/ramfs", &memory);
    }
    // Stays open: a service whose manager goes, goes too.
    return status == ZX_OK ? mount(memory, "tmp", "/tmp") : status;
}

bool world_make(void)
{
    static bool made;
    zx_status_t status = made ? ZX_OK : make();

    // The first program has no standard input that a child could share; most others have.
    if (!made && status == ZX_OK) {
        int fd = open("/boot/bin/spawn-child", O_RDONLY | O_CLOEXEC);

        (void)dup2(fd, 0);
        (void)close(fd);
    }
    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "no session: %s", zx_status_get_string(status));
    }
    made = status == ZX_OK;
    return made;
}

static size_t collect(const char *argv[MAX_ARGUMENTS + 2], const char *first, va_list arguments)
{
    size_t count = 0;

    for (const char *next = first; next != NULL && count <= MAX_ARGUMENTS;
         next = va_arg(arguments, const char *)) {
        argv[count++] = next;
    }
    argv[count] = NULL;
    return count;
}

int start_child(pid_t *out_pid, int *out_fd, const posix_spawn_file_actions_t *actions, ...)
{
    posix_spawn_file_actions_t own;
    const char *argv[MAX_ARGUMENTS + 2];
    int ends[2];
    va_list arguments;

    va_start(arguments, actions);
    collect(argv, "spawn-child", arguments);
    va_end(arguments);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    (void)posix_spawn_file_actions_init(&own);
    (void)posix_spawn_file_actions_adddup2(&own, ends[1], 1);
    int error = posix_spawn(out_pid, CHILD, actions != NULL ? actions : &own, NULL,
                            (char *const *)argv, environ);

    (void)posix_spawn_file_actions_destroy(&own);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
    }
    *out_fd = ends[0];
    return error;
}

int finish(pid_t pid)
{
    int status;

    return waitpid(pid, &status, 0) == pid ? status : -1;
}

int run(const char *path, const char *first, ...)
{
    const char *argv[MAX_ARGUMENTS + 2];
    va_list arguments;
    pid_t pid;

    va_start(arguments, first);
    collect(argv, first, arguments);
    va_end(arguments);
    int error = posix_spawn(&pid, path, NULL, NULL, (char *const *)argv, environ);

    return error != 0 ? -1 - error : finish(pid);
}

size_t read_all(int fd, char *text, size_t size)
{
    size_t used = 0;
    ssize_t part;

    while (used + 1 < size && (part = read(fd, text + used, size - 1 - used)) > 0) {
        used += (size_t)part;
    }
    text[used] = '\0';
    close(fd);
    return used;
}

bool write_file(const char *path, const void *data, size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    size_t written = 0;
    ssize_t part;

    while (fd >= 0 && written < size &&
           (part = write(fd, (const char *)data + written, size - written)) > 0) {
        written += (size_t)part;
    }
    if (fd < 0 || close(fd) != 0 || written != size || chmod(path, mode) != 0) {
        check_print("# %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

uint8_t *read_file(const char *path, size_t *out_size)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *data = fd >= 0 && fstat(fd, &info) == 0 ? malloc((size_t)info.st_size + 1) : NULL;

    if (data != NULL) {
        *out_size = read_all(fd, (char *)data, (size_t)info.st_size + 1);
    } else if (fd >= 0) {
        close(fd);
    }
    return data;
}

uint64_t free_memory(void)
{
    zx_info_kmem_stats_t stats = {0};

    (void)zx_object_get_info(check_root_resource(), ZX_INFO_KMEM_STATS, &stats, sizeof(stats), NULL,
                             NULL);
    return stats.free_bytes;
}
