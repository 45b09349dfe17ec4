// SPDX-License-Identifier: MIT
// lib/chacha20.h, lib/sha256.h with the known answers of their standards; lib/cprng.h.
#include "suites.h"

#include <string.h>

#include <lib/chacha20.h>
#include <lib/cprng.h>
#include <lib/parse.h>
#include <lib/sha256.h>

static void unhex(const char *hex, uint8_t *out, size_t size)
{
    assert_int_equal(parse_hex_bytes(hex, strlen(hex), out, size), size);
}

static void expect_hex(const uint8_t *got, size_t size, const char *hex)
{
    uint8_t want[256];
    assert_true(size <= sizeof(want));
    unhex(hex, want, size);
    assert_memory_equal(got, want, size);
}

// RFC 8439 section 2.3.2.
static void test_chacha20_block_known_answer(void **state)
{
    (void)state;
    uint8_t key[32], nonce[12], out[64];
    for (unsigned i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
    unhex("000000090000004a00000000", nonce, 12);
    chacha20_block(key, 1, nonce, out);
    expect_hex(out, 64,
               "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
               "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

// RFC 8439 appendix A.1, test vectors 1 and 2 (key and nonce zero).
static void test_chacha20_zero_key_known_answer(void **state)
{
    (void)state;
    uint8_t key[32] = {0}, nonce[12] = {0}, out[128];
    chacha20_xor(key, 0, nonce, NULL, out, sizeof(out));
    expect_hex(out, 128,
               "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
               "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
               "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
               "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

static void test_chacha20_xor_in_place_and_back(void **state)
{
    (void)state;
    uint8_t key[32], nonce[12] = {7}, text[200], copy[200];
    memset(key, 0x5c, sizeof(key));
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = copy[i] = (uint8_t)(i * 3);
    chacha20_xor(key, 9, nonce, text, text, sizeof(text));
    assert_memory_not_equal(text, copy, sizeof(text));
    chacha20_xor(key, 9, nonce, text, text, sizeof(text));
    assert_memory_equal(text, copy, sizeof(text));
}

static void expect_digest(const void *data, size_t len, const char *hex)
{
    uint8_t out[SHA256_SIZE];
    sha256_digest(data, len, out);
    expect_hex(out, sizeof(out), hex);
}

// FIPS 180-4 examples and edge lengths of the padding (checked with the host's sha256sum).
static void test_sha256_known_answers(void **state)
{
    (void)state;
    static uint8_t million[1000000];
    expect_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof(million));
    expect_digest(million, sizeof(million),
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    expect_digest(million, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    expect_digest(million, 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    expect_digest(million, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

static void test_sha256_pieces_equal_whole(void **state)
{
    (void)state;
    uint8_t data[300], whole[SHA256_SIZE], pieces[SHA256_SIZE];
    uint64_t seed = 11;
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)test_random(&seed);
    sha256_digest(data, sizeof(data), whole);
    for (unsigned round = 0; round < 200; round++) {
        struct sha256 s;
        sha256_init(&s);
        size_t at = 0;
        while (at < sizeof(data)) {
            size_t n = test_random(&seed) % 130;
            n = MIN(n, sizeof(data) - at);
            sha256_update(&s, data + at, n);
            at += n;
        }
        sha256_final(&s, pieces);
        assert_memory_equal(whole, pieces, sizeof(whole));
    }
}

static void test_cprng_draws_differ_and_depend_on_all_input(void **state)
{
    (void)state;
    struct cprng a, b;
    uint8_t x[100], y[100];
    cprng_init(&a, "seed", 4);
    cprng_init(&b, "seed", 4);
    cprng_draw(&a, x, sizeof(x));
    cprng_draw(&b, y, sizeof(y));
    assert_memory_equal(x, y, sizeof(x)); // one seed, one stream
    cprng_draw(&a, x, sizeof(x));
    assert_memory_not_equal(x, y, sizeof(x)); // no draw repeats
    cprng_draw(&b, y, sizeof(y));
    cprng_add_entropy(&a, "more", 4);
    cprng_draw(&a, x, sizeof(x));
    cprng_draw(&b, y, sizeof(y));
    assert_memory_not_equal(x, y, sizeof(x));
}

// Key = SHA-256 of the seed, stream = ChaCha20 with nonce 0, then 1: spec 31 section 7.
static void test_cprng_stream_is_as_described(void **state)
{
    (void)state;
    struct cprng g;
    uint8_t key[32], nonce[12] = {0}, want[70], got[70];
    struct cprng_ticket ticket;
    cprng_init(&g, "abc", 3);
    sha256_digest("abc", 3, key);
    chacha20_xor(key, 0, nonce, NULL, want, sizeof(want));
    cprng_begin(&g, &ticket);
    cprng_draw_ticket(&ticket, got, sizeof(got));
    assert_memory_equal(got, want, sizeof(want));
    for (unsigned i = 0; i < sizeof(ticket.key); i++)
        assert_int_equal(ticket.key[i], 0);
    nonce[4] = 1;
    chacha20_xor(key, 0, nonce, NULL, want, sizeof(want));
    cprng_draw(&g, got, sizeof(got));
    assert_memory_equal(got, want, sizeof(want));
}

int run_crypto_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chacha20_block_known_answer),
        cmocka_unit_test(test_chacha20_zero_key_known_answer),
        cmocka_unit_test(test_chacha20_xor_in_place_and_back),
        cmocka_unit_test(test_sha256_known_answers),
        cmocka_unit_test(test_sha256_pieces_equal_whole),
        cmocka_unit_test(test_cprng_draws_differ_and_depend_on_all_input),
        cmocka_unit_test(test_cprng_stream_is_as_described),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
