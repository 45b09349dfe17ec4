# SPDX-License-Identifier: MIT
# Threads. See ../table.cmake for the words.

syscall(thread_exit
    RETURN void
    ATTRS noreturn)

syscall(thread_create
    ARGS "process handle PROCESS MANAGE_THREAD else WRITE"
         "name in char[name_size]"
         "name_size size_t"
         "options uint32_t"
         "out out handle")

syscall(thread_start
    ARGS "handle handle THREAD MANAGE_THREAD else WRITE"
         "thread_entry zx_vaddr_t"
         "stack zx_vaddr_t"
         "arg1 uintptr_t"
         "arg2 uintptr_t")

syscall(thread_read_state
    ARGS "handle handle THREAD READ"
         "kind uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t")

syscall(thread_write_state
    ARGS "handle handle THREAD WRITE"
         "kind uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t")

syscall(thread_set_priority
    ARGS "prio int32_t"
    MARK D)

syscall(vmar_unmap_handle_close_thread_exit
    ARGS "vmar_handle handle VMAR"
         "addr zx_vaddr_t"
         "size size_t"
         "close_handle handle optional consumed ANY"
    ATTRS vdso
    USES vmar_unmap handle_close thread_exit)

syscall(futex_wake_handle_close_thread_exit
    RETURN void
    ARGS "value_ptr futex"
         "wake_count uint32_t"
         "new_value int32_t"
         "close_handle handle optional consumed ANY"
    ATTRS vdso noreturn
    USES futex_wake handle_close thread_exit)
