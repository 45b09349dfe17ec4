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

/* The reservation at `base`, or NULL. */
static const struct fdt_range *reservation(const struct fdt_reserved *reserved, uint64_t base)
{
    for (uint32_t i = 0; i < reserved->count; i++) {
        if (reserved->entries[i].range.base == base)
            return &reserved->entries[i].range;
    }
    return NULL;
}

static void check_places(struct fixture *f, const uint64_t release[4])
{
    static struct fdt_cpus cpus;

    assert_int_equal(fdt_read_cpus(&f->tree, &cpus), ZX_OK);
    assert_int_equal(cpus.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(cpus.cpus[i].enable_method, "spin-table");
        assert_int_equal(cpus.cpus[i].release_addr, release[i]);
    }
}

/* CPUs that wait elsewhere are found there, in memory that nobody takes, as long as one of them is left there. */
static void test_parked_cpus_are_found(void **state)
{
    const struct fdt_parked first[] = {{1, 0x8001100}, {2, 0x8001200}, {3, 0x8001300}};
    const struct fdt_parked then[] = {{1, 0x9000100}, {3, 0x9000300}};
    const struct fdt_parked nobody[] = {{7, 0xa000200}};
    static struct fixture f[5];
    static struct fdt_reserved reserved;
    struct fdt_next next = what();

    (void)state;
    next.had_initrd = false;
    next.old_tree = 0x12345000;
    fixture_begin(&f[0], "rpi4");
    const size_t room = f[0].bytes + FDT_NEXT_BYTES_MORE + 4 * FDT_NEXT_BYTES_CPU;
    next.parked = first;
    next.parked_count = 3;
    next.parking = (struct fdt_range){.base = 0x8001000, .bytes = 0x2000};
    assert_int_equal(make_next(&f[0], &f[1], room, &next), ZX_OK);
    fixture_open(&f[1]);
    check_places(&f[1], (uint64_t[]){0xd8, 0x8001100, 0x8001200, 0x8001300});
    assert_int_equal(fdt_read_reserved(&f[1].tree, &reserved), ZX_OK);
    assert_non_null(reservation(&reserved, 0));
    assert_int_equal(reservation(&reserved, 0x8001000)->bytes, 0x2000);

    next.parked = then; // one that this kernel did not start stays where it is
    next.parked_count = 2;
    next.parking = (struct fdt_range){.base = 0x9000000, .bytes = 0x1000};
    assert_int_equal(make_next(&f[1], &f[2], room, &next), ZX_OK);
    fixture_open(&f[2]);
    check_places(&f[2], (uint64_t[]){0xd8, 0x9000100, 0x8001200, 0x9000300});
    assert_int_equal(fdt_read_reserved(&f[2].tree, &reserved), ZX_OK);
    assert_non_null(reservation(&reserved, 0x8001000));
    assert_non_null(reservation(&reserved, 0x9000000));

    next.parked_count = 0;
    assert_int_equal(make_next(&f[2], &f[3], room, &next), ZX_OK);
    fixture_open(&f[3]);
    check_places(&f[3], (uint64_t[]){0xd8, 0x9000100, 0x8001200, 0x9000300});
    assert_int_equal(fdt_read_reserved(&f[3].tree, &reserved), ZX_OK);
    assert_non_null(reservation(&reserved, 0x9000000));
    fixture_end(&f[3]);

    next.parked = first; // all of them leave
    next.parked_count = 3;
    next.parking = (struct fdt_range){.base = 0x8800000, .bytes = 0x1000};
    assert_int_equal(make_next(&f[2], &f[3], room, &next), ZX_OK);
    fixture_open(&f[3]);
    assert_int_equal(fdt_read_reserved(&f[3].tree, &reserved), ZX_OK);
    assert_null(reservation(&reserved, 0x9000000));
    assert_non_null(reservation(&reserved, 0x8800000));

    next.parked = nobody;
    next.parked_count = 1;
    assert_int_equal(make_next(&f[3], &f[4], room, &next), ZX_ERR_INTERNAL);
    for (unsigned i = 0; i < 5; i++)
        fixture_end(&f[i]);
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
        cmocka_unit_test(test_parked_cpus_are_found),
        cmocka_unit_test(test_too_little_room_is_said),
    };
    return cmocka_run_group_tests_name("fdt next", tests, NULL, NULL);
}
