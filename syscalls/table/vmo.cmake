# SPDX-License-Identifier: MIT
# VMOs. See ../table.cmake for the words.

syscall(vmo_create
    ARGS "size uint64_t"
         "options uint32_t"
         "out out handle")

syscall(vmo_read
    ARGS "handle handle"
         "buffer out void[buffer_size]"
         "offset uint64_t"
         "buffer_size size_t"
    RIGHTS "READ")

syscall(vmo_write
    ARGS "handle handle"
         "buffer in void[buffer_size]"
         "offset uint64_t"
         "buffer_size size_t"
    RIGHTS "WRITE")

syscall(vmo_get_size
    ARGS "handle handle"
         "size out uint64_t"
    RIGHTS "none")

syscall(vmo_set_size
    ARGS "handle handle"
         "size uint64_t"
    RIGHTS "WRITE")

syscall(vmo_op_range
    ARGS "handle handle"
         "op uint32_t"
         "offset uint64_t"
         "size uint64_t"
         "buffer inout void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "COMMIT, DECOMMIT, CACHE_INVALIDATE: WRITE; other cache ops: READ")

syscall(vmo_clone
    ARGS "handle handle"
         "options uint32_t"
         "offset uint64_t"
         "size uint64_t"
         "out out handle"
    RIGHTS "DUPLICATE+READ")

syscall(vmo_set_cache_policy
    ARGS "handle handle"
         "cache_policy uint32_t"
    RIGHTS "MAP")

syscall(vmo_replace_as_executable
    ARGS "handle handle consumed"
         "vmex handle"
         "out out handle"
    RIGHTS "none, consumed; vmex: 0, VMEX or ROOT resource")
