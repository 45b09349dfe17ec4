// SPDX-License-Identifier: MIT
//
// The directory /svc: an entry for each service that the manifest names and for those of this program,
// and fs/ with the mounted directories, by which a program that lost one (its server died) gets it
// anew. To open one hands the connection over to whoever provides it.

#include "svc.h"

#include <stdlib.h>
#include <string.h>

#include <vfs/table.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// Something that a service provides.
struct provided {
    struct vfs_node node;
    const char *thing; // in the manifest
};

static void release(struct vfs_node *node)
{
    free(vfs_container(node, struct provided, node));
}

static zx_status_t attributes(struct vfs_node *node, struct file_attributes *out)
{
    out->mode = node->kind == FILE_KIND_DIRECTORY ? 0755 : 0666;
    return ZX_OK;
}

static void connect(struct vfs_node *node, struct vfs_connect *request)
{
    struct provided *provided = vfs_container(node, struct provided, node);

    vfs_route_connect(service_route(provided->thing), provided->thing, request, &request->request);
}

static const struct vfs_node_ops ops = {
    .release = release,
    .attributes = attributes,
    .connect = connect,
};

// Adds a node and drops the reference to it.
static zx_status_t add(struct vfs_directory *directory, const char *name, struct vfs_node *node)
{
    zx_status_t status = node != NULL ? vfs_directory_add(directory, name, node) : ZX_ERR_NO_MEMORY;

    if (node != NULL) {
        vfs_node_unref(node);
    }
    return status;
}

static zx_status_t add_provided(struct vfs_directory *directory, const char *name,
                                const char *thing, uint32_t kind)
{
    struct provided *provided = calloc(1, sizeof(*provided));

    if (provided == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vfs_node_init(&provided->node, &ops, kind);
    provided->thing = thing;
    return add(directory, name, &provided->node);
}

static zx_status_t add_service(struct vfs_directory *names, struct vfs_directory *directories,
                               const struct manifest_words *provides)
{
    zx_status_t status = ZX_OK;

    for (uint32_t i = 0; status == ZX_OK && i < provides->count; i++) {
        const char *thing = provides->word[i];

        if (thing[0] == '/') {
            status = add_provided(directories, thing + 1, thing, FILE_KIND_DIRECTORY);
        } else {
            status = add_provided(names, thing, thing, FILE_KIND_SERVICE);
        }
    }
    return status;
}

zx_status_t names_create(struct vfs_node **out)
{
    struct vfs_directory *names, *directories;
    zx_status_t status = vfs_directory_create(&names);

    if (status == ZX_OK) {
        status = vfs_directory_create(&directories);
    }
    if (status == ZX_OK) {
        status = vfs_directory_add(names, "fs", &directories->node);
    }
    if (status == ZX_OK) {
        status = add(names, "system", system_node());
    }
    if (status == ZX_OK) {
        status = add(names, "manager", manager_node());
    }
    for (uint32_t i = 0; status == ZX_OK && i < svc.manifest.count; i++) {
        status = add_service(names, directories, &svc.manifest.services[i].provides);
    }
    // A service of the manifest cannot be called fs: the name is taken, and that is said here.
    *out = &names->node;
    return status;
}
