# SPDX-License-Identifier: MIT
# Texts about events. See ../reference.cmake for the words.
family_title("Events")

describe(event_create
    IS "Create an event, an object that has only signals"
    DOES "`ZX_EVENT_SIGNALED` and the user signals are its own to set and clear. They stay as they are \
until somebody changes them."
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "ACCESS_DENIED: the job's policy forbids new events."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE eventpair_create object_signal object_wait_one)

describe(eventpair_create
    IS "Create a pair of events that can signal each other"
    DOES "Each side sets its own signals with `zx_object_signal` and those of the other with \
`zx_object_signal_peer`. When a side closes, the other has `ZX_EVENTPAIR_PEER_CLOSED`, keeps its other \
signals, and loses its cookie."
    ARGS "options: must be 0."
    ERRORS "NOT_SUPPORTED: `options` is not 0."
           "ACCESS_DENIED: the job's policy forbids new event pairs."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE event_create object_signal_peer)
