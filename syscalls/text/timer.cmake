# SPDX-License-Identifier: MIT
# Texts about timers. See ../reference.cmake for the words.
family_title("Timers")

describe(timer_create
    IS "Create a timer, which signals at a time"
    ARGS "clock_id: `ZX_CLOCK_MONOTONIC`."
    OPTIONS "ZX_TIMER_SLACK_CENTER: it may fire up to the slack before or after its deadline."
            "ZX_TIMER_SLACK_EARLY: it may fire up to the slack before."
            "ZX_TIMER_SLACK_LATE: it may fire up to the slack after."
    ERRORS "INVALID_ARGS: `clock_id` is another clock."
           "ACCESS_DENIED: the job's policy forbids new timers."
           "INVALID_ARGS: `options` is above 2."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE timer_set timer_cancel)

describe(timer_set
    IS "Arm a timer"
    DOES "Disarms it and clears `ZX_TIMER_SIGNALED` first. If `deadline` has passed the signal is set \
before the call returns. A timer fires once for each time it is set."
    ARGS "slack: in ns. A leave to fire together with another timer in that time. 0 means: never before \
`deadline`."
    ERRORS "OUT_OF_RANGE: `slack` is negative."
           "@handle"
    COST "0" "handle_table object timer_queue" "O(log armed timers of the CPU)"
    SEE timer_cancel object_wait_one)

describe(timer_cancel
    IS "Disarm a timer"
    DOES "Also clears `ZX_TIMER_SIGNALED`. A timer that was not armed is fine."
    ERRORS "@handle"
    COST "0" "handle_table object timer_queue" "O(log armed timers of the CPU)"
    SEE timer_set)
