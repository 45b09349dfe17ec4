# SPDX-License-Identifier: MIT
# Timers. See ../table.cmake for the words.

syscall(timer_create
    ARGS "options uint32_t"
         "clock_id zx_clock_t"
         "out out handle")

syscall(timer_set
    ARGS "handle handle TIMER WRITE"
         "deadline zx_time_t"
         "slack zx_duration_t")

syscall(timer_cancel
    ARGS "handle handle TIMER WRITE")
