// SPDX-License-Identifier: MIT
//
// sbin/devmgr, the device manager: starts a driver for each node of the device tree that the
// manifest of drivers (etc/drivers.manifest in the initrd; argv[1]: another) names, starts those
// that die again, and hands out connections to what they publish. docs/drivers.md tells more.
//
// Needs the root resource, the device tree, the initrd, a log, and PA_DIRECTORY_REQUEST.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devmgr.h"

#include <cpio/cpio.h>
#include <launch/launch.h>
#include <vfs/outgoing.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/log.h>

#define DEFAULT_MANIFEST "etc/drivers.manifest"
#define LARGEST_MANIFEST 65536u
#define LINE_SIZE        (ZX_LOG_RECORD_MAX - sizeof(zx_log_record_t))

struct devmgr devmgr;

void say(const char *format, ...)
{
    char line[LINE_SIZE] = "devmgr: ";
    size_t used = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + used, sizeof(line) - used, format, arguments);
    va_end(arguments);
    (void)zx_debuglog_write(devmgr.log, 0, line, strlen(line));
}

void close_handle(zx_handle_t *handle)
{
    if (*handle != ZX_HANDLE_INVALID) {
        zx_handle_close(*handle);
    }
    *handle = ZX_HANDLE_INVALID;
}

static void complain(void *context, uint32_t line, const char *problem, const char *word)
{
    say("%s:%u: %s%s%s", (const char *)context, line, problem, word != NULL ? ": " : "",
        word != NULL ? word : "");
}

// The drivers that there are; none if the manifest cannot be read, which is told.
static void read_manifest(const char *path)
{
    struct cpio_entry entry;
    char *text = NULL;
    zx_status_t status = cpio_find(devmgr.archive, devmgr.archive_size, path, &entry);

    if (status == ZX_OK) {
        status = entry.size <= LARGEST_MANIFEST ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
    }
    if (status == ZX_OK) {
        // The drivers' names and words lie in it: it stays.
        text = malloc(entry.size + 1);
        status = text != NULL ? ZX_OK : ZX_ERR_NO_MEMORY;
    }
    if (status != ZX_OK) {
        say("%s: %s: there are no drivers", path, zx_status_get_string(status));
        return;
    }
    memcpy(text, entry.data, entry.size);
    (void)plan_parse(text, entry.size, &devmgr.plan, complain, (void *)(uintptr_t)path);
}

static zx_status_t take_handles(void)
{
    zx_handle_t initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    zx_status_t status = zx_debuglog_create(ZX_HANDLE_INVALID, 0, &devmgr.log);

    devmgr.root_resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    if (status == ZX_OK) {
        status =
            launch_map_file(zx_vmar_root_self(), initrd, &devmgr.archive, &devmgr.archive_size);
    }
    const zx_iommu_desc_dummy_t dummy = {0};

    if (zx_iommu_create(devmgr.root_resource, ZX_IOMMU_TYPE_DUMMY, &dummy, sizeof(dummy),
                        &devmgr.iommu) != ZX_OK) {
        devmgr.iommu = ZX_HANDLE_INVALID;
    }
    return status;
}

int main(int argc, char **argv)
{
    zx_handle_t tree = zx_take_startup_handle(PA_HND(PA_VMO_KERNEL_FILE, 1));
    zx_handle_t request = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    struct vfs_directory *outgoing;
    zx_status_t status = take_handles();

    if (status == ZX_OK) {
        status = vfs_loop_create(&devmgr.loop);
    }
    if (status == ZX_OK) {
        status = names_create(&outgoing);
    }
    if (status != ZX_OK) {
        fprintf(stderr, "devmgr: cannot begin: %s\n", zx_status_get_string(status));
        return 1;
    }
    read_manifest(argc > 1 ? argv[1] : DEFAULT_MANIFEST);
    devices_find(tree);
    zx_handle_close(tree);
    drivers_begin();
    status = vfs_run_outgoing(devmgr.loop, outgoing, request, NULL);
    fprintf(stderr, "devmgr: %s\n", zx_status_get_string(status));
    return status == ZX_OK ? 0 : 1;
}
