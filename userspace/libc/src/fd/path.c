// SPDX-License-Identifier: MIT
//
// Paths as text: no state, no system calls. `..` takes the component before it away, whatever that
// is: there are no links here that could lead elsewhere.

#include "fd_impl.h"

#include <errno.h>
#include <string.h>

#define PATH_BYTES 4096 // PATH_MAX, with the NUL
#define NAME_BYTES 255  // NAME_MAX

size_t __fd_path_room(const char *base, const char *path)
{
    // The base, a slash, the path, a NUL; and the least that there is, "/".
    return strlen(base) + strnlen(path, PATH_BYTES) + 3;
}

// Removes the last component of the `length` bytes at `out`; returns the new length.
static size_t cut(const char *out, size_t length)
{
    while (length > 0 && out[--length] != '/') {}
    return length;
}

long __fd_path_join(const char *base, const char *path, char *out, struct path_end *end)
{
    size_t length = 0;

    *end = (struct path_end){.last = PATH_ROOT};
    if (*path == '\0') {
        return -ENOENT;
    }
    if (strnlen(path, PATH_BYTES) >= PATH_BYTES) {
        return -ENAMETOOLONG;
    }
    if (*path != '/' && strcmp(base, "/") != 0) {
        length = strlen(base);
        memcpy(out, base, length);
    }
    while (*path != '\0') {
        size_t size = strcspn(path, "/");

        if (size > NAME_BYTES) {
            return -ENAMETOOLONG;
        }
        if (size == 0) {
            path++;
            end->slash = true;
            continue;
        }
        if (size == 1 && path[0] == '.') {
            end->last = PATH_DOT;
        } else if (size == 2 && path[0] == '.' && path[1] == '.') {
            end->last = PATH_DOT_DOT;
            end->escaped = end->escaped || length == 0;
            length = cut(out, length);
        } else {
            end->last = PATH_NAME;
            out[length++] = '/';
            memcpy(out + length, path, size);
            length += size;
        }
        end->slash = end->last != PATH_NAME;
        path += size;
    }
    if (length == 0) {
        out[length++] = '/';
    }
    out[length] = '\0';
    return length < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

const char *__fd_path_below(const char *mount, const char *path)
{
    size_t length = strlen(mount);

    if (strcmp(mount, "/") == 0) {
        return path + 1;
    }
    if (strncmp(mount, path, length) != 0) {
        return NULL;
    }
    if (path[length] == '/') {
        return path + length + 1;
    }
    return path[length] == '\0' ? path + length : NULL;
}
