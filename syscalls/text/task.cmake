# SPDX-License-Identifier: MIT
# Texts about tasks of any type. See ../reference.cmake for the words.
family_title("Tasks and exceptions")

describe(task_bind_exception_port
    IS "Have exceptions of a task sent to a port"
    DOES "A fault of a thread goes, in this order, to the debugger's port of its process, the port of the thread, \
of the process, of its job and of the jobs above. The thread waits for `zx_task_resume_from_exception`. With a \
`port` of 0 the binding ends, and threads that wait on it go on as if passed on."
    OPTIONS "0: the task's own port."
            "ZX_EXCEPTION_PORT_DEBUGGER: that of a debugger, of a process or job, which also hears of starting \
and exiting threads."
    ERRORS "INVALID_ARGS: an unknown bit in `options`."
           "BAD_HANDLE: `port` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `port` is not a port."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "WRONG_TYPE: `handle` is not a job, process or thread."
           "INVALID_ARGS: a debugger's port for a thread."
           "@memory"
           "NOT_FOUND: binding, and the process or thread is dead."
           "ALREADY_BOUND: binding, and there is a port already."
           "BAD_STATE: unbinding, and there is none."
    COST "1" "handle_table handle_table object exception port" "O(1)"
    SEE task_resume_from_exception)

describe(task_suspend
    IS "Suspend a thread, or all threads of a process"
    DOES "Each stops before its next instruction in user mode and has `ZX_THREAD_SUSPENDED` then. It goes on when \
the last of its tokens is closed. A call that blocks is interrupted and issued again afterwards."
    ARGS "token: holds the suspension as long as it is open."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks WRITE."
           "@memory"
           "WRONG_TYPE: `handle` is neither a thread nor a process."
           "NOT_SUPPORTED: it is the calling thread or process."
           "BAD_STATE: it is dying or dead."
           "@out"
    COST "1" "handle_table object handle_table" "O(threads in it)"
    SEE task_suspend_token thread_read_state)

describe(task_suspend_token
    IS "The same as zx_task_suspend"
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks WRITE."
           "@memory"
           "WRONG_TYPE: `handle` is neither a thread nor a process."
           "NOT_SUPPORTED: it is the calling thread or process."
           "BAD_STATE: it is dying or dead."
           "@out"
    COST "1" "handle_table object handle_table" "O(threads in it)"
    SEE task_suspend)

describe(task_resume_from_exception
    IS "Let a thread go on after an exception"
    ARGS "port: where the exception was sent."
    OPTIONS "0: handled. The thread executes the instruction again."
            "ZX_RESUME_TRY_NEXT: pass it on to the next port. Without one the process is killed."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "WRONG_TYPE: `handle` is not a thread."
           "BAD_HANDLE: `port` is not a handle of the caller."
           "WRONG_TYPE: `port` is not a port."
           "INVALID_ARGS: `options` is neither of the two."
           "BAD_STATE: the thread is in no exception."
           "ACCESS_DENIED: the exception was sent to another port."
           "BAD_STATE: it was answered before."
    SEE task_bind_exception_port)

describe(task_kill
    IS "Kill a thread, a process or a job"
    DOES "Asynchronous: wait for `ZX_TASK_TERMINATED`. A killed thread executes no instruction in user mode any \
more. A process that is killed has the return code -1. A killed job takes everything below along, and no new \
jobs or processes can be made in it. An unstarted thread is not changed."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks DESTROY."
           "WRONG_TYPE: `handle` is not a job, process or thread."
    NOTES "What is dead already can be killed again."
    COST "0" "handle_table object run_queue" "O(threads, processes and jobs in it)"
    SEE process_exit thread_exit)
