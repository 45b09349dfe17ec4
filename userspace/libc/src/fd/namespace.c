// SPDX-License-Identifier: MIT
//
// The process's namespace: mounts, and the current directory.
//
// Locks: namespace_lock guards the list and the current directory. A mount itself never changes; it
// goes with its last reference, so that a look-up in progress keeps its directory when the mount is
// replaced. Nothing but the allocator is called under the lock.

#include "fd_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zircon/syscalls.h>

static struct fd_lock namespace_lock;
static struct mount **mounts;
static size_t mount_count;
static char *current; // NULL: "/"

void __fd_mount_put(struct mount *mount)
{
    if (mount != NULL &&
        atomic_fetch_sub_explicit(&mount->references, 1, memory_order_acq_rel) == 1) {
        zx_handle_close(mount->directory);
        free(mount);
    }
}

static struct mount *mount_hold(struct mount *mount)
{
    atomic_fetch_add_explicit(&mount->references, 1, memory_order_relaxed);
    return mount;
}

struct mount *__fd_mount_find(const char *path, const char **out_rest, bool *out_above)
{
    struct mount *best = NULL;
    size_t best_length = 0;

    *out_above = false;
    __fd_lock(&namespace_lock);
    for (size_t i = 0; i < mount_count; i++) {
        const char *rest = __fd_path_below(mounts[i]->path, path);
        const char *below = __fd_path_below(path, mounts[i]->path);

        if (rest != NULL && (best == NULL || strlen(mounts[i]->path) > best_length)) {
            best = mounts[i];
            best_length = strlen(best->path);
            *out_rest = rest;
        }
        *out_above = *out_above || (below != NULL && *below != '\0');
    }
    if (best != NULL) {
        mount_hold(best);
    }
    __fd_unlock(&namespace_lock);
    return best;
}

// The first component of what is left of mount `index` below `path`; 0: there is none.
static size_t component_locked(const char *path, size_t index, const char **out)
{
    *out = __fd_path_below(path, mounts[index]->path);
    return *out == NULL ? 0 : strcspn(*out, "/");
}

static bool seen_locked(const char *path, size_t index, const char *name, size_t size)
{
    for (size_t i = 0; i < index; i++) {
        const char *other;

        if (component_locked(path, i, &other) == size && memcmp(other, name, size) == 0) {
            return true;
        }
    }
    return false;
}

bool __fd_mount_name(const char *path, size_t index, char name[256])
{
    bool found = false;

    __fd_lock(&namespace_lock);
    for (size_t i = 0; i < mount_count && !found; i++) {
        const char *component;
        size_t size = component_locked(path, i, &component);

        if (size != 0 && !seen_locked(path, i, component, size) && index-- == 0) {
            memcpy(name, component, size); // at most 255: path.c
            name[size] = '\0';
            found = true;
        }
    }
    __fd_unlock(&namespace_lock);
    return found;
}

// The mount at exactly `path`, or NULL.
static struct mount **slot_locked(const char *path)
{
    for (size_t i = 0; i < mount_count; i++) {
        if (strcmp(mounts[i]->path, path) == 0) {
            return &mounts[i];
        }
    }
    return NULL;
}

// Puts `mount` into the list; *out_old is what it replaces. False: no memory.
static bool insert(struct mount *mount, struct mount **out_old)
{
    struct mount **slot, **larger;

    *out_old = NULL;
    __fd_lock(&namespace_lock);
    slot = slot_locked(mount->path);
    if (slot != NULL) {
        *out_old = *slot;
        *slot = mount;
    } else {
        larger = realloc(mounts, (mount_count + 1) * sizeof(*larger));
        if (larger != NULL) {
            mounts = larger;
            mounts[mount_count++] = mount;
            slot = &mounts[mount_count - 1];
        }
    }
    __fd_unlock(&namespace_lock);
    return slot != NULL;
}

// A mount for `path` as anybody writes it; owns `directory` on success.
static long mount_new(const char *path, zx_handle_t directory, struct mount **out)
{
    struct mount *mount;
    struct path_end end;
    long result;

    if (path == NULL || *path != '/') {
        return -EINVAL;
    }
    mount = malloc(sizeof(*mount) + __fd_path_room("/", path));
    if (mount == NULL) {
        return -ENOMEM;
    }
    result = __fd_path_join("/", path, mount->path, &end);
    if (result != 0) {
        free(mount);
        return result;
    }
    atomic_init(&mount->references, 1);
    atomic_init(&mount->device, 0);
    atomic_init(&mount->slow, false);
    mount->directory = directory;
    *out = mount;
    return 0;
}

long __fd_namespace_mount(const char *path, zx_handle_t directory)
{
    struct mount *mount, *old;
    long result = mount_new(path, directory, &mount);

    if (result != 0) {
        zx_handle_close(directory);
        return result;
    }
    if (!insert(mount, &old)) {
        old = mount;
        result = -ENOMEM;
    }
    __fd_mount_put(old);
    return result;
}

long __fd_namespace_unmount(const char *path)
{
    struct mount *old = NULL, *key;
    struct mount **slot;
    long result = mount_new(path, ZX_HANDLE_INVALID, &key);

    if (result != 0) {
        return result;
    }
    __fd_lock(&namespace_lock);
    slot = slot_locked(key->path);
    if (slot != NULL) {
        old = *slot;
        // Order is kept: it is the order in which "/" lists them.
        memmove(slot, slot + 1, (size_t)(&mounts[--mount_count] - slot) * sizeof(*slot));
    }
    __fd_unlock(&namespace_lock);
    __fd_mount_put(key);
    __fd_mount_put(old);
    return old != NULL ? 0 : -ENOENT;
}

struct mount *__fd_mount_renew(struct mount *old, zx_handle_t directory)
{
    struct mount *renewed, *now = NULL, **slot;

    if (mount_new(old->path, directory, &renewed) != 0) {
        zx_handle_close(directory);
        return NULL;
    }
    __fd_lock(&namespace_lock);
    slot = slot_locked(old->path);
    if (slot != NULL) {
        if (*slot == old) {
            *slot = renewed;
            renewed = old; // the namespace's reference to it is ours to give back
        }
        now = mount_hold(*slot);
    }
    __fd_unlock(&namespace_lock);
    __fd_mount_put(renewed);
    return now;
}

long __fd_namespace_list(struct mount ***out, size_t *out_count)
{
    struct mount **list;
    size_t count;

    __fd_lock(&namespace_lock);
    count = mount_count;
    list = malloc((count + 1) * sizeof(*list));
    for (size_t i = 0; list != NULL && i < count; i++) {
        list[i] = mount_hold(mounts[i]);
    }
    __fd_unlock(&namespace_lock);
    *out = list;
    *out_count = count;
    return list != NULL ? 0 : -ENOMEM;
}

void __fd_namespace_set_cwd(char *path)
{
    char *old;

    __fd_lock(&namespace_lock);
    old = current;
    current = path;
    __fd_unlock(&namespace_lock);
    free(old);
}

char *__fd_namespace_cwd(void)
{
    char *copy;

    __fd_lock(&namespace_lock);
    copy = strdup(current != NULL ? current : "/");
    __fd_unlock(&namespace_lock);
    return copy;
}
