# SPDX-License-Identifier: MIT
# Sockets. See ../table.cmake for the words.

syscall(socket_create
    ARGS "options uint32_t"
         "out0 out handle"
         "out1 out handle")

syscall(socket_write
    ARGS "handle handle"
         "options uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional"
    RIGHTS "WRITE")

syscall(socket_read
    ARGS "handle handle"
         "options uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional"
    RIGHTS "READ")

syscall(socket_share
    ARGS "handle handle"
         "socket_to_share handle consumed"
    RIGHTS "WRITE; shared socket: TRANSFER, consumed")

syscall(socket_accept
    ARGS "handle handle"
         "out_socket out handle"
    RIGHTS "READ")

syscall(socket_shutdown
    ARGS "handle handle"
         "options uint32_t"
    RIGHTS "WRITE")
