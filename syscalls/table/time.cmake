# SPDX-License-Identifier: MIT
# Time. See ../table.cmake for the words.

syscall(clock_get
    RETURN zx_time_t
    ARGS "clock_id zx_clock_t"
    ATTRS handwritten
    MARK D)

syscall(clock_get_new
    ARGS "clock_id zx_clock_t"
         "out out zx_time_t")

syscall(clock_get_monotonic
    RETURN zx_time_t
    ATTRS handwritten unreached)

syscall(nanosleep
    ARGS "deadline zx_time_t"
    ATTRS blocking)

syscall(ticks_get
    RETURN zx_ticks_t
    ATTRS vdso)

syscall(ticks_per_second
    RETURN zx_ticks_t
    ATTRS vdso const)

syscall(deadline_after
    RETURN zx_time_t
    ARGS "nanoseconds zx_duration_t"
    ATTRS vdso)

syscall(clock_adjust
    ARGS "handle handle RESOURCE:ROOT"
         "clock_id zx_clock_t"
         "offset int64_t")
