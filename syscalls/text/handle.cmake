# SPDX-License-Identifier: MIT
# Texts about handles. See ../reference.cmake for the words.
family_title("Handles")

describe(handle_close
    IS "Close a handle"
    DOES "The value stops being a handle at once. Waits that were begun through it end with \
`ZX_ERR_CANCELED`, registrations of `zx_object_wait_async` that were made through it end, their queued \
packets stay. Other handles to the object, and waits through them, are not affected. What other threads \
are doing with the object right now finishes normally."
    ARGS "handle: 0 is fine and does nothing."
    ERRORS "BAD_HANDLE: `handle` is neither 0 nor a handle of the caller."
    HANDLES "`handle` is consumed."
    NOTES "The close of the last handle has consequences that depend on the type: the peer learns of it, a \
timer is disarmed, a process that was not started ends."
    COST "0" "handle_table" "O(waits begun through the handle)"
    SEE handle_close_many handle_replace)

describe(handle_close_many
    IS "Close several handles"
    DOES "Closes each as `zx_handle_close` does. Zeros are skipped. A bad value does not keep the \
others from being closed."
    ARGS "num_handles: any number. With 0 the pointer is not looked at."
    ERRORS "BAD_HANDLE: some value that is not 0 was no handle of the caller when its turn came, which the \
second of two equal values never is. All others were closed."
    HANDLES "Every live handle of the array is consumed, whatever the result."
    NOTES "The array is read 64 values at a time. At a part that cannot be read the call stops and \
returns what it would have returned so far."
    COST "0" "handle_table" "O(n)"
    SEE handle_close)

describe(handle_duplicate
    IS "Make a second handle to the same object"
    ARGS "rights: `ZX_RIGHT_SAME_RIGHTS` alone, or a part of the rights of `handle`, which may be none."
    ERRORS "@handle"
           "INVALID_ARGS: `rights` has a right that `handle` lacks, or more than `ZX_RIGHT_SAME_RIGHTS`."
           "@memory" "@out"
    NOTES "Channels are created without DUPLICATE."
    COST "0" "handle_table" "O(1)"
    SEE handle_replace handle_close)

describe(handle_replace
    IS "Exchange a handle for one with other rights"
    DOES "Like `zx_handle_duplicate`, but the old handle goes. `out` may be where `handle` is kept."
    ARGS "rights: `ZX_RIGHT_SAME_RIGHTS` alone, or a part of the rights of `handle`, which may be none."
    ERRORS "@handle"
           "INVALID_ARGS: `rights` has a right that `handle` lacks, or more than `ZX_RIGHT_SAME_RIGHTS`."
           "@out"
    HANDLES "`handle` is consumed, also when the call fails, and waits through it end."
    COST "0" "handle_table" "O(waits begun through the handle)"
    SEE handle_duplicate)
