// SPDX-License-Identifier: MIT
// poweroff and reboot: ends the services and the machine; the name it is started by says how. -f:
// at once, without asking the services.

#include "command.h"

#include <string.h>
#include <unistd.h>

#include <protocol/system.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/system.h>

#include "system.h"

static zx_status_t ask(bool reboot)
{
    zx_handle_t channel = system_connect("system");

    if (channel == ZX_HANDLE_INVALID)
        return ZX_ERR_UNAVAILABLE;
    zx_status_t status = system_power(channel, zx_deadline_after(SYSTEM_TIMEOUT),
                                      reboot ? SYSTEM_REBOOT : SYSTEM_POWER_OFF);
    // The machine ends while this waits; a manager that has forgotten about it does not.
    if (status == ZX_OK)
        status = zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED,
                                    zx_deadline_after(2 * SYSTEM_TIMEOUT), NULL);
    zx_handle_close(channel);
    return status;
}

static zx_status_t force(bool reboot)
{
    zx_handle_t root = system_get_root_resource();

    if (root == ZX_HANDLE_INVALID)
        return ZX_ERR_UNAVAILABLE;
    return zx_system_powerctl(
        root, reboot ? ZX_SYSTEM_POWERCTL_REBOOT : ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL);
}

int main(int argc, char **argv)
{
    size_t length;
    bool forced = false;
    int option;

    command_start(argv, "[-f]");
    while ((option = getopt(argc, argv, "f")) != -1) {
        if (option == '?')
            return command_usage();
        forced = true;
    }
    if (optind < argc || argv[0] == NULL)
        return command_usage();
    bool reboot = strncmp(command_last_part(argv[0], &length), "reboot", 6) == 0;
    zx_status_t status = forced ? force(reboot) : ask(reboot);
    system_complain(reboot ? "cannot reboot" : "cannot power off", status);
    return command_end();
}
