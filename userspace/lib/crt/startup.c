// SPDX-License-Identifier: MIT
//
// The keeper of what the bootstrap message brought: the process's own handles, those waiting to be
// taken, the environment. Interfaces: <zircon/process.h> and crt/crt.h.
//
// State: written once by the start code before main(), and by zx_take_startup_handle(), which is for
// the first thread only.

#include <crt/crt.h>

#include "startup.h"

#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/processargs.h>

static zx_handle_t process_self, thread_self, vmar_root_self, job_default;
static zx_handle_t *startup_handles;
static const uint32_t *startup_info;
static uint32_t startup_count;

char **environ;
char **startup_names;

void startup_store_handles(zx_handle_t *handles, const uint32_t *info, uint32_t count)
{
    startup_handles = handles;
    startup_info = info;
    startup_count = count;
    process_self = zx_take_startup_handle(PA_HND(PA_PROC_SELF, 0));
    thread_self = zx_take_startup_handle(PA_HND(PA_THREAD_SELF, 0));
    vmar_root_self = zx_take_startup_handle(PA_HND(PA_VMAR_ROOT, 0));
    job_default = zx_take_startup_handle(PA_HND(PA_JOB_DEFAULT, 0));
}

zx_handle_t zx_take_startup_handle(uint32_t hnd_info)
{
    for (uint32_t i = 0; i < startup_count; i++) {
        if (startup_info[i] == hnd_info && startup_handles[i] != ZX_HANDLE_INVALID) {
            zx_handle_t handle = startup_handles[i];

            startup_handles[i] = ZX_HANDLE_INVALID;
            return handle;
        }
    }
    return ZX_HANDLE_INVALID;
}

zx_handle_t _zx_process_self(void)
{
    return process_self;
}

zx_handle_t _zx_thread_self(void)
{
    return thread_self;
}

zx_handle_t _zx_vmar_root_self(void)
{
    return vmar_root_self;
}

zx_handle_t _zx_job_default(void)
{
    return job_default;
}

zx_handle_t zx_process_self(void) __attribute__((alias("_zx_process_self")));
zx_handle_t zx_thread_self(void) __attribute__((alias("_zx_thread_self")));
zx_handle_t zx_vmar_root_self(void) __attribute__((alias("_zx_vmar_root_self")));
zx_handle_t zx_job_default(void) __attribute__((alias("_zx_job_default")));

const char *environment_get(const char *key)
{
    const char *value = NULL;
    size_t length = strlen(key);

    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, key, length) == 0 && (*entry)[length] == '=') {
            value = *entry + length + 1;
        }
    }
    return value;
}
