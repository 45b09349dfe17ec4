# SPDX-License-Identifier: MIT
# Channels. See ../table.cmake for the words.

syscall(channel_create
    ARGS "options uint32_t"
         "out0 out handle"
         "out1 out handle")

syscall(channel_read
    ARGS "handle handle CHANNEL READ"
         "options uint32_t"
         "bytes out void[num_bytes]"
         "handles out handle[num_handles]"
         "num_bytes uint32_t"
         "num_handles uint32_t"
         "actual_bytes out uint32_t optional"
         "actual_handles out uint32_t optional")

syscall(channel_read_etc
    ARGS "handle handle CHANNEL READ"
         "options uint32_t"
         "bytes out void[num_bytes]"
         "handles out zx_handle_info_t[num_handles]"
         "num_bytes uint32_t"
         "num_handles uint32_t"
         "actual_bytes out uint32_t optional"
         "actual_handles out uint32_t optional")

syscall(channel_write
    ARGS "handle handle CHANNEL WRITE"
         "options uint32_t"
         "bytes in void[num_bytes]"
         "num_bytes uint32_t"
         "handles in handle[num_handles] consumed ANY TRANSFER"
         "num_handles uint32_t")

syscall(channel_call_noretry
    ARGS "handle handle CHANNEL READ WRITE"
         "options uint32_t"
         "deadline zx_time_t"
         "args in zx_channel_call_args_t"
         "actual_bytes out uint32_t"
         "actual_handles out uint32_t"
    RIGHTS "handles of the message: TRANSFER"
    ATTRS internal handwritten
    MARK I)

syscall(channel_call_finish
    ARGS "deadline zx_time_t"
         "args in zx_channel_call_args_t"
         "actual_bytes out uint32_t"
         "actual_handles out uint32_t"
    ATTRS internal
    MARK I)

syscall(channel_call
    ARGS "handle handle CHANNEL READ WRITE"
         "options uint32_t"
         "deadline zx_time_t"
         "args in zx_channel_call_args_t"
         "actual_bytes out uint32_t"
         "actual_handles out uint32_t"
    RIGHTS "handles of the message: TRANSFER"
    ATTRS vdso blocking
    USES channel_call_noretry channel_call_finish)
