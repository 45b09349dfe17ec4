// SPDX-License-Identifier: MIT
// A toy kernel: just enough behind <hal/upcall.h> to drive the machine. Each CPU runs one function
// to its end; interrupts call hooks.
#pragma once

#include <hal/spinlock.h>
#include <hal/time.h>
#include <hal/types.h>
#include <hal/upcall.h>
#include <host/machine.h>
#include <host/user.h>

struct toy {
    void (*cpu_main[MAX_CPUS])(void); // what each CPU does; the run ends when all have returned
    void (*timer)(void);
    void (*ipi)(unsigned ipi);
    zx_status_t (*user_fault)(vaddr_t va, unsigned flags);
};

// Runs the toy on `cpus` CPUs and returns how it ended.
enum host_outcome toy_run(const struct toy *toy, enum host_mode mode, unsigned cpus, uint64_t seed);

// A zeroed page of the fake RAM, never given back.
paddr_t toy_page(void);

extern const struct lock_class toy_lock_class;
