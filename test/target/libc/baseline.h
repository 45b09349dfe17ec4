// SPDX-License-Identifier: MIT
//
// What a process has of the kernel's things: to be the same after many threads as before them.

#ifndef TEST_LIBC_BASELINE_H
#define TEST_LIBC_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

struct baseline {
    uint64_t handles;
    uint64_t mapped; // bytes of address space that are mapped
    uint64_t threads;
    uint64_t kernel; // bytes that the machine has in use; 0 if the program may not know
};

// Takes it. With `alone`, waits before until the calling thread is the only one.
struct baseline baseline_take(bool alone);

// Takes it again, alone, and notes a failure of the running test for each number that has changed. The
// kernel may keep a little of its memory for the next time; a test that makes a thousand of something
// shows what it does not give back.
void baseline_check(const struct baseline *before);

// Runs `round`, which makes and ends many things, and checks as baseline_check that nothing stays. For the
// next time the kernel keeps what the most at a time have needed, and how many that is no test can know:
// on a busy machine many threads are on their way out at once. So rounds are repeated until one needs
// no more of the kernel's memory than those before it; a leak grows with every round.
void baseline_check_rounds(void (*round)(void));

// Waits until the thread is blocked on a futex. False if it has ended, or takes for ever.
bool wait_until_futex(zx_handle_t thread);

// Whether an address of this process can be read.
bool is_mapped(uintptr_t address);

#endif
