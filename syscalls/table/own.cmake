# SPDX-License-Identifier: MIT
# Calls of our own, numbered behind those of the published table. See ../table.cmake for the words.

syscall(pager_supply_pages
    ARGS "pager handle PAGER"
         "pager_vmo handle VMO"
         "offset uint64_t"
         "length uint64_t"
         "aux_vmo handle VMO READ WRITE"
         "aux_offset uint64_t")

syscall(pager_detach_vmo
    ARGS "pager handle PAGER"
         "pager_vmo handle VMO")

syscall(job_set_limits
    ARGS "job handle JOB SET_POLICY"
         "options uint32_t"
         "limits in void[size]"
         "size size_t")
