// SPDX-License-Identifier: MIT
//
// The path walk within one server. Paths are of the client's making: any bytes but NUL.

#include "private.h"

#include <string.h>

// Skips slashes and `.` components; tells whether a component is left.
static bool next_component(const char **path, size_t *size, const char **name, size_t *name_size)
{
    const char *at = *path;
    const char *end = at + *size;

    for (;;) {
        const char *start;

        while (at < end && *at == '/')
            at++;
        start = at;
        while (at < end && *at != '/')
            at++;
        if (start == at) {
            *path = end;
            *size = 0;
            return false;
        }
        if (at - start == 1 && *start == '.')
            continue;
        *name = start;
        *name_size = (size_t)(at - start);
        *path = at;
        *size = (size_t)(end - at);
        return true;
    }
}

static zx_status_t check_name(const char *name, size_t size)
{
    if (size > FILE_MAX_NAME)
        return ZX_ERR_BAD_PATH;
    if (size == 2 && name[0] == '.' && name[1] == '.')
        return ZX_ERR_INVALID_ARGS;
    return ZX_OK;
}

static zx_status_t lookup(struct vfs_node *directory, const char *name, size_t size,
                          struct vfs_node **out)
{
    if (directory->kind != FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_DIR;
    if (directory->ops->lookup == NULL)
        return ZX_ERR_NOT_FOUND;
    return directory->ops->lookup(directory, name, size, out);
}

// True if only slashes and `.` are left: then the component before them is the last.
static bool is_end(const char *path, size_t size)
{
    const char *name;
    size_t name_size;

    return !next_component(&path, &size, &name, &name_size);
}

// One step: `at` becomes what `name` is in it. Takes the reference `*at`.
static zx_status_t step(struct vfs_node **at, const char *name, size_t size)
{
    struct vfs_node *next = NULL;
    zx_status_t status = lookup(*at, name, size, &next);

    vfs_node_unref(*at);
    *at = next;
    return status;
}

zx_status_t walk_path(struct vfs_node *from, const char *path, size_t size, struct walk *walk)
{
    struct vfs_node *at = from;
    const char *name;
    size_t name_size;

    *walk = (struct walk){0};
    vfs_node_ref(at);
    while (next_component(&path, &size, &name, &name_size)) {
        zx_status_t status = check_name(name, name_size);

        if (status == ZX_OK && at->kind != FILE_KIND_DIRECTORY)
            status = ZX_ERR_NOT_DIR;
        if (status != ZX_OK) {
            vfs_node_unref(at);
            return status;
        }
        if (is_end(path, size)) {
            walk->directory = at;
            walk->name = name;
            walk->name_size = name_size;
            walk->slash = size != 0;
            return ZX_OK;
        }
        status = step(&at, name, name_size);
        if (status != ZX_OK)
            return status;
        if (at->ops->connect != NULL) {
            while (size != 0 && *path == '/') {
                path++;
                size--;
            }
            walk->rest = path;
            walk->rest_size = size;
            break;
        }
    }
    walk->node = at;
    return ZX_OK;
}

zx_status_t walk_last(struct walk *walk)
{
    zx_status_t status;

    if (walk->node != NULL)
        return ZX_OK;
    status = lookup(walk->directory, walk->name, walk->name_size, &walk->node);
    if (status == ZX_OK && walk->slash && walk->node->kind != FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_DIR;
    return status;
}

void walk_end(struct walk *walk)
{
    if (walk->directory != NULL)
        vfs_node_unref(walk->directory);
    if (walk->node != NULL)
        vfs_node_unref(walk->node);
}
