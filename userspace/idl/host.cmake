# SPDX-License-Identifier: MIT
# What a driver may ask of the device manager, over the channel that it is started with.

protocol(host ID 6 DOC "A driver's device manager")

method(set_clock ORDINAL 1
    DOC "Sets UTC, nanoseconds since 1970. Only for drivers whose manifest says `may set-clock`:"
        "ZX_ERR_ACCESS_DENIED. A clock that is right to two seconds is let be."
    REQUEST "utc i64")
method(take_interrupt ORDINAL 2
    DOC "Interrupt `index` of the node, which is made now. Only for drivers whose manifest says `needs"
        "hand-over`: ZX_ERR_ACCESS_DENIED. ZX_ERR_NOT_FOUND: the node has no such interrupt. Others of"
        "zx_interrupt_create()."
    REQUEST "index u32" REPLY "interrupt handle")
method(take_registers ORDINAL 3
    DOC "A VMO of the pages of range `index` of the node's registers, which is made now. Only for drivers whose"
        "manifest says `needs hand-over`: ZX_ERR_ACCESS_DENIED. ZX_ERR_NOT_FOUND: the node has no such range."
        "ZX_ERR_UNAVAILABLE: the kernel has the device still: the interrupt comes first. Others of"
        "zx_vmo_create_physical()."
    REQUEST "index u32" REPLY "registers handle")
