// SPDX-License-Identifier: MIT
//
// bootfs: serves the initrd as `boot` and the loader service as `loader` in its outgoing directory.

#include <stdio.h>

#include <vfs/outgoing.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "bootfs.h"
#include "loader.h"

// Maps the initrd and reads what is in it.
static zx_status_t read_initrd(struct bootfs **out)
{
    zx_handle_t vmo = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    uint64_t size;
    zx_vaddr_t base;
    zx_status_t status = zx_vmo_get_size(vmo, &size);

    if (status == ZX_OK)
        status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &base);
    if (vmo != ZX_HANDLE_INVALID)
        zx_handle_close(vmo);
    if (status != ZX_OK)
        return status;
    *out = NULL;
    status = bootfs_create((const void *)base, size, out);
    if (status != ZX_OK && *out != NULL) {
        fprintf(stderr, "bootfs: the initrd is damaged (%s); what could be read is there\n",
                zx_status_get_string(status));
        status = ZX_OK;
    }
    return status;
}

static zx_status_t serve(struct bootfs *bootfs)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    struct vfs_directory *outgoing = NULL;
    struct vfs_node *loader = NULL;
    struct vfs_loop *loop = NULL;
    zx_status_t status = vfs_loop_create(&loop);

    if (status == ZX_OK)
        status = vfs_directory_create(&outgoing);
    if (status == ZX_OK)
        status = boot_loader_create(loop, bootfs, &loader);
    if (status == ZX_OK)
        status = vfs_directory_add(outgoing, "loader", loader);
    if (status == ZX_OK)
        status = vfs_directory_add(outgoing, "boot", bootfs_root(bootfs));
    if (status == ZX_OK)
        status = vfs_run_outgoing(loop, outgoing, channel, NULL);
    return status;
}

int main(void)
{
    struct bootfs *bootfs;
    zx_status_t status = read_initrd(&bootfs);

    if (status == ZX_OK)
        status = serve(bootfs);
    if (status != ZX_OK)
        fprintf(stderr, "bootfs: %s\n", zx_status_get_string(status));
    return status == ZX_OK ? 0 : 1;
}
