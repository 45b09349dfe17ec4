// SPDX-License-Identifier: MIT
// What the tests of device objects share.
#pragma once

#include "object_test.h"

// How many of the records that are new to a readable log have the text.
unsigned log_lines_with(zx_handle_t log, const char *text);
