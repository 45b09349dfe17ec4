// SPDX-License-Identifier: MIT
//
// A doubly linked ring: a head and members that embed a struct vfs_link. No locks.

#ifndef VFS_LINK_H
#define VFS_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct vfs_link {
    struct vfs_link *next;
    struct vfs_link *previous;
};

// The structure of type `type` whose member `member` is *link.
#define vfs_container(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

// Makes a head of an empty ring, or a member that is in none.
static inline void vfs_link_init(struct vfs_link *link)
{
    link->next = link;
    link->previous = link;
}

// True for a head without members and for a member that is in no ring.
static inline bool vfs_link_alone(const struct vfs_link *link)
{
    return link->next == link;
}

// Puts a member that is in no ring at the end.
static inline void vfs_link_append(struct vfs_link *head, struct vfs_link *link)
{
    link->next = head;
    link->previous = head->previous;
    head->previous->next = link;
    head->previous = link;
}

// Takes a member out of its ring, if it is in one.
static inline void vfs_link_remove(struct vfs_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    vfs_link_init(link);
}

#endif
