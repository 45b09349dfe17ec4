# SPDX-License-Identifier: MIT
# Pagers. See ../table.cmake for the words.

syscall(pager_create
    ARGS "options uint32_t"
         "out_pager out handle")

syscall(pager_create_vmo
    ARGS "pager handle PAGER"
         "port handle PORT WRITE"
         "key uint64_t"
         "size uint64_t"
         "options uint32_t"
         "out_pager_vmo out handle")
