// SPDX-License-Identifier: MIT
//
// What the start code leaves for the rest of the library. Written before the thread pointer is set,
// by the process's first thread, and constant from then on.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <features.h>

#include <zircon/types.h>

// From the bootstrap message; ZX_HANDLE_INVALID if it had none. The library keeps them until the end.
extern hidden zx_handle_t __start_process_self;
extern hidden zx_handle_t __start_thread_self;
extern hidden zx_handle_t __start_vmar_root;
extern hidden zx_handle_t __start_job_default;

// The stack that the process started on, by the size of the startup handle PA_VMO_STACK, which stays
// where it is. Both are 0 if there was none.
extern hidden uintptr_t __start_stack_base;
extern hidden size_t __start_stack_size;

// The ELF header of the vDSO.
extern hidden const void *__start_vdso;

// Ends the process with exit code 127 and a line in the kernel's log: for what goes wrong before
// main(). Needs no thread pointer.
hidden void __start_fail(const char *what, zx_status_t status) __attribute__((__noreturn__));
