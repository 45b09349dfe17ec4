# SPDX-License-Identifier: MIT
# Power and chain-loading. See ../table.cmake for the words.

syscall(system_mexec
    ARGS "resource handle"
         "kernel_vmo handle"
         "bootimage_vmo handle"
    RIGHTS "root resource; VMOs: READ")

syscall(system_mexec_payload_get
    ARGS "resource handle"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
    RIGHTS "root resource")

syscall(system_powerctl
    ARGS "resource handle"
         "cmd uint32_t"
         "arg in zx_system_powerctl_arg_t optional"
    RIGHTS "root resource")
