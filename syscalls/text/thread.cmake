# SPDX-License-Identifier: MIT
# Texts about threads. See ../reference.cmake for the words.
family_title("Threads")

describe(thread_exit
    IS "End the calling thread"
    DOES "Does not return. The last thread that ends takes its process along, whose return code is 0 then."
    NOTES "Closes no handles: the handle to the thread outlives it."
    COST "-" "-" "O(threads that it inherited priority from)"
    SEE process_exit futex_wake_handle_close_thread_exit vmar_unmap_handle_close_thread_exit)

describe(thread_create
    IS "Create a thread"
    DOES "It does nothing until it is started. Closing the last handle of one that never was destroys it."
    ARGS "name: cut at the first NUL and to 31 bytes. Must be readable even if `name_size` is 0."
         "name_size: what is beyond 32 is not read."
         "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "INVALID_ARGS: `name` is NULL or cannot be read."
           "@process" "@memory" "@out"
    NOTES "The state of the process does not matter here, only to `zx_thread_start`."
    COST "3" "handle_table handle_table" "O(1), one allocation is the kernel stack"
    SEE thread_start process_create)

describe(thread_start
    IS "Start a thread"
    DOES "It begins at `thread_entry` with its stack pointer at `stack`, the arguments in x0 and x1, and all \
other registers 0. The addresses are not checked: bad ones fault."
    ERRORS "@handle"
           "BAD_STATE: the thread was started before, or its process is not running. The first thread of a \
process is started by `zx_process_start`."
    COST "0" "handle_table object run_queue" "O(1)"
    SEE process_start thread_exit)

describe(thread_read_state
    IS "Read registers of a stopped thread"
    DOES "The thread is suspended, or waits in an exception. At the synthetic exceptions of start and exit \
there are no general registers."
    ARGS "buffer_size: may be larger than needed."
    OPTIONS "ZX_THREAD_STATE_GENERAL_REGS: 272 bytes. Of the flags only N, Z, C and V."
            "ZX_THREAD_STATE_FP_REGS: 4 bytes without a meaning."
            "ZX_THREAD_STATE_VECTOR_REGS: 520 bytes."
            "ZX_THREAD_STATE_DEBUG_REGS: 528 bytes."
            "ZX_THREAD_STATE_SINGLE_STEP: 4 bytes, 0 or 1."
    ERRORS "@handle"
           "INVALID_ARGS: unknown `kind`."
           "BUFFER_TOO_SMALL: `buffer_size` is too small for `kind`."
           "BAD_STATE: the thread is neither suspended nor in an exception."
           "NOT_SUPPORTED: it has no such registers now."
           "INVALID_ARGS: a `kind` of another architecture, or `buffer` cannot be written."
    COST "0" "handle_table object" "O(1)"
    SEE thread_write_state task_suspend)

describe(thread_write_state
    IS "Change registers of a stopped thread"
    DOES "As `zx_thread_read_state`. Takes effect when the thread goes on. Of the flags only N, Z, C and V \
change."
    ARGS "buffer_size: exactly that of `kind`."
    OPTIONS "ZX_THREAD_STATE_GENERAL_REGS: 272 bytes."
            "ZX_THREAD_STATE_FP_REGS: 4 bytes without a meaning."
            "ZX_THREAD_STATE_VECTOR_REGS: 520 bytes."
            "ZX_THREAD_STATE_DEBUG_REGS: 528 bytes. Only addresses and enable bits of breakpoints count."
            "ZX_THREAD_STATE_SINGLE_STEP: 4 bytes. 1: an exception after one instruction."
    ERRORS "@handle"
           "INVALID_ARGS: unknown `kind`."
           "BUFFER_TOO_SMALL: `buffer_size` is too small for `kind`."
           "INVALID_ARGS: `buffer_size` is too large, or `buffer` cannot be read."
           "BAD_STATE: the thread is neither suspended nor in an exception."
           "NOT_SUPPORTED: it has no such registers now."
           "INVALID_ARGS: a value that is not allowed, or a `kind` of another architecture."
    COST "0" "handle_table object" "O(1)"
    SEE thread_read_state)

describe(thread_set_priority
    IS "Set the priority of the calling thread"
    DOES "Deprecated and for experiments: profiles are the way."
    ARGS "prio: 0 to 31."
    ERRORS "NOT_SUPPORTED: the boot option thread.set.priority.disable is set."
           "INVALID_ARGS: `prio` is outside 0 to 31."
    COST "0" "mutex_pi" "O(threads in the chain that inherits)"
    SEE object_set_profile profile_create)

describe(vmar_unmap_handle_close_thread_exit
    IS "Unmap, close a handle and end the thread, without a stack"
    DOES "`zx_vmar_unmap`, `zx_handle_close`, `zx_thread_exit`, for a thread that frees its own stack. Returns \
only if the first of them fails. If the second fails the thread traps."
    RETURNS "The error of `zx_vmar_unmap`, if it returns."
    HANDLES "`close_handle` is consumed if the call does not return."
    COST "-" "-" "that of the three calls"
    SEE vmar_unmap futex_wake_handle_close_thread_exit)

describe(futex_wake_handle_close_thread_exit
    IS "Store a word, wake a futex, close a handle and end the thread, without a stack"
    DOES "Stores `new_value` at `value_ptr` with release ordering, then `zx_futex_wake`, `zx_handle_close`, \
`zx_thread_exit`. From the store on the stack is not used, so a thread that joins this one may free it. If a \
part fails the thread traps."
    HANDLES "`close_handle` is consumed."
    COST "-" "-" "that of the three calls"
    SEE futex_wake vmar_unmap_handle_close_thread_exit)
