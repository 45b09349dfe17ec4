# SPDX-License-Identifier: MIT
# Ports. See ../table.cmake for the words.

syscall(port_create
    ARGS "options uint32_t"
         "out out handle")

syscall(port_queue
    ARGS "handle handle"
         "packet in zx_port_packet_t"
    RIGHTS "WRITE")

syscall(port_wait
    ARGS "handle handle"
         "deadline zx_time_t"
         "packet out zx_port_packet_t"
    RIGHTS "READ"
    ATTRS blocking)

syscall(port_cancel
    ARGS "handle handle"
         "source handle"
         "key uint64_t"
    RIGHTS "port: WRITE; source: WAIT")
