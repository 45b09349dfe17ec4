// SPDX-License-Identifier: MIT
// The part of <hal/usercopy.h> that a platform may have in line; here real functions.
#pragma once

#include <hal/types.h>

zx_status_t hal_user_read_u32(uint32_t *out, uintptr_t src) MUST_CHECK;
zx_status_t hal_user_read_u64(uint64_t *out, uintptr_t src) MUST_CHECK;
zx_status_t hal_user_read_u32_at_once(uint32_t *out, uintptr_t src) MUST_CHECK;
zx_status_t hal_user_write_u32_at_once(uintptr_t dst, uint32_t value) MUST_CHECK;
zx_status_t hal_user_write_u32(uintptr_t dst, uint32_t value) MUST_CHECK;
zx_status_t hal_user_write_u64(uintptr_t dst, uint64_t value) MUST_CHECK;
