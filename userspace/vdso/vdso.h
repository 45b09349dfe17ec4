// SPDX-License-Identifier: MIT
//
// What the C files of the vDSO share. Their code uses registers and the caller's stack only: no
// data that would need a relocation, no thread-local storage, no library.
#pragma once

#include <syscalls/vdso_constants.h>

#include "calls.h"

// In the read-only segment; filled in by the kernel, so the compiler must not guess at the
// contents.
extern const struct vdso_constants vdso_constants __LOCAL;

// Starts the definition of a public function under both its names:
//   VDSO_FUNCTION(zx_status_t, cache_flush, const void *addr, size_t size, uint32_t options) {...}
#define VDSO_FUNCTION(type, name, ...)                                    \
    __EXPORT __typeof__(_zx_##name) _zx_##name;                           \
    __EXPORT __WEAK_ALIAS("_zx_" #name) __typeof__(_zx_##name) zx_##name; \
    type _zx_##name(__VA_ARGS__)
