// SPDX-License-Identifier: MIT
//
// What the system has, as `mem`, `objs` and `ps` tell it: taken before something, and expected to be back after it.

#ifndef DEVICES_FIGURES_H
#define DEVICES_FIGURES_H

#include <stdint.h>

#include <tasks/tasks.h>

#define FIGURES_TYPES 64u

struct figures {
    // mem, bytes
    uint64_t used, objects, heap, tables, messages;
    // ps
    uint64_t tasks[TASK_THREAD + 1];
    // objs; all processes but this one
    uint64_t handles[FIGURES_TYPES];
    uint64_t vmos; // that processes hold or have mapped, each for itself
};

struct figures figures_take(void);

// The same, when they have not changed for a while.
struct figures figures_take_steady(void);

// Waits until they are back, and notes a failure if they never are. What is not as before is told. The kernel and
// the services may keep some memory, and memory objects, for later use; of other objects there are no more than before.
void figures_expect_back(const struct figures *before);

#endif
