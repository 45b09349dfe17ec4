// SPDX-License-Identifier: MIT
//
// libc's own copy of the clients of protocols `file` and `terminal`: under reserved names, because
// a program may have a function file_open() of its own, or link the library `protocols`.
// protocol*.c compile the copy.

#ifndef FD_PROTOCOL_H
#define FD_PROTOCOL_H

#include "fd_names.h" // made by make_names.py

// Before anything is hidden: what these declare is not ours.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#pragma GCC visibility push(hidden)
#include <protocol/file.h>
#include <protocol/terminal.h>
#pragma GCC visibility pop

#endif
