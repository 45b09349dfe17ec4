// SPDX-License-Identifier: MIT
//
// Devices without state: null (reads as empty, swallows), zero (reads as zeros, swallows), full (reads
// as zeros, has no room), urandom (reads as random bytes, swallows).

#include "console.h"

#include <stdlib.h>
#include <string.h>

#include <zircon/errors.h>
#include <zircon/syscalls.h>

static void release(struct vfs_node *node)
{
    free(node);
}

static zx_status_t attributes(struct vfs_node *node, struct file_attributes *out)
{
    (void)node;
    out->mode = 0666;
    return ZX_OK;
}

static zx_status_t read_nothing(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                                size_t *out_size)
{
    (void)node, (void)offset, (void)data, (void)size;
    *out_size = 0;
    return ZX_OK;
}

static zx_status_t read_zeros(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                              size_t *out_size)
{
    (void)node, (void)offset;
    memset(data, 0, size);
    *out_size = size;
    return ZX_OK;
}

static zx_status_t read_random(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                               size_t *out_size)
{
    (void)node, (void)offset;
    *out_size = size;
    while (size != 0) {
        size_t piece = size < ZX_CPRNG_DRAW_MAX_LEN ? size : ZX_CPRNG_DRAW_MAX_LEN;

        zx_cprng_draw(data, piece);
        data = (char *)data + piece;
        size -= piece;
    }
    return ZX_OK;
}

static zx_status_t swallow(struct vfs_node *node, uint64_t offset, const void *data, size_t size,
                           size_t *out_size)
{
    (void)node, (void)offset, (void)data;
    *out_size = size;
    return ZX_OK;
}

static zx_status_t refuse(struct vfs_node *node, uint64_t offset, const void *data, size_t size,
                          size_t *out_size)
{
    (void)node, (void)offset, (void)data, (void)size, (void)out_size;
    return ZX_ERR_NO_SPACE;
}

// Opening for writing with O_TRUNC or O_CREAT is what a shell's > does.
static zx_status_t stay_empty(struct vfs_node *node, uint64_t size)
{
    (void)node, (void)size;
    return ZX_OK;
}

#define DEVICE(reader, writer)                                                         \
    {                                                                                  \
        .release = release, .attributes = attributes, .read = reader, .write = writer, \
        .truncate = stay_empty                                                         \
    }

static const struct {
    char name[8];
    struct vfs_node_ops ops;
} devices[] = {
    {"null", DEVICE(read_nothing, swallow)},
    {"zero", DEVICE(read_zeros, swallow)},
    {"full", DEVICE(read_zeros, refuse)},
    {"urandom", DEVICE(read_random, swallow)},
};

struct vfs_node *device_create(const char *name)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct vfs_node *node;

        if (strncmp(name, devices[i].name, sizeof(devices[i].name)) != 0) {
            continue;
        }
        node = calloc(1, sizeof(*node));
        if (node != NULL) {
            vfs_node_init(node, &devices[i].ops, FILE_KIND_DEVICE);
        }
        return node;
    }
    return NULL;
}
