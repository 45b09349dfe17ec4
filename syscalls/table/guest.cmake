# SPDX-License-Identifier: MIT
# Guests and VCPUs. See ../table.cmake for the words.

syscall(guest_create
    ARGS "resource handle RESOURCE:HYPERVISOR"
         "options uint32_t"
         "guest_handle out handle"
         "vmar_handle out handle"
    MARK H)

syscall(guest_set_trap
    ARGS "handle handle GUEST WRITE"
         "kind uint32_t"
         "addr zx_vaddr_t"
         "size size_t"
         "port_handle handle PORT WRITE"
         "key uint64_t"
    MARK H)

syscall(vcpu_create
    ARGS "guest handle GUEST MANAGE_PROCESS"
         "options uint32_t"
         "entry zx_vaddr_t"
         "out out handle"
    MARK H)

syscall(vcpu_resume
    ARGS "handle handle VCPU EXECUTE"
         "packet out zx_port_packet_t"
    ATTRS blocking
    MARK H)

syscall(vcpu_interrupt
    ARGS "handle handle VCPU SIGNAL"
         "vector uint32_t"
    MARK H)

syscall(vcpu_read_state
    ARGS "handle handle VCPU READ"
         "kind uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
    MARK H)

syscall(vcpu_write_state
    ARGS "handle handle VCPU WRITE"
         "kind uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
    MARK H)
