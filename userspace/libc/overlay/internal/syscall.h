// SPDX-License-Identifier: MIT
//
// musl's own syscall.h with one difference: calls that are cancellation points are resolved when
// they are compiled, like all the others, instead of passing a number to one assembly function.

#ifndef JACINTH_SYSCALL_H
#define JACINTH_SYSCALL_H

// From musl's arch folders, which are in the search path; its warnings are not ours.
#pragma GCC system_header
#include <../../src/internal/syscall.h>

#undef __syscall_cp0
#undef __syscall_cp1
#undef __syscall_cp2
#undef __syscall_cp3
#undef __syscall_cp4
#undef __syscall_cp5
#undef __syscall_cp6

#define __syscall_cp0(n)                   __syscall0(n)
#define __syscall_cp1(n, a)                __syscall1(n, a)
#define __syscall_cp2(n, a, b)             __syscall2(n, a, b)
#define __syscall_cp3(n, a, b, c)          __syscall3(n, a, b, c)
#define __syscall_cp4(n, a, b, c, d)       __syscall4(n, a, b, c, d)
#define __syscall_cp5(n, a, b, c, d, e)    __syscall5(n, a, b, c, d, e)
#define __syscall_cp6(n, a, b, c, d, e, f) __syscall6(n, a, b, c, d, e, f)

#endif
