// SPDX-License-Identifier: MIT
// The host's part of a thread: a fiber with a stack of its own, and the frame of its user half.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/debug.h>

// A stack with a saved context, known to the sanitizers. All zero: never started.
struct host_fiber {
    void *sp;            // saved stack pointer while it does not run
    const void *bottom;  // lowest byte of the stack
    size_t size;         // bytes
    void *asan;          // AddressSanitizer's fake stack while it does not run
    void *tsan;          // ThreadSanitizer's fiber, NULL without TSan
};

#define HOST_USER_REGS 34u // r0..r29, lr, sp, pc, cpsr: the order of zx_thread_state_general_regs_t
#define HOST_BREAKPOINTS 6u

struct hal_thread;

struct plat_thread {
    struct host_fiber fiber;
    struct hal_thread *next_thread; // list of all initialised threads (thread.c)
    struct hal_thread *prev_thread;
    void (*entry)(void *arg);
    void *arg;
    unsigned on_cpu;      // virtual CPU that runs it + 1; 0 = none (checked on every switch)
    bool stopped;         // between hal_thread_stop and hal_thread_go
    bool has_user_frame;  // user_regs is the state in which it left user mode
    bool mapped_only;     // the host's own memory is none of this thread's
    uint64_t user_regs[HOST_USER_REGS];
    zx_thread_state_vector_regs_t vector;
    zx_thread_state_debug_regs_t *debug; // NULL until breakpoints are set
    bool step;            // each host_user_pause ends with an exception
};
