// SPDX-License-Identifier: MIT
//
// What libgreet.so.1 exports.

#ifndef LIBRARY_H
#define LIBRARY_H

#include "facts.h"

#include <zircon/types.h>

#pragma GCC visibility push(default)

extern struct linker_facts linker_facts; // filled in by the dynamic linker
extern int library_added;
extern int *const library_pointer; // to library_added

int library_add(int number);

// The library's own idea of where a system call is.
const void *library_call_address(void);

zx_time_t library_clock(void);

#pragma GCC visibility pop

#endif
