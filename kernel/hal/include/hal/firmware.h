// SPDX-License-Identifier: MIT
// Secure firmware, called by the SMC calling convention (ARM DEN 0028).
#pragma once

#include <hal/types.h>

struct hal_smc {
    uint64_t x[8]; // registers; x0 to x3 are the results afterwards
};

// Calls the firmware. ZX_ERR_NOT_SUPPORTED: there is none, nothing changes. What the firmware thinks of the
// call is in x0. Any context.
zx_status_t hal_smc_call(struct hal_smc *call) MUST_CHECK;
