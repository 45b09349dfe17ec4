// SPDX-License-Identifier: MIT
//
// Servers of protocol `file` as one would not want them: each is a thread of the test that answers
// whatever it is asked in its own way.

#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>

#include <zircon/types.h>

enum server_manner {
    SERVER_TERMINAL,   // a terminal; reading is broken off by Ctrl-C
    SERVER_HONEST,     // a file of 10 bytes, "0123456789", and a directory with three names
    SERVER_CLOSES,     // closes the channel instead of answering
    SERVER_SILENT,     // reads, and never answers
    SERVER_SHORT,      // answers with less than a header
    SERVER_GARBAGE,    // answers with a right header and nonsense behind it
    SERVER_STATUS,     // answers with a status that is none
    SERVER_HANDLES,    // adds handles that nobody asked for
    SERVER_RANDOM,     // answers with a random size, random handles, random bytes
    SERVER_FLOODS,     // sends a thousand other messages along with each answer
    SERVER_TOO_MUCH,   // says yes, and more than can be: bytes read, written, sizes, positions
    SERVER_TAKES_NONE, // writes nothing, without an error
    SERVER_BAD_NAMES,  // a directory with names like "../x"
    SERVER_DOTS,       // a directory with the name ".."
    SERVER_ENDLESS,    // a directory without an end
};

// Starts one; the caller gets a connection to it. What is opened through it behaves the same. It
// ends when all its connections are closed. ZX_HANDLE_INVALID if there is no memory.
zx_handle_t server_start(enum server_manner manner);

// Waits until every server that was started has ended, with all its connections.
void server_wait_all(void);

#endif
