// SPDX-License-Identifier: MIT
//
// libc's own copy of the clients of its protocols and of the runtime below them, under reserved
// names: see fd_protocol.h. The sources are the generated ones and those of userspace/lib/ipc.

#include "fd_protocol.h"

#pragma GCC visibility push(hidden)
#include <protocols/file.c>
#include <protocols/terminal.c>
#pragma GCC visibility pop
