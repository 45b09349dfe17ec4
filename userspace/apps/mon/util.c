// SPDX-License-Identifier: MIT
//
// Small helpers of the monitor's commands; the interface is in mon.h. No state.

#include "mon.h"

#include <minilib/console.h>
#include <zircon/status.h>

int report(const char *command, const char *what, zx_status_t status)
{
    console_printf("%s: %s: %s\n", command, what, zx_status_get_string(status));
    return STATUS_FAILED;
}
