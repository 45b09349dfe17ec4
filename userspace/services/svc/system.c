// SPDX-License-Identifier: MIT
//
// The protocol `system`: the handles that stand for the whole machine, and its end. Whoever has /svc
// may ask.

#define _GNU_SOURCE // environ

#include "svc.h"

#include <string.h>
#include <unistd.h>

#include <jacinth/spawn.h>
#include <protocol/system.h>
#include <vfs/served.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

// Where a flattened device tree tells its size, in big-endian order.
#define FDT_SIZE_AT 4u

static void root_job(void *context, const struct ipc_request *request, uint32_t rights)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(svc.root_job, rights, &copy);

    (void)context;
    (void)system_reply_root_job(request, status, copy);
}

static void root_resource(void *context, const struct ipc_request *request, uint32_t rights)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(svc.root_resource, rights, &copy);

    (void)context;
    (void)system_reply_root_resource(request, status, copy);
}

static void device_tree(void *context, const struct ipc_request *request)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    uint32_t size = 0;
    zx_status_t status = zx_vmo_read(svc.device_tree, &size, FDT_SIZE_AT, sizeof(size));

    (void)context;
    if (status == ZX_OK) {
        status = zx_handle_duplicate(svc.device_tree, ZX_RIGHT_SAME_RIGHTS, &copy);
    }
    (void)system_reply_device_tree(request, status, copy, __builtin_bswap32(size));
}

static void crash_log(void *context, const struct ipc_request *request)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(svc.crash_log, ZX_RIGHT_SAME_RIGHTS, &copy);

    (void)context;
    (void)system_reply_crash_log(request, status, copy);
}

static void initrd(void *context, const struct ipc_request *request)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(svc.initrd, ZX_RIGHT_SAME_RIGHTS, &copy);

    (void)context;
    (void)system_reply_initrd(request, status, copy);
}

static void vdso(void *context, const struct ipc_request *request, uint32_t index)
{
    zx_handle_t copy = ZX_HANDLE_INVALID, ours = ZX_HANDLE_INVALID;
    zx_status_t status = index == 0 ? spawn_borrow_vdso(&ours) : ZX_ERR_NOT_FOUND;

    (void)context;
    if (status == ZX_OK) {
        status = zx_handle_duplicate(ours, ZX_RIGHT_SAME_RIGHTS, &copy);
    }
    (void)system_reply_vdso(request, status, copy);
}

// The kernel hands its command line over as our environment, a word each, with `=` behind words that
// have none.
static void command_line(void *context, const struct ipc_request *request)
{
    static char text[SYSTEM_MAX_COMMAND_LINE];
    size_t used = 0;

    (void)context;
    for (char **word = environ; *word != NULL; word++) {
        size_t size = strlen(*word);

        size -= size != 0 && (*word)[size - 1] == '=';
        if (size + 1 > sizeof(text) - used) {
            break;
        }
        if (used != 0) {
            text[used++] = ' ';
        }
        memcpy(text + used, *word, size);
        used += size;
    }
    (void)system_reply_command_line(request, ZX_OK, text, used);
}

static void end_machine(void *context, const struct ipc_request *request, uint32_t action)
{
    (void)context;
    if (action != SYSTEM_POWER_OFF && action != SYSTEM_REBOOT) {
        (void)system_reply_power(request, ZX_ERR_INVALID_ARGS);
        return;
    }
    (void)system_reply_power(request, ZX_OK);
    power(action);
}

struct vfs_node *system_node(void)
{
    static const struct system_server server = {
        .root_job = root_job,
        .root_resource = root_resource,
        .device_tree = device_tree,
        .vdso = vdso,
        .command_line = command_line,
        .power = end_machine,
        .crash_log = crash_log,
        .initrd = initrd,
    };

    return vfs_served_create(svc.loop, system_binding(&server, NULL));
}
