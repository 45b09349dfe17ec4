# SPDX-License-Identifier: MIT
# Processes. See ../table.cmake for the words.

syscall(process_exit
    RETURN void
    ARGS "retcode int64_t"
    ATTRS noreturn)

syscall(process_create
    ARGS "job handle JOB MANAGE_PROCESS else WRITE"
         "name in char[name_size]"
         "name_size size_t"
         "options uint32_t"
         "proc_handle out handle"
         "vmar_handle out handle")

syscall(process_start
    ARGS "handle handle PROCESS WRITE"
         "thread handle THREAD WRITE"
         "entry zx_vaddr_t"
         "stack zx_vaddr_t"
         "arg1 handle consumed ANY TRANSFER"
         "arg2 uintptr_t")

syscall(process_read_memory
    ARGS "handle handle PROCESS READ WRITE"
         "vaddr zx_vaddr_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t")

syscall(process_write_memory
    ARGS "handle handle PROCESS WRITE"
         "vaddr zx_vaddr_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t")
