// SPDX-License-Identifier: MIT
// Part of <limits.h>.
#define PAGESIZE 4096
