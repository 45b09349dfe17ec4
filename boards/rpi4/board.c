// SPDX-License-Identifier: MIT
// Raspberry Pi 4 and its kin with the BCM2711: everything is in its device tree.
#include <arm64/board.h>

#include <stddef.h>

static const char *const rpi4_compatible[] = {"raspberrypi,4-model-b", "raspberrypi,400",
                                              "raspberrypi,4-compute-module", NULL};
BOARD(rpi4, "Raspberry Pi 4", rpi4_compatible, NULL);
