// SPDX-License-Identifier: MIT
// Boards: what a machine needs beyond its device tree, matched by the root node's `compatible`. A
// board declares itself with BOARD in boards/<board>/board.c; nothing else knows the list.
//
//     static const char *const compatible[] = {"vendor,board", NULL};
//     BOARD(vendor_board, "Vendor Board", compatible, NULL);
#pragma once

#include <fdt/fdt.h>

struct board {
    const char *name;              // for the banner
    const char *const *compatible; // NULL-terminated
    // Runs at the final address, before any driver but the console's; may be NULL.
    void (*early)(struct fdt_tree *tree);
};

#define BOARD(ident, name_, compatible_, early_)                 \
    static const struct board board_##ident                      \
        __attribute__((used, section("boards"), aligned(8))) = { \
            .name = (name_), .compatible = (compatible_), .early = (early_)}

extern const struct board __start_boards[];
extern const struct board __stop_boards[];
