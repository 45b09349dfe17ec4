# SPDX-License-Identifier: MIT
# The service manager. Served by svc at /svc/manager.

protocol(manager ID 4 DOC "The service manager")

constant(MANAGER_MAX_NAME VALUE 63 DOC "Most bytes of a service's name")
constant(MANAGER_MAX_ENTRIES VALUE 16384 DOC "Most bytes of a list: whole struct manager_entry")

constant(MANAGER_STOPPED VALUE 0 DOC "States: not started, or stopped on request")
constant(MANAGER_RUNNING VALUE 1)
constant(MANAGER_ENDED VALUE 2 DOC "Ended by itself, and its policy is to leave it so")
constant(MANAGER_WAITING VALUE 3 DOC "Died; will be started again after a pause")
constant(MANAGER_FAILED VALUE 4 DOC "Cannot be started")

structure(manager_entry
    DOC "A service. Times in nanoseconds of ZX_CLOCK_MONOTONIC"
    FIELDS
    "state u32"        # MANAGER_
    "restarts u32"     # how often it was started again since the last start on request
    "koid u64"         # of its process; 0: has none
    "return_code i64"  # of its last end
    "since i64"        # when it came into this state
    "name u8[64]")     # filled up with zeros

method(list ORDINAL 1 DOC "All services." REPLY "entries bytes[MANAGER_MAX_ENTRIES]")
method(status ORDINAL 2
    DOC "One service; ZX_ERR_NOT_FOUND: no such."
    REQUEST "name string[MANAGER_MAX_NAME]" REPLY "entry manager_entry")
method(start ORDINAL 3
    DOC "Starts it; ZX_ERR_ALREADY_EXISTS: it runs."
    REQUEST "name string[MANAGER_MAX_NAME]")
method(stop ORDINAL 4
    DOC "Ends it and leaves it so; ZX_ERR_BAD_STATE: it does not run."
    REQUEST "name string[MANAGER_MAX_NAME]")
method(restart ORDINAL 5
    DOC "Ends it if it runs, and starts it."
    REQUEST "name string[MANAGER_MAX_NAME]")
