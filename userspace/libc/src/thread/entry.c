// SPDX-License-Identifier: MIT
// The first instructions of a thread, without a thread pointer and so without stack protector.
#include "thread_impl.h"

void __thread_entry(uintptr_t thread_pointer, uintptr_t unused)
{
    (void)unused;
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(thread_pointer) : "memory");
    __thread_main(__pthread_self());
}
