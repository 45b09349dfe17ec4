// SPDX-License-Identifier: MIT
//
// sbin/crashes: what its files share.
//
// The rule of this program: no process whose crash it reports can hold it up, end it, or make it do
// unbounded work.

#ifndef CRASHES_CRASHES_H
#define CRASHES_CRASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <zircon/types.h>

// ---- finding (find.c) ----

// Finds a process below `job` by its koid, and in it a thread. The handles have the rights of `job`.
// ZX_ERR_NOT_FOUND: there is none (any more); anything else: it could not be looked for everywhere.
zx_status_t find_thread(zx_handle_t job, zx_koid_t process_koid, zx_koid_t thread_koid,
                        zx_handle_t *out_process, zx_handle_t *out_thread);

// ---- reading (reader.c) ----

// Starts the thread that reads. Called once.
zx_status_t reader_start(void);

// The memory of `process` (borrowed) is what reader_read() reads from now on.
void reader_begin(zx_handle_t process);

// Reads `size` bytes (at most 4096) of the process; false if they are not all to be had. A pager that
// does not answer is waited for once; after that everything fails until the next reader_begin().
// `context` is not used.
bool reader_read(void *context, zx_vaddr_t at, void *to, size_t size);

// True if memory did not answer since reader_begin().
bool reader_was_stuck(void);

// ---- reporting (report.c) ----

// Prints the report of a thread in an exception.
void report_in_full(zx_handle_t process, zx_koid_t process_koid, zx_handle_t thread,
                    zx_koid_t thread_koid);

// Prints one line.
void report_in_brief(zx_handle_t process, zx_koid_t process_koid, zx_handle_t thread,
                     zx_koid_t thread_koid);

#endif
