// SPDX-License-Identifier: MIT
//
// The pager of the command paged: serves a file in the format of scripts/mkpages.
#pragma once

#include <stddef.h>
#include <zircon/types.h>

#define PAGES_DIED 9 // exit code of the mortal role

// Makes a pager-backed VMO as long as the packed file says, sends its handle through `channel` and answers
// requests until the other end of the channel is closed. `role`: honest, slow, liar (tries first what the
// kernel must refuse), mortal (ends after one page). Returns an exit code.
int pages_serve(const char *role, zx_handle_t channel, const unsigned char *packed, size_t size);
