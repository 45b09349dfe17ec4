// SPDX-License-Identifier: MIT
// Debug log objects: a user's handle on the kernel's one log ring.
#pragma once

#include <debug/log.h>
#include <object/object.h>

extern const struct object_ops log_ops;

// What is read through a log object.
enum log_reading {
    LOG_READS_NOTHING,
    LOG_READS_ALL,     // from the oldest record on
    LOG_READS_CONSOLE, // what the console has not shown yet, while a driver has it
};

// `flags` are OR-ed into every record written through it.
zx_status_t log_object_create(uint32_t flags, enum log_reading reading,
                              struct object **out) MUST_CHECK;
// One record as the process and thread koids given. Never blocks.
zx_status_t log_object_write(struct object *obj, uint32_t flags, zx_koid_t pid, zx_koid_t tid,
                             const void *data, size_t len) MUST_CHECK;
// The next record. ZX_ERR_SHOULD_WAIT; ZX_ERR_BAD_STATE: not readable. One that was read for the console counts
// as shown when the next is asked for: if the driver is gone by then, the kernel shows it.
zx_status_t log_object_read(struct object *obj, struct log_record *out, size_t *out_len) MUST_CHECK;

// Boot: the notifier that asserts READABLE, and the thread that copies the log to the console.
zx_status_t log_object_init(void) MUST_CHECK;
// Boot, before the first process starts: with kernel.quiet nothing more goes to the console.
void log_object_hush(void);
// Writes to the console, not in the middle of a log line. False: a driver has the console, and nothing was
// written. No lock of rank THREAD or above held.
bool log_console_write(const char *s, size_t len) MUST_CHECK;
// Calls `change`, which gives the console away or takes it back, while nothing is being written. When
// it is back, what was logged before and nobody has shown is on it. The same locks.
void log_console_switch(void (*change)(void));
// Everything logged so far is on the console; from here on records go there at once (power off).
void log_flush_sync(void);
