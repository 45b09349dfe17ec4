# SPDX-License-Identifier: MIT
# Processes. See ../table.cmake for the words.

syscall(process_exit
    RETURN void
    ARGS "retcode int64_t"
    ATTRS noreturn)

syscall(process_create
    ARGS "job handle"
         "name in char[name_size]"
         "name_size size_t"
         "options uint32_t"
         "proc_handle out handle"
         "vmar_handle out handle"
    RIGHTS "job: MANAGE_PROCESS, else WRITE")

syscall(process_start
    ARGS "handle handle"
         "thread handle"
         "entry zx_vaddr_t"
         "stack zx_vaddr_t"
         "arg1 handle consumed"
         "arg2 uintptr_t"
    RIGHTS "WRITE; thread: WRITE; arg1: TRANSFER, always consumed")

syscall(process_read_memory
    ARGS "handle handle"
         "vaddr zx_vaddr_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t"
    RIGHTS "READ+WRITE")

syscall(process_write_memory
    ARGS "handle handle"
         "vaddr zx_vaddr_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t"
    RIGHTS "WRITE")
