// SPDX-License-Identifier: MIT
//
// Calls of the vDSO that consist of several kernel entries, or of one with checks around it. They
// use the entries' own stubs (one svc site each) and keep what they need in x9 to x15, which system
// calls preserve.

#include "vdso_asm.h"

// zx_status_t zx_channel_call(handle, options, deadline, args, actual_bytes, actual_handles)
// The message is sent once; if a suspension interrupts the wait for the reply, channel_call_finish
// goes on waiting for the same transaction. The first entry has no other user, so its site is here.
    vdso_function channel_call
    svc_call channel_call_noretry
    cmn w0, #-ZX_ERR_INTERNAL_INTR_RETRY
    b.eq 1f
    ret
1:  mov x10, x30
    .cfi_register x30, x10
2:  mov x0, x2
    mov x1, x3
    mov x12, x2 // keep the deadline: x2 is an argument below
    mov x13, x3
    mov x2, x4
    mov x3, x5
    bl _zx_channel_call_finish
    mov x2, x12
    mov x3, x13
    cmn w0, #-ZX_ERR_INTERNAL_INTR_RETRY
    b.eq 2b
    ret x10
    vdso_function_end channel_call

// zx_status_t zx_vmar_unmap_handle_close_thread_exit(vmar, addr, size, close_handle)
// What is unmapped usually is the stack of the caller.
    vdso_function vmar_unmap_handle_close_thread_exit
    mov x10, x30
    .cfi_register x30, x10
    bl _zx_vmar_unmap
    cbnz w0, 1f
    mov w0, w3
    cbz w0, _zx_thread_exit
    bl _zx_handle_close
    cbz w0, _zx_thread_exit
    brk #1
1:  ret x10
    vdso_function_end vmar_unmap_handle_close_thread_exit

// void zx_futex_wake_handle_close_thread_exit(value_ptr, wake_count, new_value, close_handle)
// From the store on, whoever joins this thread may unmap its stack.
    vdso_function futex_wake_handle_close_thread_exit
    .cfi_undefined x30
    stlr w2, [x0]
    bl _zx_futex_wake
    cbnz w0, 1f
    mov w0, w3
    cbz w0, _zx_thread_exit
    bl _zx_handle_close
    cbz w0, _zx_thread_exit
1:  brk #1
    vdso_function_end futex_wake_handle_close_thread_exit

// zx_status_t zx_syscall_test_wrapper(a, b, c): arguments and result checked on this side too.
    vdso_function syscall_test_wrapper
    orr w9, w0, w1
    orr w9, w9, w2
    tbnz w9, #31, 1f
    svc_call syscall_test_wrapper
    cmp w0, #50
    b.gt 2f
    ret
1:  mov w0, #ZX_ERR_INVALID_ARGS
    ret
2:  mov w0, #ZX_ERR_OUT_OF_RANGE
    ret
    vdso_function_end syscall_test_wrapper

    .section .note.GNU-stack, "", %progbits
