// SPDX-License-Identifier: MIT
//
// Who the process is. Its number is its koid, which is never used twice; there are no users, and a
// process does not know who started it.

#include "sys_calls.h"

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

long __sys_getpid(void)
{
    static zx_koid_t koid; // the same value whoever stores it

    zx_koid_t known = __atomic_load_n(&koid, __ATOMIC_RELAXED);

    if (known == 0) {
        zx_info_handle_basic_t info;

        if (zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
                               NULL) != ZX_OK) {
            return 0;
        }
        known = info.koid;
        __atomic_store_n(&koid, known, __ATOMIC_RELAXED);
    }
    return (long)known;
}

long __sys_getppid(void)
{
    return 0;
}

long __sys_getuid(void)
{
    return 0;
}

long __sys_geteuid(void)
{
    return 0;
}

long __sys_getgid(void)
{
    return 0;
}

long __sys_getegid(void)
{
    return 0;
}
