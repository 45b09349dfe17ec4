// SPDX-License-Identifier: MIT
//
// Futex words as this library's files see them: atomic operations on a plain int, so that the same
// lines compile where zx_futex_t is an atomic and where it is not, and calls that end the thread on
// results that only a broken program can cause.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls.h>
#include <zircon/types.h>

// Between two steps of a protocol. The laboratory lets other threads run here.
#ifndef SYNC_POINT
#define SYNC_POINT() ((void)0)
#endif

static inline int *word_of(zx_futex_t *futex)
{
    return (int *)futex;
}

static inline int word_load(const int *word)
{
    SYNC_POINT();
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void word_store(int *word, int value)
{
    SYNC_POINT();
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline int word_swap(int *word, int value)
{
    SYNC_POINT();
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

static inline bool word_change(int *word, int from, int to)
{
    SYNC_POINT();
    return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// Waits until it is woken, the word is not `value`, or the deadline has passed: ZX_OK,
// ZX_ERR_BAD_STATE, ZX_ERR_TIMED_OUT. Anything else is a broken word.
static inline zx_status_t word_wait(int *word, int value, zx_time_t deadline)
{
    SYNC_POINT();
    zx_status_t status = _zx_futex_wait((zx_futex_t *)word, value, ZX_HANDLE_INVALID, deadline);

    if (status != ZX_OK && status != ZX_ERR_BAD_STATE && status != ZX_ERR_TIMED_OUT)
        __builtin_trap();
    return status;
}

// Wakes up to `count`. The word itself may be gone already.
static inline void word_wake(int *word, uint32_t count)
{
    SYNC_POINT();
    if (_zx_futex_wake((zx_futex_t *)word, count) != ZX_OK)
        __builtin_trap();
}
