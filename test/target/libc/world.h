// SPDX-License-Identifier: MIT
//
// A namespace to test in: the file systems of the real services, served by threads of the test.

#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>

// Mounts an empty ramfs of 8 MiB at /tmp and the initrd at /boot, once; later calls do nothing. False:
// a failure was noted.
bool world_start(void);

#endif
