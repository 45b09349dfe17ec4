// SPDX-License-Identifier: MIT
//
// The messages between a dynamic linker and its loader service, by which it gets the libraries that
// a program needs. Pure functions over buffers: no system calls, no allocation, no state. Nothing
// that a peer sends is trusted.
//
// A request is a header and, as the ordinal has it, an object slot (its handle goes along with the
// message) and a string: {size, marker} and behind both the bytes, padded to 8. A reply is the
// header with the same txid and ordinal, a status and, for the calls that return a VMO, an object
// slot.

#ifndef LOADER_PROTOCOL_H
#define LOADER_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

#define LOADER_MAX_MESSAGE 1024u // bytes, requests as well as replies

enum loader_ordinal {
    LOADER_DONE = 1,
    LOADER_LOAD_OBJECT = 2,             // name -> VMO
    LOADER_LOAD_SCRIPT_INTERPRETER = 3, // absolute path -> VMO
    LOADER_CONFIG = 4,                  // subdirectory of lib/; trailing '!': only there
    LOADER_CLONE = 5,                   // channel end, served from then on
    LOADER_DEBUG_PUBLISH_DATA_SINK = 7, // name and VMO
    LOADER_DEBUG_LOAD_CONFIG = 8,       // name -> VMO
};

struct loader_header {
    uint32_t txid;
    uint32_t reserved;
    uint32_t flags;
    uint32_t ordinal;
};

_Static_assert(sizeof(struct loader_header) == 16, "header of the loader service's messages");

// A request taken apart.
struct loader_request {
    uint32_t txid;
    uint32_t ordinal;
    const char *string; // not NUL-terminated, points into the message; NULL if the call has none
    uint32_t string_size;
    bool has_object; // the message's one handle belongs to the call
};

// The longest string that fits into a request of this kind.
#define LOADER_MAX_STRING (LOADER_MAX_MESSAGE - 32u)

// Takes a request apart. `bytes` is 8-byte aligned; the message came with `handle_count` handles.
// ZX_ERR_INVALID_ARGS: unknown ordinal, a length or a count of handles that is not exactly what the
// ordinal asks for, a marker that is none, or a string with a NUL inside. txid and ordinal are
// valid then if size is at least that of a header, so that an answer can be sent.
zx_status_t loader_parse_request(const void *bytes, size_t size, uint32_t handle_count,
                                 struct loader_request *out);

// Writes a request into `buffer` (LOADER_MAX_MESSAGE bytes, 8-byte aligned). `string` is ignored
// for calls that have none. Returns the size; 0 if the string is too long or the ordinal unknown.
size_t loader_build_request(uint32_t txid, uint32_t ordinal, const char *string, size_t string_size,
                            void *buffer);

// Writes the reply to `request` into `buffer` (24 bytes). Returns the size.
size_t loader_build_reply(const struct loader_request *request, zx_status_t status, bool has_object,
                          void *buffer);

// Takes a reply apart that must answer (txid, ordinal). *out_status is the service's answer.
// ZX_ERR_IO: not a reply to that, or not of the right length, or with handles it must not have.
zx_status_t loader_parse_reply(const void *bytes, size_t size, uint32_t handle_count, uint32_t txid,
                               uint32_t ordinal, zx_status_t *out_status);

// True for a relative path that stays where it is: components separated by single slashes, none of
// them empty, "." or "..".
bool loader_name_is_plain(const char *name, size_t size);

#endif
