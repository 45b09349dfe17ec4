// SPDX-License-Identifier: MIT
// hwclock: what the real-time clock says, in UTC. -w: sets it to the system's time. DEVICE: another
// than rtc0.

#include "command.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <protocol/rtc.h>
#include <zircon/syscalls.h>

#include "system.h"

static zx_status_t show(zx_handle_t channel)
{
    uint64_t seconds;
    zx_status_t status = rtc_get(channel, zx_deadline_after(SYSTEM_TIMEOUT), &seconds);

    if (status == ZX_OK) {
        char text[64];
        time_t value = (time_t)seconds;

        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime(&value));
        puts(text);
    }
    return status;
}

int main(int argc, char **argv)
{
    char name[64];
    bool write = false;
    int option;

    command_start(argv, "[-w] [DEVICE]");
    while ((option = getopt(argc, argv, "w")) != -1) {
        if (option == '?')
            return command_usage();
        write = true;
    }
    if (argc - optind > 1)
        return command_usage();
    snprintf(name, sizeof(name), "fs/device/%s", optind < argc ? argv[optind] : "rtc0");
    zx_handle_t channel = system_connect(name);
    if (channel == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status =
        write ? rtc_set(channel, zx_deadline_after(SYSTEM_TIMEOUT), (uint64_t)time(NULL))
              : show(channel);
    if (status != ZX_OK)
        system_complain(name, status);
    return command_end();
}
