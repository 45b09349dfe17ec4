// SPDX-License-Identifier: MIT
// Random system calls, generated from the table of calls: sequences over a pool of live handles, with
// arguments that are valid more often than not, so that they get deep. What the calls return is
// their own business; the kernel must survive, and give everything back when the process ends.
//
// One source for the laboratory and the target; the host_* half of fixture.h (call_issue and its
// neighbours) is the program's. Several threads may work on one pool. A sequence by a seed is the
// same each time, as far as the calls' results are.
#pragma once

#include <stdatomic.h>

#include <calls/call_table.h>

#define RANDOM_POOL 64u

// What the calls work on. Shared by the threads of a process.
struct random_pool {
    _Atomic uint64_t slots[RANDOM_POOL]; // type << 32 | handle; 0: empty
    zx_handle_t masters[8];              // duplicates of these are put into the pool
    unsigned master_count;
    zx_handle_t job;                     // of the processes; in the pool without DESTROY
    zx_handle_t ground;                  // a region; what is in the pool lies in it
    uint64_t playground;                 // its base
};

// One thread's sequence.
struct random_calls {
    struct random_pool *pool;
    uint64_t state;      // of the generator
    const uint8_t *data; // choices come from here instead, if not NULL
    size_t left;
    bool exhausted;      // all of data was used
    zx_handle_t region;  // of the memory for the arguments
    uint64_t arena;      // its base
    uint64_t issued, succeeded;
};

// Makes the objects of the pool out of call_env. `extra`: handles that go into it as well (privileged
// ones that a program would be given), consumed; 0 entries are left out.
void random_pool_begin(struct random_pool *pool, const zx_handle_t *extra, unsigned extra_count);
// Closes all of it.
void random_pool_end(struct random_pool *pool);

// A sequence from a seed, or from bytes (data not NULL).
void random_calls_begin(struct random_calls *r, struct random_pool *pool, uint64_t seed,
                        const uint8_t *data, size_t size);
void random_calls_end(struct random_calls *r);
// Issues one call; false if there is nothing left to choose by.
bool random_calls_next(struct random_calls *r);

// A pool, and sequences on it in several threads at once.
#define RANDOM_MAX_THREADS 8u
struct random_run {
    uint64_t seed, calls; // `calls` of each thread
    unsigned threads;
    void (*last)(void);   // what each thread calls after its sequence, or NULL: a test's
    _Atomic uint64_t issued, succeeded; // out; the first as it goes on
};

// Comes back when all threads have ended, whatever the calls did to them: what was bound to the process
// and its threads is unbound for that. So a run that does not come back is the kernel's fault.
void random_calls_run(struct random_run *run, const zx_handle_t *extra, unsigned extra_count);

// True for calls that may be issued at random.
bool random_eligible(const struct call_info *call);
