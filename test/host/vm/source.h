// SPDX-License-Identifier: MIT
// A pager for tests of one thread: it answers each request before the call that asked goes on to wait.
#pragma once

#include "env.h"

#include <vm/source.h>

struct test_source {
    struct vmo_source source;
    struct test_vmo *vmo;
    // Must see to it that [first, first+count) is there, or that the source is detached. No lock is held.
    void (*asked)(struct test_source *s, uint64_t first, uint64_t count);
    unsigned requests; // that exist
    bool completed;
    bool freed;
};

// A pager-backed VMO in t, which s serves; s->asked is filled in.
void source_vmo_new(struct test_source *s, struct test_vmo *t, uint64_t pages, unsigned flags);
// Supplies pages of which the first words are value[0 .. count-1].
zx_status_t source_supply(struct test_source *s, uint64_t first, const uint64_t *value,
                          uint64_t count);
