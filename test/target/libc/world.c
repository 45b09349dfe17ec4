// SPDX-License-Identifier: MIT
//
// The namespace of world.h. Each file system has a loop and a thread of its own, until the process
// ends.

#include "world.h"

#include <check/check.h>

#include <pthread.h>
#include <stdlib.h>

#include <jacinth/namespace.h>
#include <vfs/vfs.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#include "../../../userspace/services/bootfs/bootfs.h"
#include "../../../userspace/services/ramfs/ramfs.h"

#define CAPACITY (8u << 20)

static void *run(void *argument)
{
    vfs_loop_run(argument);
    return NULL;
}

// Serves the tree at `path`; `flags` are those of its connections.
static bool serve(struct vfs_node *root, uint32_t flags, const char *path)
{
    struct vfs_loop *loop;
    zx_handle_t ours, theirs;
    pthread_t thread;
    struct vfs *vfs;

    if (vfs_loop_create(&loop) != ZX_OK || vfs_create(loop, NULL, &vfs) != ZX_OK ||
        zx_channel_create(0, &ours, &theirs) != ZX_OK ||
        vfs_serve(vfs, root, flags, theirs, VFS_TRUSTED, NULL, NULL) != ZX_OK ||
        namespace_mount(path, ours) != ZX_OK || pthread_create(&thread, NULL, run, loop) != 0) {
        return false;
    }
    pthread_detach(thread);
    return true;
}

static struct vfs_node *read_initrd(void)
{
    zx_handle_t vmo = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    struct bootfs *bootfs = NULL;
    zx_vaddr_t base;
    uint64_t size;

    if (zx_vmo_get_size(vmo, &size) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &base) != ZX_OK ||
        bootfs_create((const void *)base, size, &bootfs) != ZX_OK) {
        return NULL;
    }
    return bootfs_root(bootfs);
}

bool world_start(void)
{
    static bool started;
    struct vfs_node *root, *boot;

    if (started) {
        return true;
    }
    boot = read_initrd();
    if (ramfs_create(CAPACITY, &root) != ZX_OK || boot == NULL ||
        !serve(root, FILE_OPEN_READ | FILE_OPEN_WRITE, "/tmp") ||
        !serve(boot, FILE_OPEN_READ, "/boot")) {
        check_fail(__FILE__, __LINE__, "the file systems could not be started");
        return false;
    }
    started = true;
    return true;
}
