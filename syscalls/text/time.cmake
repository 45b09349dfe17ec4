# SPDX-License-Identifier: MIT
# Texts about time. See ../reference.cmake for the words.
family_title("Time")

describe(clock_get
    IS "Read a clock"
    DOES "Deprecated: `zx_clock_get_new` can report an error."
    OPTIONS "ZX_CLOCK_MONOTONIC: ns since boot."
            "ZX_CLOCK_UTC: the monotonic clock plus an offset, see `zx_clock_adjust`."
            "ZX_CLOCK_THREAD: CPU time of the calling thread in ns."
    RETURNS "The time. 0 for a clock that there is not."
    NOTES "The monotonic clock is read in user mode."
    COST "0" "" "O(1)"
    SEE clock_get_new clock_get_monotonic)

describe(clock_get_new
    IS "Read a clock"
    OPTIONS "ZX_CLOCK_MONOTONIC: ns since boot."
            "ZX_CLOCK_UTC: the monotonic clock plus an offset, see `zx_clock_adjust`."
            "ZX_CLOCK_THREAD: CPU time of the calling thread in ns."
    ERRORS "INVALID_ARGS: there is no such clock."
           "INVALID_ARGS: `out` cannot be written."
    COST "0" "run_queue" "O(1)"
    SEE clock_get_monotonic clock_adjust)

describe(clock_get_monotonic
    IS "Read the monotonic clock"
    RETURNS "Nanoseconds since boot. Never fails, never goes back."
    NOTES "The vDSO answers from the CPU's counter and does not enter the kernel."
    COST "0" "" "O(1)"
    SEE ticks_get deadline_after)

describe(nanosleep
    IS "Sleep until a time"
    DOES "Sleeps until `deadline` or a little longer. A `deadline` of 0 or less only gives other threads \
the CPU. One that has passed returns at once."
    RETURNS "`ZX_OK`, always."
    COST "0" "timer_queue run_queue run_queue" "O(log armed timers of the CPU)"
    SEE deadline_after timer_set)

describe(ticks_get
    IS "Read the CPU's counter"
    RETURNS "Ticks since boot."
    NOTES "If there is no counter that programs can read: ns of the monotonic clock."
    SEE ticks_per_second clock_get_monotonic)

describe(ticks_per_second
    IS "Tell the rate of zx_ticks_get"
    RETURNS "Ticks in a second. Does not change after boot."
    SEE ticks_get)

describe(deadline_after
    IS "Turn a duration into a deadline"
    RETURNS "The monotonic time plus `nanoseconds`, at most `ZX_TIME_INFINITE`, at least \
`ZX_TIME_INFINITE_PAST`."
    SEE clock_get_monotonic nanosleep)

describe(clock_adjust
    IS "Set the UTC clock"
    DOES "`offset` becomes the difference between UTC and the monotonic clock. It is not added to the old one."
    ERRORS "@handle"
           "ACCESS_DENIED: `clock_id` is `ZX_CLOCK_MONOTONIC`."
           "INVALID_ARGS: `clock_id` is not `ZX_CLOCK_UTC`."
    COST "0" "handle_table" "O(1)"
    SEE clock_get_new)
