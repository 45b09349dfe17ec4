# SPDX-License-Identifier: MIT
# Texts about all objects. See ../reference.cmake for the words.
family_title("Objects of any type")

describe(object_wait_one
    IS "Wait for signals of an object"
    DOES "Returns as soon as one of `signals` is asserted. `observed` receives every signal that was \
asserted at some time from the beginning of the wait to its end, wanted or not. With no signals and a \
`deadline` of 0 that is the state at this moment."
    ARGS "observed: written on success, `ZX_ERR_TIMED_OUT` and `ZX_ERR_CANCELED`."
    ERRORS "@handle"
           "NOT_SUPPORTED: objects of this type have no signals to wait for."
           "INVALID_ARGS: `observed` cannot be written."
           "CANCELED: the handle was closed or replaced meanwhile, or read from the message that it was \
sent in. `observed` has `ZX_SIGNAL_HANDLE_CLOSED` then. This wins over the two that follow."
           "TIMED_OUT: `deadline` passed and no signal was there."
    COST "0" "handle_table" "O(1)"
    SEE object_wait_many object_wait_async object_signal)

describe(object_wait_many
    IS "Wait for signals of several objects"
    DOES "Returns as soon as one item has a signal that it waits for, and fills in what has been seen of \
each as `zx_object_wait_one` does. The same handle may come several times."
    ARGS "items: `zx_wait_item_t`: a handle, the signals wanted, and the signals seen, which the call writes."
         "count: at most 16. With 0 the call sleeps until `deadline` and `items` may be NULL."
    ERRORS "OUT_OF_RANGE: `count` is above 16."
           "INVALID_ARGS: `items` cannot be read."
           "BAD_HANDLE: a handle, taken in order, is none of the caller's."
           "ACCESS_DENIED: it lacks WAIT."
           "NOT_SUPPORTED: its type has no signals to wait for."
           "INVALID_ARGS: `items` cannot be written."
           "CANCELED: a handle was closed meanwhile. Its item has `ZX_SIGNAL_HANDLE_CLOSED`."
           "TIMED_OUT: `deadline` passed and no wanted signal was there."
    NOTES "The signals seen are written on success, `ZX_ERR_TIMED_OUT` and `ZX_ERR_CANCELED`. With any \
other error nothing is written and no object is watched any more."
    COST "0" "handle_table object object" "O(n)"
    SEE object_wait_one port_wait)

describe(object_wait_async
    IS "Have a packet queued on a port when an object is signalled"
    DOES "When one of `signals` is or becomes asserted, a packet with `key` is queued on `port`. Its \
signal.observed is the whole state at that moment, its signal.trigger is `signals`, and its \
signal.count is 1, or the number of queued messages if the registration itself finds a channel readable."
         "The registration belongs to this value of the handle: it ends when that is closed. Packets that are \
queued by then stay."
    OPTIONS "ZX_WAIT_ASYNC_ONCE: one packet of type `ZX_PKT_TYPE_SIGNAL_ONE`, then the registration is over."
            "ZX_WAIT_ASYNC_REPEATING: a packet of type `ZX_PKT_TYPE_SIGNAL_REP` now if a signal is \
asserted, and at each later change of the object that leaves one asserted. While the packet is still in \
the queue the new state is merged into it."
    ERRORS "@port"
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks WAIT."
           "NOT_SUPPORTED: objects of this type have no signals to wait for."
           "INVALID_ARGS: `options` is neither of the two."
           "@memory"
    NOTES "Of several registrations with one object the latest is served first."
          "If the port is full when a packet is due, the packet is lost and the registration ends."
          "Registrations with the same handle and key are independent of each other."
    COST "1" "handle_table object port" "O(log registrations of the port)"
    SEE port_wait port_cancel object_wait_one)

describe(object_signal
    IS "Change signals of an object"
    DOES "Clears, then sets, in one step. A bit in both ends up set."
    ARGS "clear_mask: `ZX_USER_SIGNAL_ALL` and, of events and event pairs, `ZX_EVENT_SIGNALED`."
         "set_mask: the same."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks SIGNAL."
           "NOT_SUPPORTED: objects of this type have no signals."
           "INVALID_ARGS: a mask has a bit that programs may not change."
    COST "0" "handle_table object" "O(observers of this object)"
    SEE object_signal_peer object_wait_one)

describe(object_signal_peer
    IS "Change signals of the other end of a pair"
    DOES "The same change as `zx_object_signal`, at the peer of an event pair, channel, socket or FIFO."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks SIGNAL_PEER."
           "NOT_SUPPORTED: the object has no peer."
           "INVALID_ARGS: a mask has a bit that programs may not change."
           "PEER_CLOSED: the peer is gone."
    COST "0" "handle_table object" "O(observers of the peer)"
    SEE object_signal eventpair_create)

describe(object_get_property
    IS "Read a property of an object"
    ARGS "property: see below."
         "value_size: 32 for a name, 8 for the others. More is fine."
    OPTIONS "ZX_PROP_NAME: the name, padded with zeros to 32 bytes. Empty for objects without a name."
            "ZX_PROP_PROCESS_DEBUG_ADDR: of a process, what was set, at first 0."
            "ZX_PROP_PROCESS_VDSO_BASE_ADDRESS: of a process, where its vDSO begins, or 0."
            "ZX_PROP_SOCKET_RX_THRESHOLD: of a socket, in bytes, 0 is off."
            "ZX_PROP_SOCKET_TX_THRESHOLD: of a socket, in bytes, 0 is off."
    ERRORS "INVALID_ARGS: `value` is NULL."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks GET_PROPERTY."
           "INVALID_ARGS: there is no such `property`, or it cannot be read."
           "BUFFER_TOO_SMALL: `value_size` is too small."
           "WRONG_TYPE: the object is not of the property's type."
           "INVALID_ARGS: `value` cannot be written."
    NOTES "An unknown property is `ZX_ERR_INVALID_ARGS`, as in the reference. Its documents say \
`ZX_ERR_NOT_SUPPORTED`."
    COST "0" "handle_table object" "O(1)"
    SEE object_set_property)

describe(object_set_property
    IS "Change a property of an object"
    ARGS "property: see below."
         "value_size: 8 or more for numbers. A name may have any size: what is beyond 31 bytes, or beyond the \
first NUL, is dropped."
    OPTIONS "ZX_PROP_NAME: of a job, process, thread, VMO or resource. Size 0 clears it."
            "ZX_PROP_PROCESS_DEBUG_ADDR: of a process, once: while it is 0 or \
`ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET`. Not 0."
            "ZX_PROP_SOCKET_RX_THRESHOLD: of a socket: with how many readable bytes \
`ZX_SOCKET_READ_THRESHOLD` is asserted."
            "ZX_PROP_SOCKET_TX_THRESHOLD: of a socket: with how much room to write \
`ZX_SOCKET_WRITE_THRESHOLD` is asserted."
            "ZX_PROP_JOB_KILL_ON_OOM: of a job: 1 if it may be killed when memory is short, 0 if not. 8 \
bytes are read whatever the size. When the kernel's last reserve is touched (a 64th of memory, at most 4 MiB), the \
newest marked job that has not been killed yet is, with all below it; the next one only when it has no process left \
and the reserve is still touched."
    ERRORS "INVALID_ARGS: `value` is NULL."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks SET_PROPERTY."
           "INVALID_ARGS: there is no such `property`, or it cannot be set."
           "BUFFER_TOO_SMALL: `value_size` is too small."
           "WRONG_TYPE: the object is not of the property's type."
           "NOT_SUPPORTED: a name, for an object that has none."
           "INVALID_ARGS: `value` cannot be read."
           "PEER_CLOSED: a TX threshold, and the peer is gone."
           "INVALID_ARGS: a number that the property does not allow."
           "ACCESS_DENIED: the debug address was set before."
    COST "0" "handle_table object" "O(1)"
    SEE object_get_property)

describe(object_set_cookie
    IS "Attach a number to an object"
    DOES "The first set fixes the object behind `scope` as the only one through which the cookie can be read \
and set from then on. Events, event pairs (each side its own) and VMOs have a cookie."
    ARGS "scope: any handle. The object counts, not the handle."
    ERRORS "BAD_HANDLE: `scope` is not a handle of the caller."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "NOT_SUPPORTED: objects of this type have no cookie."
           "ACCESS_DENIED: another scope was set first, or the other side of the event pair has closed."
    COST "0" "handle_table handle_table object" "O(1)"
    SEE object_get_cookie)

describe(object_get_cookie
    IS "Read the number attached to an object"
    ERRORS "BAD_HANDLE: `scope` is not a handle of the caller."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "NOT_SUPPORTED: objects of this type have no cookie."
           "ACCESS_DENIED: no cookie was set, it was set with another scope, or the other side of the event \
pair has closed."
           "INVALID_ARGS: `cookie` cannot be written."
    COST "0" "handle_table handle_table object" "O(1)"
    SEE object_set_cookie)

describe(object_get_info
    IS "Ask about an object"
    DOES "A topic with one record writes that record. One with many writes as many as fit: `actual` is how \
many were written, `avail` how many there are."
    ARGS "buffer: may be NULL if `buffer_size` is 0."
    OPTIONS "ZX_INFO_HANDLE_VALID: nothing is written, the result tells. Any handle."
            "ZX_INFO_HANDLE_BASIC: `zx_info_handle_basic_t`. Any handle."
            "ZX_INFO_PROCESS: `zx_info_process_t`. A process."
            "ZX_INFO_PROCESS_THREADS: koids of the threads that were started and are not dead, many."
            "ZX_INFO_VMAR: `zx_info_vmar_t`. A VMAR, destroyed ones too."
            "ZX_INFO_JOB_CHILDREN: koids of the child jobs, many."
            "ZX_INFO_JOB_PROCESSES: koids of the processes of a job, many."
            "ZX_INFO_THREAD: `zx_info_thread_t`. A thread."
            "ZX_INFO_THREAD_EXCEPTION_REPORT: `zx_exception_report_t`. A thread that is in an exception."
            "ZX_INFO_TASK_STATS: `zx_info_task_stats_t`. A process that is not dead."
            "ZX_INFO_PROCESS_MAPS: `zx_info_maps_t`, many. Another process than the caller's."
            "ZX_INFO_PROCESS_VMOS: `zx_info_vmo_t`, many. Another process than the caller's, running."
            "ZX_INFO_THREAD_STATS: `zx_info_thread_stats_t`. A thread."
            "ZX_INFO_CPU_STATS: `zx_info_cpu_stats_t`, many. The root resource. Exceptions: 0. System calls are \
counted as they begin, this one too; one that is refused (wrong number, or from outside of the vDSO) is none."
            "ZX_INFO_KMEM_STATS: `zx_info_kmem_stats_t`. The root resource."
            "ZX_INFO_RESOURCE: `zx_info_resource_t`. A resource."
            "ZX_INFO_HANDLE_COUNT: `zx_info_handle_count_t`: handles to the object in the whole system."
            "ZX_INFO_BTI: `zx_info_bti_t`. A BTI."
            "ZX_INFO_PROCESS_HANDLE_STATS: `zx_info_process_handle_stats_t`: handles of a process by type."
            "ZX_INFO_SOCKET: `zx_info_socket_t`. A socket."
            "ZX_INFO_VMO: `zx_info_vmo_t`. A VMO. `avail` is 0, as in the reference."
            "ZX_INFO_JOB_LIMITS: `zx_info_job_limits_t`, ours: what a job and all below it use and may use."
    ERRORS "NOT_SUPPORTED: there is no such `topic`."
           "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks the right for this topic."
           "WRONG_TYPE: the object is not what the topic is about, or not the root resource."
           "ACCESS_DENIED: the maps or VMOs of the caller's own process."
           "BAD_STATE: the object is not in a state to answer: a dead process, a thread that is in no \
exception."
           "BUFFER_TOO_SMALL: a topic with one record, and it does not fit. `actual` is 0 and `avail` 1."
           "INVALID_ARGS: `buffer`, `actual` or `avail` cannot be written."
    COST "0" "handle_table" "O(1) for one record, O(n) for n of them"
    SEE object_get_child object_get_property job_set_limits)

describe(object_get_child
    IS "Get a handle to a thread of a process, or to a child of a job"
    DOES "Of a process: its threads that were started and are not dead. Of a job: its child jobs and its \
processes, direct ones only."
    ARGS "koid: of the child."
         "rights: `ZX_RIGHT_SAME_RIGHTS` alone, or a part of the rights of `handle`. The new handle has \
exactly those."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "ACCESS_DENIED: `handle` lacks ENUMERATE."
           "ACCESS_DENIED: `rights` has a right that `handle` lacks."
           "NOT_FOUND: it has no such child."
           "WRONG_TYPE: `handle` is neither a process nor a job."
           "@memory" "@out"
    COST "0" "handle_table object handle_table" "O(log children)"
    SEE object_get_info)

describe(object_set_profile
    IS "Give a thread the priority of a profile"
    DOES "Sets the base priority of the thread, which may be unstarted, and may be the calling one. The \
profile is not needed any more afterwards."
    ARGS "options: not looked at. Pass 0."
    ERRORS "@handle" "@profile"
           "BAD_STATE: the thread is dying or dead."
    COST "0" "handle_table handle_table object mutex_pi" "O(threads in the chain that inherits)"
    SEE profile_create thread_set_priority)
