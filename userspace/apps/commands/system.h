// SPDX-License-Identifier: MIT
//
// The commands' way to the system's own handles and to the service manager, by name through /svc.
// Each complains and returns ZX_HANDLE_INVALID if it cannot be had; the handle is the caller's.

#ifndef COMMANDS_SYSTEM_H
#define COMMANDS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

#define SYSTEM_TIMEOUT ZX_SEC(5) // of calls to services

// A connection to /svc/NAME.
zx_handle_t system_connect(const char *name);

zx_handle_t system_get_root_job(void);
zx_handle_t system_get_root_resource(void);

// "NAME: WHAT: text of a status" to standard error; command_status() is a failure from now on.
void system_complain(const char *what, zx_status_t status);

// A koid in decimal; complains if it is none.
bool system_parse_koid(const char *text, zx_koid_t *out);

// The first word NAME or NAME=VALUE of `line`, words of the kernel's command line with blanks between
// them, and its length; NULL if there is none.
const char *system_find_word(const char *line, const char *name, size_t *out_size);

// That word of the line this system was started with, in memory that is the caller's to free; NULL in
// *out if there is none. False: the line cannot be had; complained.
bool system_boot_word(const char *name, char **out);

// Finds the task with this koid below the root job. The handle is the caller's; complains and
// returns ZX_HANDLE_INVALID if there is none.
zx_handle_t system_find_task(zx_koid_t koid);

#endif
