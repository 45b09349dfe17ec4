// SPDX-License-Identifier: MIT
// A library of the outside project.
#pragma once

// What one says.
const char *words_greeting(void);
