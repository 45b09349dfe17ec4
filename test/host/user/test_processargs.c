// SPDX-License-Identifier: MIT
//
// Bootstrap messages: what is built can be read back, every rule of the format is enforced, and no
// bytes make the reader look outside the message.

#include "tests.h"

#include <stdlib.h>

#include <processargs/processargs.h>
#include <zircon/errors.h>

static const char *const sample_args[] = {"bin/prog", "", "two words"};
static const char *const sample_environ[] = {"a=1", "userboot=bin/x", "flag=", "a=2", "ab=3"};
static const char *const sample_names[] = {"/svc"};
static const uint32_t sample_info[] = {PA_HND(PA_PROC_SELF, 0), PA_HND(PA_VMO_VDSO, 2)};

static const struct processargs_content sample = {
    .handle_info = sample_info,
    .handle_count = 2,
    .args = sample_args,
    .arg_count = 3,
    .environ = sample_environ,
    .environ_count = 5,
    .names = sample_names,
    .name_count = 1,
};

// Builds the sample in an exact-size buffer of its own.
static uint8_t *build_sample(size_t *out_size)
{
    size_t size = processargs_size(&sample);
    uint8_t *message = malloc(size);

    assert_non_null(message);
    assert_int_equal(processargs_build(&sample, message, size, out_size), ZX_OK);
    assert_int_equal(*out_size, size);
    return message;
}

static void test_message_reads_back(void **state)
{
    struct processargs parsed;
    const char *list[6];
    size_t size;

    (void)state;
    uint8_t *message = build_sample(&size);

    assert_int_equal(processargs_parse(message, size, 2, &parsed), ZX_OK);
    assert_int_equal(parsed.handle_info[1], PA_HND(PA_VMO_VDSO, 2));
    assert_int_equal(parsed.args.count, 3);
    processargs_list(&parsed.args, list);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(list[i], sample_args[i]);
    }
    assert_null(list[3]);
    processargs_list(&parsed.environ, list);
    assert_string_equal(list[4], "ab=3");
    processargs_list(&parsed.names, list);
    assert_string_equal(list[0], "/svc");
    free(message);
}

static void test_last_environment_string_of_a_key_wins(void **state)
{
    struct processargs parsed;
    size_t size;

    (void)state;
    uint8_t *message = build_sample(&size);

    assert_int_equal(processargs_parse(message, size, 2, &parsed), ZX_OK);
    assert_string_equal(processargs_get(&parsed.environ, "a"), "2");
    assert_string_equal(processargs_get(&parsed.environ, "ab"), "3");
    assert_string_equal(processargs_get(&parsed.environ, "flag"), "");
    assert_string_equal(processargs_get(&parsed.environ, "userboot"), "bin/x");
    assert_null(processargs_get(&parsed.environ, "user"));
    assert_null(processargs_get(&parsed.environ, "flag="));
    free(message);
}

static void test_empty_content_is_a_bare_header(void **state)
{
    const struct processargs_content nothing = {0};
    struct processargs parsed;
    _Alignas(8) uint8_t message[36];
    const char *list[1];
    size_t size;

    (void)state;
    assert_int_equal(processargs_build(&nothing, message, sizeof(message), &size), ZX_OK);
    assert_int_equal(size, 36);
    assert_int_equal(processargs_parse(message, size, 0, &parsed), ZX_OK);
    processargs_list(&parsed.args, list);
    assert_null(list[0]);
    assert_null(processargs_get(&parsed.environ, "x"));
}

static void test_limits_of_a_message(void **state)
{
    char *text = calloc(1, ZX_CHANNEL_MAX_MSG_BYTES + 1);
    uint8_t *message = malloc(ZX_CHANNEL_MAX_MSG_BYTES);
    const char *const args[] = {text};
    struct processargs_content content = {.args = args, .arg_count = 1};
    size_t size;

    (void)state;
    assert_true(text != NULL && message != NULL);
    memset(text, 'x', ZX_CHANNEL_MAX_MSG_BYTES - 37);
    assert_int_equal(processargs_size(&content), ZX_CHANNEL_MAX_MSG_BYTES);
    assert_int_equal(processargs_build(&content, message, ZX_CHANNEL_MAX_MSG_BYTES, &size), ZX_OK);
    assert_int_equal(processargs_build(&content, message, ZX_CHANNEL_MAX_MSG_BYTES - 1, &size),
                     ZX_ERR_BUFFER_TOO_SMALL);
    text[ZX_CHANNEL_MAX_MSG_BYTES - 37] = 'x';
    assert_int_equal(processargs_build(&content, message, ZX_CHANNEL_MAX_MSG_BYTES, &size),
                     ZX_ERR_OUT_OF_RANGE);
    content = (struct processargs_content){.handle_count = ZX_CHANNEL_MAX_MSG_HANDLES + 1};
    assert_int_equal(processargs_build(&content, message, ZX_CHANNEL_MAX_MSG_BYTES, &size),
                     ZX_ERR_OUT_OF_RANGE);
    free(message);
    free(text);
}

// Changes one word of the header of a copy of the sample and reads it.
static zx_status_t parse_with_word(size_t word, uint32_t value)
{
    struct processargs parsed;
    size_t size;
    uint8_t *message = build_sample(&size);

    memcpy(message + word * 4, &value, 4);
    zx_status_t status = processargs_parse(message, size, 2, &parsed);

    free(message);
    return status;
}

enum {
    PROTOCOL,
    VERSION,
    INFO_OFF,
    ARGS_OFF,
    ARGS_NUM,
    ENVIRON_OFF,
    ENVIRON_NUM,
    NAMES_OFF,
    NAMES_NUM
};

static void test_each_rule_of_the_header(void **state)
{
    uint32_t size = (uint32_t)processargs_size(&sample);

    (void)state;
    assert_int_equal(parse_with_word(PROTOCOL, 0x4150585c), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(VERSION, 0x1001), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(INFO_OFF, 32), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(INFO_OFF, 37), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(INFO_OFF, (size - 4) & ~3u), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(INFO_OFF, 0xfffffffc), ZX_ERR_INVALID_ARGS);
    assert_int_equal(parse_with_word(INFO_OFF, 40), ZX_OK);
    const size_t offsets[] = {ARGS_OFF, ENVIRON_OFF, NAMES_OFF};

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(parse_with_word(offsets[i], 35), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i], size), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i], size + 1), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i], UINT32_MAX), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i] + 1, 1000), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i] + 1, UINT32_MAX), ZX_ERR_INVALID_ARGS);
        assert_int_equal(parse_with_word(offsets[i] + 1, 0), ZX_OK);
    }
}

static void test_every_truncation_is_refused(void **state)
{
    size_t size;
    uint8_t *message = build_sample(&size);

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        struct processargs parsed;
        uint8_t *copy = exact_copy(message, cut);

        assert_int_equal(processargs_parse(copy, cut, 2, &parsed), ZX_ERR_INVALID_ARGS);
        free(copy);
    }
    free(message);
}

static void test_mutated_messages_stay_inside(void **state)
{
    size_t size;
    uint8_t *message = build_sample(&size);
    unsigned passed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100000; seed++) {
        struct mutator mutator = {seed};
        struct processargs parsed;
        uint8_t *copy = exact_copy(message, size);

        mutate(&mutator, copy, size);
        if (processargs_parse(copy, size, mutator_next(&mutator) % 70, &parsed) == ZX_OK) {
            const struct processargs_strings *rows[] = {&parsed.args, &parsed.environ,
                                                        &parsed.names};

            passed++;
            for (uint32_t i = 0; i < parsed.handle_count; i++) {
                (void)*(volatile const uint32_t *)&parsed.handle_info[i];
            }
            for (size_t row = 0; row < 3; row++) {
                const char **list = calloc(rows[row]->count + 1, sizeof(*list));

                assert_non_null(list);
                processargs_list(rows[row], list);
                for (uint32_t i = 0; i < rows[row]->count; i++) {
                    assert_true(strlen(list[i]) < size);
                }
                (void)processargs_get(rows[row], "a");
                free(list);
            }
        }
        free(copy);
    }
    assert_true(passed > 1000);
    free(message);
}

int run_processargs_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_reads_back),
        cmocka_unit_test(test_last_environment_string_of_a_key_wins),
        cmocka_unit_test(test_empty_content_is_a_bare_header),
        cmocka_unit_test(test_limits_of_a_message),
        cmocka_unit_test(test_each_rule_of_the_header),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_mutated_messages_stay_inside),
    };

    return cmocka_run_group_tests_name("processargs", tests, NULL, NULL);
}
