// SPDX-License-Identifier: MIT
// The calls of the random generator: spec 31 section 7. The generator itself: test/host/lib.
#include "object_test.h"

#define MOST ZX_CPRNG_DRAW_MAX_LEN

static zx_status_t draw(void *buffer, size_t size)
{
    return raw_call(cprng_draw_once, (uintptr_t)buffer, size);
}

// CALLS(zx_cprng_draw_once)
SCENARIO(draws_fill_the_buffer_and_no_more)
{
    uint8_t a[MOST + 1], b[MOST];
    unsigned zeros = 0;

    memset(a, 0, sizeof(a));
    a[MOST] = 0x5a;
    assert_ok(draw(a, MOST));
    assert_ok(draw(b, MOST));
    assert_memory_not_equal(a, b, MOST);
    for (unsigned i = 0; i < MOST; i++)
        zeros += a[i] == 0;
    assert_true(zeros < MOST / 4); // one in 256 is usual
    assert_int_equal(a[MOST], 0x5a);
    memset(a, 0x5a, sizeof(a));
    assert_status(draw(a, MOST + 1), ZX_ERR_INVALID_ARGS);
    assert_status(draw(LAB_BAD_PTR, 1), ZX_ERR_INVALID_ARGS);
    assert_status(draw(NULL, 1), ZX_ERR_INVALID_ARGS);
    assert_ok(draw(NULL, 0));
    for (unsigned i = 0; i < sizeof(a); i++)
        assert_int_equal(a[i], 0x5a);
}

// Small draws share what the generator has made: no byte goes to two of them.
// CALLS(zx_cprng_draw_once)
SCENARIO(small_draws_never_repeat)
{
    uint64_t drawn[100];
    uint8_t one, rest[7];
    unsigned zeros = 0;

    for (unsigned i = 0; i < countof(drawn); i++) {
        assert_ok(draw(&drawn[i], sizeof(drawn[i])));
        for (unsigned k = 0; k < sizeof(drawn[i]); k++)
            zeros += (drawn[i] >> (8 * k) & 0xff) == 0;
        for (unsigned k = 0; k < i; k++)
            assert_true(drawn[k] != drawn[i]);
        assert_ok(draw(&one, 1)); // the next ones lie elsewhere in what is shared
        if (i % 10 == 9)
            assert_ok(draw(rest, sizeof(rest)));
        if (i % 30 == 29)
            assert_ok(zx_cprng_add_entropy(&one, 1));
    }
    assert_true(zeros < sizeof(drawn) / 8); // one in 256 is usual
}

// CALLS(zx_cprng_add_entropy)
SCENARIO(entropy_comes_in_small_readable_pieces)
{
    uint8_t bytes[MOST + 1] = {1};

    assert_ok(zx_cprng_add_entropy(bytes, MOST));
    assert_ok(zx_cprng_add_entropy(bytes, 0));
    assert_status(zx_cprng_add_entropy(bytes, MOST + 1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_cprng_add_entropy(NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_cprng_add_entropy(LAB_BAD_PTR, 4), ZX_ERR_INVALID_ARGS);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest random_tests[] = {
    T(draws_fill_the_buffer_and_no_more),
    T(small_draws_never_repeat),
    T(entropy_comes_in_small_readable_pieces),
};
const size_t random_test_count = countof(random_tests);
