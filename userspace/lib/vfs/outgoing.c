// SPDX-License-Identifier: MIT
//
// The main loop of a service. One thread; no locks.

#include <vfs/outgoing.h>

#include <zircon/syscalls.h>

static void gone(void *context)
{
    vfs_loop_stop(context);
}

zx_status_t vfs_run_outgoing(struct vfs_loop *loop, struct vfs_directory *outgoing,
                             zx_handle_t channel, const struct vfs_limits *limits)
{
    struct vfs *vfs;
    zx_status_t status;

    if (channel == ZX_HANDLE_INVALID)
        return ZX_ERR_BAD_HANDLE;
    status = vfs_create(loop, limits, &vfs);
    if (status != ZX_OK) {
        zx_handle_close(channel);
        return status;
    }
    status = vfs_serve(vfs, &outgoing->node, FILE_OPEN_READ | FILE_OPEN_DIRECTORY, channel,
                       VFS_TRUSTED, gone, loop);
    if (status == ZX_OK)
        status = vfs_loop_run(loop);
    vfs_destroy(vfs);
    return status;
}
