# SPDX-License-Identifier: MIT
# The process itself: its end, its number, signals that are only a table.
libc_sources(exit.c identity.c signal.c)
libc_calls("exit_group 1" "exit 1" "getpid 0" "getppid 0" "getuid 0" "geteuid 0" "getgid 0"
    "getegid 0" "tkill 2" "rt_sigaction 4" "rt_sigprocmask 4" "rt_sigpending 2")
