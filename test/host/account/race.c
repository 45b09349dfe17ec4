// SPDX-License-Identifier: MIT
// A limit that goes below what is in use and up again while others charge and give back.
#include "account_test.h"

enum { CHARGERS = 3, ROUNDS = 40, HELD_MAX = 20, LIMIT = 30 };

static struct account *top, *of[CHARGERS];
// Odd: the limit is 0, and has been since before it became so.
static atomic_uint epoch;
static atomic_int held;
static atomic_bool over;

// Holds something at each time, so that the limit of 0 is never met.
static void charger(void *arg)
{
    struct account *a = of[(uintptr_t)arg];
    int mine = 1;

    while (!atomic_load(&over)) {
        const unsigned before = atomic_load(&epoch);
        const zx_status_t status = account_charge(a, ACCOUNT_PAGES, 1);
        if (status == ZX_OK) {
            assert_false(before % 2 == 1 && atomic_load(&epoch) == before);
            assert_true(atomic_fetch_add(&held, 1) < LIMIT);
            mine++;
        } else {
            assert_status(status, ZX_ERR_NO_MEMORY);
        }
        const bool enough = status != ZX_OK || mine > HELD_MAX;
        for (int n = enough ? (int)host_random((uint64_t)mine) : 0; n > 0; n--) {
            atomic_fetch_sub(&held, 1);
            account_uncharge(a, ACCOUNT_PAGES, 1);
            mine--;
        }
        if (host_random(4) == 0)
            sleep_for(1000);
    }
    atomic_fetch_sub(&held, mine);
    account_uncharge(a, ACCOUNT_PAGES, mine);
}

static void set_pages(uint64_t pages)
{
    const uint64_t limits[ACCOUNT_KINDS] = {pages, ACCOUNT_KEEP_LIMIT, ACCOUNT_KEEP_LIMIT,
                                            ACCOUNT_KEEP_LIMIT, ACCOUNT_KEEP_LIMIT};
    assert_ok(account_set_limits(top, limits));
}

KERNEL_TEST(limit_goes_down_and_up_while_others_charge, 3, 30)
{
    static struct kthread thread[CHARGERS];
    struct account_usage usage[ACCOUNT_KINDS];

    atomic_store(&over, false);
    atomic_store(&epoch, 0);
    assert_ok(account_create(&account_root, NULL, NULL, &top));
    set_pages(LIMIT);
    atomic_store(&held, CHARGERS);
    for (uintptr_t i = 0; i < CHARGERS; i++) {
        assert_ok(account_create(top, NULL, NULL, &of[i]));
        assert_ok(account_charge(of[i], ACCOUNT_PAGES, 1));
    }
    for (uintptr_t i = 0; i < CHARGERS; i++)
        kthread_start(&thread[i], 10, charger, (void *)i);
    for (unsigned i = 0; i < ROUNDS; i++) {
        sleep_for(3000);
        set_pages(0);
        atomic_fetch_add(&epoch, 1);
        sleep_for(3000);
        atomic_fetch_add(&epoch, 1);
        set_pages(LIMIT);
    }
    atomic_store(&over, true);
    for (unsigned i = 0; i < CHARGERS; i++)
        kthread_join(&thread[i]);
    account_usage(top, usage);
    assert_int_equal(usage[ACCOUNT_PAGES].used, 0);
    assert_ok(account_charge(of[0], ACCOUNT_PAGES, LIMIT));
    assert_status(account_charge(of[1], ACCOUNT_PAGES, 1), ZX_ERR_NO_MEMORY);
    account_uncharge(of[0], ACCOUNT_PAGES, LIMIT);
    for (unsigned i = 0; i < CHARGERS; i++)
        account_disown(of[i]);
    account_disown(top);
}

const struct CMUnitTest race_tests[] = {
    cmocka_unit_test(test_limit_goes_down_and_up_while_others_charge),
};
const size_t race_test_count = sizeof(race_tests) / sizeof(race_tests[0]);
