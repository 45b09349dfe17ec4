# SPDX-License-Identifier: MIT
# Futexes. See ../table.cmake for the words.

syscall(futex_wait
    ARGS "value_ptr futex"
         "current_value zx_futex_t"
         "new_futex_owner handle optional THREAD"
         "deadline zx_time_t"
    RIGHTS "the thread is one of this process"
    ATTRS blocking)

syscall(futex_wake
    ARGS "value_ptr futex"
         "wake_count uint32_t")

syscall(futex_requeue
    ARGS "value_ptr futex"
         "wake_count uint32_t"
         "current_value zx_futex_t"
         "requeue_ptr futex"
         "requeue_count uint32_t"
         "new_requeue_owner handle optional THREAD"
    RIGHTS "the thread is one of this process")

syscall(futex_wake_single_owner
    ARGS "value_ptr futex")

syscall(futex_requeue_single_owner
    ARGS "value_ptr futex"
         "current_value zx_futex_t"
         "requeue_ptr futex"
         "requeue_count uint32_t"
         "new_requeue_owner handle optional THREAD"
    RIGHTS "the thread is one of this process")

syscall(futex_get_owner
    ARGS "value_ptr futex"
         "koid out zx_koid_t")

syscall(futex_wait_deprecated
    ARGS "value_ptr futex"
         "current_value int32_t"
         "deadline zx_time_t"
    ATTRS blocking
    MARK D)

syscall(futex_requeue_deprecated
    ARGS "wake_ptr futex"
         "wake_count uint32_t"
         "current_value int32_t"
         "requeue_ptr futex"
         "requeue_count uint32_t"
    MARK D)
