# SPDX-License-Identifier: MIT
# Logs, tracing, debug console. See ../table.cmake for the words.

syscall(log_write
    ARGS "handle handle LOG WRITE"
         "len uint32_t"
         "buffer in void[len]"
         "options uint32_t"
    MARK D)

syscall(log_read
    ARGS "handle handle LOG READ"
         "len uint32_t"
         "buffer out void[len]"
         "options uint32_t"
    MARK D)

syscall(debuglog_create
    ARGS "resource handle optional RESOURCE:ROOT"
         "options uint32_t"
         "out out handle")

syscall(debuglog_write
    ARGS "handle handle LOG WRITE"
         "options uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t")

syscall(debuglog_read
    ARGS "handle handle LOG READ"
         "options uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t")

syscall(ktrace_read
    ARGS "handle handle RESOURCE:ROOT"
         "data out void[data_size]"
         "offset uint32_t"
         "data_size size_t"
         "actual out size_t")

syscall(ktrace_control
    ARGS "handle handle RESOURCE:ROOT"
         "action uint32_t"
         "options uint32_t"
         "ptr inout void optional")

syscall(ktrace_write
    ARGS "handle handle RESOURCE:ROOT"
         "id uint32_t"
         "arg0 uint32_t"
         "arg1 uint32_t")

syscall(mtrace_control
    ARGS "handle handle RESOURCE:ROOT"
         "kind uint32_t"
         "action uint32_t"
         "options uint32_t"
         "ptr inout void[ptr_size]"
         "ptr_size size_t"
    MARK X)

syscall(debug_read
    ARGS "handle handle RESOURCE:ROOT"
         "buffer out char[*buffer_size]"
         "buffer_size inout size_t")

syscall(debug_write
    ARGS "buffer in char[buffer_size]"
         "buffer_size size_t")

syscall(debug_send_command
    ARGS "resource handle RESOURCE:ROOT"
         "buffer in char[buffer_size]"
         "buffer_size size_t")
