// SPDX-License-Identifier: MIT
//
// The way to the driver of the console's device. Its name is the device manager's, which starts after this
// program, so a thread asks and waits; it ends when it knows. A device without a driver stays the kernel's. One
// whose driver has just died, or was given up, is asked for again, less and less often.
//
// Locks: none. The thread owns its end of the channel, which is its argument: the loop's thread may start the
// next one before it has ended. What is static belongs to the loop's thread.

#include "console.h"

#include <pthread.h>
#include <stdint.h>

#include <jacinth/service.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define DRIVER "/svc/fs/device/console0"

#define PAUSE_FIRST ZX_MSEC(10)
#define PAUSE_LAST  ZX_SEC(10)

static struct {
    zx_handle_t loop_end;
    struct vfs_loop *loop;
    struct vfs_watch watch;
    void (*found)(zx_handle_t channel);
} finder;

static bool is_absent_for_now(zx_status_t status)
{
    return status == ZX_ERR_TIMED_OUT || status == ZX_ERR_UNAVAILABLE ||
           status == ZX_ERR_PEER_CLOSED;
}

static void *find(void *argument)
{
    zx_handle_t thread_end = (zx_handle_t)(uintptr_t)argument;
    zx_duration_t pause = PAUSE_FIRST;
    zx_handle_t channel;
    zx_status_t status;

    while ((status = service_connect(DRIVER, &channel)) != ZX_OK && is_absent_for_now(status)) {
        (void)zx_nanosleep(zx_deadline_after(pause));
        pause = 2 * pause < PAUSE_LAST ? 2 * pause : PAUSE_LAST;
    }
    if (status == ZX_OK) {
        (void)zx_channel_write(thread_end, 0, NULL, 0, &channel, 1);
    }
    zx_handle_close(thread_end);
    return NULL;
}

static void told(void *context, zx_signals_t observed)
{
    zx_handle_t channel = ZX_HANDLE_INVALID;
    uint32_t bytes, handles;

    (void)context;
    (void)observed;
    (void)zx_channel_read(finder.loop_end, 0, NULL, &channel, 0, 1, &bytes, &handles);
    zx_handle_close(finder.loop_end);
    if (channel != ZX_HANDLE_INVALID) {
        finder.found(channel);
    }
}

zx_status_t finder_start(struct vfs_loop *loop, void (*found)(zx_handle_t channel))
{
    pthread_t thread;
    zx_handle_t thread_end;
    zx_status_t status = zx_channel_create(0, &thread_end, &finder.loop_end);

    if (status != ZX_OK) {
        return status;
    }
    finder.loop = loop;
    finder.found = found;
    finder.watch = (struct vfs_watch){
        .handle = finder.loop_end,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = told,
    };
    status = vfs_watch_start(loop, &finder.watch);
    if (status == ZX_OK &&
        pthread_create(&thread, NULL, find, (void *)(uintptr_t)thread_end) != 0) {
        vfs_watch_cancel(loop, &finder.watch);
        status = ZX_ERR_NO_MEMORY;
    }
    if (status != ZX_OK) {
        zx_handle_close(thread_end);
        zx_handle_close(finder.loop_end);
        return status;
    }
    (void)pthread_detach(thread);
    return ZX_OK;
}
