// SPDX-License-Identifier: MIT
// lsdev: the devices of the machine, who drives them and what they serve. -d: only those with a
// driver. -r NAME: ends the driver of a device (its service, or its node) and starts it anew.

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "device_list.h"
#include "system.h"

static const char *state_name(uint32_t state)
{
    switch (state) {
    case DEVICES_NO_DRIVER: return "-";
    case DEVICES_RUNNING: return "running";
    case DEVICES_WAITING: return "waiting";
    case DEVICES_FAILED: return "failed";
    default: return "?";
    }
}

// The text of a field that is filled up with zeros; "-" if it is empty.
static const char *text_of(const uint8_t *field)
{
    return field[0] != '\0' ? (const char *)field : "-";
}

static void print_entry(const struct devices_entry *entry, void *context)
{
    const bool *driven = context;

    if (*driven && entry->state == DEVICES_NO_DRIVER)
        return;
    printf("%-8s %8llu %8u %-14s %-10s %s (%s)\n", state_name(entry->state),
           (unsigned long long)entry->koid, entry->restarts, text_of(entry->driver),
           text_of(entry->service), text_of(entry->path), text_of(entry->compatible));
}

static void list(zx_handle_t channel, bool driven)
{
    printf("%-8s %8s %8s %-14s %-10s %s\n", "STATE", "KOID", "RESTARTS", "DRIVER", "SERVICE",
           "NODE");
    device_list(channel, print_entry, &driven);
}

static void restart(zx_handle_t channel, const char *name)
{
    zx_status_t status =
        devices_restart(channel, zx_deadline_after(SYSTEM_TIMEOUT), name, strlen(name));

    if (status != ZX_OK)
        system_complain(name, status);
}

int main(int argc, char **argv)
{
    const char *again = NULL;
    bool driven = false;
    int option;

    command_start(argv, "[-d | -r NAME]");
    while ((option = getopt(argc, argv, "dr:")) != -1) {
        if (option == '?')
            return command_usage();
        driven = driven || option == 'd';
        again = option == 'r' ? optarg : again;
    }
    if (optind < argc)
        return command_usage();
    zx_handle_t channel = system_connect("devices");
    if (channel == ZX_HANDLE_INVALID)
        return command_end();
    if (again != NULL)
        restart(channel, again);
    else
        list(channel, driven);
    return command_end();
}
