// SPDX-License-Identifier: MIT
//
// The rules of restarting; the interface is in manifest/backoff.h.

#include <manifest/backoff.h>

// The pause after `ends` ends in a row.
static int64_t pause_after(uint32_t ends)
{
    int64_t pause = BACKOFF_FIRST;

    if (ends <= BACKOFF_FREE) {
        return 0;
    }
    for (uint32_t i = BACKOFF_FREE + 1; i < ends && pause < BACKOFF_LONGEST; i++) {
        pause *= 2;
    }
    return pause < BACKOFF_LONGEST ? pause : BACKOFF_LONGEST;
}

bool backoff_after_end(struct backoff *backoff, int64_t lived, bool failed, uint32_t limit,
                       int64_t *out_delay)
{
    if (lived >= BACKOFF_CALM) {
        backoff->ends = 0;
        backoff->failures = 0;
    }
    backoff->ends += backoff->ends != UINT32_MAX;
    backoff->failures += failed && backoff->failures != UINT32_MAX;
    *out_delay = pause_after(backoff->ends);
    return limit == 0 || backoff->failures < limit;
}
