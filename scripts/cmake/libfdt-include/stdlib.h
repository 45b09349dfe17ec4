// SPDX-License-Identifier: MIT
// For libfdt in the kernel: needed by its overlay code only, which the kernel does not link.
#pragma once

unsigned long strtoul(const char *s, char **end, int base);
