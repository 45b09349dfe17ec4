// SPDX-License-Identifier: MIT
// Event pairs: two objects that can signal each other.
#pragma once

#include <object/object.h>

extern const struct object_ops eventpair_ops;

zx_status_t eventpair_create(struct object **out0, struct object **out1) MUST_CHECK;
