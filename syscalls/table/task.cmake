# SPDX-License-Identifier: MIT
# Tasks and exceptions. See ../table.cmake for the words.

syscall(task_bind_exception_port
    ARGS "handle handle JOB|PROCESS|THREAD"
         "port handle PORT"
         "key uint64_t"
         "options uint32_t")

syscall(task_suspend
    ARGS "handle handle PROCESS|THREAD WRITE"
         "token out handle")

syscall(task_suspend_token
    ARGS "handle handle PROCESS|THREAD WRITE"
         "token out handle"
    MARK D)

syscall(task_resume_from_exception
    ARGS "handle handle THREAD"
         "port handle PORT"
         "options uint32_t")

syscall(task_kill
    ARGS "handle handle JOB|PROCESS|THREAD DESTROY")
