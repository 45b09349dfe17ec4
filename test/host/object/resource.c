// SPDX-License-Identifier: MIT
// Ranges of resources against a model: spec 30 section 1.2.
#include "object_test.h"

#include <zircon/syscalls/resource.h>

#define COUNT 40u
#define SPACE 64u // so small that ranges meet all the time

struct range {
    zx_handle_t resource; // 0: none
    uint64_t base, size;
    bool exclusive;
};

static uint64_t seed;

static uint32_t pick(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static bool in_the_way(const struct range *ranges, const struct range *fresh)
{
    for (unsigned i = 0; i < COUNT; i++) {
        const struct range *r = &ranges[i];
        if (r->resource != 0 && r->base < fresh->base + fresh->size &&
            fresh->base < r->base + r->size && (r->exclusive || fresh->exclusive))
            return true;
    }
    return false;
}

static zx_status_t make(struct range *r)
{
    uint32_t options = ZX_RSRC_KIND_MMIO | (r->exclusive ? ZX_RSRC_FLAG_EXCLUSIVE : 0);

    return zx_resource_create(lab.resource, options, r->base, r->size, NULL, 0, &r->resource);
}

// CALLS(zx_resource_create)
SCENARIO(exclusive_ranges_keep_others_out)
{
    struct range ranges[COUNT] = {{0}};
    unsigned made = 0, refused = 0;

    seed = 1;
    for (unsigned step = 0; step < 3000; step++) {
        struct range *slot = &ranges[pick(COUNT)];
        if (slot->resource != 0) {
            close_handle(slot->resource);
            slot->resource = 0;
            continue;
        }
        struct range fresh = {.base = pick(SPACE), .size = 1 + pick(6), .exclusive = pick(4) == 0};
        bool conflict = in_the_way(ranges, &fresh);
        assert_status(make(&fresh), conflict ? ZX_ERR_NOT_FOUND : ZX_OK);
        if (conflict)
            refused++;
        else
            *slot = fresh;
        made += !conflict;
    }
    assert_true(made > 500 && refused > 200);
    for (unsigned i = 0; i < COUNT; i++) {
        if (ranges[i].resource != 0)
            close_handle(ranges[i].resource);
    }
}

// CALLS(zx_resource_create)
SCENARIO(kinds_and_ends_of_the_space_are_apart)
{
    struct range first = {.base = 0, .size = 1, .exclusive = true};
    struct range last = {.base = UINT64_MAX - 1, .size = 1, .exclusive = true}, again = last;
    zx_handle_t smc;

    assert_ok(make(&first));
    assert_ok(make(&last));
    assert_status(make(&again), ZX_ERR_NOT_FOUND);
    // The same numbers of another kind are other things.
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC | ZX_RSRC_FLAG_EXCLUSIVE, 0, 1, NULL,
                                 0, &smc));
    close_handle(smc);
    close_handle(first.resource);
    close_handle(last.resource);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest resource_tests[] = {
    T(exclusive_ranges_keep_others_out),
    T(kinds_and_ends_of_the_space_are_apart),
};
const size_t resource_test_count = countof(resource_tests);
