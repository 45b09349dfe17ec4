// SPDX-License-Identifier: MIT
// Telling a memory checker which bytes are free: no checker. The other variant is check_asan/.
#pragma once

#include <hal/types.h>

ALWAYS_INLINE void memcheck_poison(const void *p UNUSED, size_t len UNUSED)
{
}

ALWAYS_INLINE void memcheck_unpoison(const void *p UNUSED, size_t len UNUSED)
{
}
