// SPDX-License-Identifier: MIT
// QEMU's npcm845-evb: everything is in dts/npcm845-evb.dts.
#include <arm64/board.h>

#include <stddef.h>

static const char *const npcm845_compatible[] = {"nuvoton,npcm845-evb", NULL};
BOARD(npcm845_evb, "Nuvoton NPCM845 EVB", npcm845_compatible, NULL);
