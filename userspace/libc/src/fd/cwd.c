// SPDX-License-Identifier: MIT
//
// The current directory and the mode mask. The directory is a text: it is checked when it is set,
// and looked up anew by whoever uses it.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

atomic_uint __fd_umask = 022;

long __sys_getcwd(long buffer, long size)
{
    char *current = __fd_namespace_cwd();
    size_t length;
    long result = -ERANGE;

    if (current == NULL) {
        return -ENOMEM;
    }
    length = strlen(current) + 1;
    if (length <= (size_t)size) {
        memcpy((char *)buffer, current, length);
        result = (long)length;
    }
    free(current);
    return result;
}

long __sys_chdir(long path)
{
    struct file_attributes attributes;
    struct place place;
    long result = __fd_place_find(AT_FDCWD, (const char *)path, &place);

    if (result == 0) {
        result = __fd_place_stat(&place, &attributes);
    }
    if (result == 0 && attributes.kind != FILE_KIND_DIRECTORY) {
        result = -ENOTDIR;
    }
    if (result == 0) {
        __fd_namespace_set_cwd(place.path);
        place.path = NULL;
    }
    __fd_place_release(&place);
    return result;
}

// The path of an open directory, from malloc. -ENOTDIR, -ENOTSUP: it has none that we know.
static long directory_path(struct description *d, char **out)
{
    const char *path;
    long kind;

    if (__fd_is_mounts(d)) {
        path = __fd_mounts_path(d);
    } else if (!__fd_is_remote(d)) {
        return -ENOTDIR;
    } else {
        kind = __fd_remote_kind(d);
        if (kind < 0) {
            return kind;
        }
        if (kind != FILE_KIND_DIRECTORY) {
            return -ENOTDIR;
        }
        path = __fd_remote_path(d);
    }
    if (path == NULL) {
        return -ENOTSUP;
    }
    *out = strdup(path);
    return *out != NULL ? 0 : -ENOMEM;
}

long __sys_fchdir(long fd)
{
    struct description *d = __fd_get((int)fd);
    char *path;
    long result = d != NULL ? directory_path(d, &path) : -EBADF;

    if (result == 0) {
        __fd_namespace_set_cwd(path);
    }
    __fd_put(d);
    return result;
}

long __sys_umask(long mask)
{
    return atomic_exchange_explicit(&__fd_umask, (unsigned)mask & 0777, memory_order_relaxed);
}
