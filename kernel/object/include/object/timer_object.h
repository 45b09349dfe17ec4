// SPDX-License-Identifier: MIT
// Timer objects: one-shot, re-armable; SIGNALED when due.
#pragma once

#include <object/object.h>
#include <sched/timer.h>

extern const struct object_ops timer_ops;

zx_status_t timer_object_create(enum timer_slack_mode mode, struct object **out) MUST_CHECK;
// Both through a handle of the calling process, whose errors they return. No lock held.
// Cancels what is armed, clears SIGNALED, and arms; a deadline that has passed signals at once.
zx_status_t timer_object_set(zx_handle_t handle, zx_time_t deadline, zx_duration_t slack) MUST_CHECK;
// Disarms and clears SIGNALED.
zx_status_t timer_object_cancel(zx_handle_t handle) MUST_CHECK;
