// SPDX-License-Identifier: MIT
// Telling AddressSanitizer which bytes are free, so that the laboratory reports a use after free with
// both stacks. Chosen by the build for host presets with that sanitizer.
#pragma once

#include <hal/types.h>

void __asan_poison_memory_region(const volatile void *addr, size_t size);
void __asan_unpoison_memory_region(const volatile void *addr, size_t size);

// Nobody may touch [p, p + len) from now on.
ALWAYS_INLINE void memcheck_poison(const void *p, size_t len)
{
    __asan_poison_memory_region(p, len);
}

ALWAYS_INLINE void memcheck_unpoison(const void *p, size_t len)
{
    __asan_unpoison_memory_region(p, len);
}
