// SPDX-License-Identifier: MIT
//
// The test program's own file, of which its children are made. Started by the kernel or the monitor it is in
// the initrd, under the name of this process; started by a shell, in the namespace: under the path that is
// the first argument, or that name in a folder of PATH.
//
// State: connections to the namespace, taken when they are first needed.

#include "framework.h"

#include <testing/testing.h>

#include <crt/crt.h>
#include <launch/launch.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <protocol/file.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/processargs.h>

#define PATH_SIZE 256u
#define MOUNTS    16u

static zx_handle_t mounts[MOUNTS]; // those that were looked into

static zx_status_t open_in_initrd(zx_handle_t initrd, zx_handle_t *out, const char **out_reason)
{
    char name[ZX_MAX_NAME_LEN];
    const void *archive;
    size_t size;
    zx_status_t status =
        zx_object_get_property(zx_process_self(), ZX_PROP_NAME, name, sizeof(name));

    *out_reason = "the initrd cannot be mapped";
    if (status == ZX_OK) {
        status = launch_map_file(zx_vmar_root_self(), initrd, &archive, &size);
    }
    if (status != ZX_OK) {
        return status;
    }
    status = launch_open_file(archive, size, name, out, out_reason);
    (void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)archive,
                        (size + ZX_PAGE_SIZE - 1) & ~(size_t)(ZX_PAGE_SIZE - 1));
    return status;
}

// The mount that `path` lies below, the innermost; *out_rest is the path from there. -1: none.
static int find_mount(const char *path, const char **out_rest)
{
    size_t longest = 0;
    int found = -1;

    for (int i = 0; startup_names[i] != NULL; i++) {
        size_t length = strlen(startup_names[i]);

        while (length > 0 && startup_names[i][length - 1] == '/') {
            length--; // the root
        }
        if (strncmp(path, startup_names[i], length) == 0 && path[length] == '/' &&
            (found < 0 || length > longest)) {
            found = i;
            longest = length;
            *out_rest = path + length + 1;
        }
    }
    return found;
}

static zx_status_t get_vmo_below(zx_handle_t directory, const char *path, zx_handle_t *out)
{
    zx_handle_t ours, theirs;
    uint64_t size;
    zx_status_t status = zx_channel_create(0, &ours, &theirs);

    if (status == ZX_OK) {
        status = file_open(directory, test_patience(), FILE_OPEN_READ, 0, path, strlen(path),
                           theirs);
        if (status == ZX_OK) {
            status = file_get_vmo(ours, test_patience(), FILE_VMO_READ | FILE_VMO_EXECUTE, out,
                                  &size);
        }
        zx_handle_close(ours);
    }
    return status;
}

static zx_status_t open_path(const char *path, zx_handle_t *out)
{
    const char *rest = path;
    const int mount = find_mount(path, &rest);

    if (mount < 0 || mount >= (int)MOUNTS) {
        return ZX_ERR_NOT_FOUND;
    }
    if (mounts[mount] == ZX_HANDLE_INVALID) {
        mounts[mount] = zx_take_startup_handle(PA_HND(PA_NS_DIR, mount));
    }
    return get_vmo_below(mounts[mount], rest, out);
}

// The folders of PATH that are mounted, in turn. One of them has the program, or the shell would not have
// found it.
static zx_status_t open_in_path(const char *name, zx_handle_t *out)
{
    const char *folder = environment_get("PATH");
    zx_status_t status = ZX_ERR_NOT_FOUND;

    while (folder != NULL && *folder != '\0' && status != ZX_OK) {
        const char *end = strchr(folder, ':');
        const size_t length = end != NULL ? (size_t)(end - folder) : strlen(folder);
        char path[PATH_SIZE];

        if (length + strlen(name) + 2 <= sizeof(path)) {
            memcpy(path, folder, length);
            format_string(path + length, sizeof(path) - length, "/%s", name);
            status = open_path(path, out);
        }
        folder = end != NULL ? end + 1 : NULL;
    }
    return status;
}

zx_status_t test_program_open(const char *argument, zx_handle_t *out, const char **out_reason)
{
    zx_handle_t initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));

    if (initrd != ZX_HANDLE_INVALID) {
        zx_status_t status = open_in_initrd(initrd, out, out_reason);

        zx_handle_close(initrd);
        return status;
    }
    *out_reason = "its own file cannot be found";
    if (argument == NULL) {
        return ZX_ERR_NOT_FOUND;
    }
    return strchr(argument, '/') != NULL ? open_path(argument, out) : open_in_path(argument, out);
}
