# SPDX-License-Identifier: MIT
# Objects (any type). See ../table.cmake for the words.

syscall(object_wait_one
    ARGS "handle handle ANY WAIT"
         "signals zx_signals_t"
         "deadline zx_time_t"
         "observed out zx_signals_t optional"
    ATTRS blocking)

syscall(object_wait_many
    ARGS "items inout zx_wait_item_t[count]"
         "count size_t"
         "deadline zx_time_t"
    RIGHTS "handles of the items: WAIT"
    ATTRS blocking)

syscall(object_wait_async
    ARGS "handle handle ANY WAIT"
         "port handle PORT WRITE"
         "key uint64_t"
         "signals zx_signals_t"
         "options uint32_t")

syscall(object_signal
    ARGS "handle handle ANY SIGNAL"
         "clear_mask uint32_t"
         "set_mask uint32_t")

syscall(object_signal_peer
    ARGS "handle handle ANY SIGNAL_PEER"
         "clear_mask uint32_t"
         "set_mask uint32_t")

syscall(object_get_property
    ARGS "handle handle ANY GET_PROPERTY"
         "property uint32_t"
         "value out void[value_size]"
         "value_size size_t")

syscall(object_set_property
    ARGS "handle handle ANY SET_PROPERTY"
         "property uint32_t"
         "value in void[value_size]"
         "value_size size_t")

syscall(object_set_cookie
    ARGS "handle handle ANY"
         "scope handle ANY"
         "cookie uint64_t")

syscall(object_get_cookie
    ARGS "handle handle ANY"
         "scope handle ANY"
         "cookie out uint64_t")

syscall(object_get_info
    ARGS "handle handle ANY"
         "topic uint32_t"
         "buffer out void[buffer_size]"
         "buffer_size size_t"
         "actual out size_t optional"
         "avail out size_t optional"
    RIGHTS "by topic: INSPECT; ENUMERATE for lists of threads, children and processes; none for \
HANDLE_VALID, HANDLE_BASIC, VMO; root resource for CPU_STATS, KMEM_STATS")

syscall(object_get_child
    ARGS "handle handle JOB|PROCESS ENUMERATE"
         "koid uint64_t"
         "rights zx_rights_t"
         "out out handle"
    RIGHTS "and rights ⊆ own rights")

syscall(object_set_profile
    ARGS "handle handle THREAD MANAGE_THREAD"
         "profile handle PROFILE APPLY_PROFILE"
         "options uint32_t")
