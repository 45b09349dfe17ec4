// SPDX-License-Identifier: MIT
//
// A launch in progress, shared by the files of this library and by no one else.
//
// Handles: struct launching owns every handle in it that is not ZX_HANDLE_INVALID; who gives one
// away overwrites it. end_launch() in launch.c closes what is left.

#ifndef LAUNCH_LAUNCHING_H
#define LAUNCH_LAUNCHING_H

#include <launch/launch.h>

struct launching {
    const struct launch *what;
    const char *reason; // of the failure, if there was one
    bool has_interpreter;

    zx_handle_t process; // the caller's in the end
    zx_handle_t vmar;
    zx_handle_t thread; // the caller's in the end
    zx_handle_t reservation;
    zx_handle_t interpreter; // the dynamic linker's file
    zx_handle_t loader;      // channel to a loader service, for the dynamic linker
    zx_handle_t loaded;      // VMAR around the segments of what was mapped
    zx_handle_t channel;     // our end
    zx_handle_t child_channel;
    zx_handle_t stack;
    // The first message's handles of the process, made before the caller's are duplicated.
    zx_handle_t thread_for_child;

    uint64_t stack_size;
    size_t message_size; // of the main message
    zx_vaddr_t stack_pointer;
    zx_vaddr_t entry;
    zx_vaddr_t vdso_base;
};

// Records why the launch fails; returns `status`.
static inline zx_status_t launching_fail(struct launching *launching, const char *reason,
                                         zx_status_t status)
{
    launching->reason = reason;
    return status;
}

// Computes the size of the main message, once it is known whether there is an interpreter.
// ZX_ERR_OUT_OF_RANGE: too many handles, or too much text.
zx_status_t launching_measure(struct launching *launching);

// The number of handles of the main message.
uint32_t launching_handle_count(const struct launching *launching);

// Puts the message for the dynamic linker into the channel: duplicates of the process's handles,
// the program's file, and the linker's VMAR and the loader service, which are given away.
zx_status_t launching_send_loader_message(struct launching *launching);

// Puts the main message into the channel. Gives away vmar (the caller's duplicate is in its place
// then), thread_for_child, stack, and the caller's handles, which are consumed on failure as well.
zx_status_t launching_send_main_message(struct launching *launching);

#endif
