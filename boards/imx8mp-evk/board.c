// SPDX-License-Identifier: MIT
// NXP i.MX 8M Plus EVK: everything is in its device tree.
#include <arm64/board.h>

#include <stddef.h>

static const char *const imx8mp_compatible[] = {"fsl,imx8mp-evk", NULL};
BOARD(imx8mp_evk, "NXP i.MX 8M Plus EVK", imx8mp_compatible, NULL);
