// SPDX-License-Identifier: MIT
//
// What the self-test's files share. A check prints one line with report() and returns; it fails the
// whole test by a condition that a right machine always meets, however slow. Times are only told.

#ifndef SELFTEST_SELFTEST_H
#define SELFTEST_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

// Given on the command line, or found out at the start.
struct selftest {
    uint32_t cpus;
    int64_t load_ns; // how long each check under load goes on
    uint64_t memory; // bytes to walk
};
extern struct selftest selftest;

// "NAME ok DETAILS" or "NAME FAILED DETAILS", in a line of at most 100 columns.
void report(const char *name, bool ok, const char *details, ...)
    __attribute__((format(printf, 3, 4)));

// Runs body(number) in `count` threads at a time and waits for them; false if not all could start.
bool in_threads(uint32_t count, void (*body)(uint32_t number));

// Monotonic time, straight from the vDSO.
int64_t now(void);

// clock.c
void check_clock(void);
void check_timers(void);
// load.c
void check_atomics(void);
void check_ordering(void);
void check_code(void);
void check_memory(void);

#endif
