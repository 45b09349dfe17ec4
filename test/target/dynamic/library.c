// SPDX-License-Identifier: MIT
//
// libgreet.so.1: a shared library with everything that a dynamic linker has to see to: code that
// calls the system, data with addresses in it, and a variable that others write.

#include "library.h"

#include <zircon/syscalls.h>

struct linker_facts linker_facts;
int library_added = GREET_ADDS;
int *const library_pointer = &library_added;

int library_add(int number)
{
    return number + *library_pointer;
}

const void *library_call_address(void)
{
    return (const void *)(uintptr_t)zx_handle_close;
}

zx_time_t library_clock(void)
{
    return zx_clock_get_monotonic();
}
