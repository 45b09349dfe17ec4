// SPDX-License-Identifier: MIT
// Events: an object that is nothing but its signals.
#pragma once

#include <object/object.h>

struct event {
    struct object obj;
    struct mutex lock;
    struct object_cookie cookie;
};

extern const struct object_ops event_ops;

// One reference. NULL: out of memory.
struct object *event_create(void) MUST_CHECK;
