// SPDX-License-Identifier: MIT
// Paired objects: two endpoints in one allocation with the lock they share. A type's pair structure
// begins with struct pair, its endpoint structure with struct pair_end.
//
//   P1 An endpoint may look at its peer as long as it lives itself: the allocation goes when both
//      have lost their last reference.
//   P2 `closed` is set when an endpoint's last handle goes, and never cleared.
#pragma once

#include <object/object.h>

// Locks: [P] the pair's mutex; [I] fixed after init; [a] atomic.
struct pair {
    struct mutex lock;
    atomic_uint ends; // [a] endpoints not yet destroyed
};
struct pair_end {
    struct object obj;
    struct pair *pair;     // [I]
    struct pair_end *peer; // [I]
    bool closed;           // [P] P2
};

ALWAYS_INLINE struct pair_end *pair_end_of(struct object *obj)
{
    return container_of(obj, struct pair_end, obj);
}

// Both endpoints, each with one reference.
void pair_init(struct pair *pair, struct pair_end *a, struct pair_end *b,
               const struct object_ops *ops, zx_signals_t signals);
// An endpoint is destroyed. True: it was the last, the caller frees the allocation.
bool pair_end_gone(struct pair_end *end);

// For the ops tables.
zx_koid_t pair_related(const struct object *obj);
zx_status_t pair_signal_peer(struct object *obj, zx_signals_t clear, zx_signals_t set);
