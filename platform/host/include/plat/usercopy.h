// SPDX-License-Identifier: MIT
// The part of <hal/usercopy.h> that a platform may have in line; here real functions.
#pragma once

#include <hal/types.h>

zx_status_t hal_user_write_u32(uintptr_t dst, uint32_t value) MUST_CHECK;
zx_status_t hal_user_write_u64(uintptr_t dst, uint64_t value) MUST_CHECK;
