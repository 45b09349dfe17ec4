// SPDX-License-Identifier: MIT
// Kernel command line: words separated by spaces, `name` or `name=value`; the first occurrence of a
// name wins (spec 31 section 10). These functions read a given line and keep no state; callers pass
// boot_info.cmdline.
#pragma once

#include <hal/types.h>

// Looks `name` up. False if absent; else *out_value and *out_len are its value (length 0 for a bare
// name; not NUL-terminated). The out parameters may be NULL.
bool cmdline_find(const char *cmdline, const char *name, const char **out_value, size_t *out_len);

// `0`, `false`, `off` are false, anything else including a bare name is true; absent gives `def`.
bool cmdline_bool(const char *cmdline, const char *name, bool def);

// A number with C base prefix; absent, empty, too large or followed by garbage gives `def`.
uint64_t cmdline_u64(const char *cmdline, const char *name, uint64_t def);

// Takes a value of hex digits: of the first CMDLINE_HEX_MAX each pair becomes a byte of out[], and the
// whole value in the line is overwritten. ZX_ERR_NOT_FOUND: absent or empty. ZX_ERR_INVALID_ARGS: another
// character among them; the value is overwritten as well.
#define CMDLINE_HEX_MAX 128u
zx_status_t cmdline_take_hex(char *cmdline, const char *name, uint8_t out[CMDLINE_HEX_MAX / 2],
                             size_t *out_len) MUST_CHECK;

// Copies the value into buf[size], cut and terminated; absent copies `def` (may be NULL: empty).
// Returns true if the option is present.
bool cmdline_str(const char *cmdline, const char *name, char *buf, size_t size, const char *def);
