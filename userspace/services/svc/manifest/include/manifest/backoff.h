// SPDX-License-Identifier: MIT
//
// When a service that ended is started again. Pure functions; times are nanoseconds.

#ifndef MANIFEST_BACKOFF_H
#define MANIFEST_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

// A service that lived this long is taken for healthy: what was before is forgotten.
#define BACKOFF_CALM INT64_C(10000000000)

// So many ends in a row, each soon after its start, are followed by a start at once.
#define BACKOFF_FREE 3u

// The pause after the next one; it doubles each time, up to the longest.
#define BACKOFF_FIRST   INT64_C(100000000)
#define BACKOFF_LONGEST INT64_C(10000000000)

// What is remembered of a service. All zeros is a fresh start.
struct backoff {
    uint32_t ends;     // since it last lived long
    uint32_t failures; // those of them that were failures
};

// Takes note that the service ended, `lived` after its start. `failed`: not by its own will and with
// success. `limit`: how many failures in a row are borne, 0 for any number.
// Returns true if it is to be started again, *out_delay from now; false if that is hopeless.
bool backoff_after_end(struct backoff *backoff, int64_t lived, bool failed, uint32_t limit,
                       int64_t *out_delay);

#endif
