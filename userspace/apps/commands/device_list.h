// SPDX-License-Identifier: MIT
//
// The device manager's list of devices, for commands. No locks; one thread.

#ifndef COMMANDS_DEVICE_LIST_H
#define COMMANDS_DEVICE_LIST_H

#include <protocol/devices.h>

// Calls `each` for every device, in the order of the tree; the texts of an entry end with a zero.
// Complains if the list, or the rest of it, cannot be had.
void device_list(zx_handle_t channel, void (*each)(const struct devices_entry *entry, void *context),
                 void *context);

#endif
