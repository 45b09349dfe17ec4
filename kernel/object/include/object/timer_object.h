// SPDX-License-Identifier: MIT
// Timer objects: one-shot, re-armable; SIGNALED when due.
#pragma once

#include <object/object.h>
#include <sched/timer.h>

extern const struct object_ops timer_ops;

zx_status_t timer_object_create(enum timer_slack_mode mode, struct object **out) MUST_CHECK;
// Cancels what is armed, clears SIGNALED, and arms; a deadline that has passed signals at once.
void timer_object_set(struct object *obj, zx_time_t deadline, zx_duration_t slack);
// Disarms and clears SIGNALED.
void timer_object_cancel(struct object *obj);
