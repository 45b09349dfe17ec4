# SPDX-License-Identifier: MIT
# The files of musl that libc.a does without, and why. Those that one folder of src/ replaces by
# files of its own are named by that folder's sources.cmake, in the same way.

libc_replaces(
    src/process/aarch64/vfork.s "makes a Linux call, as there is no vfork()"
    src/signal/aarch64/restore.s "makes a Linux call, and nothing interrupts a thread with a handler"
    src/thread/aarch64/clone.s "makes a Linux call"
    src/thread/aarch64/syscall_cp.s "makes a Linux call"
    src/thread/aarch64/__unmapself.s "makes a Linux call"
    src/ldso/aarch64/tlsdesc.s "there is one module, whose variables the linker finds"
    src/internal/vdso.c "looks for Linux's vDSO"
    src/process/fork.c "there is no fork()"
    src/process/_Fork.c "there is no fork()"
    src/aio/aio.c "there is no asynchronous I/O"
    src/aio/aio_suspend.c "there is no asynchronous I/O"
    src/aio/lio_listio.c "there is no asynchronous I/O"
    src/time/timer_create.c "a timer wants to send a signal"
    src/time/timer_delete.c "a timer wants to send a signal"
    src/time/timer_getoverrun.c "a timer wants to send a signal"
    src/time/timer_gettime.c "a timer wants to send a signal"
    src/time/timer_settime.c "a timer wants to send a signal"
    src/linux/membarrier.c "needs signals between threads, and there is no dynamic loading to need it"
)
