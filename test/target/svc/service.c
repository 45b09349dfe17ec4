// SPDX-License-Identifier: MIT
//
// test/service ROLE: services for the tests of svc, good ones and bad ones. Each provides the
// service /svc/ROLE.
//
//   echo    answers each message with itself; "die" makes it exit with 3, "crash" read address 0
//   fails   exits with 3 at once
//   ends    exits with 0 at once
//   mute    takes requests and never answers any
//   junk    answers with what is no answer, without being asked, for ever
//   closes  closes its outgoing directory and lives on

#include <stdlib.h>
#include <string.h>

#include <vfs/outgoing.h>
#include <vfs/table.h>
#include <vfs/vfs.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define FAILURE 3

static struct vfs_loop *loop;

// ---- echo -----------------------------------------------------------------------------------------------

static void echo_readable(void *context, zx_signals_t observed)
{
    struct vfs_watch *watch = context;
    char message[64];
    uint32_t size;
    zx_status_t status =
        zx_channel_read(watch->handle, 0, message, NULL, sizeof(message), 0, &size, NULL);

    (void)observed;
    if (status == ZX_ERR_SHOULD_WAIT) {
        return;
    }
    if (status == ZX_OK && size == 3 && memcmp(message, "die", 3) == 0) {
        exit(FAILURE);
    }
    if (status == ZX_OK && size == 5 && memcmp(message, "crash", 5) == 0) {
        *(volatile int *)NULL = 1;
    }
    if (status == ZX_OK) {
        status = zx_channel_write(watch->handle, 0, message, size, NULL, 0);
    }
    if (status != ZX_OK) {
        vfs_watch_cancel(loop, watch);
        zx_handle_close(watch->handle);
        free(watch);
    }
}

static void echo_connect(struct vfs_node *node, struct vfs_connect *connect)
{
    struct vfs_watch *watch = calloc(1, sizeof(*watch));

    (void)node;
    *watch = (struct vfs_watch){
        .handle = connect->object,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = echo_readable,
        .context = watch,
        .repeat = true,
    };
    (void)file_reply_open(&connect->request, vfs_watch_start(loop, watch));
}

static void echo_release(struct vfs_node *node)
{
    (void)node;
}

static int echo(zx_handle_t request)
{
    static const struct vfs_node_ops ops = {.release = echo_release, .connect = echo_connect};
    static struct vfs_node node;
    struct vfs_directory *directory;

    vfs_node_init(&node, &ops, FILE_KIND_SERVICE);
    if (vfs_loop_create(&loop) != ZX_OK || vfs_directory_create(&directory) != ZX_OK ||
        vfs_directory_add(directory, "echo", &node) != ZX_OK) {
        return 1;
    }
    return vfs_run_outgoing(loop, directory, request, NULL) == ZX_OK ? 0 : 1;
}

// ---- bad ones -------------------------------------------------------------------------------------------

static int junk(zx_handle_t request)
{
    char nonsense[100];

    memset(nonsense, 0xff, sizeof(nonsense));
    for (uint32_t size = 0; zx_channel_write(request, 0, nonsense, size, NULL, 0) == ZX_OK;) {
        size = (size + 7) % sizeof(nonsense);
    }
    // The other end was closed: quite right.
    (void)zx_nanosleep(ZX_TIME_INFINITE);
    return 0;
}

int main(int argc, char **argv)
{
    zx_handle_t request = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    const char *role = argc == 2 ? argv[1] : "";

    if (strcmp(role, "echo") == 0) {
        return echo(request);
    }
    if (strcmp(role, "fails") == 0) {
        return FAILURE;
    }
    if (strcmp(role, "ends") == 0) {
        return 0;
    }
    if (strcmp(role, "junk") == 0) {
        return junk(request);
    }
    if (strcmp(role, "closes") == 0) {
        zx_handle_close(request);
    }
    (void)zx_nanosleep(ZX_TIME_INFINITE); // mute, and closes
    return 0;
}
