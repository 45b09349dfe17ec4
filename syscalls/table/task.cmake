# SPDX-License-Identifier: MIT
# Tasks and exceptions. See ../table.cmake for the words.

syscall(task_bind_exception_port
    ARGS "handle handle"
         "port handle"
         "key uint64_t"
         "options uint32_t"
    RIGHTS "none on task or port")

syscall(task_suspend
    ARGS "handle handle"
         "token out handle"
    RIGHTS "WRITE")

syscall(task_suspend_token
    ARGS "handle handle"
         "token out handle"
    RIGHTS "WRITE"
    MARK D)

syscall(task_resume_from_exception
    ARGS "handle handle"
         "port handle"
         "options uint32_t"
    RIGHTS "none on thread or port")

syscall(task_kill
    ARGS "handle handle"
    RIGHTS "DESTROY")
