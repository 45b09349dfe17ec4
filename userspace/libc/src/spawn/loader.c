// SPDX-License-Identifier: MIT
//
// The loader service, as this process knows it: its own connection, if it was started with one
// (PA_LDSVC_LOADER), else that of the boot file system. Asked when a program is dynamically linked
// or a script, and only then.

#include <stdlib.h>

#include "../start/start_impl.h"
#include "spawn_impl.h"

#include <jacinth/service.h>
#include <loader/client.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define SERVICE_PATH "/svc/loader"

zx_handle_t __spawn_startup_handle(uint32_t info)
{
    for (uint32_t i = 0; i < __start_handles.count; i++) {
        if (__start_handles.info[i] == info) {
            zx_handle_t handle = __atomic_load_n(&__start_handles.handles[i], __ATOMIC_RELAXED);

            if (handle != ZX_HANDLE_INVALID) {
                return handle;
            }
        }
    }
    return ZX_HANDLE_INVALID;
}

static zx_status_t connect(struct spawn_loader *loader)
{
    if (loader->service != ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    loader->service = __spawn_startup_handle(PA_HND(PA_LDSVC_LOADER, 0));
    loader->borrowed = loader->service != ZX_HANDLE_INVALID;
    return loader->borrowed ? ZX_OK : service_connect(SERVICE_PATH, &loader->service);
}

void __spawn_loader_close(struct spawn_loader *loader)
{
    if (!loader->borrowed) {
        zx_handle_close(loader->service);
    }
    loader->service = ZX_HANDLE_INVALID;
}

zx_status_t __spawn_loader_script(struct spawn_loader *loader, const char *path,
                                  zx_handle_t *out_vmo)
{
    zx_status_t status = connect(loader);

    return status != ZX_OK ? status
                           : loader_load_script_interpreter(loader->service,
                                                            zx_deadline_after(SPAWN_SERVER_TIMEOUT),
                                                            path, out_vmo);
}

zx_status_t __spawn_open_interpreter(void *context, const char *name, zx_handle_t *out_vmo,
                                     zx_handle_t *out_loader)
{
    struct spawn_loader *loader = context;
    zx_status_t status = connect(loader);

    if (status == ZX_OK) {
        status = loader_load_object(loader->service, zx_deadline_after(SPAWN_SERVER_TIMEOUT), name,
                                    out_vmo);
    }
    if (status != ZX_OK) {
        loader->failed = true;
        return status;
    }
    // A connection that is ours alone can be given away as it is.
    if (!loader->borrowed) {
        *out_loader = loader->service;
        loader->service = ZX_HANDLE_INVALID;
        return ZX_OK;
    }
    status = loader_clone(loader->service, zx_deadline_after(SPAWN_SERVER_TIMEOUT), out_loader);
    if (status != ZX_OK) {
        zx_handle_close(*out_vmo);
        *out_vmo = ZX_HANDLE_INVALID;
        loader->failed = true;
    }
    return status;
}
