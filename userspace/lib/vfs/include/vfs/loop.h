// SPDX-License-Identifier: MIT
//
// The loop of a server: one thread, one port, and callbacks for signals on handles and for points
// in time. Everything runs on the thread that calls vfs_loop_run(); nothing here is for other
// threads.
//
// Callbacks may start and cancel anything, themselves included. After a cancel the callback does
// not come, even if its packet was already in the port.

#ifndef VFS_LOOP_H
#define VFS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <vfs/link.h>
#include <zircon/types.h>

struct vfs_loop;

// A wait for signals. The embedder sets the first five fields, with everything else zero; the
// handle stays the embedder's and must live until the watch is cancelled or (unless `repeat`) has
// fired.
struct vfs_watch {
    zx_handle_t handle;
    zx_signals_t signals;
    void (*fired)(void *context, zx_signals_t observed);
    void *context;
    bool repeat;   // go on after the callback: it comes again while a signal is there
    bool active;   // private
    uint32_t slot; // private
};

// An interrupt object that is bound to the loop, for as long as the object lives. The embedder sets
// the first three fields, with everything else zero. The callback quiets the device; behind it the
// loop acknowledges the interrupt, so that it can come again.
struct vfs_interrupt {
    zx_handle_t handle;
    void (*fired)(void *context, zx_time_t when);
    void *context;
    struct vfs_link link; // private
};

// A point in time. The embedder sets the first two fields, with everything else zero.
struct vfs_timer {
    void (*fired)(void *context);
    void *context;
    bool active;          // private
    zx_time_t deadline;   // private
    struct vfs_link link; // private
};

// Makes a loop. ZX_ERR_NO_MEMORY, or a status of zx_port_create().
zx_status_t vfs_loop_create(struct vfs_loop **out);

// Forgets all watches and timers and frees the loop. NULL is let be.
void vfs_loop_destroy(struct vfs_loop *loop);

// Starts a watch that is not active. ZX_ERR_NO_MEMORY, or a status of zx_object_wait_async(): then
// it is not active.
zx_status_t vfs_watch_start(struct vfs_loop *loop, struct vfs_watch *watch);

// Ends a watch; nothing if it is not active.
void vfs_watch_cancel(struct vfs_loop *loop, struct vfs_watch *watch);

// Sets a timer, anew if it is active. Fires once, when the deadline (ZX_CLOCK_MONOTONIC) has
// passed.
void vfs_timer_start(struct vfs_loop *loop, struct vfs_timer *timer, zx_time_t deadline);

// Ends a timer; nothing if it is not active.
void vfs_timer_cancel(struct vfs_timer *timer);

// Binds an interrupt that is bound to nothing. Statuses of zx_interrupt_bind(). There is no way
// back but zx_interrupt_destroy(); the structure must live as long as the loop.
zx_status_t vfs_interrupt_start(struct vfs_loop *loop, struct vfs_interrupt *interrupt);

// Called after each callback and after vfs_loop_run_once() found nothing; for work that must not be
// done inside callbacks. NULL: none.
void vfs_loop_set_after(struct vfs_loop *loop, void (*after)(void *context), void *context);

// Waits until the deadline for one thing to happen and makes its callback.
// ZX_OK: one was made (or a stale packet dropped). ZX_ERR_TIMED_OUT: nothing happened. Others of
// zx_port_wait().
zx_status_t vfs_loop_run_once(struct vfs_loop *loop, zx_time_t deadline);

// Goes on until vfs_loop_stop() is called from a callback (ZX_OK), or the port fails.
zx_status_t vfs_loop_run(struct vfs_loop *loop);
void vfs_loop_stop(struct vfs_loop *loop);

#endif
