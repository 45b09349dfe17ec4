// SPDX-License-Identifier: MIT
//
// posix_spawn's file actions. There is no fork, so nothing runs in the child before the program
// does: the actions are played through here, on a table of the descriptors that the child would
// have. What they open is opened in this process, and closed when the child has its copy.
//
// No state: every table belongs to one call of posix_spawn().

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn_impl.h"

#include <jacinth/fd.h>

// musl's list of actions, the newest first.
#include "../process/fdop.h"
// It names the allocator for use inside of musl.
#undef malloc
#undef calloc
#undef realloc
#undef free

static struct spawn_slot *find(const struct spawn_table *table, int target)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->slots[i].target == target) {
            return &table->slots[i];
        }
    }
    return NULL;
}

static void drop(struct spawn_table *table, int target)
{
    struct spawn_slot *slot = find(table, target);

    if (slot == NULL) {
        return;
    }
    if (slot->owned) {
        close(slot->fd);
    }
    *slot = table->slots[--table->count];
}

// Makes `target` refer to our descriptor `fd`, in place of what it was. An owned one is closed on
// failure.
static int put(struct spawn_table *table, int target, int fd, bool owned, bool close_on_exec)
{
    drop(table, target);
    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
        struct spawn_slot *slots = realloc(table->slots, capacity * sizeof(*slots));

        if (slots == NULL) {
            if (owned) {
                close(fd);
            }
            return ENOMEM;
        }
        table->slots = slots;
        table->capacity = capacity;
    }
    table->slots[table->count++] = (struct spawn_slot){target, fd, owned, close_on_exec};
    return 0;
}

// The path of an action, seen from the directory that the child is in by then. NULL: no memory.
static char *resolve(const struct spawn_table *table, const char *path)
{
    if (table->directory == NULL || path[0] == '/' || path[0] == '\0') {
        return strdup(path);
    }
    size_t head = strlen(table->directory), tail = strlen(path);
    char *joined = malloc(head + tail + 2);

    if (joined != NULL) {
        memcpy(joined, table->directory, head);
        joined[head] = '/';
        memcpy(joined + head + 1, path, tail + 1);
    }
    return joined;
}

static int play_open(struct spawn_table *table, const struct fdop *action)
{
    char *path = resolve(table, action->path);

    if (path == NULL) {
        return ENOMEM;
    }
    int fd = open(path, action->oflag | O_CLOEXEC, action->mode);
    int error = fd < 0 ? errno : 0;

    free(path);
    return error != 0 ? error : put(table, action->fd, fd, true, (action->oflag & O_CLOEXEC) != 0);
}

static int play_dup2(struct spawn_table *table, const struct fdop *action)
{
    struct spawn_slot *source = find(table, action->srcfd);

    if (source == NULL) {
        return EBADF;
    }
    if (action->srcfd == action->fd) {
        source->close = false;
        return 0;
    }
    if (!source->owned) {
        return put(table, action->fd, source->fd, false, false);
    }
    // Two numbers in the child, each of which may be closed by itself.
    int fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 0);

    return fd < 0 ? errno : put(table, action->fd, fd, true, false);
}

static int play_chdir(struct spawn_table *table, const char *to)
{
    struct stat info;
    char *path = resolve(table, to);
    char *real = path != NULL ? realpath(path, NULL) : NULL;
    int error = path == NULL ? ENOMEM : (real == NULL ? errno : 0);

    if (error == 0 && stat(real, &info) != 0) {
        error = errno;
    } else if (error == 0 && !S_ISDIR(info.st_mode)) {
        error = ENOTDIR;
    }
    free(path);
    if (error != 0) {
        free(real);
        return error;
    }
    free(table->directory);
    table->directory = real;
    return 0;
}

static int play(struct spawn_table *table, const struct fdop *action)
{
    switch (action->cmd) {
    case FDOP_CLOSE: drop(table, action->fd); return 0;
    case FDOP_DUP2: return play_dup2(table, action);
    case FDOP_OPEN: return play_open(table, action);
    case FDOP_CHDIR: return play_chdir(table, action->path);
    default: return ENOSYS; // fchdir: a descriptor has no path
    }
}

int __spawn_table_make(const posix_spawn_file_actions_t *actions, struct spawn_table *out)
{
    int error = 0;

    *out = (struct spawn_table){0};
    for (int fd = fd_next(0, 0); error == 0 && fd >= 0; fd = fd_next(fd + 1, 0)) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0) {
            error = put(out, fd, fd, false, (flags & FD_CLOEXEC) != 0);
        }
    }
    if (actions == NULL || actions->__actions == NULL) {
        return error;
    }
    const struct fdop *action = actions->__actions;

    while (action->next != NULL) {
        action = action->next;
    }
    for (; error == 0 && action != NULL; action = action->prev) {
        error = play(out, action);
    }
    return error;
}

void __spawn_table_free(struct spawn_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->slots[i].owned) {
            close(table->slots[i].fd);
        }
    }
    free(table->slots);
    free(table->directory);
    *table = (struct spawn_table){0};
}
