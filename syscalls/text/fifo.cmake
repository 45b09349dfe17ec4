# SPDX-License-Identifier: MIT
# Texts about FIFOs. See ../reference.cmake for the words.
family_title("FIFOs")

describe(fifo_create
    IS "Create a FIFO, a pair of rings of small elements"
    ARGS "elem_count: a power of two."
         "elem_size: in bytes, not 0. Both together at most 4096 bytes."
         "options: must be 0."
    ERRORS "ACCESS_DENIED: the job's policy forbids new FIFOs."
           "OUT_OF_RANGE: the sizes are not as above."
           "NO_MEMORY: there is not enough memory."
           "INVALID_ARGS: `options` is not 0. The reference does not look at it."
           "@out"
    COST "1" "handle_table" "O(size of the rings)"
    SEE fifo_write fifo_read)

describe(fifo_read
    IS "Read elements from a FIFO"
    DOES "As many as there are, up to `count`, at least one. All or nothing if `data` is bad."
    ARGS "elem_size: as at creation."
         "actual_count: elements read."
    ERRORS "@handle"
           "OUT_OF_RANGE: `elem_size` is not that of the FIFO."
           "OUT_OF_RANGE: `count` is 0."
           "SHOULD_WAIT: the ring is empty."
           "PEER_CLOSED: the ring is empty and the peer is gone."
           "INVALID_ARGS: `data` cannot be written."
           "INVALID_ARGS: `actual_count` cannot be written. The elements are gone."
    COST "0" "handle_table object" "O(n) bytes, at most 4096"
    SEE fifo_write)

describe(fifo_write
    IS "Write elements to a FIFO"
    DOES "As many as there is room for, up to `count`, at least one. All or nothing if `data` is bad."
    ARGS "elem_size: as at creation."
         "actual_count: elements written."
    ERRORS "@handle"
           "PEER_CLOSED: the peer is gone."
           "OUT_OF_RANGE: `elem_size` is not that of the FIFO."
           "OUT_OF_RANGE: `count` is 0."
           "SHOULD_WAIT: the ring is full."
           "INVALID_ARGS: `data` cannot be read."
           "INVALID_ARGS: `actual_count` cannot be written. The elements are sent."
    COST "0" "handle_table object" "O(n) bytes, at most 4096"
    SEE fifo_read)
