// SPDX-License-Identifier: MIT
/*
 * Asks a device tree everything that the kernel and its drivers could ask, and checks that what is
 * answered is sane: for blobs that are damaged, or that somebody else wrote.
 */
#pragma once

#include <fdt/fdt.h>

/* Asks it all, of every enabled node. The seeds of the tree are gone afterwards. */
void question_tree(struct fdt_tree *tree);

/* Called for an answer that is not sane; whoever links questions.c says what then happens. */
_Noreturn void question_failed(const char *file, int line, const char *condition);
