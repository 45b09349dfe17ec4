// SPDX-License-Identifier: MIT
//
// The end of a run that a machine started; the interface is in minilib/session.h. No state.

#include <minilib/session.h>

#include <minilib/console.h>
#include <minilib/format.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/system.h>

void session_end(const char *nonce, int status, zx_handle_t root)
{
    char line[200];
    // One call for the whole line, so that nothing can come between its parts.
    size_t length = format_string(line, sizeof(line), "[[%.128s]] status %d\n", nonce, status);

    console_fresh_line();
    console_write(line, length);
    zx_status_t result = zx_system_powerctl(root, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL);

    console_printf("cannot power off: %s\n", zx_status_get_string(result));
}
