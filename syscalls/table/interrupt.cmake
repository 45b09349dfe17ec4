# SPDX-License-Identifier: MIT
# Interrupts. See ../table.cmake for the words.

syscall(interrupt_create
    ARGS "src_obj handle RESOURCE:IRQ"
         "src_num uint32_t"
         "options uint32_t"
         "out_handle out handle"
    RIGHTS "the resource covers src_num; not looked at for VIRTUAL")

syscall(interrupt_bind
    ARGS "handle handle INTERRUPT READ"
         "port_handle handle PORT WRITE"
         "key uint64_t"
         "options uint32_t")

syscall(interrupt_wait
    ARGS "handle handle INTERRUPT WAIT"
         "out_timestamp out zx_time_t optional"
    ATTRS blocking)

syscall(interrupt_destroy
    ARGS "handle handle INTERRUPT")

syscall(interrupt_ack
    ARGS "handle handle INTERRUPT WRITE")

syscall(interrupt_trigger
    ARGS "handle handle INTERRUPT SIGNAL"
         "options uint32_t"
         "timestamp zx_time_t")

syscall(interrupt_bind_vcpu
    ARGS "handle handle INTERRUPT READ"
         "vcpu handle VCPU WRITE"
         "options uint32_t"
    MARK H)
