// SPDX-License-Identifier: MIT
//
// Limits of the system that programs may rely on (spec 00 section 8). Bytes unless said otherwise.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ZX_PAGE_SHIFT 12
#define ZX_PAGE_SIZE  ((uint32_t)(1u << ZX_PAGE_SHIFT))
#define ZX_PAGE_MASK  (ZX_PAGE_SIZE - 1u)

// Longest object name, terminating NUL included.
#define ZX_MAX_NAME_LEN ((size_t)32)

// Largest message of a channel: bytes, and number of handles.
#define ZX_CHANNEL_MAX_MSG_BYTES   ((uint32_t)65536u)
#define ZX_CHANNEL_MAX_MSG_HANDLES ((uint32_t)64u)

// Most items in one zx_object_wait_many().
#define ZX_WAIT_MANY_MAX_ITEMS ((size_t)16)

// Most bytes in one internal draw from the random generator, and in one addition to it.
#define ZX_CPRNG_DRAW_MAX_LEN        ((size_t)256)
#define ZX_CPRNG_ADD_ENTROPY_MAX_LEN ((size_t)256)
