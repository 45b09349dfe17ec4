# SPDX-License-Identifier: MIT
# What belongs nowhere else.
libc_sources(errno.c missing.c random.c system.c)
libc_calls("getrandom 3" "uname 1" "sched_yield 0" "sched_getaffinity 3"
    "sysinfo 1" "prlimit64 4")
libc_replaces(
    src/misc/syscall.c "takes a call's number when the program runs"
    src/unistd/setxid.c "wants all threads to make a Linux call"
)
