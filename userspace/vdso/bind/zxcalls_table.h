// SPDX-License-Identifier: MIT
//
// Between the generated files of the import library and bind.c.
#pragma once

// Where each call's jump goes (jumps.S).
extern void *zxcalls_table[] __attribute__((__visibility__("hidden")));
// Names to look up, in the order of the table: consecutive strings.
extern const char zxcalls_names[] __attribute__((__visibility__("hidden")));
extern const unsigned zxcalls_count __attribute__((__visibility__("hidden")));
// Where calls go that the vDSO does not have (missing.S).
extern void zxcalls_missing(void) __attribute__((__visibility__("hidden")));
