// SPDX-License-Identifier: MIT
//
// The startup handles: the process's own, and those that wait to be taken. Interface:
// <zircon/process.h>.
//
// State: filled by the start code before any other thread exists. Handles are taken by compare and
// exchange: of two threads that ask for one, one gets it.

#include "start_impl.h"

#include <zircon/process.h>
#include <zircon/processargs.h>

zx_handle_t __start_process_self, __start_vmar_root, __start_job_default;
struct start_handles __start_handles;

zx_handle_t zx_take_startup_handle(uint32_t hnd_info)
{
    for (uint32_t i = 0; i < __start_handles.count; i++) {
        zx_handle_t *slot = &__start_handles.handles[i];
        zx_handle_t handle = __atomic_load_n(slot, __ATOMIC_RELAXED);

        if (__start_handles.info[i] == hnd_info && handle != ZX_HANDLE_INVALID &&
            __atomic_compare_exchange_n(slot, &handle, ZX_HANDLE_INVALID, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            return handle;
        }
    }
    return ZX_HANDLE_INVALID;
}

zx_handle_t _zx_process_self(void)
{
    return __start_process_self;
}

zx_handle_t _zx_vmar_root_self(void)
{
    return __start_vmar_root;
}

zx_handle_t _zx_job_default(void)
{
    return __start_job_default;
}

zx_handle_t zx_process_self(void) __attribute__((alias("_zx_process_self")));
zx_handle_t zx_vmar_root_self(void) __attribute__((alias("_zx_vmar_root_self")));
zx_handle_t zx_job_default(void) __attribute__((alias("_zx_job_default")));
