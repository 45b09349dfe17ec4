// SPDX-License-Identifier: MIT
//
// What the console's files share. Everything runs on the loop's thread, but for the threads of keys.c and
// finder.c, which have only what is said there.

#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include <vfs/loop.h>
#include <vfs/vfs.h>
#include <zircon/types.h>

// Bytes that are taken from the line and looked at before everything else has its turn: however much comes, it does
// not keep the loop to itself.
#define CONSOLE_INPUT_MOST 16384u

// Told of what was typed.
typedef void (*keys_typed)(const char *bytes, size_t size);

// Starts reading the kernel's console (keys.c) with the root resource, which stays open. `typed` is called on the
// loop's thread, from the loop or from keys_poll(); `ended` from the loop, when nothing is to be read any more:
// it may be started again.
zx_status_t keys_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed,
                       void (*ended)(void));
void keys_poll(void);

// The serial line (line.c): the kernel's console, or its device's driver while there is one. Starts with the
// former and looks for the latter. `typed` is called on the loop's thread, from the loop or from line_poll().
zx_status_t line_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed);

// Hands over what was typed meanwhile; for use in the midst of long work.
void line_poll(void);

// Writes, and waits until all of it has gone to the device.
void line_write(const char *bytes, size_t size);

// Finds the driver of the console's device (finder.c): a thread connects to it, however long that takes, and
// `found` is called on the loop's thread with the connection. Not called if there is no driver.
zx_status_t finder_start(struct vfs_loop *loop, void (*found)(zx_handle_t channel));

// Bytes that were typed and wait behind the terminal's queue (held.c); there are at most so many.
#define CONSOLE_HELD_MOST (1024u * 1024u)

// Puts one behind the others. False: there are too many, or there is no memory.
bool held_add(char byte);

// How many there are, and they themselves in the order in which they came (NULL: there are none).
size_t held_count(void);
const char *held_bytes(void);

// Takes the first `count` of them away, or all.
void held_take(size_t count);
void held_forget(void);

// Makes the terminal. `columns` and `rows` are its size in characters.
zx_status_t terminal_create(struct vfs_loop *loop, zx_handle_t root, uint32_t columns,
                            uint32_t rows, struct vfs_node **out);

// A node each open of which is a connection to the terminal for a new session.
struct vfs_node *terminal_session_node(void);

// Makes one of the devices without state: null, zero, full, urandom. NULL: no memory, or no such one.
struct vfs_node *device_create(const char *name);

#endif
