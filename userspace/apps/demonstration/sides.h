// SPDX-License-Identifier: MIT
//
// The two sides of the demo, for programs with and without a C library.

#ifndef DEMO_SIDES_H
#define DEMO_SIDES_H

#include <zircon/types.h>

// Prints a line, formatted. Whoever links the sides supplies it.
void demo_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Plays a role over an end of the channel; `event` is ping's. Returns the process's exit code: 0 if
// all went well, 2 if there is no such role, others for the step that failed. Takes the handles.
int demo_play(const char *role, zx_handle_t channel, zx_handle_t event);

#endif
