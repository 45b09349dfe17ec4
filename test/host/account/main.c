// SPDX-License-Identifier: MIT
// Accounts: who is told that a limit was met, and how often; what the platform has charged.
#include "account_test.h"

#include <hal/upcall.h>

static atomic_uint told;

static bool hold(void *owner)
{
    (void)owner;
    return true;
}

static void refused(void *owner)
{
    atomic_fetch_add((atomic_uint *)owner, 1);
}

static const struct account_owner_ops ops = {.hold = hold, .refused = refused};

static void await_told(unsigned count)
{
    while (atomic_load(&told) < count)
        sleep_for(1000);
}

static uint64_t refusals(struct account *a)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(a, usage);
    return usage[ACCOUNT_THREADS].refused;
}

// Whoever asks again and again is refused each time, but the owner hears of it once, until limits are set again.
KERNEL_TEST_DET(owner_is_told_of_the_first_refusal_only, 2, 20)
{
    uint64_t limits[ACCOUNT_KINDS];
    struct account *a;

    atomic_store(&told, 0);
    assert_ok(account_create(&account_root, &ops, &told, &a));
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        limits[kind] = ACCOUNT_KEEP_LIMIT;
    limits[ACCOUNT_THREADS] = 0;
    assert_ok(account_set_limits(a, limits));
    assert_false(account_has_refused(a));
    for (unsigned round = 1; round <= 3; round++) {
        for (unsigned i = 0; i < 10; i++) {
            assert_status(account_charge(a, ACCOUNT_THREADS, 1), ZX_ERR_NO_RESOURCES);
            await_told(round); // by a worker, which would have had time for more
        }
        sleep_for(1000000);
        assert_int_equal(atomic_load(&told), round);
        assert_int_equal(refusals(a), round * 10);
        assert_true(account_has_refused(a));
        limits[ACCOUNT_THREADS] = ACCOUNT_KEEP_LIMIT;
        assert_ok(account_set_limits(a, limits));
        assert_false(account_has_refused(a));
    }
    account_disown(a);
}

// Those of a size that comes often, and any other.
KERNEL_TEST_DET(register_states_are_zeroed_and_charged, 1, 1)
{
    static const size_t sizes[] = {528, 1024, 16};
    struct account_usage before[ACCOUNT_KINDS], usage[ACCOUNT_KINDS];

    account_usage(&account_root, before);
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint8_t *state = kernel_fp_alloc(sizes[s]);
        assert_non_null(state);
        assert_int_equal((uintptr_t)state % 16, 0);
        for (unsigned i = 0; i < sizes[s]; i++)
            assert_int_equal(state[i], 0);
        account_usage(&account_root, usage);
        assert_true(usage[ACCOUNT_KMEM].used >= before[ACCOUNT_KMEM].used + sizes[s]);
        memset(state, 1, sizes[s]);
        kernel_fp_free(state, sizes[s]);
        account_usage(&account_root, usage);
        assert_int_equal(usage[ACCOUNT_KMEM].used, before[ACCOUNT_KMEM].used);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_owner_is_told_of_the_first_refusal_only),
    cmocka_unit_test(test_register_states_are_zeroed_and_charged),
};

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {{tests, sizeof(tests) / sizeof(tests[0])},
                                       {model_tests, model_test_count},
                                       {race_tests, race_test_count}};

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
