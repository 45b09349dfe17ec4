// SPDX-License-Identifier: MIT
// Between fixture.c (arguments and objects) and windows.c (their memory).
#pragma once

#include <calls/fixture.h>

// True for arguments that point into a window.
bool has_window(const struct call_arg *arg);
// Gives argument `index` a buffer of `size` zeros, with canaries around it.
void clear_window(struct fixture *f, unsigned index, size_t size);
