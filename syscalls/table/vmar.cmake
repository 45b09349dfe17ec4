# SPDX-License-Identifier: MIT
# VMARs. See ../table.cmake for the words.

syscall(vmar_allocate_old
    ARGS "parent_vmar handle VMAR"
         "offset uint64_t"
         "size uint64_t"
         "map_flags uint32_t"
         "child_vmar out handle"
         "child_addr out zx_vaddr_t"
    RIGHTS "READ, WRITE, EXECUTE as the CAN_MAP flags ask"
    MARK D)

syscall(vmar_map_old
    ARGS "handle handle VMAR"
         "vmar_offset uint64_t"
         "vmo handle VMO MAP"
         "vmo_offset uint64_t"
         "len uint64_t"
         "map_flags uint32_t"
         "mapped_addr out zx_vaddr_t"
    RIGHTS "on both READ, WRITE, EXECUTE as asked"
    MARK D)

syscall(vmar_protect_old
    ARGS "handle handle VMAR"
         "addr zx_vaddr_t"
         "len uint64_t"
         "prot_flags uint32_t"
    RIGHTS "READ, WRITE, EXECUTE as asked"
    MARK D)

syscall(vmar_allocate
    ARGS "parent_vmar handle VMAR"
         "options zx_vm_option_t"
         "offset uint64_t"
         "size uint64_t"
         "child_vmar out handle"
         "child_addr out zx_vaddr_t"
    RIGHTS "READ, WRITE, EXECUTE as the CAN_MAP options ask")

syscall(vmar_destroy
    ARGS "handle handle VMAR")

syscall(vmar_map
    ARGS "handle handle VMAR"
         "options zx_vm_option_t"
         "vmar_offset uint64_t"
         "vmo handle VMO MAP"
         "vmo_offset uint64_t"
         "len uint64_t"
         "mapped_addr out zx_vaddr_t"
    RIGHTS "on both READ, WRITE, EXECUTE as asked")

syscall(vmar_unmap
    ARGS "handle handle VMAR"
         "addr zx_vaddr_t"
         "len uint64_t")

syscall(vmar_protect
    ARGS "handle handle VMAR"
         "options zx_vm_option_t"
         "addr zx_vaddr_t"
         "len uint64_t"
    RIGHTS "READ, WRITE, EXECUTE as asked")
