// SPDX-License-Identifier: MIT
// The crash log: the text of a panic, or the end of the log of a boot that ended without one and not in
// order (a watchdog's reset), in memory that a warm reset leaves as it is, for the next boot to
// read (boot_info.crashlog; spec 32 section 4.1, the VMO `crashlog`).
//
// The region is a header with magic, length and checksum, then the text. What a reset, a boot loader or
// a cold start made of it shows by the checksum, and counts as no crash log.
//
// Locks: none, but see crashlog_tail. What comes before it runs on the boot CPU, before there is another;
// the writers in a panic, on its one CPU.
#pragma once

#include <hal/types.h>

// Takes over the region of `bytes` bytes, 8-byte aligned. NULL, or less than CRASHLOG_BYTES_MIN: there is
// none.
void crashlog_open(void *region, size_t bytes);
#define CRASHLOG_BYTES_MIN 4096u

// The text that the last boot left, in the region: good until crashlog_forget, or a panic. NULL and
// length 0 if there is none.
const char *crashlog_last(size_t *out_len);
// Whether that is the report of a panic; else it is the end of a log.
bool crashlog_last_is_panic(void);
// It has been told, or this boot ends in order: the next boot shall find nothing. Ends crashlog_follow.
void crashlog_forget(void);

// From now on, what is given to crashlog_tail is kept, as much as the region holds: if nothing is said about
// this boot's end, the next one finds that. Once what the last boot left has been told.
void crashlog_follow(void);
// A kformat_out_fn. Callers serialise. Nothing before crashlog_follow, and in a panic.
void crashlog_tail(void *ctx, const char *text, size_t len);

// Bytes of text for which there is room left; 0 without a region.
size_t crashlog_room(void);

// Inside a panic: adds text (a kformat_out_fn); what does not fit is dropped, and a NUL becomes a
// dot. Nothing of it counts until
// crashlog_finish, which may be called again after more text.
void crashlog_write(void *ctx, const char *text, size_t len);
void crashlog_finish(void);
