// SPDX-License-Identifier: MIT
//
// The way from the kernel's console to the loop. Reading it blocks, so a thread of its own does it
// and puts each byte into a socket, whose other end the loop watches. With a full socket it waits; the
// kernel's ring then fills, and the device is not read any more. It ends when a driver has the
// console, and what was typed before has been read.
//
// Locks: none. The thread owns its end of the socket, which is its argument: the loop's thread may start the
// next one before it has ended. The rest belongs to the loop's thread.

#include "console.h"

#include <pthread.h>
#include <stdint.h>

#include <zircon/errors.h>
#include <zircon/syscalls.h>

// Bytes taken from the socket at a time.
#define BATCH 256u

static struct {
    zx_handle_t root; // fixed before the thread starts
    zx_handle_t loop_end;
    struct vfs_watch watch;
    struct vfs_loop *loop;
    keys_typed typed;
    void (*ended)(void);
} keys;

// The reader thread.
static void *read_line(void *argument)
{
    zx_handle_t thread_end = (zx_handle_t)(uintptr_t)argument;
    char byte;
    size_t size = 1;

    while (zx_debug_read(keys.root, &byte, &size) == ZX_OK && size == 1) {
        zx_status_t status;

        while ((status = zx_socket_write(thread_end, 0, &byte, 1, NULL)) == ZX_ERR_SHOULD_WAIT) {
            (void)zx_object_wait_one(thread_end, ZX_SOCKET_WRITABLE | ZX_SOCKET_PEER_CLOSED,
                                     ZX_TIME_INFINITE, NULL);
        }
        if (status != ZX_OK) {
            break;
        }
    }
    zx_handle_close(thread_end);
    return NULL;
}

void keys_poll(void)
{
    char batch[BATCH];
    size_t size, total = 0;

    while (total < CONSOLE_INPUT_MOST && keys.loop_end != ZX_HANDLE_INVALID &&
           zx_socket_read(keys.loop_end, 0, batch, sizeof(batch), &size) == ZX_OK && size != 0) {
        keys.typed(batch, size);
        total += size;
    }
}

static void close_loop_end(void)
{
    vfs_watch_cancel(keys.loop, &keys.watch);
    zx_handle_close(keys.loop_end);
    keys.loop_end = ZX_HANDLE_INVALID;
}

static void readable(void *context, zx_signals_t observed)
{
    (void)context;
    keys_poll();
    if ((observed & ZX_SOCKET_READABLE) == 0) { // the reader thread has ended
        close_loop_end();
        keys.ended();
    }
}

zx_status_t keys_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed,
                       void (*ended)(void))
{
    pthread_t thread;
    zx_handle_t thread_end;
    zx_status_t status = zx_socket_create(ZX_SOCKET_STREAM, &thread_end, &keys.loop_end);

    if (status != ZX_OK) {
        return status;
    }
    keys.root = root;
    keys.loop = loop;
    keys.typed = typed;
    keys.ended = ended;
    keys.watch = (struct vfs_watch){
        .handle = keys.loop_end,
        .signals = ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED,
        .fired = readable,
        .repeat = true,
    };
    status = vfs_watch_start(loop, &keys.watch);
    if (status == ZX_OK &&
        pthread_create(&thread, NULL, read_line, (void *)(uintptr_t)thread_end) != 0) {
        status = ZX_ERR_NO_MEMORY;
    }
    if (status != ZX_OK) {
        zx_handle_close(thread_end);
        close_loop_end();
        return status;
    }
    (void)pthread_detach(thread);
    return ZX_OK;
}
