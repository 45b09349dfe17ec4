// SPDX-License-Identifier: MIT
//
// The records of the kernel's trace as text: each kind, names, records that are cut, any bytes whatever.

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>

#include <commands/trace_text.h>

struct builder {
    uint32_t words[512];
    size_t count;
};

static const char *status_name(int32_t status)
{
    return status == 0 ? "OK" : "NOT_OK";
}

static void add(struct builder *b, uint32_t group, uint32_t event, size_t words, const uint32_t *rest)
{
    b->words[b->count] = group << 20 | event << 8 | (uint32_t)(words / 2);
    memcpy(&b->words[b->count + 1], rest, (words - 1) * sizeof(*rest));
    b->count += words;
}

// A record of 32 bytes at `ticks`.
static void add_record(struct builder *b, uint32_t event, uint32_t tid, uint32_t ticks, uint32_t arg0,
                       uint32_t arg1, uint32_t arg2, uint32_t arg3)
{
    add(b, 0x010, event, 8, (uint32_t[]){tid, ticks, 0, arg0, arg1, arg2, arg3});
}

static void add_short(struct builder *b, uint32_t event, uint32_t arg, uint32_t ticks)
{
    add(b, 0x020, event, 4, (uint32_t[]){arg, ticks, 0});
}

static void add_name(struct builder *b, uint32_t event, uint32_t id, uint32_t arg, const char *name)
{
    uint32_t rest[11] = {id, arg};
    const size_t words = (12 + strlen(name) + 1 + 7) / 8 * 2;

    memcpy(rest + 2, name, strlen(name));
    add(b, 0x001, event, words, rest);
}

// What `size` bytes print, allocated.
static char *text_of(const void *bytes, size_t size, size_t *out_done)
{
    struct trace_text *text = trace_text_new(status_name);
    uint8_t *copy = exact_copy(bytes, size);
    char *out = NULL;
    size_t length;
    FILE *memory = open_memstream(&out, &length);

    assert_non_null(text);
    assert_non_null(memory);
    *out_done = trace_text_print(text, copy, size, memory);
    fclose(memory);
    free(copy);
    trace_text_free(text);
    return out;
}

static void begin(struct builder *b)
{
    b->count = 0;
    add_record(b, 0x000, 7, 5, 0x20000, 0, 0, 0);
    add_record(b, 0x001, 7, 5, 1000, 0, 0, 0); // a tick is a microsecond
    add_name(b, 0x020, 0x99, 0, "idle-1");
    add_name(b, 0x021, 7, 3, "main");
    add_name(b, 0x022, 3, 0, "sh");
    add_name(b, 0x023, 24, 0, "channel_write");
    add_name(b, 0x024, 27, 0, "timer");
    add_name(b, 0x025, 1, 0, "mine");
}

static void expect_text(const struct builder *b, const char *wanted)
{
    size_t done;
    char *text = text_of(b->words, b->count * 4, &done);

    assert_int_equal(done, b->count * 4);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_records_are_lines(void **state)
{
    struct builder b;

    (void)state;
    begin(&b);
    add_record(&b, 0x131, 7, 2000, 55, 16, 1, 0);
    add_record(&b, 0x141, 8, 3500, 56, (uint32_t)-20, 0, 0);
    add_short(&b, 0x032, 24 << 8 | 3, 3501);
    add_short(&b, 0x030, 27 << 8, 3502);
    add_record(&b, 0x034, 7, 3503, 0x12, 0x3000, 0x33, 2);
    add_record(&b, 0x040, 7, 3504, 0, 0u << 24 | 16u << 16 | 3u << 8 | 2, 0x98, 0x99);
    add_record(&b, 0x160, 7, 3505, 1, 2, 1, 0);
    add_record(&b, 0x150, 7, 3506, 57, 8, 0xffffffff, 0x7fffffff);
    add(&b, 0x040, 0x801, 6, (uint32_t[]){7, 3507, 0, 11, 12});
    add_record(&b, 0x2ab, 0, 1, 1, 2, 3, 4);
    expect_text(&b,
                "      0.000 sh/main[7]                       channel_write    55: bytes 16, handles 1\n"
                "      1.500 8                                port_wait_done   56: NOT_OK\n"
                "      1.501 cpu 3                            syscall_enter    24 channel_write\n"
                "      1.502 cpu 0                            irq_enter        27 timer\n"
                "      1.503 sh/main[7]                       page_fault       "
                "at 0x1200003000, write by user, absent, cpu 2\n"
                "      1.504 sh/main[7]                       switch           "
                "to idle-1, priority 0 after 16, was blocked, cpu 2\n"
                "      1.505 sh/main[7]                       block            on 0x100000002, a mutex\n"
                "      1.506 sh/main[7]                       wait_one         57: signals 0x8 until it comes\n"
                "      1.507 sh/main[7]                       probe            mine[1]: 11 12\n"
                "     before kernel                           event 0x2ab      0x1 0x2 0x3 0x4\n");
}

// The last name of an id counts; one that fills its record has no NUL in it.
static void test_names_change(void **state)
{
    struct builder b;

    (void)state;
    begin(&b);
    add_name(&b, 0x022, 3, 0, "re\033na\xffmed");
    add(&b, 0x001, 0x021, 12, (uint32_t[]){9, 3, 0x61616161, 0x61616161, 0x61616161, 0x61616161, 0x61616161,
                                           0x61616161, 0x61616161, 0x61616161, 0x61616161});
    add_record(&b, 0x112, 7, 5, 0, 0, 0, 0);
    add_record(&b, 0x112, 9, 5, 0, 0, 0, 0);
    expect_text(&b, "      0.000 re?na?med/main[7]                thread_exit      \n"
                    "      0.000 re?na?med/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa[9] thread_exit      \n");
}

// What is not whole waits for the rest of it; what is no record ends it.
static void test_parts_of_records_wait(void **state)
{
    struct builder b;
    size_t done;

    (void)state;
    begin(&b);
    const size_t whole = b.count * 4;
    add_record(&b, 0x112, 7, 5, 0, 0, 0, 0);
    for (size_t cut = 0; cut < 32; cut++) {
        free(text_of(b.words, whole + cut, &done));
        assert_int_equal(done, whole);
    }
    b.words[whole / 4] = 0;
    free(text_of(b.words, b.count * 4, &done));
    assert_int_equal(done, whole);
}

static void test_any_bytes_are_harmless(void **state)
{
    struct mutator mutator = {.state = 1};
    struct builder b, bad;
    size_t done;

    (void)state;
    begin(&b);
    for (uint32_t event = 0x030; event < 0x180; event++)
        if (b.count + 8 <= 500 && (event < 0x44 || event > 0xff))
            add_record(&b, event, 7, event, event, 2, 3, 4);
    for (unsigned round = 0; round < 3000; round++) {
        bad = b;
        mutate(&mutator, (uint8_t *)bad.words, bad.count * 4);
        free(text_of(bad.words, bad.count * 4, &done));
        assert_in_range(done, 0, bad.count * 4);
    }
}

int run_trace_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_lines),
        cmocka_unit_test(test_names_change),
        cmocka_unit_test(test_parts_of_records_wait),
        cmocka_unit_test(test_any_bytes_are_harmless),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
