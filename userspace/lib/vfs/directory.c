// SPDX-License-Identifier: MIT
//
// Pseudo directories. One thread; no locks.

#include <stdlib.h>
#include <string.h>

#include <vfs/table.h>

static struct vfs_directory *from_node(struct vfs_node *node)
{
    return vfs_container(node, struct vfs_directory, node);
}

static void directory_release(struct vfs_node *node)
{
    struct vfs_directory *directory = from_node(node);

    vfs_table_clear(&directory->table);
    free(directory);
}

static zx_status_t directory_attributes(struct vfs_node *node, struct file_attributes *attributes)
{
    (void)node;
    attributes->mode = 0555;
    return ZX_OK;
}

static zx_status_t directory_lookup(struct vfs_node *node, const char *name, size_t size,
                                    struct vfs_node **out)
{
    struct vfs_entry *entry = vfs_table_find(&from_node(node)->table, name, size);

    if (entry == NULL)
        return ZX_ERR_NOT_FOUND;
    vfs_node_ref(entry->node);
    *out = entry->node;
    return ZX_OK;
}

static zx_status_t directory_list(struct vfs_node *node, uint64_t *cursor,
                                  struct vfs_lister *lister)
{
    return vfs_table_list(&from_node(node)->table, cursor, lister);
}

static zx_status_t directory_create(struct vfs_node *node, const char *name, size_t size,
                                    uint32_t mode, struct vfs_node **out)
{
    (void)node, (void)name, (void)size, (void)mode, (void)out;
    return ZX_ERR_IO_REFUSED;
}

static zx_status_t directory_make_directory(struct vfs_node *node, const char *name, size_t size,
                                            uint32_t mode)
{
    (void)mode;
    return vfs_table_find(&from_node(node)->table, name, size) != NULL ? ZX_ERR_ALREADY_EXISTS
                                                                       : ZX_ERR_IO_REFUSED;
}

static zx_status_t directory_unlink(struct vfs_node *node, const char *name, size_t size,
                                    bool is_directory)
{
    (void)is_directory;
    return vfs_table_find(&from_node(node)->table, name, size) != NULL ? ZX_ERR_IO_REFUSED
                                                                       : ZX_ERR_NOT_FOUND;
}

static zx_status_t directory_rename(struct vfs_node *from, const char *from_name, size_t from_size,
                                    struct vfs_node *to, const char *to_name, size_t to_size)
{
    (void)from, (void)from_name, (void)from_size, (void)to, (void)to_name, (void)to_size;
    return ZX_ERR_IO_REFUSED;
}

static zx_status_t directory_set_attributes(struct vfs_node *node, uint32_t which, uint32_t mode,
                                            int64_t mtime)
{
    (void)node, (void)which, (void)mode, (void)mtime;
    return ZX_ERR_IO_REFUSED;
}

static zx_status_t directory_file_system(struct vfs_node *node, struct file_system *system)
{
    const struct vfs_directory *directory = from_node(node);

    if (directory->system == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    *system = *directory->system;
    return ZX_OK;
}

static const struct vfs_node_ops directory_ops = {
    .release = directory_release,
    .attributes = directory_attributes,
    .set_attributes = directory_set_attributes,
    .file_system = directory_file_system,
    .lookup = directory_lookup,
    .create = directory_create,
    .make_directory = directory_make_directory,
    .unlink = directory_unlink,
    .rename = directory_rename,
    .list = directory_list,
};

zx_status_t vfs_directory_create(struct vfs_directory **out)
{
    struct vfs_directory *directory = calloc(1, sizeof(*directory));

    if (directory == NULL)
        return ZX_ERR_NO_MEMORY;
    vfs_node_init(&directory->node, &directory_ops, FILE_KIND_DIRECTORY);
    vfs_table_init(&directory->table);
    *out = directory;
    return ZX_OK;
}

zx_status_t vfs_directory_add(struct vfs_directory *directory, const char *name,
                              struct vfs_node *node)
{
    size_t size = strlen(name);

    if (size == 0 || size > FILE_MAX_NAME || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        return ZX_ERR_BAD_PATH;
    return vfs_table_add(&directory->table, name, size, node);
}

zx_status_t vfs_directory_remove(struct vfs_directory *directory, const char *name)
{
    struct vfs_entry *entry = vfs_table_find(&directory->table, name, strlen(name));

    if (entry == NULL)
        return ZX_ERR_NOT_FOUND;
    vfs_table_remove(&directory->table, entry);
    return ZX_OK;
}
