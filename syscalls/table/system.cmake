# SPDX-License-Identifier: MIT
# System information and cache. See ../table.cmake for the words.

syscall(system_get_dcache_line_size
    RETURN uint32_t
    ATTRS vdso const)

syscall(system_get_num_cpus
    RETURN uint32_t
    ATTRS vdso const)

syscall(system_get_version
    ARGS "version out char[version_size]"
         "version_size size_t"
    ATTRS vdso)

syscall(system_get_physmem
    RETURN uint64_t
    ATTRS vdso)

syscall(system_get_features
    ARGS "kind uint32_t"
         "features out uint32_t"
    ATTRS vdso)

syscall(cache_flush
    ARGS "addr address"
         "size size_t"
         "options uint32_t"
    ATTRS vdso)
