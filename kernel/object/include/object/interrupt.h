// SPDX-License-Identifier: MIT
// Interrupt objects: a line of the interrupt controller, or a virtual one that programs fire (spec 30
// section 2). It is waited for by a thread, or bound to a port for good.
#pragma once

#include <object/object.h>

extern const struct object_ops interrupt_ops;

zx_status_t interrupt_create_virtual(struct object **out) MUST_CHECK;

// Takes a line: `mode` is one of ZX_INTERRUPT_MODE_*. In order: ZX_ERR_INVALID_ARGS no such line or mode;
// ZX_ERR_NOT_SUPPORTED a low polarity; ZX_ERR_ALREADY_BOUND it has an owner; ZX_ERR_NO_MEMORY. The line may
// fire before the call returns. `alone`: nobody else has authority over the line. Then that of the console is
// to be had as well, and the device with it (object/console_input.h), until the object is destroyed.
zx_status_t interrupt_create(uint32_t vector, uint32_t mode, bool alone, struct object **out) MUST_CHECK;

// Waits until it has fired since the last wait. ZX_ERR_BAD_STATE it is bound, or another thread waits;
// ZX_ERR_CANCELED destroyed, or the thread is to die; ZX_ERR_INTERNAL_INTR_RETRY.
zx_status_t interrupt_wait(struct object *obj, zx_time_t *out_timestamp) MUST_CHECK;

// Fires a virtual one. ZX_ERR_BAD_STATE it is not virtual; ZX_ERR_CANCELED.
zx_status_t interrupt_trigger(struct object *obj, zx_time_t timestamp) MUST_CHECK;

// Has it queue packets with `key` on a port. In order: ZX_ERR_WRONG_TYPE the port was not made for that;
// ZX_ERR_CANCELED; ZX_ERR_BAD_STATE a thread waits; ZX_ERR_ALREADY_BOUND.
zx_status_t interrupt_bind(struct object *obj, struct object *port, uint64_t key) MUST_CHECK;

// Says that a packet was dealt with. ZX_ERR_BAD_STATE it is not bound, or it fired again while its packet
// is still queued; ZX_ERR_CANCELED.
zx_status_t interrupt_ack(struct object *obj) MUST_CHECK;

// Gives the line back and ends the wait. ZX_ERR_NOT_FOUND: a packet was taken and not acknowledged.
zx_status_t interrupt_destroy(struct object *obj) MUST_CHECK;
