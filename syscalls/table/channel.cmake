# SPDX-License-Identifier: MIT
# Channels. See ../table.cmake for the words.

syscall(channel_create
    ARGS "options uint32_t"
         "out0 out handle"
         "out1 out handle")

syscall(channel_read
    ARGS "handle handle"
         "options uint32_t"
         "bytes out void[num_bytes]"
         "handles out handle[num_handles]"
         "num_bytes uint32_t"
         "num_handles uint32_t"
         "actual_bytes out uint32_t optional"
         "actual_handles out uint32_t optional"
    RIGHTS "READ")

syscall(channel_read_etc
    ARGS "handle handle"
         "options uint32_t"
         "bytes out void[num_bytes]"
         "handles out zx_handle_info_t[num_handles]"
         "num_bytes uint32_t"
         "num_handles uint32_t"
         "actual_bytes out uint32_t optional"
         "actual_handles out uint32_t optional"
    RIGHTS "READ")

syscall(channel_write
    ARGS "handle handle"
         "options uint32_t"
         "bytes in void[num_bytes]"
         "num_bytes uint32_t"
         "handles in handle[num_handles] consumed"
         "num_handles uint32_t"
    RIGHTS "WRITE; passed handles: TRANSFER")

syscall(channel_call_noretry
    ARGS "handle handle"
         "options uint32_t"
         "deadline zx_time_t"
         "args in zx_channel_call_args_t"
         "actual_bytes out uint32_t"
         "actual_handles out uint32_t"
    RIGHTS "READ+WRITE; passed handles: TRANSFER"
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
    ARGS "handle handle"
         "options uint32_t"
         "deadline zx_time_t"
         "args in zx_channel_call_args_t"
         "actual_bytes out uint32_t"
         "actual_handles out uint32_t"
    RIGHTS "READ+WRITE; passed handles: TRANSFER"
    ATTRS vdso blocking
    USES channel_call_noretry channel_call_finish)
