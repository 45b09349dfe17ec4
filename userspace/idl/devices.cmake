# SPDX-License-Identifier: MIT
# The devices of the machine and who drives them. Served by devmgr at /svc/devices.

protocol(devices ID 5 DOC "The device manager")

constant(DEVICES_MAX_ENTRIES VALUE 16384 DOC "Most bytes of a list: whole struct devices_entry")

constant(DEVICES_MAX_NAME VALUE 127 DOC "Most bytes of a device's name")

constant(DEVICES_NO_DRIVER VALUE 0 DOC "States: no driver's manifest names it")
constant(DEVICES_RUNNING VALUE 1 DOC "Its driver runs")
constant(DEVICES_WAITING VALUE 2 DOC "Its driver died; will be started again after a pause")
constant(DEVICES_FAILED VALUE 3 DOC "Given up: its driver cannot be started, or dies again and again")

structure(devices_entry
    DOC "A node of the device tree that is enabled and says what it is. Texts are filled up with zeros"
    FIELDS
    "state u32"          # DEVICES_
    "restarts u32"       # how often its driver was started again
    "koid u64"           # of the driver's process; 0: has none
    "path u8[128]"       # in the device tree
    "compatible u8[64]"  # the first, or the one that the driver took
    "driver u8[32]"      # empty: none
    "service u8[32]")    # what it publishes, a name below /svc/fs/device; empty: nothing

method(list ORDINAL 1
    DOC "The devices in the order of the tree, from number `first` on, as many as fit; none: the end."
    REQUEST "first u32" REPLY "entries bytes[DEVICES_MAX_ENTRIES]")
method(restart ORDINAL 2
    DOC "Ends a device's driver if it runs, forgets its failures, and starts it. `name`: of its service, or"
        "its path. ZX_ERR_NOT_FOUND: no such device, or it has no driver. ZX_ERR_UNAVAILABLE: it does not start."
    REQUEST "name string[DEVICES_MAX_NAME]")
