// SPDX-License-Identifier: MIT
// Profiles: a scheduling priority that can be applied to threads.
#pragma once

#include <object/object.h>

extern const struct object_ops profile_ops;

// `priority` 0..31. ZX_ERR_NO_MEMORY.
zx_status_t profile_create(unsigned priority, struct object **out) MUST_CHECK;
unsigned profile_priority(struct object *obj);
