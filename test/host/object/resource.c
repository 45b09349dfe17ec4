// SPDX-License-Identifier: MIT
// Ranges of resources against a model: spec 30 section 1.2.
#include "object_test.h"

#include <hal/upcall.h>
#include <object/kernel_range.h>

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

// CALLS(zx_resource_create, zx_vmo_create_physical)
SCENARIO(nobody_has_the_kernels_registers)
{
    const uint64_t page = 4096, own = 0xffff00000000; // far from what other tests ask for
    struct range around = {.base = own - page, .size = 4 * page};
    struct range beside = {.base = own + 2 * page, .size = page, .exclusive = true};
    struct range tail = {.base = own + 2 * page - 1, .size = 1};
    zx_handle_t vmo = 77, child;

    kernel_claim_range(own + 8, page); // parts of two pages
    assert_status(make(&around), ZX_ERR_NOT_FOUND);
    assert_status(make(&tail), ZX_ERR_NOT_FOUND);
    assert_ok(make(&beside));
    assert_ok(zx_vmo_create_physical(beside.resource, beside.base, page, &child));
    close_handle(child);
    close_handle(beside.resource);
    assert_ok(zx_vmo_create_physical(lab.resource, own - page, page, &child));
    close_handle(child);
    assert_status(zx_vmo_create_physical(lab.resource, own - page, page + 1, &vmo),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_create_physical(lab.resource, own + page, page, &vmo),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_create_physical(lab.resource, own + 1, page, &vmo), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_physical(lab.resource, own, 0, &vmo), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo, 77);
}

// More ranges than there is room for: too much is kept, never too little.
SCENARIO(claimed_ranges_are_never_given_away)
{
    const uint64_t page = 4096, base = 0xfffe00000000;

    for (unsigned i = 0; i < 200; i++) {
        kernel_claim_range(base + (i * 37 % 200) * 16 * page, page);
        for (unsigned n = 0; n <= i; n++)
            assert_true(kernel_range_touches(base + (n * 37 % 200) * 16 * page + page - 1, 1));
    }
    assert_false(kernel_range_touches(base - page, page));
    assert_false(kernel_range_touches(base + 199 * 16 * page + page, page));
    assert_false(kernel_range_touches(UINT64_MAX, 1000)); // ends where the address space does
    kernel_claim_range(base - page, 0);
    assert_false(kernel_range_touches(base - page, page));
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

// A root that was made of a root does what that does, and both live by themselves.
// CALLS(zx_resource_create)
SCENARIO(a_root_of_a_root_is_one)
{
    zx_handle_t root, second, lines, interrupt;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_ROOT, 0, 0, "first", 5, &root));
    assert_ok(zx_resource_create(root, ZX_RSRC_KIND_ROOT | ZX_RSRC_FLAG_EXCLUSIVE, 0, 0, NULL, 0,
                                 &second));
    close_handle(root);
    assert_ok(zx_resource_create(second, ZX_RSRC_KIND_IRQ | ZX_RSRC_FLAG_EXCLUSIVE, 40, 2, NULL, 0,
                                 &lines));
    close_handle(second);
    assert_ok(zx_interrupt_create(lines, 41, 0, &interrupt));
    close_handle(lines);
    // What was made of a resource stays when that is gone; its range is free again.
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_IRQ | ZX_RSRC_FLAG_EXCLUSIVE, 40, 2, NULL,
                                 0, &lines));
    assert_status(zx_interrupt_create(lines, 41, 0, &second), ZX_ERR_ALREADY_BOUND);
    close_handle(interrupt);
    assert_ok(zx_interrupt_create(lines, 41, 0, &interrupt));
    assert_ok(zx_handle_close_many((zx_handle_t[]){lines, interrupt}, 2));
}

// CALLS(zx_resource_create, zx_object_wait_one, zx_object_signal)
SCENARIO(nobody_waits_for_a_resource)
{
    zx_handle_t h;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC, 3, 1, NULL, 0, &h));
    assert_int_equal(basic(h).rights, 0x800b);
    assert_status(zx_object_wait_one(h, ZX_USER_SIGNAL_0, 0, NULL), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(h, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
    close_handle(h);
}

// CALLS(zx_resource_create): the first check that fails says so
SCENARIO(resource_create_checks_in_order)
{
    const uint32_t bad = ZX_RSRC_KIND_COUNT;
    zx_handle_t smc, weak, out = 77;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC, 3, 1, NULL, 0, &smc));
    weak = duplicate_without(smc, ZX_RIGHT_WRITE);
    assert_status(zx_resource_create(weak, bad, 0, 0, LAB_BAD_PTR, 4, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_resource_create(smc, bad, 0, 0, LAB_BAD_PTR, 4, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_resource_create(lab.resource, bad, 0, 0, NULL, 0, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC | 1u << 17, 3, 1, NULL, 0, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_IOPORT, 0, 1, LAB_BAD_PTR, 4, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_IOPORT, 0, 0, NULL, 0, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_IOPORT, 0, 1, NULL, 0, &out),
                  ZX_ERR_BAD_STATE);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_VMEX, 0, 1, NULL, 0, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC, 0x3f, 2, NULL, 0, &out),
                  ZX_ERR_NOT_FOUND);
    assert_int_equal(out, 77);
    assert_ok(zx_handle_close_many((zx_handle_t[]){smc, weak}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest resource_tests[] = {
    T(exclusive_ranges_keep_others_out),
    T(kinds_and_ends_of_the_space_are_apart),
    T(a_root_of_a_root_is_one),
    T(nobody_waits_for_a_resource),
    T(resource_create_checks_in_order),
    T(nobody_has_the_kernels_registers),
    T(claimed_ranges_are_never_given_away), // fills the table
};
const size_t resource_test_count = countof(resource_tests);
