# SPDX-License-Identifier: MIT
# What a driver may ask of the device manager, over the channel that it is started with.

protocol(host ID 6 DOC "A driver's device manager")

method(set_clock ORDINAL 1
    DOC "Sets UTC, nanoseconds since 1970. Only for drivers whose manifest says `may set-clock`:"
        "ZX_ERR_ACCESS_DENIED. A clock that is right to two seconds is let be."
    REQUEST "utc i64")
