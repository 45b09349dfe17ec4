// SPDX-License-Identifier: MIT
//
// The target's half of calls/fixture.h, and the children that go over all calls.

#ifndef TEST_TARGET_CALLS_MACHINE_H
#define TEST_TARGET_CALLS_MACHINE_H

#include <stdint.h>
#include <zircon/types.h>

// What a child is told, beside up to two handles.
struct machine_order {
    uint64_t seed, calls, threads;
    zx_handle_t foreign; // a value that is a handle in the parent
};

// In the parent: sends the order through the child's channel. The handles are consumed.
zx_status_t machine_send(zx_handle_t channel, const struct machine_order *order,
                         const zx_handle_t handles[2]);

// In the child: fills call_env, all but the resource and the root job. False, with a message, if there
// is no order.
bool machine_begin(struct machine_order *order, zx_handle_t out_handles[2]);

#endif
