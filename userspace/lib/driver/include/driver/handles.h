// SPDX-License-Identifier: MIT
//
// What a driver finds in its bootstrap message, and nothing else: PA_HND(type, index). Beside them
// it has a log as standard output, PA_DIRECTORY_REQUEST for what it publishes, and
// PA_HND(PA_VMO_KERNEL_FILE, 1): a device tree of one node, its own.

#ifndef DRIVER_HANDLES_H
#define DRIVER_HANDLES_H

#include <zircon/processargs.h>

#define DRIVER_HANDLE_REGISTERS PA_USER0 // physical VMO of range `index` of its registers
#define DRIVER_HANDLE_INTERRUPT PA_USER1 // interrupt object `index`
#define DRIVER_HANDLE_BTI       PA_USER2 // index 0: for DMA

// index 1 of PA_USER2: a channel on which the device manager speaks protocol `host`.
#define DRIVER_HANDLE_HOST       PA_USER2
#define DRIVER_HANDLE_HOST_INDEX 1u

// Beside the node's own properties: for each range of registers, where in its VMO it begins, and
// its size in bytes (two cells each).
#define DRIVER_PROPERTY_REGISTERS "jacinth,registers"

#endif
