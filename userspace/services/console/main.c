// SPDX-License-Identifier: MIT
//
// bin/console: owns the serial line and serves /dev: `console` and `tty` (one terminal), `null`,
// `zero`, `full`, `urandom`. Beside the directory `dev` its outgoing directory has `terminal`, which the
// service manager opens for a session.
//
// Needs the root resource (the kernel's console is read with it) and PA_DIRECTORY_REQUEST, its
// outgoing directory; and /svc, by which it finds the driver of the serial line's device. With CONSOLE=kernel in
// its environment it does not look for that: the device stays the kernel's. TERMINAL_SIZE=COLUMNSxROWS tells the
// terminal's size.

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/outgoing.h>
#include <vfs/table.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define DEFAULT_COLUMNS 80u
#define DEFAULT_ROWS    24u
#define LARGEST_SIDE    10000u

// COLUMNSxROWS; what makes no sense is let be.
static void read_size(const char *text, uint32_t *columns, uint32_t *rows)
{
    char *end;
    unsigned long first, second;

    if (text == NULL) {
        return;
    }
    first = strtoul(text, &end, 10);
    if (*end != 'x') {
        return;
    }
    second = strtoul(end + 1, &end, 10);
    if (*end == '\0' && first != 0 && first < LARGEST_SIDE && second != 0 &&
        second < LARGEST_SIDE) {
        *columns = (uint32_t)first;
        *rows = (uint32_t)second;
    }
}

// Adds a node under a name; takes the reference.
static zx_status_t add(struct vfs_directory *directory, const char *name, struct vfs_node *node)
{
    zx_status_t status = node != NULL ? vfs_directory_add(directory, name, node) : ZX_ERR_NO_MEMORY;

    if (node != NULL) {
        vfs_node_unref(node);
    }
    return status;
}

static zx_status_t add_devices(struct vfs_directory *dev, struct vfs_node *terminal)
{
    static const char names[][8] = {"null", "zero", "full", "urandom"};
    zx_status_t status = vfs_directory_add(dev, "console", terminal);

    if (status == ZX_OK) {
        status = vfs_directory_add(dev, "tty", terminal);
    }
    for (size_t i = 0; status == ZX_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        status = add(dev, names[i], device_create(names[i]));
    }
    return status;
}

// Makes /dev, and the outgoing directory with it.
static zx_status_t make_directories(struct vfs_node *terminal, struct vfs_directory **out)
{
    struct vfs_directory *dev;
    zx_status_t status = vfs_directory_create(out);

    if (status == ZX_OK) {
        status = vfs_directory_create(&dev);
    }
    if (status == ZX_OK) {
        status = add_devices(dev, terminal);
    }
    if (status == ZX_OK) {
        status = vfs_directory_add(*out, "terminal", terminal_session_node());
    }
    return status == ZX_OK ? add(*out, "dev", &dev->node) : status;
}

static zx_status_t serve(zx_handle_t root, zx_handle_t request, const char **out_step)
{
    uint32_t columns = DEFAULT_COLUMNS, rows = DEFAULT_ROWS;
    struct vfs_directory *outgoing;
    struct vfs_node *terminal;
    struct vfs_loop *loop;

    read_size(getenv("TERMINAL_SIZE"), &columns, &rows);
    *out_step = "no loop";
    zx_status_t status = vfs_loop_create(&loop);

    if (status == ZX_OK) {
        *out_step = "no terminal";
        status = terminal_create(loop, root, columns, rows, &terminal);
    }
    if (status == ZX_OK) {
        *out_step = "no /dev";
        status = make_directories(terminal, &outgoing);
    }
    if (status == ZX_OK) {
        *out_step = "the directory request";
        status = vfs_run_outgoing(loop, outgoing, request, NULL);
    }
    return status;
}

int main(void)
{
    zx_handle_t root = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    zx_handle_t request = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    const char *step;

    if (root == ZX_HANDLE_INVALID || request == ZX_HANDLE_INVALID) {
        fprintf(stderr, "console: started without the root resource or a directory request\n");
        return 1;
    }
    zx_status_t status = serve(root, request, &step);

    if (status != ZX_OK) {
        fprintf(stderr, "console: %s: %s\n", step, zx_status_get_string(status));
        return 1;
    }
    return 0;
}
