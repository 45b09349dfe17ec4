# SPDX-License-Identifier: MIT
# Randomness. See ../table.cmake for the words.

syscall(cprng_draw_once
    ARGS "buffer out void[buffer_size]"
         "buffer_size size_t"
    ATTRS internal
    MARK I)

syscall(cprng_draw
    RETURN void
    ARGS "buffer out void[buffer_size]"
         "buffer_size size_t"
    ATTRS vdso
    USES cprng_draw_once)

syscall(cprng_add_entropy
    ARGS "buffer in void[buffer_size]"
         "buffer_size size_t")
