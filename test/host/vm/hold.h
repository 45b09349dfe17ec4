// SPDX-License-Identifier: MIT
// What test_hold.c sees of locks, for other tests of how much one hold of a lock does.
#pragma once

#include "env.h"

// Called when a lock has been taken, and before it is given back; NULL: nobody.
extern void (*hold_taken)(const void *lock);
extern void (*hold_given)(const void *lock);

// What somebody else does, once, when a lock has been given back `after` times.
struct meddling {
    void (*act)(void);
    const void *lock;
    unsigned after;
};
extern struct meddling meddling;
