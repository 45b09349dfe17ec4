# SPDX-License-Identifier: MIT
# FIFOs. See ../table.cmake for the words.

syscall(fifo_create
    ARGS "elem_count size_t"
         "elem_size size_t"
         "options uint32_t"
         "out0 out handle"
         "out1 out handle")

syscall(fifo_read
    ARGS "handle handle FIFO READ"
         "elem_size size_t"
         "data out void[count*elem_size]"
         "count size_t"
         "actual_count out size_t optional")

syscall(fifo_write
    ARGS "handle handle FIFO WRITE"
         "elem_size size_t"
         "data in void[count*elem_size]"
         "count size_t"
         "actual_count out size_t optional")
