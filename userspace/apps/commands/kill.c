// SPDX-License-Identifier: MIT
// kill: ends tasks - processes, threads, or jobs with all that is in them - by their koids. A signal
// (-9, -KILL ...) may be named for the habit of it: there is one way to be killed.

#include "command.h"

#include <zircon/syscalls.h>

#include "system.h"

int main(int argc, char **argv)
{
    int first = 1;

    command_start(argv, "KOID...");
    if (argc > 1 && argv[1][0] == '-')
        first = 2;
    if (first >= argc)
        return command_usage();
    for (int i = first; i < argc; i++) {
        zx_koid_t koid;
        zx_handle_t task;

        if (!system_parse_koid(argv[i], &koid) ||
            (task = system_find_task(koid)) == ZX_HANDLE_INVALID)
            continue;
        zx_status_t status = zx_task_kill(task);
        zx_handle_close(task);
        if (status != ZX_OK)
            system_complain(argv[i], status);
    }
    return command_end();
}
