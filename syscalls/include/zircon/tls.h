// SPDX-License-Identifier: MIT
//
// Slots at fixed offsets from the thread pointer that compilers access (spec 32 section 10).
// Includable from assembly. Bytes.
#pragma once

#define ZX_TLS_STACK_GUARD_OFFSET (-0x10)
#define ZX_TLS_UNSAFE_SP_OFFSET   (-0x8)
