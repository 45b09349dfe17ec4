# SPDX-License-Identifier: MIT
# Events. See ../table.cmake for the words.

syscall(event_create
    ARGS "options uint32_t"
         "out out handle"
    ATTRS installs)

syscall(eventpair_create
    ARGS "options uint32_t"
         "out0 out handle"
         "out1 out handle")
