// SPDX-License-Identifier: MIT
// For who wants to hear of every page fault: the kernel's trace, which is a layer above.
//
//   While somebody watches no address space remembers the mapping of its last fault (vm_aspace `last`), so that
//   each fault takes the way of those that look their mapping up, where it is told. Nobody else pays for it.
#pragma once

#include <hal/types.h>

struct vm_aspace;

// Both are called in the faulting thread, with no lock held; `flags` are HAL_FAULT_*.
struct vm_fault_watcher {
    void (*begins)(vaddr_t va, unsigned flags);
    void (*ended)(vaddr_t va, unsigned flags); // resolved or not
};

extern const struct vm_fault_watcher *_Atomic vm_fault_watcher; // NULL: nobody wants to

ALWAYS_INLINE bool vm_faults_watched(void)
{
    return unlikely(atomic_load_explicit(&vm_fault_watcher, memory_order_relaxed) != NULL);
}

// `watcher` lives for ever. Faults that are under way may still be told to the one before, or not be told.
void vm_watch_faults(const struct vm_fault_watcher *watcher);
// After vm_watch_faults(): the faults in `as`, too, which may have run before. Takes its lock.
void vm_aspace_watch_faults(struct vm_aspace *as);
