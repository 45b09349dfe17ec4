// SPDX-License-Identifier: MIT
//
// Where musl's calls to a kernel end: in functions of this library. There is no call instruction
// here; system calls are functions of the vDSO, and what musl wants is made of those in ../../src/.
// Which call is answered by whom: libc_calls() in the folders' sources.cmake.

#include "sys_calls.h"

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

#define IPC_64 0

#define SYS_CALL static inline __attribute__((__always_inline__)) long

SYS_CALL __syscall0(long n)
{
    return __sys_dispatch(n, 0, 0, 0, 0, 0, 0);
}

SYS_CALL __syscall1(long n, long a)
{
    return __sys_dispatch(n, a, 0, 0, 0, 0, 0);
}

SYS_CALL __syscall2(long n, long a, long b)
{
    return __sys_dispatch(n, a, b, 0, 0, 0, 0);
}

SYS_CALL __syscall3(long n, long a, long b, long c)
{
    return __sys_dispatch(n, a, b, c, 0, 0, 0);
}

SYS_CALL __syscall4(long n, long a, long b, long c, long d)
{
    return __sys_dispatch(n, a, b, c, d, 0, 0);
}

SYS_CALL __syscall5(long n, long a, long b, long c, long d, long e)
{
    return __sys_dispatch(n, a, b, c, d, e, 0);
}

SYS_CALL __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return __sys_dispatch(n, a, b, c, d, e, f);
}

#undef SYS_CALL
