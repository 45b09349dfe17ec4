# SPDX-License-Identifier: MIT
# Texts about channels. See ../reference.cmake for the words.
family_title("Channels")

describe(channel_create
    IS "Create a channel, a pair of message queues"
    DOES "A message is up to 65536 bytes and up to 64 handles, either of which may be none. What one end \
writes the other reads, in order, whole. A queue has no limit."
         "An end is WRITABLE while its peer is open, READABLE while it has messages, and has PEER_CLOSED from \
the close of the peer on. Messages outlive the sender."
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "ACCESS_DENIED: the job's policy forbids new channels."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE channel_write channel_read channel_call)

describe(channel_read
    IS "Take the first message from a channel"
    DOES "If it fits in both buffers, bytes are stored first, handles after them. The handles have the rights \
that they had with the sender."
    ARGS "actual_bytes: size of the message, written on success and on `ZX_ERR_BUFFER_TOO_SMALL`."
         "actual_handles: the same for the handles."
    OPTIONS "ZX_CHANNEL_READ_MAY_DISCARD: a message that does not fit is dropped."
    ERRORS "@handle"
           "NOT_SUPPORTED: an unknown bit in `options`."
           "SHOULD_WAIT: there is no message."
           "PEER_CLOSED: there is no message and the peer is gone."
           "BUFFER_TOO_SMALL: the message does not fit. It stays, or is dropped if that was asked for."
           "INVALID_ARGS: an output cannot be written. The message is lost, with its handles."
           "NO_MEMORY: no room for the handles in the process. The message is lost."
    NOTES "An unwritable place for the handles is reported and the handles are closed. The reference \
leaves them in the table and reports nothing."
    COST "0" "handle_table object" "O(bytes and handles of the message)"
    SEE channel_read_etc channel_write)

describe(channel_read_etc
    IS "Take the first message from a channel, with types and rights of the handles"
    DOES "Like `zx_channel_read`. `handles` receives value, object type and rights of each."
    OPTIONS "ZX_CHANNEL_READ_MAY_DISCARD: a message that does not fit is dropped."
    ERRORS "@handle"
           "NOT_SUPPORTED: an unknown bit in `options`."
           "SHOULD_WAIT: there is no message."
           "PEER_CLOSED: there is no message and the peer is gone."
           "BUFFER_TOO_SMALL: the message does not fit. It stays, or is dropped if that was asked for."
           "INVALID_ARGS: an output cannot be written. The message is lost, with its handles."
           "NO_MEMORY: no room for the handles in the process. The message is lost."
    COST "0" "handle_table object" "O(bytes and handles of the message)"
    SEE channel_read channel_write)

describe(channel_write
    IS "Send a message on a channel"
    DOES "Appends the message to the queue of the peer. If its first four bytes are those of a call in \
progress there (`zx_channel_call`), it goes to that caller instead."
    ARGS "options: must be 0."
         "num_bytes: at most 65536."
         "num_handles: at most 64. Each needs TRANSFER."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle"
           "OUT_OF_RANGE: `num_bytes` or `num_handles` is too large."
           "NO_MEMORY: there is not enough memory."
           "INVALID_ARGS: `bytes` cannot be read."
           "INVALID_ARGS: `handles` cannot be read."
           "BAD_HANDLE: the first bad handle of the array is none of the caller's, or came before."
           "ACCESS_DENIED: it lacks TRANSFER."
           "NOT_SUPPORTED: it is this very end of the channel."
           "PEER_CLOSED: the peer is gone."
    HANDLES "Every live handle of the array is consumed, whatever the result, unless the array cannot be read."
    NOTES "Waits through a sent handle end when the receiver reads it."
    COST "1" "handle_table object" "O(bytes and handles of the message + log calls in progress at the peer)"
    SEE channel_read channel_call)

describe(channel_call
    IS "Send a message on a channel and wait for the reply"
    DOES "The kernel puts a number into the first four bytes of the copy that it sends: bit 31 is set and \
no other call in progress on this end has it. The first message from the peer that begins with the same \
number is the reply. It goes to this call alone: no reader sees it, and READABLE does not change."
         "The message is sent even if `deadline` has passed. A reply that comes too late is a message like \
any other."
    ARGS "options: must be 0."
         "args: `zx_channel_call_args_t`: what is written and where the reply goes."
         "actual_bytes: size of the reply."
         "actual_handles: number of handles in the reply."
    ERRORS "INVALID_ARGS: `args` cannot be read."
           "INVALID_ARGS: `options` is not 0, or fewer than 4 bytes are to be written."
           "@handle"
           "OUT_OF_RANGE: too many bytes or handles to be written."
           "NO_MEMORY: there is not enough memory."
           "INVALID_ARGS: the bytes or the handles to be written cannot be read."
           "BAD_HANDLE: the first bad handle to be written is none of the caller's, or came before."
           "ACCESS_DENIED: it lacks TRANSFER."
           "NOT_SUPPORTED: it is this very end of the channel."
           "PEER_CLOSED: the peer is gone, or goes while the call waits."
           "CANCELED: this end was closed while the call waited."
           "TIMED_OUT: `deadline` passed."
           "BUFFER_TOO_SMALL: the reply does not fit. It is lost and the sizes are not written."
           "INVALID_ARGS: an output cannot be written. The reply is lost."
    HANDLES "Every live handle to be written is consumed, whatever the result, unless `args` or the array \
cannot be read."
    NOTES "Suspended or not, the caller keeps its claim to the reply."
    COST "1" "handle_table object object" "O(bytes and handles + log calls in progress on this end)"
    SEE channel_write channel_read)

describe(channel_call_noretry
    IS "First half of zx_channel_call, for the vDSO"
    DOES "Does what `zx_channel_call` does, but comes back from a suspension with \
`ZX_ERR_INTERNAL_INTR_RETRY`, while the call stays registered for the reply."
    ERRORS "unordered" "INTERNAL_INTR_RETRY: a suspension interrupted the wait."
           "BAD_STATE: an interrupted call of this thread has not been finished. The process is killed."
    HANDLES "As `zx_channel_call`."
    NOTES "All other errors are those of `zx_channel_call`. Not exported."
    COST "1" "handle_table object object" "as zx_channel_call"
    SEE channel_call channel_call_finish)

describe(channel_call_finish
    IS "Second half of zx_channel_call, for the vDSO"
    DOES "Goes on waiting for the reply of the call that a suspension interrupted."
    ERRORS "BAD_STATE: no call of this thread was interrupted."
           "INVALID_ARGS: `args` cannot be read. The call is given up."
    NOTES "All other errors are those of `zx_channel_call` from its wait on. Not exported."
    COST "-" "-" "as the second half of zx_channel_call"
    SEE channel_call channel_call_noretry)
