// SPDX-License-Identifier: MIT
//
// The thread pointer, which on ARM64 is a register that programs may write (spec 34 section 4.3).
#pragma once

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// The calling thread's; NULL on a thread that nobody gave one.
static inline void *zxr_tp_get(void)
{
    void *pointer;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
}

// Sets the calling thread's. `self` is for machines where the kernel has to do it.
static inline void zxr_tp_set(zx_handle_t self, void *pointer)
{
    (void)self;
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(pointer) : "memory");
}

__END_CDECLS
