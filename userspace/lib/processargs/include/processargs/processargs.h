// SPDX-License-Identifier: MIT
//
// Building and reading bootstrap messages, the first message that a new process finds in the channel
// it was started with (see <zircon/processargs.h>). Pure functions over buffers: no system calls, no
// allocation, no state. Reading never trusts the message; building checks every limit.

#ifndef PROCESSARGS_PROCESSARGS_H
#define PROCESSARGS_PROCESSARGS_H

#include <stddef.h>
#include <stdint.h>
#include <zircon/processargs.h>
#include <zircon/types.h>

// A row of NUL-terminated strings, one after the other.
struct processargs_strings {
    const char *bytes; // NULL or anything when count is 0
    uint32_t size;     // bytes that the strings may occupy; the last one ends inside
    uint32_t count;
};

// A message taken apart. Everything points into the message.
struct processargs {
    const uint32_t *handle_info; // one PA_HND word for each handle of the message
    uint32_t handle_count;
    struct processargs_strings args;
    struct processargs_strings environ;
    struct processargs_strings names;
};

// Takes a message apart. `message` is 4-byte aligned and came with `handle_count` handles.
// ZX_ERR_INVALID_ARGS: the message breaks a rule; *out is then undefined.
zx_status_t processargs_parse(const void *message, size_t size, uint32_t handle_count,
                              struct processargs *out);

// Stores the address of each string of `strings` and, behind the last, a NULL: `out` has room for
// strings->count + 1 pointers. The strings come from processargs_parse().
void processargs_list(const struct processargs_strings *strings, const char **out);

// The string behind `key` and an equals sign in a row of `key=value` strings (the last one with that
// key wins), or NULL. The strings come from processargs_parse().
const char *processargs_get(const struct processargs_strings *strings, const char *key);

// What goes into a message. Arrays of `*_count` strings; an array may be NULL if its count is 0.
struct processargs_content {
    const uint32_t *handle_info;
    uint32_t handle_count;
    const char *const *args;
    uint32_t arg_count;
    const char *const *environ;
    uint32_t environ_count;
    const char *const *names;
    uint32_t name_count;
};

// Size in bytes of the message with this content; SIZE_MAX if it is more than a channel carries.
size_t processargs_size(const struct processargs_content *content);

// Writes the message into `buffer` (any alignment) and its size into *out_size.
// ZX_ERR_OUT_OF_RANGE: too many bytes or handles for one message.
// ZX_ERR_BUFFER_TOO_SMALL: more than `capacity`; nothing was written.
zx_status_t processargs_build(const struct processargs_content *content, void *buffer,
                              size_t capacity, size_t *out_size);

#endif
