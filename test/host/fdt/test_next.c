// SPDX-License-Identifier: MIT
/*
 * The tree that a kernel gives to the next one.
 */
#include "fixture.h"
#include "suites.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static struct fdt_next what(void)
{
    struct fdt_next next = {
        .cmdline = "another=line",
        .initrd = {.base = 0x123456000, .bytes = 0x789},
        .kaslr_seed = 0x1122334455667788,
        .had_initrd = true,
        .old_initrd = 0x49ffe000,
    };
    memset(next.seed, 0x5a, sizeof(next.seed));
    return next;
}

/* Opens the tree made of a fixture's, in a block of just its size. */
static zx_status_t make_next(struct fixture *from, struct fixture *to, size_t room,
                             const struct fdt_next *next)
{
    memset(to, 0, sizeof(*to));
    to->bytes = room;
    to->blob = malloc(room);
    assert_non_null(to->blob);
    return fdt_write_next(from->blob, to->blob, room, next);
}

static void check_chosen(struct fixture *f, const struct fdt_next *next)
{
    struct fdt_range initrd;
    uint8_t seed[FDT_RNG_SEED_MAX];
    uint64_t kaslr = 0;
    uint32_t bytes = 0;

    assert_string_equal(fdt_bootargs(&f->tree), next->cmdline);
    if (next->initrd.bytes != 0) {
        assert_int_equal(fdt_initrd(&f->tree, &initrd), ZX_OK);
        assert_memory_equal(&initrd, &next->initrd, sizeof(initrd));
    } else {
        assert_int_equal(fdt_initrd(&f->tree, &initrd), ZX_ERR_NOT_FOUND);
    }
    assert_int_equal(fdt_take_kaslr_seed(&f->tree, &kaslr), ZX_OK);
    assert_int_equal(kaslr, next->kaslr_seed);
    assert_int_equal(fdt_take_rng_seed(&f->tree, seed, &bytes), ZX_OK);
    assert_int_equal(bytes, sizeof(seed));
    assert_memory_equal(seed, next->seed, sizeof(seed));
    fixture_assert_quiet(f);
}

/* Machines with and without /chosen, initrd and seeds; and the tree of the tree's, which is no larger. */
static void test_chosen_is_replaced(void **state)
{
    static const char *const names[] = {"virt-gic3", "rpi4", "a64-uboot", "rpi4-uboot", "banks"};
    struct fdt_next next = what();
    struct fixture *f = calloc(3, sizeof(*f));

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
        next.initrd.bytes = i % 2 * 0x789;
        fixture_load(&f[0], names[i / 2]);
        size_t room = f[0].bytes + strlen(next.cmdline) + 1 + FDT_NEXT_BYTES_MORE;
        for (unsigned n = 1; n < 3; n++) {
            assert_int_equal(make_next(&f[n - 1], &f[n], room, &next), ZX_OK);
            fixture_open(&f[n]);
            check_chosen(&f[n], &next);
        }
        for (unsigned n = 0; n < 3; n++)
            fixture_end(&f[n]);
    }
    free(f);
}

/* The rest of the tree stays: memory and reservations, but for the old initrd's. */
static void test_the_rest_stays(void **state)
{
    const struct fdt_next next = what();
    static struct fixture f, to;
    static struct fdt_memory before, after;
    static struct fdt_reserved reserved, then;

    (void)state;
    fixture_begin(&f, "a64-uboot");
    assert_int_equal(make_next(&f, &to, f.bytes + 4096, &next), ZX_OK);
    fixture_open(&to);
    assert_int_equal(fdt_read_memory(&f.tree, &before), ZX_OK);
    assert_int_equal(fdt_read_memory(&to.tree, &after), ZX_OK);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(fdt_read_reserved(&f.tree, &reserved), ZX_OK);
    assert_int_equal(fdt_read_reserved(&to.tree, &then), ZX_OK);
    assert_int_equal(reserved.entries[0].range.base, next.old_initrd);
    assert_int_equal(then.count, reserved.count - 1);
    for (uint32_t i = 0; i < then.count; i++)
        assert_int_equal(then.entries[i].range.base, reserved.entries[i + 1].range.base);
    fixture_end(&f);
    fixture_end(&to);
}

/* Without an old initrd no reservation is its: that of page 0 stays. */
static void test_page_0_stays(void **state)
{
    static struct fixture f, to;
    struct fdt_next next = what();

    (void)state;
    next.old_initrd = 0;
    next.old_tree = 0x49ffe000;
    for (unsigned had = 0; had < 2; had++) {
        next.had_initrd = had;
        fixture_begin(&f, "rpi4");
        assert_int_equal(make_next(&f, &to, f.bytes + 4096, &next), ZX_OK);
        fixture_open(&to);
        assert_int_equal(fdt_num_mem_rsv(f.blob), 1);
        assert_int_equal(fdt_num_mem_rsv(to.blob), 1 - had);
        fixture_end(&f);
        fixture_end(&to);
    }
}

/* Whatever the room: an error, or a tree that is right; nothing is written behind it (AddressSanitizer). */
static void test_too_little_room_is_said(void **state)
{
    const struct fdt_next next = what();
    struct fixture *f = calloc(2, sizeof(*f));
    size_t enough = 0;

    (void)state;
    fixture_load(&f[0], "virt-gic3");
    const size_t most = f[0].bytes + FDT_NEXT_BYTES_MORE;
    for (size_t room = 0; room <= most; room += 8) {
        zx_status_t status = make_next(&f[0], &f[1], room + 64, &next);
        if (status == ZX_OK) {
            fixture_open(&f[1]);
            check_chosen(&f[1], &next);
            enough++;
        } else {
            assert_int_equal(status, ZX_ERR_NO_MEMORY);
            assert_int_equal(enough, 0);
        }
        fixture_end(&f[1]);
    }
    assert_true(enough > 0);
    fixture_end(&f[0]);
    free(f);
}

int run_next_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_is_replaced),
        cmocka_unit_test(test_the_rest_stays),
        cmocka_unit_test(test_page_0_stays),
        cmocka_unit_test(test_too_little_room_is_said),
    };
    return cmocka_run_group_tests_name("fdt next", tests, NULL, NULL);
}
