// SPDX-License-Identifier: MIT
//
// Assembly macros of the vDSO. Rules that all its code keeps: registers and the caller's stack
// only; each kernel entry is issued by exactly one svc instruction in the whole image, which
// svc_call marks with the local symbol svc_site_<name> (the address after it: what the kernel
// checks). A system call preserves every register but x0, and code here relies on that; x16 and x17
// are free at any call.
#include <syscalls/vdso_constants.h>
#include <zircon/errors.h>

#include "numbers.inc"

// Start of a public function: _zx_<name> and weak zx_<name>, at the same address.
.macro vdso_function name
    .text
    .balign 16
    .globl _zx_\name
    .weak zx_\name
    .type _zx_\name, %function
    .type zx_\name, %function
_zx_\name:
zx_\name:
    .cfi_startproc
    .endm

    .macro vdso_function_end name
    .cfi_endproc
    .size _zx_\name, . - _zx_\name
    .size zx_\name, . - zx_\name
    .endm

// The same for a function that is not exported: hidden _zx_<name>.
    .macro vdso_hidden_function name
    .text
    .balign 16
    .globl _zx_\name
    .hidden _zx_\name
    .type _zx_\name, %function
_zx_\name:
    .cfi_startproc
    .endm

    .macro vdso_hidden_function_end name
    .cfi_endproc
    .size _zx_\name, . - _zx_\name
    .endm

// The one place that enters the kernel for call <name>.
    .macro svc_call name
    mov x16, #SYS_\name
    svc #0
svc_site_\name:
    .endm

    .macro vdso_begin name, scope
    .ifc \scope, exported
    vdso_function \name
    .else
    vdso_hidden_function \name
    .endif
    .endm

    .macro vdso_end name, scope
    .ifc \scope, exported
    vdso_function_end \name
    .else
    vdso_hidden_function_end \name
    .endif
    .endm

// The three kinds of stubs that stubs.S consists of.
    .macro vdso_plain_stub name, scope
    vdso_begin \name, \scope
    svc_call \name
    ret
    vdso_end \name, \scope
    .endm

// A suspension took the thread out of the call: it is issued again with the same arguments, of
// which only x0 was overwritten. Deadlines are absolute, so nothing is lost.
    .macro vdso_blocking_stub name, scope
    vdso_begin \name, \scope
    mov x17, x0
0:  svc_call \name
    cmn w0, #-ZX_ERR_INTERNAL_INTR_RETRY
    b.eq 1f
    ret
1:  mov x0, x17
    b 0b
    vdso_end \name, \scope
    .endm

    .macro vdso_noreturn_stub name, scope
    vdso_begin \name, \scope
    svc_call \name
    brk #1
    vdso_end \name, \scope
    .endm
