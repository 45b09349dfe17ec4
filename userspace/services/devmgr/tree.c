// SPDX-License-Identifier: MIT
//
// The device tree: which nodes there are, and which driver each gets. A node that makes no sense
// costs itself only.

#include "devmgr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fdt/boot.h>
#include <libfdt.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

// virtio-mmio's registers (virtio 1.1, 4.2.2): magic value, version, kind of device.
#define VIRTIO_COMPATIBLE "virtio,mmio"
#define VIRTIO_MAGIC      0x74726976u
#define VIRTIO_WORDS      3u
#define VIRTIO_VERSION    2u // 1: "legacy", with another layout of registers and queues

#define FDT_HEADER_BYTES 40u // of version 17

struct device **devices;
uint32_t device_count;

static void report(void *context, const char *path, const char *message)
{
    (void)context;
    say("device tree: %s: %s", path, message);
}

// The first words of a virtio-mmio slot. False: they cannot be read.
static bool read_slot(struct fdt_node node, uint32_t words[VIRTIO_WORDS])
{
    struct fdt_range range;
    zx_handle_t vmo;
    zx_vaddr_t address;

    if (fdt_node_reg(&devmgr.tree, node, 0, &range) != ZX_OK || range.bytes < 4 * VIRTIO_WORDS ||
        range.base % 4 != 0 || own_is_memory(range.base, range.bytes)) {
        return false;
    }
    uint64_t in_page = range.base % DEVICE_PAGE;

    if (in_page > DEVICE_PAGE - 4 * VIRTIO_WORDS ||
        zx_vmo_create_physical(devmgr.root_resource, range.base - in_page, DEVICE_PAGE, &vmo) !=
            ZX_OK) {
        return false;
    }
    zx_status_t status = zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE);

    if (status == ZX_OK) {
        status =
            zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, DEVICE_PAGE, &address);
    }
    zx_handle_close(vmo);
    if (status != ZX_OK) {
        return false;
    }
    bool good =
        probe_words((const volatile uint32_t *)(address + in_page), words, VIRTIO_WORDS);

    (void)zx_vmar_unmap(zx_vmar_root_self(), address, DEVICE_PAGE);
    return good;
}

// The kind of device in a virtio slot; 0: the slot is empty. *out_version: which registers it has.
static uint32_t virtio_kind(struct fdt_node node, uint32_t *out_version)
{
    uint32_t words[VIRTIO_WORDS];

    if (!read_slot(node, words) || words[0] != VIRTIO_MAGIC) {
        return 0;
    }
    *out_version = words[1];
    return words[2];
}

// Tells of a device that no driver here can drive.
static void tell_version(const struct device *device, uint32_t kind, uint32_t version)
{
    say("%s: virtio device of kind %u has version %u%s: only version %u is driven", device->path,
        kind, version, version < VIRTIO_VERSION ? " (legacy)" : "", VIRTIO_VERSION);
}

// The node that the kernel has as its console, because the tree says so. What it guesses otherwise stays its own.
static bool is_console(struct fdt_node node)
{
    struct fdt_stdout out;

    return fdt_stdout_chosen(&devmgr.tree, &out) == ZX_OK && out.node.offset == node.offset;
}

// The driver for one of the node's `compatible` strings, which goes into the device; or the first.
static void choose_driver(struct device *device, uint32_t virtio)
{
    const char *string;

    for (uint32_t i = 0;
         device->driver == NULL &&
         fdt_prop_string_at(&devmgr.tree, device->node, "compatible", i, &string) == ZX_OK;
         i++) {
        device->driver = plan_find(&devmgr.plan, string, virtio, is_console(device->node));
        if (i == 0 || device->driver != NULL) {
            snprintf(device->compatible, sizeof(device->compatible), "%s", string);
        }
    }
}

// Adds a node that says what it is. False: no memory.
static bool add(struct fdt_node node)
{
    uint32_t virtio = 0, version = VIRTIO_VERSION;

    if (!fdt_prop_exists(&devmgr.tree, node, "compatible")) {
        return true;
    }
    if (fdt_node_compatible(&devmgr.tree, node, VIRTIO_COMPATIBLE)) {
        virtio = virtio_kind(node, &version);
        if (virtio == 0) {
            return true;
        }
    }
    struct device *device = calloc(1, sizeof(*device));
    struct device **more = realloc(devices, (device_count + 1) * sizeof(*more));

    if (more != NULL) {
        devices = more;
    }
    if (device == NULL || more == NULL) {
        free(device);
        return false;
    }
    device->node = node;
    fdt_node_path(&devmgr.tree, node, device->path, sizeof(device->path));
    if (version != VIRTIO_VERSION) {
        tell_version(device, virtio, version);
        virtio = 0; // no driver's
    }
    choose_driver(device, virtio);
    devices[device_count++] = device;
    return true;
}

// Copies what is used of the tree, which loaders pad to a megabyte, and checks it.
static zx_status_t open_tree(zx_handle_t vmo)
{
    _Alignas(8) uint8_t header[FDT_HEADER_BYTES];
    size_t claimed, used;
    zx_status_t status = zx_vmo_read(vmo, header, 0, sizeof(header));

    if (status == ZX_OK) {
        status = fdt_blob_size(header, sizeof(header), &claimed);
    }
    if (status != ZX_OK) {
        return status;
    }
    used = fdt_blob_used(header, claimed);
    void *blob = malloc(used);

    if (blob == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    status = zx_vmo_read(vmo, blob, 0, used);
    if (status == ZX_OK) {
        fdt_set_totalsize(blob, (uint32_t)used);
        status = fdt_tree_open(&devmgr.tree, blob, used, report, NULL);
    }
    if (status != ZX_OK) {
        free(blob);
    }
    return status;
}

void devices_find(zx_handle_t tree)
{
    struct fdt_walk walk;

    if (open_tree(tree) != ZX_OK) {
        say("no device tree: there are no devices");
        return;
    }
    fdt_walk_start(&walk);
    for (struct fdt_node node = fdt_walk_next(&devmgr.tree, &walk); fdt_node_valid(node);
         node = fdt_walk_next(&devmgr.tree, &walk)) {
        if (!add(node)) {
            say("no memory for all devices");
            return;
        }
    }
}
