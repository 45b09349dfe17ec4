// SPDX-License-Identifier: MIT
//
// faccessat(). musl's makes a second process to ask with the effective user; there is one user.

#include "sys_calls.h"

#include <unistd.h>

#include "syscall.h"

int faccessat(int fd, const char *path, int mode, int flags)
{
    return (int)__syscall_ret((unsigned long)__sys_faccessat2(fd, (long)path, mode, flags));
}
