// SPDX-License-Identifier: MIT
//
// Directories. One thread; no locks.
//
// D1. A linked directory but the root has a parent, which is linked and lists it; an unlinked one
//     is
//     empty, and nothing can be put into it.

#include "private.h"

static zx_status_t directory_lookup(struct vfs_node *node, const char *name, size_t size,
                                    struct vfs_node **out)
{
    struct vfs_entry *entry = vfs_table_find(&ram_node(node)->table, name, size);

    if (entry == NULL)
        return ZX_ERR_NOT_FOUND;
    vfs_node_ref(entry->node);
    *out = entry->node;
    return ZX_OK;
}

static void touch(struct ram_node *directory)
{
    directory->mtime = vfs_now();
    directory->ctime = directory->mtime;
}

// Names a node in a directory.
static zx_status_t link_node(struct ram_node *directory, const char *name, size_t size,
                             struct ram_node *node)
{
    zx_status_t status;

    // The directory was removed, and is only still open.
    if (!directory->linked)
        return ZX_ERR_NOT_FOUND;
    if (!ramfs_charge(directory->fs, vfs_entry_bytes(size)))
        return ZX_ERR_NO_SPACE;
    status = vfs_table_add(&directory->table, name, size, &node->node);
    if (status != ZX_OK) {
        directory->fs->used -= vfs_entry_bytes(size);
        return status;
    }
    node->linked = true;
    if (node->node.kind == FILE_KIND_DIRECTORY)
        node->parent = directory;
    touch(directory);
    return ZX_OK;
}

// Takes an entry away; its node may go with it.
static void unlink_entry(struct ram_node *directory, struct vfs_entry *entry)
{
    directory->fs->used -= vfs_entry_bytes(entry->name_size);
    vfs_table_remove(&directory->table, entry);
    touch(directory);
}

// Marks a node as one without a name.
static void forget_name(struct ram_node *node)
{
    node->linked = false;
    node->parent = NULL;
    node->ctime = vfs_now();
}

static zx_status_t make(struct vfs_node *node, uint32_t kind, const char *name, size_t size,
                        uint32_t mode, struct ram_node **out)
{
    struct ram_node *directory = ram_node(node);
    struct ram_node *made;
    zx_status_t status = ramfs_make_node(directory->fs, kind, mode, &made);

    if (status != ZX_OK)
        return status;
    status = link_node(directory, name, size, made);
    if (status != ZX_OK) {
        vfs_node_unref(&made->node);
        return status;
    }
    *out = made;
    return ZX_OK;
}

static zx_status_t directory_create(struct vfs_node *node, const char *name, size_t size,
                                    uint32_t mode, struct vfs_node **out)
{
    struct ram_node *made;
    zx_status_t status = make(node, FILE_KIND_FILE, name, size, mode, &made);

    if (status == ZX_OK)
        *out = &made->node;
    return status;
}

// How many directories are above, the directory itself included.
static uint32_t depth(const struct ram_node *directory)
{
    uint32_t count = 0;

    for (; directory != NULL && count <= RAMFS_MAX_DEPTH; directory = directory->parent)
        count++;
    return count;
}

static zx_status_t directory_make_directory(struct vfs_node *node, const char *name, size_t size,
                                            uint32_t mode)
{
    struct ram_node *made;
    zx_status_t status;

    if (vfs_table_find(&ram_node(node)->table, name, size) != NULL)
        return ZX_ERR_ALREADY_EXISTS;
    if (depth(ram_node(node)) > RAMFS_MAX_DEPTH)
        return ZX_ERR_BAD_PATH;
    status = make(node, FILE_KIND_DIRECTORY, name, size, mode, &made);
    if (status == ZX_OK)
        vfs_node_unref(&made->node);
    return status;
}

static zx_status_t directory_unlink(struct vfs_node *node, const char *name, size_t size,
                                    bool is_directory)
{
    struct ram_node *directory = ram_node(node);
    struct vfs_entry *entry = vfs_table_find(&directory->table, name, size);
    struct ram_node *victim;

    if (entry == NULL)
        return ZX_ERR_NOT_FOUND;
    victim = ram_node(entry->node);
    if (is_directory && victim->node.kind != FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_DIR;
    if (!is_directory && victim->node.kind == FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_FILE;
    if (victim->table.count != 0)
        return ZX_ERR_NOT_EMPTY;
    forget_name(victim);
    unlink_entry(directory, entry);
    return ZX_OK;
}

// True if `node` is `directory` or above it. Bounded: deeper than RAMFS_MAX_DEPTH counts as above.
static bool is_above(const struct ram_node *node, const struct ram_node *directory)
{
    for (uint32_t i = 0; i <= RAMFS_MAX_DEPTH + 1; i++) {
        if (directory == NULL)
            return false;
        if (directory == node)
            return true;
        directory = directory->parent;
    }
    return true;
}

// Whether `victim` may make way for `moved`.
static zx_status_t check_replaced(const struct ram_node *moved, const struct ram_node *victim)
{
    bool directory = moved->node.kind == FILE_KIND_DIRECTORY;

    if (directory && victim->node.kind != FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_DIR;
    if (!directory && victim->node.kind == FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_FILE;
    return victim->table.count != 0 ? ZX_ERR_NOT_EMPTY : ZX_OK;
}

// The entry of the victim becomes that of the one moved: nothing that could fail.
static void replace(struct ram_node *directory, struct vfs_entry *entry, struct ram_node *moved)
{
    struct ram_node *victim = ram_node(entry->node);

    vfs_node_ref(&moved->node);
    entry->node = &moved->node;
    if (moved->node.kind == FILE_KIND_DIRECTORY)
        moved->parent = directory;
    forget_name(victim);
    vfs_node_unref(&victim->node);
    touch(directory);
}

static zx_status_t directory_rename(struct vfs_node *from, const char *from_name, size_t from_size,
                                    struct vfs_node *to, const char *to_name, size_t to_size)
{
    struct ram_node *source = ram_node(from);
    struct ram_node *target = ram_node(to);
    struct vfs_entry *entry = vfs_table_find(&source->table, from_name, from_size);
    struct vfs_entry *other = vfs_table_find(&target->table, to_name, to_size);
    struct ram_node *moved;
    zx_status_t status;

    if (entry == NULL)
        return ZX_ERR_NOT_FOUND;
    if (source->fs != target->fs)
        return ZX_ERR_NOT_SUPPORTED;
    moved = ram_node(entry->node);
    if (other != NULL && other->node == entry->node)
        return ZX_OK;
    if (moved->node.kind == FILE_KIND_DIRECTORY && is_above(moved, target))
        return ZX_ERR_INVALID_ARGS;
    if (moved->node.kind == FILE_KIND_DIRECTORY && depth(target) > RAMFS_MAX_DEPTH)
        return ZX_ERR_BAD_PATH;
    if (other != NULL) {
        status = check_replaced(moved, ram_node(other->node));
        if (status == ZX_OK)
            replace(target, other, moved);
    } else {
        status = link_node(target, to_name, to_size, moved);
    }
    if (status == ZX_OK) {
        moved->ctime = vfs_now();
        unlink_entry(source, entry);
    }
    return status;
}

static zx_status_t directory_list(struct vfs_node *node, uint64_t *cursor,
                                  struct vfs_lister *lister)
{
    return vfs_table_list(&ram_node(node)->table, cursor, lister);
}

const struct vfs_node_ops ramfs_directory_ops = {
    .release = ramfs_release,
    .attributes = ramfs_attributes,
    .set_attributes = ramfs_set_attributes,
    .file_system = ramfs_file_system,
    .lookup = directory_lookup,
    .create = directory_create,
    .make_directory = directory_make_directory,
    .unlink = directory_unlink,
    .rename = directory_rename,
    .list = directory_list,
};
