// SPDX-License-Identifier: MIT
// What runtime.c's threads run: no stack protector, no thread-local variables.
#include "runtime_entries.h"

#include <runtime/tls.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

void entry_report(void *report)
{
    struct report *r = report;

    r->value++;
    r->frame = (uintptr_t)__builtin_frame_address(0);
    r->pointer = zxr_tp_get();
}

void entry_set_pointer(void *report)
{
    struct report *r = report;

    zxr_tp_set(ZX_HANDLE_INVALID, report);
    r->pointer = zxr_tp_get();
}

bool unmapping_prepare(struct unmapping *u)
{
    zx_handle_t vmo;
    zx_status_t status;

    u->size = 16384;
    u->vmar = zx_vmar_root_self();
    u->go = 0;
    if (zx_vmo_create(u->size, 0, &vmo) != ZX_OK)
        return false;
    status =
        zx_vmar_map(u->vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, u->size, &u->stack);
    zx_handle_close(vmo);
    return status == ZX_OK;
}

void unmapping_let_go(struct unmapping *u)
{
    u->go = 1;
    zx_futex_wake(&u->go, 1);
}

void entry_unmap(void *unmapping)
{
    struct unmapping *u = unmapping;

    while (u->go == 0)
        zx_futex_wait(&u->go, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
    zxr_thread_exit_unmap_if_detached(&u->thread, u->vmar, u->stack, u->size);
}
