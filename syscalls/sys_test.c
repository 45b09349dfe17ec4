// SPDX-License-Identifier: MIT
// Test calls (spec 31 section 8): sums that show whether every argument register arrives.
#include "sys_priv.h"

// Arguments are anything at all, so the sums wrap instead of overflowing.
#define SUM2(a, b) ((unsigned)(a) + (unsigned)(b))

zx_status_t sys_syscall_test_0(void)
{
    return 0;
}

zx_status_t sys_syscall_test_1(int a)
{
    return a;
}

zx_status_t sys_syscall_test_2(int a, int b)
{
    return (zx_status_t)SUM2(a, b);
}

zx_status_t sys_syscall_test_3(int a, int b, int c)
{
    return (zx_status_t)SUM2(sys_syscall_test_2(a, b), c);
}

zx_status_t sys_syscall_test_4(int a, int b, int c, int d)
{
    return (zx_status_t)SUM2(sys_syscall_test_3(a, b, c), d);
}

zx_status_t sys_syscall_test_5(int a, int b, int c, int d, int e)
{
    return (zx_status_t)SUM2(sys_syscall_test_4(a, b, c, d), e);
}

zx_status_t sys_syscall_test_6(int a, int b, int c, int d, int e, int f)
{
    return (zx_status_t)SUM2(sys_syscall_test_5(a, b, c, d, e), f);
}

zx_status_t sys_syscall_test_7(int a, int b, int c, int d, int e, int f, int g)
{
    return (zx_status_t)SUM2(sys_syscall_test_6(a, b, c, d, e, f), g);
}

zx_status_t sys_syscall_test_8(int a, int b, int c, int d, int e, int f, int g, int h)
{
    return (zx_status_t)SUM2(sys_syscall_test_7(a, b, c, d, e, f, g), h);
}

// The vDSO checks arguments and result around it.
zx_status_t sys_syscall_test_wrapper(int a, int b, int c)
{
    return sys_syscall_test_3(a, b, c);
}
