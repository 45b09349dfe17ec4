# SPDX-License-Identifier: MIT
# Texts about ports. See ../reference.cmake for the words.
family_title("Ports")

describe(port_create
    IS "Create a port, a queue of packets from many sources"
    DOES "Packets come from `zx_port_queue`, `zx_object_wait_async`, exceptions and interrupts. They are \
handed out in the order in which they came, each to one waiter. At most 2049 are queued."
    OPTIONS "0: a port for everything but interrupts."
            "ZX_PORT_BIND_TO_INTERRUPT: interrupts can be bound to it too. Their packets come first."
    ERRORS "ACCESS_DENIED: the job's policy forbids new ports."
           "INVALID_ARGS: an unknown bit in `options`."
           "@memory" "@out"
    NOTES "When the last handle is closed the packets are dropped and the registrations end. Threads that \
wait on it are not woken."
    COST "1" "handle_table" "O(1)"
    SEE port_queue port_wait port_cancel object_wait_async)

describe(port_queue
    IS "Queue a packet of one's own on a port"
    DOES "Key, status and payload arrive as they are. The type becomes `ZX_PKT_TYPE_USER`."
    ERRORS "@handle"
           "INVALID_ARGS: `packet` cannot be read."
           "NO_MEMORY: there is not enough memory, or there are 16384 user packets in the system."
           "SHOULD_WAIT: the port is full."
    COST "1" "handle_table port" "O(1)"
    SEE port_wait)

describe(port_wait
    IS "Take the first packet from a port, or wait for one"
    DOES "A packet that is there is taken even if `deadline` has passed."
    ARGS "packet: `zx_port_packet_t`."
    ERRORS "@handle"
           "TIMED_OUT: `deadline` passed and there was no packet."
           "INVALID_ARGS: `packet` cannot be written. The packet is lost."
    COST "0" "handle_table port" "O(1)"
    SEE port_queue object_wait_async port_cancel)

describe(port_cancel
    IS "Take back registrations with a port, and their packets"
    DOES "Ends every registration of `zx_object_wait_async` on this port that was made through this very \
value of `source` with this key, and takes its packets off the queue. User packets are not touched."
    ERRORS "@handle"
           "BAD_HANDLE: `source` is not a handle of the caller."
           "ACCESS_DENIED: `source` lacks WAIT."
           "NOT_SUPPORTED: objects of this type have no signals to wait for."
           "NOT_FOUND: there was neither a registration nor a packet."
    COST "0" "handle_table handle_table object port" "O(log registrations of the port + what it takes \
back)"
    SEE object_wait_async port_wait)
