// SPDX-License-Identifier: MIT
/*
 * Damaged blobs: every fixture is damaged in thousands of ways, the same ones on every run, and
 * everything the reader offers is asked of what is left. Nothing may crash, hang or read outside
 * the blob (AddressSanitizer and the test's time-out watch), and what is answered must be sane.
 *
 * With arguments: test_fdt_mutate ROUNDS [SEED] for longer runs; a failure prints the fixture, the
 * round and the seed that bring it back.
 */
#include "fixture.h"
#include "questions.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Damaged copies of each fixture in the run of every day. */
#define ROUNDS_DEFAULT 250
#define SEED_DEFAULT   0x6a6163696e7468ull
/* Places damaged at once, at most. */
#define HITS_MAX 4

static uint32_t rounds = ROUNDS_DEFAULT;
static uint64_t first_seed = SEED_DEFAULT;
/* How many damaged blobs were still trees: the tests would be worth little if none were. */
static uint32_t opened_count;

/* splitmix64: one number in, a well-mixed sequence out. */
static uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ull;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static size_t random_below(uint64_t *state, size_t bound)
{
    return (size_t)(random_next(state) % bound);
}

/* Words that parsers trip over. */
static const uint32_t evil_words[] = {
    0,          1,          2,          3,          4,          9,          0x7fffffff, 0x80000000,
    0xffffffff, 0xfffffffc, 0xfffffff0, 0x00010000, 0x01000000, 0xd00dfeed, 0x000000ff, 0x40000000,
};

static void put_word(uint8_t *at, uint32_t word)
{
    fdt32_t value = cpu_to_fdt32(word);
    memcpy(at, &value, sizeof(value));
}

/* One piece of damage somewhere in the blob; may shorten it. */
static void damage(uint8_t *blob, size_t *bytes, uint64_t *random)
{
    size_t at = random_below(random, *bytes);
    size_t word = at & ~(size_t)3;
    switch (random_below(random, 8)) {
    case 0:
    case 1: blob[at] ^= (uint8_t)(1u << random_below(random, 8)); break;
    case 2: blob[at] = (uint8_t)random_next(random); break;
    case 3:
    case 4:
        if (word + 4 <= *bytes) {
            put_word(blob + word, evil_words[random_below(random, countof(evil_words))]);
        }
        break;
    case 5: /* a word moves elsewhere: phandles, lengths and name offsets that do exist */
        if (word + 4 <= *bytes && *bytes >= 8) {
            memmove(blob + word, blob + (random_below(random, *bytes - 4) & ~(size_t)3), 4);
        }
        break;
    case 6: /* the header, which hardly anything survives: seldom */
        if (random_below(random, 4) == 0) {
            put_word(blob + 4 * random_below(random, 10),
                     evil_words[random_below(random, countof(evil_words))]);
        }
        break;
    default:
        if (random_below(random, 4) == 0 && at >= 40) {
            *bytes = at; /* cut short, the header telling the truth or not */
            if (random_below(random, 2) == 0) {
                fdt_set_totalsize(blob, (uint32_t)at);
            }
        }
        break;
    }
}

void question_failed(const char *file, int line, const char *condition)
{
    _assert_true(0, condition, file, line);
    abort();
}

/* One damaged copy, in a block of just its size. */
static void try_one(struct fixture *f, uint64_t seed)
{
    uint64_t random = seed;
    size_t bytes = f->bytes;
    uint8_t *work = malloc(bytes);
    assert_non_null(work);
    memcpy(work, f->blob, bytes);
    size_t hits = 1 + random_below(&random, HITS_MAX);
    for (size_t i = 0; i < hits; i++) {
        damage(work, &bytes, &random);
    }
    uint8_t *exact = malloc(bytes);
    assert_non_null(exact);
    memcpy(exact, work, bytes);
    free(work);

    f->report_count = 0;
    if (fdt_tree_open(&f->tree, exact, bytes, fixture_report, f) == ZX_OK) {
        opened_count++;
        question_tree(&f->tree);
        /* The same damage by way of an index, as far as it holds all nodes. */
        (void)fdt_tree_index(&f->tree, f->index, FIXTURE_INDEX_MAX);
        question_tree(&f->tree);
        /* The seeds are gone, and what held them is still a tree. */
        assert_int_equal(fdt_tree_open(&f->tree, exact, bytes, NULL, NULL), ZX_OK);
    } else {
        assert_int_equal(f->report_count, 1);
    }
    free(exact);
}

/* What is being tried, for the message if it fails; NULL when all is done. */
static const char *trying_name;
static uint64_t trying_seed;

static int show_trying(void **state)
{
    (void)state;
    if (trying_name != NULL) {
        print_message("failed at %s: test_fdt_mutate 1 %#llx\n", trying_name,
                      (unsigned long long)trying_seed);
    }
    return 0;
}

static void test_damaged_blobs_are_survived(void **state)
{
    (void)state;
    uint64_t seeds = first_seed;
    for (uint32_t round = 0; round < rounds; round++) {
        trying_seed = round == 0 ? first_seed : random_next(&seeds);
        for (size_t i = 0; i < fixture_count; i++) {
            struct fixture f;
            trying_name = fixture_names[i];
            fixture_load(&f, trying_name);
            try_one(&f, trying_seed);
            fixture_end(&f);
        }
    }
    trying_name = NULL;
    print_message("%u blobs, %u of them still trees\n", rounds * (uint32_t)fixture_count,
                  opened_count);
    if (rounds >= ROUNDS_DEFAULT) {
        assert_true(opened_count >= rounds * fixture_count / 4);
        assert_true(opened_count < rounds * fixture_count);
    }
}

/* The undamaged fixtures go through the same questions. */
static void test_undamaged_fixtures_are_sane(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_count; i++) {
        struct fixture f;
        fixture_begin(&f, fixture_names[i]);
        question_tree(&f.tree);
        fixture_end(&f);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        rounds = (uint32_t)strtoul(argv[1], NULL, 0);
    }
    if (argc > 2) {
        first_seed = strtoull(argv[2], NULL, 0);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undamaged_fixtures_are_sane),
        cmocka_unit_test_teardown(test_damaged_blobs_are_survived, show_trying),
    };
    return cmocka_run_group_tests_name("fdt mutate", tests, NULL, NULL);
}
