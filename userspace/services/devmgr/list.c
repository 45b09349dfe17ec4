// SPDX-License-Identifier: MIT
//
// The names that this program gives out: /svc/devices, the list of devices, and /svc/fs/device with
// an entry for each service that a driver publishes. To open one of those hands the connection over
// to the driver.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devmgr.h"

#include <protocol/file.h>
#include <vfs/served.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// The entry of a driver's outgoing directory that is its service (<driver/driver.h>).
#define SERVICE "service"

// ---- the list -----------------------------------------------------------------------------------

_Static_assert(sizeof(((struct devices_entry *)0)->path) == DEVICE_PATH_BYTES, "one size");
_Static_assert(sizeof(((struct devices_entry *)0)->compatible) == DEVICE_NAME_BYTES, "one size");
_Static_assert(sizeof(((struct devices_entry *)0)->service) == DEVICE_SERVICE_BYTES, "one size");

static void fill_entry(const struct device *device, struct devices_entry *entry)
{
    memset(entry, 0, sizeof(*entry));
    entry->state = device->state;
    entry->restarts = device->restarts;
    entry->koid = device->koid;
    memcpy(entry->path, device->path, sizeof(entry->path));
    memcpy(entry->compatible, device->compatible, sizeof(entry->compatible));
    memcpy(entry->service, device->service, sizeof(entry->service));
    if (device->driver != NULL) {
        strncpy((char *)entry->driver, device->driver->name, sizeof(entry->driver) - 1);
    }
}

static void list(void *context, const struct ipc_request *request, uint32_t first)
{
    static struct devices_entry entries[DEVICES_MAX_ENTRIES / sizeof(struct devices_entry)];
    uint32_t count = 0;

    (void)context;
    while (count < sizeof(entries) / sizeof(entries[0]) && first < device_count) {
        fill_entry(devices[first++], &entries[count++]);
    }
    (void)devices_reply_list(request, ZX_OK, entries, count * sizeof(entries[0]));
}

static bool is_named(const struct device *device, const char *name, size_t size)
{
    return (strlen(device->path) == size && memcmp(device->path, name, size) == 0) ||
           (size != 0 && strlen(device->service) == size &&
            memcmp(device->service, name, size) == 0);
}

static void restart(void *context, const struct ipc_request *request, const char *name, size_t size)
{
    zx_status_t status = ZX_ERR_NOT_FOUND;

    (void)context;
    for (uint32_t i = 0; i < device_count; i++) {
        if (is_named(devices[i], name, size)) {
            status = driver_restart(devices[i]);
            break;
        }
    }
    (void)devices_reply_restart(request, status);
}

// ---- published services -------------------------------------------------------------------------

struct published {
    struct vfs_node node;
    struct device *device;
};

static void release(struct vfs_node *node)
{
    free(vfs_container(node, struct published, node));
}

static zx_status_t attributes(struct vfs_node *node, struct file_attributes *out)
{
    (void)node;
    out->mode = 0666;
    return ZX_OK;
}

static void connect(struct vfs_node *node, struct vfs_connect *request)
{
    struct published *published = vfs_container(node, struct published, node);

    vfs_route_connect(&published->device->route, SERVICE, request, &request->request);
}

static const struct vfs_node_ops ops = {
    .release = release,
    .attributes = attributes,
    .connect = connect,
};

// The number of the device among those that publish the same.
static uint32_t number_of(const struct device *device)
{
    uint32_t number = 0;

    for (uint32_t i = 0; devices[i] != device; i++) {
        number += devices[i]->service[0] != '\0' &&
                  strcmp(devices[i]->driver->service, device->driver->service) == 0;
    }
    return number;
}

zx_status_t names_publish(struct device *device)
{
    struct published *published;
    zx_status_t status;

    if (device->driver->service == NULL) {
        return ZX_OK;
    }
    published = calloc(1, sizeof(*published));
    if (published == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vfs_node_init(&published->node, &ops, FILE_KIND_SERVICE);
    published->device = device;
    snprintf(device->service, sizeof(device->service), "%s%u", device->driver->service,
             number_of(device));
    status = vfs_directory_add(devmgr.published, device->service, &published->node);
    vfs_node_unref(&published->node);
    return status;
}

zx_status_t names_create(struct vfs_directory **out_outgoing)
{
    static const struct devices_server server = {.list = list, .restart = restart};
    struct vfs_node *node = vfs_served_create(devmgr.loop, devices_binding(&server, NULL));
    zx_status_t status = node != NULL ? vfs_directory_create(out_outgoing) : ZX_ERR_NO_MEMORY;

    if (status == ZX_OK) {
        status = vfs_directory_create(&devmgr.published);
    }
    if (status == ZX_OK) {
        status = vfs_directory_add(*out_outgoing, "devices", node);
    }
    if (status == ZX_OK) {
        status = vfs_directory_add(*out_outgoing, "device", &devmgr.published->node);
    }
    return status;
}
