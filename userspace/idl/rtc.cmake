# SPDX-License-Identifier: MIT
# A clock that goes on while the machine is off. Served by drivers of class rtc: /svc/fs/device/rtc0.

protocol(rtc ID 7 DOC "A real-time clock")

method(get ORDINAL 1 DOC "UTC, seconds since 1970." REPLY "seconds u64")
method(set ORDINAL 2
    DOC "Sets the clock. ZX_ERR_OUT_OF_RANGE: it cannot hold such a number. The system's UTC stays."
    REQUEST "seconds u64")
