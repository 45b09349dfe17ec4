// SPDX-License-Identifier: MIT
//
// The end of the process and of a thread.

#include <stddef.h>

#include "sys_calls.h"

#include <zircon/syscalls.h>

// What is left to do for the descriptors, such as output that was begun.
void __fd_exit(void) __attribute__((__weak__));

long __sys_exit_group(long code)
{
    if (__fd_exit != NULL) {
        __fd_exit();
    }
    zx_process_exit((int)code);
}

long __sys_exit(long code)
{
    (void)code;
    zx_thread_exit();
}
