// SPDX-License-Identifier: MIT
//
// ramfs: serves a file system in memory as `tmp` in its outgoing directory (see docs of svc).
//
//     ramfs [NAME [CAPACITY]]    the name (default tmp); bytes, with K, M or G (default: a quarter
//     of RAM)

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/outgoing.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "ramfs.h"

// Reads a capacity; 0: it is none.
static uint64_t parse_capacity(const char *text)
{
    static const char units[] = "KMG";
    char *end;
    unsigned long long value;
    const char *unit;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *text == '-')
        return 0;
    unit = *end != 0 ? strchr(units, *end) : NULL;
    if (unit != NULL) {
        unsigned shift = 10 * (unsigned)(unit - units + 1);

        if (value > UINT64_MAX >> shift)
            return 0;
        value <<= shift;
        end++;
    }
    return *end == 0 ? value : 0;
}

// Serves the root under its name until the service manager goes.
static zx_status_t serve(const char *name, struct vfs_node *root)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    struct vfs_directory *outgoing = NULL;
    struct vfs_loop *loop = NULL;
    zx_status_t status = vfs_directory_create(&outgoing);

    if (status == ZX_OK)
        status = vfs_directory_add(outgoing, name, root);
    if (status == ZX_OK)
        status = vfs_loop_create(&loop);
    if (status == ZX_OK)
        status = vfs_run_outgoing(loop, outgoing, channel, NULL);
    return status;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "tmp";
    uint64_t capacity = argc > 2 ? parse_capacity(argv[2]) : zx_system_get_physmem() / 4;
    struct vfs_node *root;
    zx_status_t status;

    if (capacity == 0) {
        fprintf(stderr, "ramfs: not a capacity: %s\n", argv[2]);
        return 2;
    }
    status = ramfs_create(capacity, &root);
    if (status == ZX_OK)
        status = serve(name, root);
    if (status != ZX_OK)
        fprintf(stderr, "ramfs: %s\n", zx_status_get_string(status));
    return status == ZX_OK ? 0 : 1;
}
