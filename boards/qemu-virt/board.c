// SPDX-License-Identifier: MIT
// QEMU's `virt` machine: everything is in its device tree.
#include <arm64/board.h>

#include <stddef.h>

static const char *const virt_compatible[] = {"linux,dummy-virt", NULL};
BOARD(qemu_virt, "QEMU virt", virt_compatible, NULL);
