// SPDX-License-Identifier: MIT
//
// What a failed system call means to a program that knows errno.
#pragma once

#include <features.h>

#include <zircon/types.h>

// The errno value for a status; 0 for ZX_OK. Unknown statuses become EIO.
hidden int __zx_errno(zx_status_t status);
