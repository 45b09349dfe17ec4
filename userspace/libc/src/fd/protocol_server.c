// SPDX-License-Identifier: MIT
//
// libc's own copy of the server side of userspace/lib/ipc (the generated code refers to it), under
// reserved names: see fd_protocol.h.

#include "fd_protocol.h"

#pragma GCC visibility push(hidden)
#include "../../../lib/ipc/server.c"
#pragma GCC visibility pop
