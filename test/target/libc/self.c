// SPDX-License-Identifier: MIT
//
// Programs of the initrd; the interface is in self.h. State: the mapped initrd.

#include "self.h"

#include <check/check.h>
#include <cpio/cpio.h>
#include <jacinth/spawn.h>
#include <stddef.h>

#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

static const void *archive;
static uint64_t archive_size;

static zx_status_t map_archive(void)
{
    zx_handle_t vmo = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    zx_vaddr_t address = 0;
    zx_status_t status = zx_vmo_get_size(vmo, &archive_size);

    if (status == ZX_OK) {
        status =
            zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, archive_size, &address);
    }
    zx_handle_close(vmo);
    archive = (const void *)address;
    return status;
}

zx_status_t self_open(const char *path, zx_handle_t *out)
{
    struct cpio_entry entry;
    zx_status_t status = archive != NULL ? ZX_OK : map_archive();

    if (status == ZX_OK) {
        status = cpio_find(archive, archive_size, path, &entry);
    }
    if (status == ZX_OK) {
        status = zx_vmo_create(entry.size, 0, out);
    }
    if (status == ZX_OK) {
        status = zx_vmo_write(*out, entry.data, 0, entry.size);
    }
    return status;
}

zx_handle_t self_start(const char *path, const char *const *argv, const char *const *environ,
                       zx_handle_t channel)
{
    const struct spawn_handle handle = {.handle = channel, .info = PA_HND(PA_USER0, 0)};
    struct spawn what = {
        .path = path,
        .name = "child",
        .argv = argv,
        .environ = environ,
        .directory = "/",
        .handle_count = channel != ZX_HANDLE_INVALID,
        .handles = &handle,
    };
    struct spawned spawned;
    const char *reason = "no such file in the initrd";
    zx_status_t status = self_open(path, &what.program);

    if (status == ZX_OK) {
        status = spawn_start(&what, &spawned, &reason);
        zx_handle_close(what.program);
    } else {
        zx_handle_close(channel);
    }
    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "%s: %s (%d)", path, reason, status);
        return ZX_HANDLE_INVALID;
    }
    zx_handle_close(spawned.thread);
    return spawned.process;
}

int64_t self_wait(zx_handle_t process)
{
    zx_info_process_t info = {0};

    if (zx_object_wait_one(process, ZX_PROCESS_TERMINATED, zx_deadline_after(ZX_SEC(60)), NULL) !=
        ZX_OK) {
        check_fail(__FILE__, __LINE__, "a child does not end");
        (void)zx_task_kill(process);
        info.return_code = INT64_MIN;
    } else {
        (void)zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    }
    zx_handle_close(process);
    return info.return_code;
}
