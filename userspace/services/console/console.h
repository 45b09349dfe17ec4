// SPDX-License-Identifier: MIT
//
// What the console's files share. Everything runs on the loop's thread, but for the reader thread of
// keys.c, which has only its own arguments.

#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdint.h>

#include <vfs/loop.h>
#include <vfs/vfs.h>
#include <zircon/types.h>

// Told of what was typed.
typedef void (*keys_typed)(const char *bytes, size_t size);

// Starts reading the serial line with the root resource, which stays open. `typed` is called on the
// loop's thread, from the loop or from keys_poll().
zx_status_t keys_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed);

// Hands over what was typed meanwhile; for use in the midst of long work.
void keys_poll(void);

// Makes the terminal. `columns` and `rows` are its size in characters.
zx_status_t terminal_create(struct vfs_loop *loop, zx_handle_t root, uint32_t columns,
                            uint32_t rows, struct vfs_node **out);

// A node each open of which is a connection to the terminal for a new session.
struct vfs_node *terminal_session_node(void);

// Makes one of the devices without state: null, zero, full, urandom. NULL: no memory, or no such one.
struct vfs_node *device_create(const char *name);

#endif
