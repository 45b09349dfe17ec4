// SPDX-License-Identifier: MIT
//
// The initrd as a directory tree. Data is read in place. One thread; no locks.
//
// B1. A file's VMO is made when it is first asked for, and stays: all programs started from the
//     same
//     file share its pages, and starting one again costs no copy. Nobody gets it writable.

#include "bootfs.h"

#include <stdlib.h>
#include <string.h>

#include <cpio/cpio.h>
#include <zircon/syscalls.h>

#define PAGE_BYTES 4096u

struct bootfs {
    struct vfs_directory *root;
    struct file_system system;
};

struct boot_file {
    struct vfs_node node;
    const struct bootfs *bootfs;
    const uint8_t *data; // in the archive
    size_t size;
    uint32_t mode;
    zx_handle_t vmo; // ZX_HANDLE_INVALID: not asked for yet
    char name[ZX_MAX_NAME_LEN];
};

static struct boot_file *boot_file(struct vfs_node *node)
{
    return vfs_container(node, struct boot_file, node);
}

// ---- files --------------------------------------------------------------------------------------

static void boot_release(struct vfs_node *node)
{
    struct boot_file *file = boot_file(node);

    if (file->vmo != ZX_HANDLE_INVALID)
        zx_handle_close(file->vmo);
    free(file);
}

static zx_status_t boot_attributes(struct vfs_node *node, struct file_attributes *attributes)
{
    const struct boot_file *file = boot_file(node);

    attributes->mode = file->mode & 0555;
    attributes->size = file->size;
    attributes->storage = file->size;
    return ZX_OK;
}

static zx_status_t boot_set_attributes(struct vfs_node *node, uint32_t which, uint32_t mode,
                                       int64_t mtime)
{
    (void)node, (void)which, (void)mode, (void)mtime;
    return ZX_ERR_IO_REFUSED;
}

static zx_status_t boot_file_system(struct vfs_node *node, struct file_system *system)
{
    *system = boot_file(node)->bootfs->system;
    return ZX_OK;
}

static zx_status_t boot_open(struct vfs_node *node, uint32_t flags)
{
    (void)node;
    return (flags & FILE_OPEN_WRITE) != 0 ? ZX_ERR_IO_REFUSED : ZX_OK;
}

static zx_status_t boot_read(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                             size_t *out_size)
{
    const struct boot_file *file = boot_file(node);

    if (offset >= file->size)
        return ZX_OK;
    if (size > file->size - offset)
        size = file->size - (size_t)offset;
    memcpy(data, file->data + offset, size);
    *out_size = size;
    return ZX_OK;
}

// Makes the file's VMO unless it is there.
static zx_status_t fill_vmo(struct boot_file *file)
{
    zx_handle_t vmo;
    zx_status_t status;

    if (file->vmo != ZX_HANDLE_INVALID)
        return ZX_OK;
    status = zx_vmo_create(file->size, ZX_VMO_NON_RESIZABLE, &vmo);
    if (status != ZX_OK)
        return status;
    if (file->size != 0)
        status = zx_vmo_write(vmo, file->data, 0, file->size);
    // Only for those who look at memory maps: without a name it is as good.
    if (status == ZX_OK)
        zx_object_set_property(vmo, ZX_PROP_NAME, file->name, strlen(file->name));
    if (status != ZX_OK) {
        zx_handle_close(vmo);
        return status;
    }
    file->vmo = vmo;
    return ZX_OK;
}

static zx_status_t boot_get_vmo(struct vfs_node *node, uint32_t flags, zx_handle_t *out,
                                uint64_t *out_size)
{
    struct boot_file *file = boot_file(node);
    uint64_t padded = (file->size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    zx_rights_t rights = ZX_RIGHTS_BASIC | ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY;
    zx_handle_t clone;
    zx_status_t status = fill_vmo(file);

    if (status != ZX_OK)
        return status;
    if ((flags & FILE_VMO_READ) != 0)
        rights |= ZX_RIGHT_READ;
    if ((flags & FILE_VMO_EXECUTE) != 0)
        rights |= ZX_RIGHT_EXECUTE;
    *out_size = file->size;
    if ((flags & FILE_VMO_PRIVATE) == 0)
        return zx_handle_duplicate(file->vmo, rights, out);
    if ((flags & FILE_VMO_WRITE) != 0)
        rights |= ZX_RIGHT_WRITE;
    status = zx_vmo_clone(file->vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, padded, &clone);
    if (status == ZX_OK)
        status = zx_handle_replace(clone, rights, out);
    return status;
}

static const struct vfs_node_ops boot_file_ops = {
    .release = boot_release,
    .attributes = boot_attributes,
    .set_attributes = boot_set_attributes,
    .file_system = boot_file_system,
    .open = boot_open,
    .read = boot_read,
    .get_vmo = boot_get_vmo,
};

// ---- the tree -----------------------------------------------------------------------------------

// Whether a component of an archive's name can be a name here.
static bool is_name(const char *name, size_t size)
{
    return size != 0 && size <= FILE_MAX_NAME && !(size == 1 && name[0] == '.') &&
           !(size == 2 && name[0] == '.' && name[1] == '.');
}

// The folder `name` in a folder, made if there is none. ZX_ERR_NOT_DIR: a file is in the way.
static zx_status_t enter(struct bootfs *bootfs, struct vfs_directory *folder, const char *name,
                         size_t size, struct vfs_directory **out)
{
    struct vfs_entry *entry = vfs_table_find(&folder->table, name, size);
    struct vfs_directory *made;
    zx_status_t status;

    if (entry != NULL) {
        if (entry->node->kind != FILE_KIND_DIRECTORY)
            return ZX_ERR_NOT_DIR;
        *out = vfs_container(entry->node, struct vfs_directory, node);
        return ZX_OK;
    }
    status = vfs_directory_create(&made);
    if (status != ZX_OK)
        return status;
    made->system = &bootfs->system;
    status = vfs_table_add(&folder->table, name, size, &made->node);
    vfs_node_unref(&made->node);
    *out = made;
    if (status == ZX_OK)
        bootfs->system.nodes++;
    return status;
}

static zx_status_t add_file(struct bootfs *bootfs, struct vfs_directory *folder, const char *name,
                            size_t size, const struct cpio_entry *entry)
{
    struct boot_file *file = calloc(1, sizeof(*file));
    zx_status_t status;

    if (file == NULL)
        return ZX_ERR_NO_MEMORY;
    vfs_node_init(&file->node, &boot_file_ops, FILE_KIND_FILE);
    file->bootfs = bootfs;
    file->data = entry->data;
    file->size = entry->size;
    file->mode = entry->mode;
    memcpy(file->name, name, size < sizeof(file->name) ? size : sizeof(file->name) - 1);
    status = vfs_table_add(&folder->table, name, size, &file->node);
    vfs_node_unref(&file->node);
    if (status == ZX_OK) {
        bootfs->system.nodes++;
        bootfs->system.used += entry->size;
    }
    return status;
}

// Adds one member of the archive. Only ZX_ERR_NO_MEMORY is a failure: others are passed over.
static zx_status_t add_member(struct bootfs *bootfs, const struct cpio_entry *entry)
{
    bool is_folder = (entry->mode & 0170000u) == 0040000u;
    struct vfs_directory *folder = bootfs->root;
    const char *name = entry->name;
    zx_status_t status = ZX_OK;

    if (!is_folder && !cpio_entry_is_file(entry))
        return ZX_OK;
    while (status == ZX_OK && *name != 0) {
        size_t size = strcspn(name, "/");
        const char *next = name + size + strspn(name + size, "/");

        if (!is_name(name, size))
            return ZX_OK;
        if (*next != 0 || is_folder)
            status = enter(bootfs, folder, name, size, &folder);
        else
            status = add_file(bootfs, folder, name, size, entry);
        name = next;
    }
    return status == ZX_ERR_NO_MEMORY ? status : ZX_OK;
}

zx_status_t bootfs_create(const void *base, size_t size, struct bootfs **out)
{
    struct bootfs *bootfs = calloc(1, sizeof(*bootfs));
    struct cpio archive;
    struct cpio_entry entry;
    zx_status_t status;

    if (bootfs == NULL)
        return ZX_ERR_NO_MEMORY;
    status = vfs_directory_create(&bootfs->root);
    if (status != ZX_OK) {
        free(bootfs);
        return status;
    }
    bootfs->root->system = &bootfs->system;
    bootfs->system = (struct file_system){.total = size,
                                          .nodes = 1,
                                          .id = vfs_new_file_system_id(),
                                          .name_max = FILE_MAX_NAME,
                                          .read_only = 1};
    cpio_init(&archive, base, size);
    while (status == ZX_OK) {
        status = cpio_next(&archive, &entry);
        if (status == ZX_OK)
            status = add_member(bootfs, &entry);
    }
    if (status == ZX_ERR_NO_MEMORY) {
        bootfs_destroy(bootfs);
        return status;
    }
    *out = bootfs;
    return status == ZX_ERR_STOP ? ZX_OK : status;
}

void bootfs_destroy(struct bootfs *bootfs)
{
    vfs_node_unref(&bootfs->root->node);
    free(bootfs);
}

struct vfs_node *bootfs_root(struct bootfs *bootfs)
{
    return &bootfs->root->node;
}

zx_status_t bootfs_open_vmo(struct bootfs *bootfs, const char *path, zx_handle_t *out_vmo)
{
    struct vfs_node *node = &bootfs->root->node;
    uint64_t size;

    while (*path != 0) {
        size_t length = strcspn(path, "/");
        struct vfs_entry *entry;

        if (node->kind != FILE_KIND_DIRECTORY)
            return ZX_ERR_NOT_FOUND;
        entry =
            vfs_table_find(&vfs_container(node, struct vfs_directory, node)->table, path, length);
        if (entry == NULL)
            return ZX_ERR_NOT_FOUND;
        node = entry->node;
        path += length;
        path += strspn(path, "/");
    }
    if (node->kind == FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_FILE;
    return boot_get_vmo(node, FILE_VMO_READ | FILE_VMO_EXECUTE, out_vmo, &size);
}
