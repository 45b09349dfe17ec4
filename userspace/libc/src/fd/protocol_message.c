// SPDX-License-Identifier: MIT
//
// libc's own copy of the messages of userspace/lib/ipc, under reserved names: see fd_protocol.h.

#include "fd_protocol.h"

#pragma GCC visibility push(hidden)
#include "../../../lib/ipc/message.c"
#pragma GCC visibility pop
