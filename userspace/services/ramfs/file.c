// SPDX-License-Identifier: MIT
//
// Files: data in a VMO that is made with the first byte. One thread; no locks.
//
// F1. The VMO is as long as the file, rounded up to pages; behind the file's end it is zero.
// F2. Pages that are not in `pages` were never written: they are the VMO's zeros and take no
//     memory.

#include "private.h"

#include <string.h>

#include <zircon/syscalls.h>

static uint64_t page_up(uint64_t size)
{
    return (size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

// Makes the VMO as long as a file of that size needs it.
static zx_status_t resize(struct ram_node *self, uint64_t size)
{
    zx_status_t status;

    if (self->vmo == ZX_HANDLE_INVALID)
        status = zx_vmo_create(page_up(size), 0, &self->vmo);
    else if (page_up(size) == page_up(self->size))
        return ZX_OK;
    else
        status = zx_vmo_set_size(self->vmo, page_up(size));
    return status == ZX_ERR_NO_MEMORY ? ZX_ERR_NO_SPACE : status;
}

static void touch(struct ram_node *self)
{
    self->mtime = vfs_now();
    self->ctime = self->mtime;
}

static zx_status_t ram_read(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                            size_t *out_size)
{
    struct ram_node *self = ram_node(node);

    if (offset >= self->size)
        return ZX_OK;
    if (size > self->size - offset)
        size = (size_t)(self->size - offset);
    *out_size = size;
    return size == 0 ? ZX_OK : zx_vmo_read(self->vmo, data, offset, size);
}

// Charges and notes a page that is to be written.
static bool claim_page(struct ram_node *self, uint64_t page)
{
    uint64_t bytes = PAGE_BYTES + pages_cost(&self->pages, page);

    if (pages_get(&self->pages, page))
        return true;
    if (!ramfs_charge(self->fs, bytes))
        return false;
    if (pages_set(&self->pages, page))
        return true;
    self->fs->used -= bytes;
    return false;
}

// Claims the pages of [offset, offset + size). Gives how many bytes of it may be written: fewer if
// the capacity, or memory for the note, does not reach.
static size_t claim(struct ram_node *self, uint64_t offset, size_t size)
{
    uint64_t end = offset + size;

    for (uint64_t at = offset & ~(uint64_t)(PAGE_BYTES - 1); at < end; at += PAGE_BYTES) {
        if (!claim_page(self, at / PAGE_BYTES))
            return at <= offset ? 0 : (size_t)(at - offset);
    }
    return size;
}

// Gives back the pages behind `size`.
static void cut(struct ram_node *self, uint64_t size)
{
    uint64_t before = pages_memory(&self->pages);

    pages_cut(&self->pages, page_up(size) / PAGE_BYTES);
    self->fs->used -= before - pages_memory(&self->pages);
}

// Zeroes what lies behind `size` in its page (F1).
static zx_status_t clear_tail(struct ram_node *self, uint64_t size)
{
    static const uint8_t zeros[PAGE_BYTES];
    uint64_t tail = page_up(size) - size;

    if (tail == 0 || !pages_get(&self->pages, size / PAGE_BYTES))
        return ZX_OK;
    return zx_vmo_write(self->vmo, zeros, size, tail);
}

// After a write that failed: what lies behind the old end is as if it never was.
static void take_back(struct ram_node *self, uint64_t old_size)
{
    if (self->size > old_size) {
        // Fails only if the page has no memory; then it is zero.
        clear_tail(self, old_size);
        if (zx_vmo_set_size(self->vmo, page_up(old_size)) == ZX_OK)
            self->size = old_size;
    }
    cut(self, self->size);
}

static zx_status_t ram_write(struct vfs_node *node, uint64_t offset, const void *data, size_t size,
                             size_t *out_size)
{
    struct ram_node *self = ram_node(node);
    uint64_t old_size = self->size;
    zx_status_t status;

    if (offset >= RAMFS_MAX_FILE)
        return ZX_ERR_FILE_BIG;
    if (size > RAMFS_MAX_FILE - offset)
        size = (size_t)(RAMFS_MAX_FILE - offset);
    size = claim(self, offset, size);
    if (size == 0)
        return ZX_ERR_NO_SPACE;
    status = resize(self, offset + size > old_size ? offset + size : old_size);
    if (status == ZX_OK && offset + size > old_size)
        self->size = offset + size;
    if (status == ZX_OK)
        status = zx_vmo_write(self->vmo, data, offset, size);
    if (status != ZX_OK) {
        take_back(self, old_size);
        return status == ZX_ERR_NO_MEMORY ? ZX_ERR_NO_SPACE : status;
    }
    touch(self);
    *out_size = size;
    return ZX_OK;
}

static zx_status_t ram_truncate(struct vfs_node *node, uint64_t size)
{
    struct ram_node *self = ram_node(node);
    zx_status_t status = ZX_OK;

    if (size > RAMFS_MAX_FILE)
        return ZX_ERR_FILE_BIG;
    if (size < self->size)
        status = clear_tail(self, size);
    if (status == ZX_OK && size != self->size)
        status = resize(self, size);
    if (status != ZX_OK)
        return status;
    self->size = size;
    cut(self, size);
    touch(self);
    return ZX_OK;
}

// Without PRIVATE the file's own pages, to be read only: a client that could write, or resize,
// would get around the capacity.
static zx_status_t ram_get_vmo(struct vfs_node *node, uint32_t flags, zx_handle_t *out,
                               uint64_t *out_size)
{
    struct ram_node *self = ram_node(node);
    zx_rights_t rights = ZX_RIGHTS_BASIC | ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_status_t status = ZX_OK;

    if ((flags & (FILE_VMO_WRITE | FILE_VMO_PRIVATE)) == FILE_VMO_WRITE)
        return ZX_ERR_NOT_SUPPORTED;
    if (self->vmo == ZX_HANDLE_INVALID)
        status = resize(self, self->size);
    if (status != ZX_OK)
        return status;
    if ((flags & FILE_VMO_READ) != 0)
        rights |= ZX_RIGHT_READ;
    if ((flags & FILE_VMO_EXECUTE) != 0)
        rights |= ZX_RIGHT_EXECUTE;
    if ((flags & FILE_VMO_WRITE) != 0)
        rights |= ZX_RIGHT_WRITE;
    if ((flags & FILE_VMO_PRIVATE) == 0)
        status = zx_handle_duplicate(self->vmo, rights, out);
    else
        status = zx_vmo_clone(self->vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, page_up(self->size), &vmo);
    if (status == ZX_OK && vmo != ZX_HANDLE_INVALID)
        status = zx_handle_replace(vmo, rights, out);
    *out_size = self->size;
    return status;
}

const struct vfs_node_ops ramfs_file_ops = {
    .release = ramfs_release,
    .attributes = ramfs_attributes,
    .set_attributes = ramfs_set_attributes,
    .file_system = ramfs_file_system,
    .read = ram_read,
    .write = ram_write,
    .truncate = ram_truncate,
    .get_vmo = ram_get_vmo,
};
