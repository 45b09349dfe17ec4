# SPDX-License-Identifier: MIT
# Interrupts. See ../table.cmake for the words.

syscall(interrupt_create
    ARGS "src_obj handle"
         "src_num uint32_t"
         "options uint32_t"
         "out_handle out handle"
    RIGHTS "IRQ resource covering src_num (not for VIRTUAL)")

syscall(interrupt_bind
    ARGS "handle handle"
         "port_handle handle"
         "key uint64_t"
         "options uint32_t"
    RIGHTS "READ; port: WRITE")

syscall(interrupt_wait
    ARGS "handle handle"
         "out_timestamp out zx_time_t optional"
    RIGHTS "WAIT"
    ATTRS blocking)

syscall(interrupt_destroy
    ARGS "handle handle"
    RIGHTS "none")

syscall(interrupt_ack
    ARGS "handle handle"
    RIGHTS "WRITE")

syscall(interrupt_trigger
    ARGS "handle handle"
         "options uint32_t"
         "timestamp zx_time_t"
    RIGHTS "SIGNAL")

syscall(interrupt_bind_vcpu
    ARGS "handle handle"
         "vcpu handle"
         "options uint32_t"
    RIGHTS "READ; vcpu: WRITE"
    MARK H)
