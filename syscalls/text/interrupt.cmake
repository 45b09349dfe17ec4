# SPDX-License-Identifier: MIT
# Texts about interrupts. See ../reference.cmake for the words.
family_title("Interrupts")

describe(interrupt_create
    IS "Create an interrupt object, for a line or a virtual one"
    DOES "The line of the kernel's console is to be had with an exclusive resource of kind IRQ only, and the device \
with it: the kernel neither reads nor writes it until the object is destroyed, but for a panic. Meanwhile \
`zx_debug_write` writes into the log, of which a log with `ZX_LOG_FLAG_CONSOLE` has what was not shown, and \
`zx_debug_read` returns `ZX_ERR_NOT_SUPPORTED` once what was typed before is read. What nobody has shown when the \
object is destroyed the kernel shows."
    ARGS "src_obj: not looked at for a virtual one." "src_num: the vector. Not looked at for a virtual one."
    OPTIONS "ZX_INTERRUPT_REMAP_IRQ: changes nothing on ARM64."
            "ZX_INTERRUPT_MODE_DEFAULT: the trigger stays as it is."
            "ZX_INTERRUPT_MODE_EDGE_LOW: not supported by this controller."
            "ZX_INTERRUPT_MODE_EDGE_HIGH: rising edge."
            "ZX_INTERRUPT_MODE_LEVEL_LOW: not supported by this controller."
            "ZX_INTERRUPT_MODE_LEVEL_HIGH: high level. The line is masked until the interrupt is acknowledged."
            "ZX_INTERRUPT_VIRTUAL: triggered by programs only. Alone."
    ERRORS "INVALID_ARGS: VIRTUAL with other bits."
           "@src_obj"
           "OUT_OF_RANGE: the resource does not cover `src_num`."
           "INVALID_ARGS: an unknown bit or mode, or there is no such vector."
           "NOT_SUPPORTED: a low polarity."
           "ALREADY_BOUND: the vector is taken, or the kernel's own."
           "NOT_SUPPORTED: the vector is private to each CPU."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE interrupt_wait interrupt_bind interrupt_ack)

describe(interrupt_bind
    IS "Have an interrupt queue packets on a port"
    DOES "For good. Each time it fires a packet of type `ZX_PKT_TYPE_INTERRUPT` with `key` and the time is queued, \
before all others, and then not until `zx_interrupt_ack`."
    ARGS "port_handle: of a port that was made with `ZX_PORT_BIND_TO_INTERRUPT`." "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle" "@port_handle"
           "WRONG_TYPE: the port was made without that option."
           "CANCELED: the interrupt was destroyed."
           "BAD_STATE: a thread waits for it."
           "ALREADY_BOUND: it is bound already."
    COST "0" "handle_table handle_table interrupt" "O(1)"
    SEE interrupt_ack port_wait)

describe(interrupt_wait
    IS "Wait for an interrupt"
    DOES "Several that came since the last wait count as one, with the time of the first. The wait acknowledges the \
one before."
    ERRORS "@handle"
           "BAD_STATE: it is bound to a port or a VCPU."
           "CANCELED: it was destroyed, before or meanwhile."
           "BAD_STATE: another thread waits for it."
           "INVALID_ARGS: `out_timestamp` cannot be written."
    COST "0" "handle_table interrupt" "O(1)"
    SEE interrupt_create interrupt_destroy)

describe(interrupt_destroy
    IS "Stop an interrupt for good"
    DOES "The vector is free again and the thread that waits gets `ZX_ERR_CANCELED`. The handle stays open."
    ERRORS "@handle"
           "NOT_FOUND: a packet was taken from the port and not acknowledged. It is destroyed all the same."
    COST "0" "handle_table interrupt" "O(1)"
    SEE interrupt_create)

describe(interrupt_ack
    IS "Say that an interrupt packet was dealt with"
    DOES "The line is unmasked. If it fired meanwhile the next packet is queued at once. A line that still stands at \
4096 acknowledgements in a row is left masked for 10 ms, and for longer each time, until it is found quiet; the log \
tells of it."
    ERRORS "@handle"
           "BAD_STATE: the interrupt is not bound to a port."
           "CANCELED: it was destroyed."
           "BAD_STATE: it fired again meanwhile, and its packet is still queued or the port is closed."
    COST "0" "handle_table interrupt" "O(1)"
    SEE interrupt_bind)

describe(interrupt_trigger
    IS "Fire a virtual interrupt"
    ARGS "options: must be 0." "timestamp: what its reader is told."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle"
           "BAD_STATE: it is not a virtual one."
           "CANCELED: it was destroyed."
    COST "0" "handle_table interrupt irq_queue" "O(1)"
    SEE interrupt_create interrupt_wait)

describe(interrupt_bind_vcpu
    IS "Have an interrupt delivered to a virtual CPU"
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@handle" "@vcpu"
           "NOT_SUPPORTED: a virtual or PCI interrupt."
           "CANCELED: it was destroyed."
           "BAD_STATE: a thread waits for it."
           "ALREADY_BOUND: it is bound to a port."
           "INVALID_ARGS: it is bound to a VCPU of another guest."
           "@memory"
    SEE vcpu_create interrupt_create)
