# SPDX-License-Identifier: MIT
# Objects (any type). See ../table.cmake for the words.

syscall(object_wait_one
    ARGS "handle handle"
         "signals zx_signals_t"
         "deadline zx_time_t"
         "observed out zx_signals_t optional"
    RIGHTS "WAIT"
    ATTRS blocking)

syscall(object_wait_many
    ARGS "items inout zx_wait_item_t[count]"
         "count size_t"
         "deadline zx_time_t"
    RIGHTS "WAIT on each"
    ATTRS blocking)

syscall(object_wait_async
    ARGS "handle handle"
         "port handle"
         "key uint64_t"
         "signals zx_signals_t"
         "options uint32_t"
    RIGHTS "WAIT; port: WRITE")

syscall(object_signal
    ARGS "handle handle"
         "clear_mask uint32_t"
         "set_mask uint32_t"
    RIGHTS "SIGNAL")

syscall(object_signal_peer
    ARGS "handle handle"
         "clear_mask uint32_t"
         "set_mask uint32_t"
    RIGHTS "SIGNAL_PEER")

syscall(object_get_property
    ARGS "handle handle"
         "property uint32_t"
         "value out void[value_size]"
         "value_size size_t"
    RIGHTS "GET_PROPERTY")

syscall(object_set_property
    ARGS "handle handle"
         "property uint32_t"
         "value in void[value_size]"
         "value_size size_t"
    RIGHTS "SET_PROPERTY")

syscall(object_set_cookie
    ARGS "handle handle"
         "scope handle"
         "cookie uint64_t"
    RIGHTS "none; scope: none")

syscall(object_get_cookie
    ARGS "handle handle"
         "scope handle"
         "cookie out uint64_t"
    RIGHTS "none; scope: none")

syscall(object_get_info
    ARGS "handle handle"
         "topic uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional"
         "avail out size_t optional"
    RIGHTS "by topic: INSPECT; ENUMERATE for lists of threads, children and processes; none for \
HANDLE_VALID, HANDLE_BASIC, VMO; root resource for CPU_STATS, KMEM_STATS")

syscall(object_get_child
    ARGS "handle handle"
         "koid uint64_t"
         "rights zx_rights_t"
         "out out handle"
    RIGHTS "ENUMERATE, and rights ⊆ own rights")

syscall(object_set_profile
    ARGS "handle handle"
         "profile handle"
         "options uint32_t"
    RIGHTS "thread: MANAGE_THREAD; profile: APPLY_PROFILE")
