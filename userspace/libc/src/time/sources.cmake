# SPDX-License-Identifier: MIT
# Clocks and sleeping.
libc_sources(clock.c sleep.c)
libc_calls("clock_gettime 2" "clock_getres 2" "clock_nanosleep 4" "nanosleep 2"
    "times 1" "getrusage 2")
