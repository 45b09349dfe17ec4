# SPDX-License-Identifier: MIT
# Sockets. See ../table.cmake for the words.

syscall(socket_create
    ARGS "options uint32_t"
         "out0 out handle"
         "out1 out handle")

syscall(socket_write
    ARGS "handle handle SOCKET WRITE"
         "options uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional")

syscall(socket_read
    ARGS "handle handle SOCKET READ"
         "options uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional")

syscall(socket_share
    ARGS "handle handle SOCKET WRITE"
         "socket_to_share handle consumed SOCKET TRANSFER")

syscall(socket_accept
    ARGS "handle handle SOCKET READ"
         "out_socket out handle"
    ATTRS takes)

syscall(socket_shutdown
    ARGS "handle handle SOCKET WRITE"
         "options uint32_t")
