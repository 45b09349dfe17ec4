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

// One reference. ZX_ERR_NO_MEMORY.
zx_status_t event_create(struct object **out) MUST_CHECK;
