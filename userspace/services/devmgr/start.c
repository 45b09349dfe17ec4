// SPDX-License-Identifier: MIT
//
// Starting a driver: a process in a job of its own, which may start no process, with what
// its node owns.

#include <string.h>

#include "gifts.h"

#include <driver/handles.h>
#include <jacinth/fd.h>
#include <launch/launch.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>

static zx_status_t make_job(struct device *device)
{
    static const zx_policy_basic_t policy[] = {
        {ZX_POL_NEW_PROCESS, ZX_POL_ACTION_DENY},
    };
    zx_status_t status = zx_job_create(zx_job_default(), 0, &device->job);

    if (status != ZX_OK) {
        return status;
    }
    (void)zx_object_set_property(device->job, ZX_PROP_NAME, device->driver->name,
                                 strlen(device->driver->name));
    return zx_job_set_policy(device->job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, policy,
                             sizeof(policy) / sizeof(policy[0]));
}

// What every driver gets.
static zx_status_t give_common(struct device *device, struct gifts *gifts)
{
    zx_handle_t log, host, description;
    zx_status_t status = zx_handle_duplicate(devmgr.log, ZX_RIGHT_SAME_RIGHTS, &log);

    if (status != ZX_OK) {
        return status;
    }
    gifts_add(gifts, log, PA_HND(PA_FDIO_LOGGER, FD_ALSO_STDIO | 1));
    status = own_describe(device, &description);
    if (status != ZX_OK) {
        return status;
    }
    gifts_add(gifts, description, PA_HND(PA_VMO_KERNEL_FILE, 1));
    status = zx_channel_create(0, &device->host, &host);
    if (status != ZX_OK) {
        device->host = ZX_HANDLE_INVALID;
        return status;
    }
    gifts_add(gifts, host, PA_HND(DRIVER_HANDLE_HOST, DRIVER_HANDLE_HOST_INDEX));
    gifts_add(gifts, device->route.server, PA_HND(PA_DIRECTORY_REQUEST, 0));
    device->route.server = ZX_HANDLE_INVALID;
    return ZX_OK;
}

static zx_status_t collect(struct device *device, struct gifts *gifts, const char **out_reason)
{
    zx_status_t status = own_give(device, gifts, out_reason);

    if (status == ZX_OK) {
        *out_reason = "no memory for what it is given";
        status = give_common(device, gifts);
    }
    for (size_t i = 0; status != ZX_OK && i < gifts->count; i++) {
        zx_handle_close(gifts->handles[i].handle);
    }
    return status;
}

static zx_koid_t koid_of(zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};

    (void)zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    return info.koid;
}

static zx_status_t spawn(struct device *device, zx_handle_t program, const char **out_reason)
{
    static const char *const environment[] = {NULL};
    const char *const argv[] = {device->driver->name, device->path, NULL};
    struct gifts gifts = {0};
    struct spawned spawned;
    zx_status_t status = collect(device, &gifts, out_reason);

    if (status != ZX_OK) {
        return status;
    }
    const struct spawn what = {
        .flags = SPAWN_NO_JOB,
        .path = device->driver->program,
        .name = device->driver->name,
        .program = program,
        .argv = argv,
        .environ = environment,
        .directory = "/",
        .job = device->job,
        .handle_count = gifts.count,
        .handles = gifts.handles,
    };
    status = spawn_start(&what, &spawned, out_reason);
    if (status != ZX_OK) {
        return status;
    }
    zx_handle_close(spawned.thread);
    device->process = spawned.process;
    device->koid = koid_of(spawned.process);
    return ZX_OK;
}

zx_status_t start_driver(struct device *device, const char **out_reason, bool *out_hopeless)
{
    zx_handle_t program;
    zx_status_t status = own_claim(device, out_reason);

    // Whoever has the registers may give them up; a node does not change its mind.
    *out_hopeless = status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_IO_DATA_INTEGRITY;
    if (status != ZX_OK) {
        return status;
    }
    status = launch_open_file(devmgr.archive, devmgr.archive_size, device->driver->program,
                              &program, out_reason);
    if (status != ZX_OK) {
        *out_hopeless = status != ZX_ERR_NO_MEMORY;
        return status;
    }
    *out_reason = "no job can be made";
    status = make_job(device);
    if (status == ZX_OK) {
        status = spawn(device, program, out_reason);
    }
    zx_handle_close(program);
    return status;
}
