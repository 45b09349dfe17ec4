// SPDX-License-Identifier: MIT
// Lock classes and ranks. Every lock belongs to a class declared by LOCK_CLASS; kernel/LOCKING.md is
// the page about them, and scripts/check_locks.py keeps that page true.
//
// <lockdebug/lock_debug.h> comes from one of two folders, chosen by the build: kernel/debug/lock_on
// (debug and host builds: checks ranks, panics on a non-increasing acquire) or kernel/debug/lock_off
// (release: nothing). It supplies LOCK_DEBUG_FIELD, LOCK_DEBUG_INIT, LOCK_DEBUG_MEMBER,
// lock_debug_init/acquire/release and lock_debug_assert_held.
#pragma once

#include <hal/types.h>

// Rising order of acquisition (decisions.md, "Locks and lifetime").
enum lock_rank {
    RANK_JOB_TREE = 10,
    RANK_ASPACE = 20,
    RANK_VMO_TREE = 30,
    RANK_PAGE_TABLE = 35, // page tables of one address space
    RANK_HANDLE_TABLE = 40,
    RANK_OBJECT = 50, // object or pair
    RANK_EXCEPTION = 55, // who waits in an exception for which port
    RANK_PORT = 60,
    RANK_FUTEX = 65,
    RANK_THREAD = 70,
    RANK_ACCOUNT = 75, // what jobs use: taken under any other mutex
    RANK_MUTEX_INTERNAL = 80, // the spinlock inside a contended mutex
    RANK_PAGES = 85,          // physical page arenas, slab caches
    RANK_RANDOM = 87,
    RANK_IRQ_WORK = 88,       // work lists, input rings: taken by interrupt handlers as well
    RANK_IRQ_QUEUE = 89,      // queues of interrupt packets
    RANK_RUN_QUEUE = 90,      // pairs by CPU number
    RANK_TIMER_QUEUE = 100,
    RANK_IRQ_TABLE = 105,
    RANK_LOG = 110,
    RANK_CONSOLE = 120,
};

enum lock_kind { LOCK_MUTEX, LOCK_SPIN, LOCK_SPIN_IRQ };

struct lock_class {
    const char *name;
    enum lock_rank rank;
    enum lock_kind kind;
};

// Defines a lock class with static storage.
#define LOCK_CLASS(ident, rank_, kind_)                                                            \
    static const struct lock_class ident UNUSED = {                                                \
        .name = #ident, .rank = (rank_), .kind = (kind_)}
// The same, seen by other files through an `extern const struct lock_class ident`.
#define LOCK_CLASS_PUBLIC(ident, rank_, kind_)                                                     \
    const struct lock_class ident = {.name = #ident, .rank = (rank_), .kind = (kind_)}

#include <lockdebug/lock_debug.h>
