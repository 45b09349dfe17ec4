# SPDX-License-Identifier: MIT
# Threads. See ../table.cmake for the words.

syscall(thread_exit
    RETURN void
    ATTRS noreturn)

syscall(thread_create
    ARGS "process handle"
         "name in char[name_size]"
         "name_size size_t"
         "options uint32_t"
         "out out handle"
    RIGHTS "process: MANAGE_THREAD, else WRITE")

syscall(thread_start
    ARGS "handle handle"
         "thread_entry zx_vaddr_t"
         "stack zx_vaddr_t"
         "arg1 uintptr_t"
         "arg2 uintptr_t"
    RIGHTS "MANAGE_THREAD, else WRITE")

syscall(thread_read_state
    ARGS "handle handle"
         "kind uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "READ")

syscall(thread_write_state
    ARGS "handle handle"
         "kind uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "WRITE")

syscall(thread_set_priority
    ARGS "prio int32_t"
    MARK D)

syscall(vmar_unmap_handle_close_thread_exit
    ARGS "vmar_handle handle"
         "addr zx_vaddr_t"
         "size size_t"
         "close_handle handle consumed"
    RIGHTS "vmar: none; close_handle: any or 0"
    ATTRS vdso
    USES vmar_unmap handle_close thread_exit)

syscall(futex_wake_handle_close_thread_exit
    RETURN void
    ARGS "value_ptr futex"
         "wake_count uint32_t"
         "new_value int32_t"
         "close_handle handle consumed"
    RIGHTS "close_handle: any or 0"
    ATTRS vdso noreturn
    USES futex_wake handle_close thread_exit)
