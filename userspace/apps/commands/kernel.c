// SPDX-License-Identifier: MIT
// kernel: a command for the kernel's own debug console, whose answer goes to the log. `kernel help`
// lists what there is.

#include "command.h"

#include <stdio.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "system.h"

int main(int argc, char **argv)
{
    char line[256];
    size_t used = 0;

    command_start(argv, "WORD...");
    if (argc < 2)
        return command_usage();
    for (int i = 1; i < argc; i++) {
        int length = snprintf(line + used, sizeof(line) - used, "%s%s", i == 1 ? "" : " ", argv[i]);

        used += (size_t)length;
        if (used >= sizeof(line)) {
            command_complain("more than %zu characters", sizeof(line) - 1);
            return command_end();
        }
    }
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status = zx_debug_send_command(root, line, (uint32_t)used);
    if (status == ZX_ERR_NOT_FOUND)
        command_complain("%s: no such command; `kernel help` lists them", line);
    else if (status != ZX_OK)
        system_complain(line, status);
    else // a thread of the kernel's prints the log: let it be before the prompt
        zx_nanosleep(zx_deadline_after(ZX_MSEC(100)));
    return command_end();
}
