// SPDX-License-Identifier: MIT
//
// The end of a run that a machine started (`scripts/run --cmd`, tests): the first program tells its
// result on the console in a line that carries the nonce from the command line (`jacinth.nonce=TEXT`),
// so that no other output can be taken for it, and powers off.

#ifndef MINILIB_SESSION_H
#define MINILIB_SESSION_H

#include <zircon/types.h>

// Environment strings of the protocol.
#define SESSION_NONCE_KEY    "jacinth.nonce" // any text
#define SESSION_COMMANDS_KEY "jacinth.cmd"   // commands for the monitor, as pairs of hex digits

// Prints `[[NONCE]] status STATUS` on a line of its own and powers off by the root resource.
// Returns only if powering off failed; the reason is on the console then.
void session_end(const char *nonce, int status, zx_handle_t root);

#endif
