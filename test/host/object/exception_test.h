// SPDX-License-Identifier: MIT
// What tests of exceptions share: ports that are bound, packets, and a child that faults.
//
// Each helper runs inside a scenario and asserts that what it does works.
#pragma once

#include "object_test.h"

#define NOWHERE 0x2000000ul // in user range, never mapped

zx_handle_t make_port(void);
void bind_port(zx_handle_t task, zx_handle_t port, uint64_t key, uint32_t options);
zx_status_t unbind(zx_handle_t task, uint32_t options);
// ZX_EXCEPTION_PORT_TYPE_* of the binding that the thread waits for.
uint32_t waits_for(zx_handle_t thread);
// The next packet, which must be this exception of the child's first thread.
void receive(zx_handle_t port, uint64_t key, uint32_t type, const struct child *c);
// Answers an exception of the child's first thread.
void answer(const struct child *c, zx_handle_t port, uint32_t options);

// A body for a child (start_child): writes to NOWHERE.
void child_faults(zx_handle_t bootstrap);
// Waits for the end of a child that is killed.
void await_killed(struct child *c);
