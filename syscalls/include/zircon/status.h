// SPDX-License-Identifier: MIT
//
// Names of status codes.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

// The name of a status as a constant string ("ZX_ERR_TIMED_OUT"), "(UNKNOWN)" when it has none.
// Lives in the vDSO, needs no system call.
const char *_zx_status_get_string(zx_status_t status);
const char *zx_status_get_string(zx_status_t status);

__END_CDECLS
