# SPDX-License-Identifier: MIT
# Texts about sockets. See ../reference.cmake for the words.
family_title("Sockets")

describe(socket_create
    IS "Create a socket, a pair of byte or datagram pipes"
    DOES "Each end has a buffer of 257024 bytes for what it has not read yet. `ZX_INFO_SOCKET` tells its \
state."
    OPTIONS "ZX_SOCKET_STREAM: bytes without boundaries."
            "ZX_SOCKET_DATAGRAM: datagrams: what was written at once is read at once."
            "ZX_SOCKET_HAS_CONTROL: also one control message of up to 1024 bytes each way."
            "ZX_SOCKET_HAS_ACCEPT: also a slot for a socket each way, see `zx_socket_share`."
    ERRORS "ACCESS_DENIED: the job's policy forbids new sockets."
           "INVALID_ARGS: an unknown bit in `options`."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE socket_write socket_read socket_shutdown socket_share)

describe(socket_write
    IS "Write to a socket"
    DOES "A stream takes what fits, if it is at least a byte. A datagram or a control message is taken whole or \
not at all. Writing nothing to a stream or datagram socket succeeds and changes nothing."
    ARGS "actual: bytes taken. Written on success only."
    OPTIONS "0: data."
            "ZX_SOCKET_CONTROL: the control message. It does not depend on the data, nor on shutdown."
    ERRORS "INVALID_ARGS: `buffer` is NULL and `buffer_size` is not 0."
           "@handle"
           "INVALID_ARGS: other bits in `options`."
           "BAD_STATE: control, and the socket has no control messages."
           "INVALID_ARGS: control, and `buffer_size` is 0."
           "OUT_OF_RANGE: control, and `buffer_size` is above 1024."
           "PEER_CLOSED: the peer is gone."
           "BAD_STATE: data, and writing was shut down."
           "INVALID_ARGS: data, and `buffer_size` does not fit in 32 bits."
           "SHOULD_WAIT: the buffer is full, or the previous control message was not read."
           "OUT_OF_RANGE: a datagram that is larger than the whole buffer."
           "SHOULD_WAIT: a datagram that does not fit now."
           "INVALID_ARGS: `buffer` cannot be read. A stream reports what it has taken before that point."
           "@memory"
    NOTES "WRITABLE goes only when the buffer is exactly full: a datagram may be too large all the same."
    COST "0" "handle_table object" "O(n) bytes, an allocation for the first, each datagram, each 4000 more"
    SEE socket_read socket_shutdown)

describe(socket_read
    IS "Read from a socket"
    DOES "A stream gives what there is, up to `buffer_size`. Of a datagram or control message what does not \
fit is dropped. What was written before a shutdown or close can still be read."
    ARGS "actual: bytes read. Written on success only."
         "buffer_size: 0 reads nothing and takes nothing, except that it frees a control message."
    OPTIONS "0: data."
            "ZX_SOCKET_CONTROL: the control message."
    ERRORS "INVALID_ARGS: `buffer` is NULL and `buffer_size` is not 0."
           "@handle"
           "INVALID_ARGS: other bits in `options`, or `buffer_size` does not fit in 32 bits."
           "PEER_CLOSED: there is no data and the peer is gone."
           "BAD_STATE: there is no data and reading was shut down, or control, and the socket has no \
control messages."
           "SHOULD_WAIT: there is nothing to read. For a control message also when the peer is gone."
           "INVALID_ARGS: `buffer` cannot be written. Nothing is lost."
    NOTES "A stream that meets a place that cannot be written reports what it has copied before it."
    COST "0" "handle_table object" "O(n) bytes"
    SEE socket_write)

describe(socket_share
    IS "Send a socket over a socket"
    DOES "Puts `socket_to_share` into the slot of the peer, which takes it with `zx_socket_accept`."
    ERRORS "@handle"
           "BAD_HANDLE: `socket_to_share` is not a handle of the caller, or 0."
           "ACCESS_DENIED: `socket_to_share` lacks TRANSFER."
           "WRONG_TYPE: `socket_to_share` is not a socket."
           "BAD_STATE: it was created with `ZX_SOCKET_HAS_ACCEPT`, or is an end of this very socket."
           "NOT_SUPPORTED: `handle` was created without `ZX_SOCKET_HAS_ACCEPT`."
           "PEER_CLOSED: the peer is gone."
           "SHOULD_WAIT: the slot of the peer is taken."
    HANDLES "`socket_to_share` is consumed, whatever the result."
    COST "0" "handle_table handle_table object" "O(1)"
    SEE socket_accept)

describe(socket_accept
    IS "Take the socket that the peer has sent"
    DOES "The handle has the rights that it had with the sender. The peer may be closed by now."
    ERRORS "@handle"
           "NOT_SUPPORTED: the socket was created without `ZX_SOCKET_HAS_ACCEPT`."
           "SHOULD_WAIT: none was sent."
           "NO_MEMORY: no room for the handle in the process. The socket is lost."
           "INVALID_ARGS: `out_socket` cannot be written. The socket is lost."
    COST "0" "handle_table object handle_table" "O(1)"
    SEE socket_share)

describe(socket_shutdown
    IS "End writing or reading on a socket for good"
    DOES "Whoever cannot write any more has WRITE_DISABLED and is not WRITABLE. Its peer has \
PEER_WRITE_DISABLED. What is in the buffers can still be read. It may be done again, and after the peer \
has closed."
    OPTIONS "ZX_SOCKET_SHUTDOWN_WRITE: this end writes no more."
            "ZX_SOCKET_SHUTDOWN_READ: the peer writes no more."
    ERRORS "INVALID_ARGS: an unknown bit in `options`."
           "@handle"
    COST "0" "handle_table object" "O(1)"
    SEE socket_write socket_read)
