# SPDX-License-Identifier: MIT
# Logs, tracing, debug console. See ../table.cmake for the words.

syscall(log_write
    ARGS "handle handle"
         "len uint32_t"
         "buffer in void[len]"
         "options uint32_t"
    RIGHTS "WRITE"
    MARK D)

syscall(log_read
    ARGS "handle handle"
         "len uint32_t"
         "buffer out void[len]"
         "options uint32_t"
    RIGHTS "READ"
    MARK D)

syscall(debuglog_create
    ARGS "resource handle"
         "options uint32_t"
         "out out handle"
    RIGHTS "root resource or 0")

syscall(debuglog_write
    ARGS "handle handle"
         "options uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "WRITE")

syscall(debuglog_read
    ARGS "handle handle"
         "options uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "READ")

syscall(ktrace_read
    ARGS "handle handle"
         "data out void[data_size]"
         "offset uint32_t"
         "data_size size_t"
         "actual out size_t"
    RIGHTS "root resource")

syscall(ktrace_control
    ARGS "handle handle"
         "action uint32_t"
         "options uint32_t"
         "ptr inout void optional"
    RIGHTS "root resource")

syscall(ktrace_write
    ARGS "handle handle"
         "id uint32_t"
         "arg0 uint32_t"
         "arg1 uint32_t"
    RIGHTS "root resource")

syscall(mtrace_control
    ARGS "handle handle"
         "kind uint32_t"
         "action uint32_t"
         "options uint32_t"
         "ptr inout void[ptr_size]"
         "ptr_size size_t"
    RIGHTS "root resource"
    MARK X)

syscall(debug_read
    ARGS "handle handle"
         "buffer out char[*buffer_size]"
         "buffer_size inout size_t"
    RIGHTS "root resource")

syscall(debug_write
    ARGS "buffer in char[buffer_size]"
         "buffer_size size_t")

syscall(debug_send_command
    ARGS "resource handle"
         "buffer in char[buffer_size]"
         "buffer_size size_t"
    RIGHTS "root resource")
