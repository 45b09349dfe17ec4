// SPDX-License-Identifier: MIT
//
// posix_spawn() and posix_spawnp(), on spawn_start()'s machinery. Of the attributes, process
// groups, sessions, signal masks and scheduling have no meaning here: the signal attributes are
// accepted (a new process starts with the defaults anyway), POSIX_SPAWN_SETPGROUP with group 0 too,
// the rest is ENOSYS. POSIX_SPAWN_USEVFORK is accepted: there is nothing else.

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn_impl.h"

#include <zircon/syscalls.h>

// Where posix_spawnattr_setjob_np() keeps the job: at the end of what musl leaves free.
#define JOB_AT(attributes) ((attributes)->__pad + sizeof((attributes)->__pad) - sizeof(zx_handle_t))

static const short accepted_flags = POSIX_SPAWN_RESETIDS | POSIX_SPAWN_SETPGROUP |
                                    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                    POSIX_SPAWN_USEVFORK;

int posix_spawnattr_setjob_np(posix_spawnattr_t *attributes, zx_handle_t job)
{
    memcpy(JOB_AT(attributes), &job, sizeof(job));
    return 0;
}

zx_handle_t __spawn_attribute_job(const posix_spawnattr_t *attributes)
{
    zx_handle_t job = ZX_HANDLE_INVALID;

    if (attributes != NULL) {
        memcpy(&job, JOB_AT(attributes), sizeof(job));
    }
    return job;
}

static int check_attributes(const posix_spawnattr_t *attributes)
{
    if (attributes == NULL) {
        return 0;
    }
    if ((attributes->__flags & ~accepted_flags) != 0 ||
        ((attributes->__flags & POSIX_SPAWN_SETPGROUP) != 0 && attributes->__pgrp != 0)) {
        return ENOSYS;
    }
    return 0;
}

// Starts the program with the descriptors of the table, and enters it as a child.
static int start(pid_t *out_pid, const char *path, const struct spawn_table *table,
                 const posix_spawnattr_t *attributes, char *const *argv, char *const *environment)
{
    struct spawn_fd *fds = malloc((table->count + 1) * sizeof(*fds));
    struct spawned spawned;
    enum spawn_stage stage;
    const char *reason;
    struct spawn what = {
        .flags = SPAWN_INHERIT_NAMESPACE | SPAWN_LEAVE_PRIVATE_FDS,
        .path = path,
        .argv = (const char *const *)argv,
        .environ = (const char *const *)environment,
        .directory = table->directory,
        .job = __spawn_attribute_job(attributes),
        .fds = fds,
    };

    if (fds == NULL) {
        return ENOMEM;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (!table->slots[i].close) {
            fds[what.fd_count++] = (struct spawn_fd){table->slots[i].fd, table->slots[i].target};
        }
    }
    zx_status_t status = __spawn(&what, &spawned, &stage, &reason);

    free(fds);
    if (status != ZX_OK) {
        return __spawn_errno(status, stage);
    }
    zx_handle_close(spawned.thread);
    if (__spawn_child_add(spawned.pid, spawned.process) != ZX_OK) {
        return ENOMEM;
    }
    if (out_pid != NULL) {
        *out_pid = spawned.pid;
    }
    return 0;
}

int posix_spawn(pid_t *restrict out_pid, const char *restrict path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const *restrict argv,
                char *const *restrict environment)
{
    const int saved = errno;
    struct spawn_table table;
    int error = check_attributes(attributes);

    if (error != 0) {
        return error;
    }
    error = __spawn_table_make(actions, &table);
    if (error == 0) {
        // A relative path is looked up where the chdir actions lead: exec would come after them.
        char *full = NULL;

        if (table.directory != NULL && path[0] != '/') {
            full = malloc(strlen(table.directory) + strlen(path) + 2);
            error = full != NULL ? 0 : ENOMEM;
            if (full != NULL) {
                strcpy(stpcpy(stpcpy(full, table.directory), "/"), path);
            }
        }
        if (error == 0) {
            error =
                start(out_pid, full != NULL ? full : path, &table, attributes, argv, environment);
        }
        free(full);
    }
    __spawn_table_free(&table);
    errno = saved;
    return error;
}

// The next folder of a PATH, with `name` behind it, in `out`. Returns what is left of the PATH, or
// NULL behind the last.
static const char *next_candidate(const char *search, const char *name, char *out)
{
    const char *end = strchrnul(search, ':');
    size_t length = (size_t)(end - search);

    memcpy(out, search, length);
    out[length] = '/';
    // An empty folder is the current one.
    strcpy(length == 0 ? out : out + length + 1, name);
    return *end == ':' ? end + 1 : NULL;
}

int posix_spawnp(pid_t *restrict out_pid, const char *restrict file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *restrict attributes, char *const *restrict argv,
                 char *const *restrict environment)
{
    const char *search = getenv("PATH");
    bool denied = false;
    int error = ENOENT;

    if (file[0] == '\0') {
        return ENOENT;
    }
    if (strchr(file, '/') != NULL) {
        return posix_spawn(out_pid, file, actions, attributes, argv, environment);
    }
    search = search != NULL ? search : "/boot/bin";
    char *path = malloc(strlen(search) + strlen(file) + 2);

    if (path == NULL) {
        return ENOMEM;
    }
    do {
        search = next_candidate(search, file, path);
        // Only what is there is tried: actions must not open files once for each folder.
        if (access(path, F_OK) != 0) {
            continue;
        }
        error = posix_spawn(out_pid, path, actions, attributes, argv, environment);
        denied |= error == EACCES;
    } while (search != NULL && (error == ENOENT || error == ENOTDIR || error == EACCES));
    free(path);
    return denied && (error == ENOENT || error == ENOTDIR) ? EACCES : error;
}
