// SPDX-License-Identifier: MIT
// Sweeps over all system calls: a valid call (fixture.h) with one argument spoiled must fail as the
// contract says, and change nothing else. What is expected follows from the table of calls; where
// the specification wants something else, a short list next to the sweep says what and why.
//
// Each function goes over one call and ends the test (call_fail) at the first surprise.
#pragma once

#include <calls/call_table.h>

// The valid call works; it writes nothing beyond its buffers and consumes what it should.
void sweep_valid(const struct call_info *call);
// Each pointer argument NULL, unmapped, read-only, straddling the end of memory ...
void sweep_pointers(const struct call_info *call);
// Each handle argument stale, of another type, with less rights ...
void sweep_handles(const struct call_info *call);
