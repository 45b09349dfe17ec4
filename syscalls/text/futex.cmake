# SPDX-License-Identifier: MIT
# Texts about futexes. See ../reference.cmake for the words.
family_title("Futexes")

describe(futex_wait
    IS "Sleep while a word of memory has a value"
    DOES "If the word at `value_ptr` is `current_value` the thread sleeps until another wakes it there, or \
until `deadline`. Looking and going to sleep are one step for those who wake. Waiters are woken in the order \
in which they came. A futex is a word of one process: two mappings of a page are two futexes."
         "`new_futex_owner` becomes the owner of the futex: it runs with the priority of its best waiter."
    ARGS "value_ptr: aligned to 4 bytes."
         "new_futex_owner: a thread, of any process, or 0 for no owner."
    ERRORS "INVALID_ARGS: `value_ptr` is not aligned."
           "BAD_HANDLE: `new_futex_owner` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `new_futex_owner` is not a thread."
           "INVALID_ARGS: the owner is the caller, or waits on this futex."
           "INVALID_ARGS: the word cannot be read."
           "BAD_STATE: the word has another value. This wins over a deadline that has passed."
           "TIMED_OUT: `deadline` passed."
    NOTES "The reference has no owners yet: there any owner but 0 is `ZX_ERR_INVALID_ARGS`."
          "A thread that is woken as its deadline passes reports `ZX_OK`."
    COST "0" "futex futex" "O(log waiters)"
    SEE futex_wake futex_requeue futex_get_owner)

describe(futex_wake
    IS "Wake threads that wait on a futex"
    DOES "Wakes the `wake_count` that have waited longest, or all if there are fewer. The futex has no owner \
afterwards. The word is not looked at, so the address may be unmapped."
    ARGS "wake_count: 0 returns `ZX_OK` at once."
    ERRORS "INVALID_ARGS: `value_ptr` is not aligned to 4 bytes."
    COST "0" "futex" "O(log futexes in use + threads woken)"
    SEE futex_wait futex_wake_single_owner)

describe(futex_wake_single_owner
    IS "Wake one thread and make it the owner of the futex"
    DOES "As `zx_futex_wake` with a count of 1. If nobody waits any more the futex has no owner."
    ERRORS "INVALID_ARGS: `value_ptr` is not aligned to 4 bytes."
    COST "0" "futex" "O(log futexes in use), and for the first owner of a futex O(1) for each of \
its waiters, once"
    SEE futex_wake futex_get_owner)

describe(futex_requeue
    IS "Wake some waiters of a futex and move others to another futex"
    DOES "If the word at `value_ptr` is `current_value`: wakes up to `wake_count`, then moves up to \
`requeue_count` of those who are left to the end of the queue of `requeue_ptr`. They sleep on, with their \
deadlines. The futex woken has no owner afterwards, the other that of `new_requeue_owner` if it has waiters."
    ARGS "requeue_ptr: not read. Both addresses are aligned to 4 bytes and differ."
         "new_requeue_owner: a thread, of any process, or 0 for no owner."
    ERRORS "INVALID_ARGS: `requeue_ptr` is NULL and `requeue_count` is not 0."
           "BAD_HANDLE: `new_requeue_owner` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `new_requeue_owner` is not a thread."
           "INVALID_ARGS: the word at `value_ptr` cannot be read."
           "BAD_STATE: the word has another value."
           "INVALID_ARGS: the addresses are equal, or one is not aligned."
           "INVALID_ARGS: the owner waits on one of the two futexes."
    COST "0" "futex futex" "O(log futexes in use + threads woken and moved)"
    SEE futex_requeue_single_owner futex_wait)

describe(futex_requeue_single_owner
    IS "Wake one waiter as the new owner and move others to another futex"
    DOES "As `zx_futex_requeue` with a wake count of 1, except that the thread woken becomes the owner of \
the futex it is woken from."
    ARGS "new_requeue_owner: a thread, of any process, or 0 for no owner."
    ERRORS "INVALID_ARGS: `requeue_ptr` is NULL and `requeue_count` is not 0."
           "BAD_HANDLE: `new_requeue_owner` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `new_requeue_owner` is not a thread."
           "INVALID_ARGS: the word at `value_ptr` cannot be read."
           "BAD_STATE: the word has another value."
           "INVALID_ARGS: the addresses are equal, or one is not aligned."
           "INVALID_ARGS: the owner waits on one of the two futexes."
    COST "0" "futex futex" "O(log futexes in use + threads moved)"
    SEE futex_requeue)

describe(futex_get_owner
    IS "Ask who owns a futex"
    ARGS "koid: of the owning thread, or `ZX_KOID_INVALID`."
    ERRORS "unordered" "INVALID_ARGS: `value_ptr` is not aligned or cannot be read, or `koid` cannot be \
written."
    COST "0" "futex" "O(log futexes in use)"
    SEE futex_wait)

describe(futex_wait_deprecated
    IS "zx_futex_wait without an owner"
    ERRORS "INVALID_ARGS: `value_ptr` is not aligned."
           "INVALID_ARGS: the word cannot be read."
           "BAD_STATE: the word has another value."
           "TIMED_OUT: `deadline` passed."
    COST "0" "futex futex" "O(log waiters)"
    SEE futex_wait)

describe(futex_requeue_deprecated
    IS "zx_futex_requeue without an owner"
    ERRORS "INVALID_ARGS: `requeue_ptr` is NULL and `requeue_count` is not 0."
           "INVALID_ARGS: the word at `wake_ptr` cannot be read."
           "BAD_STATE: the word has another value."
           "INVALID_ARGS: the addresses are equal, or one is not aligned."
    COST "0" "futex futex" "O(log futexes in use + threads woken and moved)"
    SEE futex_requeue)
