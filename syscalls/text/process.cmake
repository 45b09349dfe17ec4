# SPDX-License-Identifier: MIT
# Texts about processes. See ../reference.cmake for the words.
family_title("Processes")

describe(process_exit
    IS "End the calling process"
    DOES "Does not return. All its threads are killed. `retcode` is what `ZX_INFO_PROCESS` tells, unless \
somebody ended the process before."
    COST "-" "-" "O(threads, handles, mappings)"
    SEE task_kill thread_exit)

describe(process_create
    IS "Create a process"
    DOES "It has an empty address space and does nothing until it is started. Closing its last handle before \
that ends it."
    ARGS "name: cut at the first NUL and to 31 bytes. Must be readable even if `name_size` is 0."
         "name_size: what is beyond 32 is not read."
         "options: must be 0."
         "vmar_handle: its root VMAR, which spans all addresses that programs may use."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "ACCESS_DENIED: the policy of the caller's job forbids new processes."
           "INVALID_ARGS: `name` is NULL or cannot be read."
           "@job" "@memory"
           "BAD_STATE: the job was killed."
           "@out"
    COST "6" "handle_table account account account account random job_tree handle_table"
         "O(1), with VMAR, address space, page tables"
    SEE process_start thread_create job_create)

describe(process_start
    IS "Start a process with its first thread"
    DOES "The thread begins at `entry` with its stack pointer at `stack`, the value that `arg1` has in the new \
process in x0, `arg2` in x1, and all other registers 0. The addresses are not checked: bad ones fault."
    ARGS "thread: an unstarted one of this process."
         "arg1: any object. Its rights stay."
    ERRORS "@handle" "@thread"
           "ACCESS_DENIED: the thread belongs to another process."
           "BAD_HANDLE: `arg1` is not a handle of the caller, or 0."
           "ACCESS_DENIED: `arg1` lacks TRANSFER."
           "BAD_STATE: the process or the thread was started before, or is dead."
           "NO_MEMORY: no room for the handle in the process."
    HANDLES "`arg1` is consumed, whatever the result."
    COST "2" "handle_table handle_table handle_table handle_table account object run_queue"
         "O(1), with the first part of the table of handles"
    SEE process_create thread_create)

describe(process_read_memory
    IS "Read memory of a process"
    DOES "Reads from the mapping that contains `vaddr`, and not beyond its end. What the mapping permits does \
not matter."
    ARGS "buffer_size: 1 byte to 64 MiB."
         "actual: bytes read."
    ERRORS "INVALID_ARGS: `buffer` is NULL, or `buffer_size` is 0 or too large."
           "@handle"
           "NO_MEMORY: nothing is mapped at `vaddr`. Also for a dead process."
           "INVALID_ARGS: `buffer` cannot be written in its whole length."
           "BAD_STATE: the VMO is not cached."
           "OUT_OF_RANGE: the part runs over the end of the VMO."
           "NOT_SUPPORTED: the VMO is physical."
           "INVALID_ARGS: `actual` cannot be written."
    COST "0" "handle_table aspace vmo_tree vmo_tree vmo_tree" "O(log mappings + n) bytes"
    SEE process_write_memory)

describe(process_write_memory
    IS "Write memory of a process"
    DOES "Writes to the VMO behind the mapping that contains `vaddr`, and not beyond the mapping's end. What the \
mapping permits does not matter. Everybody who maps the VMO sees it. Code can be changed this way, but not the vDSO's: \
all processes run that."
    ARGS "buffer_size: 1 byte to 64 MiB."
         "actual: bytes written."
    ERRORS "INVALID_ARGS: `buffer` is NULL, or `buffer_size` is 0 or too large."
           "@handle"
           "NO_MEMORY: nothing is mapped at `vaddr`. Also for a dead process."
           "INVALID_ARGS: `buffer` cannot be read in its whole length."
           "ACCESS_DENIED: the vDSO is mapped there."
           "BAD_STATE: the VMO is not cached."
           "OUT_OF_RANGE: the part runs over the end of the VMO."
           "NOT_SUPPORTED: the VMO is physical."
           "INVALID_ARGS: `actual` cannot be written."
    COST "0" "handle_table aspace vmo_tree vmo_tree vmo_tree vmo_tree" "O(log mappings + n) bytes"
    SEE process_read_memory)
