# SPDX-License-Identifier: MIT
# Ports. See ../table.cmake for the words.

syscall(port_create
    ARGS "options uint32_t"
         "out out handle")

syscall(port_queue
    ARGS "handle handle PORT WRITE"
         "packet in zx_port_packet_t")

syscall(port_wait
    ARGS "handle handle PORT READ"
         "deadline zx_time_t"
         "packet out zx_port_packet_t"
    ATTRS blocking)

syscall(port_cancel
    ARGS "handle handle PORT WRITE"
         "source handle ANY WAIT"
         "key uint64_t")
