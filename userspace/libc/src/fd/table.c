// SPDX-License-Identifier: MIT
//
// The table of descriptors: numbers to descriptions.
//
// Locks: table_lock guards every variable of this file. Nothing is called under it but the
// allocator and __fd_hold: a description dies after the lock is given back.
// Invariant: an entry is free (NULL), reserved (&reserved) or holds one reference of its
// description. The table only grows.

#include "fd_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ENTRIES 32

struct entry {
    struct description *description;
    bool close_on_exec;
};

static struct fd_lock table_lock;
static struct entry first_entries[FIRST_ENTRIES];
static struct entry *entries = first_entries;
static int entry_count = FIRST_ENTRIES;
static struct description reserved; // only its address is used

// The start code refers to this weakly: whoever has descriptors also gets those of the bootstrap
// message.
static __typeof(&__fd_init) const at_start __attribute__((used)) = __fd_init;

static struct description *description_locked(int fd)
{
    if (fd < 0 || fd >= entry_count || entries[fd].description == &reserved) {
        return NULL;
    }
    return entries[fd].description;
}

// Makes room for `fd`, which is below FD_LIMIT. False: no memory.
static bool grow_locked(int fd)
{
    struct entry *larger;
    int count = entry_count;

    while (count <= fd) {
        count *= 2;
    }
    if (count == entry_count) {
        return true;
    }
    larger = calloc((size_t)count, sizeof(*larger));
    if (larger == NULL) {
        return false;
    }
    memcpy(larger, entries, (size_t)entry_count * sizeof(*larger));
    if (entries != first_entries) {
        free(entries);
    }
    entries = larger;
    entry_count = count;
    return true;
}

struct description *__fd_get(int fd)
{
    struct description *d;

    __fd_lock(&table_lock);
    d = description_locked(fd);
    if (d != NULL) {
        __fd_hold(d);
    }
    __fd_unlock(&table_lock);
    return d;
}

long __fd_reserve(int from)
{
    long result = -EMFILE;
    int fd = from;

    __fd_lock(&table_lock);
    while (fd < entry_count && entries[fd].description != NULL) {
        fd++;
    }
    if (fd < FD_LIMIT) {
        result = -ENOMEM;
        if (grow_locked(fd)) {
            entries[fd] = (struct entry){.description = &reserved};
            result = fd;
        }
    }
    __fd_unlock(&table_lock);
    return result;
}

void __fd_fill(int fd, struct description *d, bool close_on_exec)
{
    __fd_lock(&table_lock);
    entries[fd] = (struct entry){.description = d, .close_on_exec = close_on_exec};
    __fd_unlock(&table_lock);
}

void __fd_release(int fd)
{
    __fd_fill(fd, NULL, false);
}

long __fd_install(struct description *d, int from, bool close_on_exec)
{
    long fd = __fd_reserve(from);

    if (fd < 0) {
        __fd_put(d);
    } else {
        __fd_fill((int)fd, d, close_on_exec);
    }
    return fd;
}

long __fd_replace(int fd, struct description *d, bool close_on_exec)
{
    struct description *victim = d;
    long result = fd;

    if (fd < 0 || fd >= FD_LIMIT) {
        __fd_put(d);
        return -EBADF;
    }
    __fd_lock(&table_lock);
    if (!grow_locked(fd)) {
        result = -ENOMEM;
    } else if (entries[fd].description == &reserved) {
        result = -EBUSY;
    } else {
        victim = entries[fd].description;
        entries[fd] = (struct entry){.description = d, .close_on_exec = close_on_exec};
    }
    __fd_unlock(&table_lock);
    __fd_put(victim);
    return result;
}

struct description *__fd_remove(int fd)
{
    struct description *d;

    __fd_lock(&table_lock);
    d = description_locked(fd);
    if (d != NULL) {
        entries[fd] = (struct entry){0};
    }
    __fd_unlock(&table_lock);
    return d;
}

long __fd_get_cloexec(int fd)
{
    long result = -EBADF;

    __fd_lock(&table_lock);
    if (description_locked(fd) != NULL) {
        result = entries[fd].close_on_exec;
    }
    __fd_unlock(&table_lock);
    return result;
}

long __fd_set_cloexec(int fd, bool set)
{
    long result = -EBADF;

    __fd_lock(&table_lock);
    if (description_locked(fd) != NULL) {
        entries[fd].close_on_exec = set;
        result = 0;
    }
    __fd_unlock(&table_lock);
    return result;
}

int __fd_table_next(int from, bool inherited)
{
    int result = -1;

    __fd_lock(&table_lock);
    for (int fd = from < 0 ? 0 : from; fd < entry_count && result < 0; fd++) {
        if (description_locked(fd) != NULL && !(inherited && entries[fd].close_on_exec)) {
            result = fd;
        }
    }
    __fd_unlock(&table_lock);
    return result;
}
