// SPDX-License-Identifier: MIT
// Pine64, Pine64+ and Pine64 LTS: everything is in their device trees, the counter's erratum too.
#include <arm64/board.h>

#include <stddef.h>

static const char *const pine64_compatible[] = {"pine64,pine64", "pine64,pine64-plus",
                                                "pine64,pine64-lts", NULL};
BOARD(pine64, "Pine64 (Allwinner A64)", pine64_compatible, NULL);
