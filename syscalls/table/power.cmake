# SPDX-License-Identifier: MIT
# Power and chain-loading. See ../table.cmake for the words.

syscall(system_mexec
    ARGS "resource handle RESOURCE:ROOT"
         "kernel_vmo handle VMO READ"
         "bootimage_vmo handle VMO READ")

syscall(system_mexec_payload_get
    ARGS "resource handle RESOURCE:ROOT"
         "buffer out void[buffer_size]"
         "buffer_size size_t")

syscall(system_powerctl
    ARGS "resource handle RESOURCE:ROOT"
         "cmd uint32_t"
         "arg in zx_system_powerctl_arg_t optional")
