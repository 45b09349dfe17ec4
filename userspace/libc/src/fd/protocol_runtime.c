// SPDX-License-Identifier: MIT
//
// libc's own copy of userspace/lib/ipc, under reserved names: see fd_protocol.h.

#include "fd_protocol.h"

#pragma GCC visibility push(hidden)
#include "../../../lib/ipc/client.c"
#pragma GCC visibility pop
