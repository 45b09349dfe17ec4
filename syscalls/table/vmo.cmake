# SPDX-License-Identifier: MIT
# VMOs. See ../table.cmake for the words.

syscall(vmo_create
    ARGS "size uint64_t"
         "options uint32_t"
         "out out handle")

syscall(vmo_read
    ARGS "handle handle VMO READ"
         "buffer out void[buffer_size]"
         "offset uint64_t"
         "buffer_size size_t")

syscall(vmo_write
    ARGS "handle handle VMO WRITE"
         "buffer in void[buffer_size]"
         "offset uint64_t"
         "buffer_size size_t")

syscall(vmo_get_size
    ARGS "handle handle VMO"
         "size out uint64_t")

syscall(vmo_set_size
    ARGS "handle handle VMO WRITE"
         "size uint64_t")

syscall(vmo_op_range
    ARGS "handle handle VMO"
         "op uint32_t"
         "offset uint64_t"
         "size uint64_t"
         "buffer inout void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "COMMIT, DECOMMIT, CACHE_INVALIDATE: WRITE; other cache operations: READ")

syscall(vmo_clone
    ARGS "handle handle VMO DUPLICATE READ"
         "options uint32_t"
         "offset uint64_t"
         "size uint64_t"
         "out out handle")

syscall(vmo_set_cache_policy
    ARGS "handle handle VMO MAP"
         "cache_policy uint32_t")

syscall(vmo_replace_as_executable
    ARGS "handle handle consumed VMO"
         "vmex handle optional RESOURCE:VMEX"
         "out out handle"
    ATTRS installs)
