// SPDX-License-Identifier: MIT
//
// The beginning and the end: descriptors and mounts from the bootstrap message, and what has to be
// written before the process goes. The message is whatever the parent put together: a handle that
// cannot be used is closed.
//
// Runs in the first thread, before any other.

#include "fd_impl.h"

#include <stdlib.h>
#include <string.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define ALSO_STDIO 0x8000u

struct bootstrap {
    uint32_t count;
    zx_handle_t *handles;
    uint32_t *info;
    uint32_t name_count;
    char **names;
};

static zx_handle_t claim(struct bootstrap *message, uint32_t index)
{
    zx_handle_t handle = message->handles[index];

    message->handles[index] = ZX_HANDLE_INVALID;
    message->info[index] = 0;
    return handle;
}

// A mount. One without a name, or with a name that is no absolute path, is dropped.
static void add_mount(struct bootstrap *message, uint32_t index)
{
    uint32_t name = PA_HND_ARG(message->info[index]);
    zx_handle_t directory = claim(message, index);

    if (name < message->name_count) {
        __fd_namespace_mount(message->names[name], directory);
    } else {
        zx_handle_close(directory);
    }
}

// A descriptor; NULL if it could not be made. Its reference in the table keeps it alive.
static struct description *add_descriptor(struct bootstrap *message, uint32_t index)
{
    uint32_t kind = PA_HND_TYPE(message->info[index]);
    int fd = (int)(PA_HND_ARG(message->info[index]) & ~ALSO_STDIO);
    struct description *d, *taken = __fd_get(fd);

    if (taken != NULL || __fd_from_handle(message->handles[index], kind, &d) != 0) {
        if (taken != NULL) {
            zx_handle_close(message->handles[index]); // the first one keeps the number
        }
        claim(message, index);
        __fd_put(taken);
        return NULL;
    }
    claim(message, index);
    return __fd_replace(fd, d, false) == fd ? d : NULL;
}

// Standard input, output and error, as far as they are not open: `d`.
static void fill_stdio(struct description *d)
{
    for (int fd = 0; fd < 3; fd++) {
        struct description *taken = __fd_get(fd);

        if (taken == NULL) {
            __fd_replace(fd, __fd_hold(d), false);
        }
        __fd_put(taken);
    }
}

static bool is_descriptor(uint32_t info)
{
    uint32_t kind = PA_HND_TYPE(info);

    return kind == PA_FDIO_REMOTE || kind == PA_FDIO_SOCKET || kind == PA_FDIO_LOGGER;
}

// For a process that was given no descriptor at all: no input, output to the log, or to the console
// if there is no log to be had. The root resource, if it came, stays for the program.
static void add_defaults(struct bootstrap *message)
{
    struct description *input = __fd_null_new(), *output;
    zx_handle_t resource = ZX_HANDLE_INVALID, log = ZX_HANDLE_INVALID;

    for (uint32_t i = 0; i < message->count; i++) {
        if (message->info[i] == PA_HND(PA_RESOURCE, 0)) {
            resource = message->handles[i];
        }
    }
    output = zx_debuglog_create(resource, 0, &log) == ZX_OK ? __fd_log_new(log) : NULL;
    if (output == NULL) {
        zx_handle_close(log);
        output = __fd_console_new();
    }
    if (input != NULL && output != NULL) {
        __fd_replace(0, __fd_hold(input), false);
        fill_stdio(output);
    }
    __fd_put(input);
    __fd_put(output);
}

// The directory that the parent says we are in. It is not looked at: its server may not be there
// yet, and whoever uses a path finds out.
static void set_directory(void)
{
    const char *directory = getenv("PWD");
    struct path_end end;
    char *path;

    if (directory == NULL || *directory != '/') {
        return;
    }
    path = malloc(__fd_path_room("/", directory));
    if (path != NULL && __fd_path_join("/", directory, path, &end) == 0) {
        __fd_namespace_set_cwd(path);
    } else {
        free(path);
    }
}

void __fd_init(uint32_t count, zx_handle_t *handles, uint32_t *info, uint32_t name_count,
               char **names)
{
    struct bootstrap message = {count, handles, info, name_count, names};
    struct description *stdio = NULL;
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = info[i];

        if (handles[i] == ZX_HANDLE_INVALID) {
            continue;
        }
        if (PA_HND_TYPE(word) == PA_NS_DIR) {
            add_mount(&message, i);
        } else if (is_descriptor(word)) {
            struct description *d = add_descriptor(&message, i);

            any = true;
            if (d != NULL && (PA_HND_ARG(word) & ALSO_STDIO) != 0) {
                stdio = d;
            }
        }
    }
    if (!any) {
        add_defaults(&message);
    } else if (stdio != NULL) {
        fill_stdio(stdio);
    }
    set_directory();
}

void __fd_exit(void)
{
    for (int fd = __fd_table_next(0, false); fd >= 0; fd = __fd_table_next(fd + 1, false)) {
        struct description *d = __fd_get(fd);

        if (d != NULL) {
            __fd_log_flush(d);
        }
        __fd_put(d);
    }
}
