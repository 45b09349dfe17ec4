// SPDX-License-Identifier: MIT
//
// The device manager's list of devices; the interface is in device_list.h. No state.

#include "device_list.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "system.h"

// The manager is another process: its texts may lack their end.
static void end_texts(struct devices_entry *entry)
{
    entry->path[sizeof(entry->path) - 1] = '\0';
    entry->compatible[sizeof(entry->compatible) - 1] = '\0';
    entry->driver[sizeof(entry->driver) - 1] = '\0';
    entry->service[sizeof(entry->service) - 1] = '\0';
}

void device_list(zx_handle_t channel, void (*each)(const struct devices_entry *entry, void *context),
                 void *context)
{
    struct devices_entry entry;
    char *bytes = command_allocate(DEVICES_MAX_ENTRIES);
    zx_status_t status;
    uint32_t first = 0; // number of the first device of the next answer
    size_t size;

    do {
        status = devices_list(channel, zx_deadline_after(SYSTEM_TIMEOUT), first, bytes,
                              DEVICES_MAX_ENTRIES, &size);
        if (status != ZX_OK) {
            system_complain("devices", status);
            break;
        }
        for (size_t at = 0; at + sizeof(entry) <= size; at += sizeof(entry), first++) {
            memcpy(&entry, bytes + at, sizeof(entry));
            end_texts(&entry);
            each(&entry, context);
        }
    } while (size >= sizeof(entry));
    free(bytes);
}
