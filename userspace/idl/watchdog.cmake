# SPDX-License-Identifier: MIT
# A watchdog: resets the machine when it has not been fed for its time. Served by drivers of class watchdog:
# /svc/fs/device/watchdog0. There is no way to stop one: whoever feeds it (svc, docs/services.md) dies or hangs, and
# the machine starts anew.

protocol(watchdog ID 11 DOC "A watchdog")

method(feed ORDINAL 1
    DOC "Lets the time begin anew; at the first time, or with other `seconds`, sets it. Who feeds first is the one who"
        "may, as long as this connection lasts: ZX_ERR_ALREADY_BOUND for others. ZX_ERR_OUT_OF_RANGE: 0, or more than"
        "`longest`."
    REQUEST "seconds u32")
method(state ORDINAL 2
    DOC "The time that it was set to (0: this driver has not started it), and the longest that it can be set to."
    REPLY "seconds u32" "longest u32")
