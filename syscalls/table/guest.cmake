# SPDX-License-Identifier: MIT
# Guests and VCPUs. See ../table.cmake for the words.

syscall(guest_create
    ARGS "resource handle"
         "options uint32_t"
         "guest_handle out handle"
         "vmar_handle out handle"
    RIGHTS "HYPERVISOR resource"
    MARK H)

syscall(guest_set_trap
    ARGS "handle handle"
         "kind uint32_t"
         "addr zx_vaddr_t"
         "size size_t"
         "port_handle handle"
         "key uint64_t"
    RIGHTS "WRITE; port: WRITE"
    MARK H)

syscall(vcpu_create
    ARGS "guest handle"
         "options uint32_t"
         "entry zx_vaddr_t"
         "out out handle"
    RIGHTS "guest: MANAGE_PROCESS"
    MARK H)

syscall(vcpu_resume
    ARGS "handle handle"
         "packet out zx_port_packet_t"
    RIGHTS "EXECUTE"
    ATTRS blocking
    MARK H)

syscall(vcpu_interrupt
    ARGS "handle handle"
         "vector uint32_t"
    RIGHTS "SIGNAL"
    MARK H)

syscall(vcpu_read_state
    ARGS "handle handle"
         "kind uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "READ"
    MARK H)

syscall(vcpu_write_state
    ARGS "handle handle"
         "kind uint32_t"
         "buffer in void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "WRITE"
    MARK H)
