// SPDX-License-Identifier: MIT
//
// The manifest of services: what is understood, which mistakes are told and with which line, and that
// a mistake costs its own stanza only. Mutated manifests run under AddressSanitizer.

#include "services.h"

#include <stdio.h>
#include <stdlib.h>

#include <manifest/manifest.h>

// Complaints as text: "LINE PROBLEM[: WORD]\n".
static char complaints[8192];

static void take_complaint(void *context, uint32_t line, const char *problem, const char *word)
{
    size_t used = strlen(complaints);

    assert_ptr_equal(context, complaints);
    assert_non_null(problem);
    snprintf(complaints + used, sizeof(complaints) - used, "%u %s%s%s\n", line, problem,
             word != NULL ? ": " : "", word != NULL ? word : "");
}

static char *parsed_text;
static struct manifest manifest;

// Parses text; what it points into lives until the next call.
static uint32_t parse_bytes(const void *text, size_t size)
{
    free(parsed_text);
    parsed_text = malloc(size + 1);
    assert_non_null(parsed_text);
    memcpy(parsed_text, text, size);
    parsed_text[size] = 'x';
    complaints[0] = '\0';
    return manifest_parse(parsed_text, size, &manifest, take_complaint, complaints);
}

static uint32_t parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

// Parses text with mistakes: these complaints, and these services left.
static void assert_mistakes(const char *text, const char *expected, const char *left)
{
    char names[512] = "";
    uint32_t count = parse(text), lines = 0;

    for (uint32_t i = 0; i < manifest.count; i++) {
        strcat(names, manifest.services[i].name);
        strcat(names, " ");
    }
    assert_string_equal(complaints, expected);
    assert_string_equal(names, left);
    for (const char *c = complaints; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    assert_int_equal(count, lines);
}

static const char sample[] = "# The services.\n"
                             "\n"
                             "service bootfs\n"
                             "    program bin/bootfs\n"
                             "    needs initrd log # its handles\n"
                             "    provides /boot loader\n"
                             "    essential\n"
                             "service console\r\n"
                             "\tprogram bin/console\r\n"
                             "\tneeds root-resource log\r\n"
                             "\tprovides /dev\r\n"
                             "service sh\n"
                             "    program bin/sh\n"
                             "    arguments -l \"two words\" \"a \\\"b\\\" \\\\c\" x\"y z\"w \"\"\n"
                             "    needs terminal /boot /dev /svc loader\n"
                             "    needs system /boot\n"
                             "    restart on-failure\n"
                             "    limit 0\n"
                             "    session";

static void test_a_good_manifest(void **state)
{
    (void)state;
    assert_int_equal(parse(sample), 0);
    assert_string_equal(complaints, "");
    assert_int_equal(manifest.count, 3);
    const struct manifest_service *bootfs = &manifest.services[0], *sh = &manifest.services[2];

    assert_string_equal(bootfs->name, "bootfs");
    assert_string_equal(bootfs->program, "bin/bootfs");
    assert_int_equal(bootfs->handles, MANIFEST_INITRD | MANIFEST_LOG);
    assert_int_equal(bootfs->provides.count, 2);
    assert_true(bootfs->essential);
    assert_int_equal(bootfs->restart, MANIFEST_ALWAYS);
    assert_int_equal(bootfs->limit, MANIFEST_DEFAULT_LIMIT);
    assert_int_equal(bootfs->line, 3);
    assert_string_equal(manifest.services[1].program, "bin/console");
    assert_int_equal(sh->arguments.count, 5);
    assert_string_equal(sh->arguments.word[0], "-l");
    assert_string_equal(sh->arguments.word[1], "two words");
    assert_string_equal(sh->arguments.word[2], "a \"b\" \\c");
    assert_string_equal(sh->arguments.word[3], "xy zw");
    assert_string_equal(sh->arguments.word[4], "");
    assert_int_equal(sh->handles, MANIFEST_TERMINAL);
    assert_int_equal(sh->needs.count, 5);
    assert_true(manifest_has(&sh->needs, "loader"));
    assert_int_equal(sh->restart, MANIFEST_ON_FAILURE);
    assert_int_equal(sh->limit, 0);
    assert_true(sh->session);
    assert_ptr_equal(manifest_provider(&manifest, "/boot"), bootfs);
    assert_null(manifest_provider(&manifest, "/svc"));
}

static void test_nothing(void **state)
{
    (void)state;
    assert_mistakes("", "", "");
    assert_mistakes("\n\n# only this\n   \t \n", "", "");
}

static void test_mistakes_name_their_line_and_cost_their_stanza(void **state)
{
    (void)state;
    assert_mistakes("program bin/a\nservice a\nprogram bin/a\n",
                    "1 not in a stanza: `service NAME` must come first: program\n", "a ");
    assert_mistakes("service a\nprogram bin/a\nfrobnicate 3\nservice b\nprogram bin/b\n",
                    "3 no such key: frobnicate\n", "b ");
    assert_mistakes("service a\nservice b\nprogram bin/b\n", "1 no `program`: a\n", "b ");
    assert_mistakes("service a\nprogram bin/a\nprogram bin/b\n", "3 a second `program`\n", "");
    assert_mistakes("service a\nprogram bin/a b\n",
                    "2 `program` takes one path in the initrd, such as bin/name\n", "");
    assert_mistakes("service a\nprogram /bin/a\n",
                    "2 `program` takes one path in the initrd, such as bin/name\n", "");
    assert_mistakes("service a\nprogram bin/a\nservice a\nprogram bin/b\n",
                    "3 a second service of this name: a\n", "a ");
    assert_mistakes("service a b\nprogram bin/a\n",
                    "1 `service` takes one name of at most 31 letters, digits and ._-\n", "");
    assert_mistakes("service ../a\nprogram bin/a\n",
                    "1 `service` takes one name of at most 31 letters, digits and ._-\n", "");
    // All of a stanza's mistakes are told.
    assert_mistakes("service a\nrestart sometimes\nlimit -1\nlimit\nessential yes\n",
                    "2 `restart` is said once, with always, on-failure or never\n"
                    "3 `limit` is said once, with a number up to 999999\n"
                    "4 `limit` is said once, with a number up to 999999\n"
                    "5 `essential` stands alone: yes\n",
                    "");
    assert_mistakes("service a\nprogram bin/a\nneeds /a/b\nprovides \"\" .. /\n",
                    "3 not a handle, a /directory or a service: /a/b\n"
                    "4 not a /directory or a service's name: \n"
                    "4 not a /directory or a service's name: ..\n"
                    "4 not a /directory or a service's name: /\n",
                    "");
    assert_mistakes("service a\nprogram \"bin/a\nservice b\nprogram bin/b\n",
                    "2 a quote that is not closed\n", "b ");
    assert_mistakes("service a\nprogram bin/a\x01\n", "2 a control character\n", "");
    assert_mistakes("service a\nprogram bin/a\nsession\nservice b\nprogram bin/b\nsession\n",
                    "6 a second `session`: a\n", "a ");
}

static void test_what_is_provided(void **state)
{
    (void)state;
    assert_mistakes(
        "service a\nprogram bin/a\nprovides /x\nservice b\nprogram bin/b\nprovides /x\n",
        "6 provided twice: /x\n", "a ");
    assert_mistakes("service a\nprogram bin/a\nprovides x x\n", "3 provided twice: x\n", "");
    assert_mistakes("service a\nprogram bin/a\nprovides /svc system manager\n",
                    "3 provided by the service manager itself: /svc\n"
                    "3 provided by the service manager itself: system\n"
                    "3 provided by the service manager itself: manager\n",
                    "");
}

static void test_needs_that_nobody_meets(void **state)
{
    (void)state;
    assert_mistakes("service a\nprogram bin/a\nneeds /x\n", "1 nobody provides what it needs: /x\n",
                    "");
    // Leaving one out leaves others without.
    assert_mistakes("service a\nprogram bin/a\nneeds y\n"
                    "service b\nprogram bin/b\nneeds x\nprovides y\n"
                    "service c\nprogram bin/c\n",
                    "4 nobody provides what it needs: x\n1 nobody provides what it needs: y\n",
                    "c ");
    assert_mistakes("service a\nprogram bin/a\nneeds terminal\n",
                    "1 nobody provides what it needs: /dev\n", "");
}

static void test_circles(void **state)
{
    (void)state;
    assert_mistakes("service a\nprogram bin/a\nneeds a\nprovides a\n",
                    "1 its needs go round in a circle: a\n", "");
    assert_mistakes("service a\nprogram bin/a\nneeds y\nprovides x\n"
                    "service b\nprogram bin/b\nneeds x\nprovides y\n"
                    "service c\nprogram bin/c\n",
                    "1 its needs go round in a circle: a\n5 nobody provides what it needs: x\n",
                    "c ");
}

static void test_too_many(void **state)
{
    char text[8192] = "";

    (void)state;
    for (unsigned i = 0; i < MANIFEST_MAX_SERVICES + 2; i++) {
        sprintf(text + strlen(text), "service s%u\nprogram bin/s\n", i);
    }
    assert_int_equal(parse(text), 2);
    assert_int_equal(manifest.count, MANIFEST_MAX_SERVICES);
    strcpy(text, "service a\nprogram bin/a\narguments");
    for (unsigned i = 0; i < MANIFEST_MAX_WORDS; i++) {
        strcat(text, " w");
    }
    assert_int_equal(parse(text), 0);
    assert_int_equal(manifest.services[0].arguments.count, MANIFEST_MAX_WORDS);
    strcat(text, " w");
    assert_mistakes(text, "3 too many words: arguments\n", "");
    strcpy(text,
           "service a\nprogram bin/a\narguments 1 2 3 4 5 6 7 8\narguments 1 2 3 4 5 6 7 8 9");
    assert_mistakes(text, "4 too many words: 9\n", "");
    for (unsigned i = 0; i < 1000; i++) {
        strcat(text, " w");
    }
    assert_int_equal(parse(text), 1);
}

static void test_a_nul_is_a_mistake(void **state)
{
    static const char text[] = "service a\nprogram bin/a\0b\nservice b\nprogram bin/b";

    (void)state;
    assert_int_equal(parse_bytes(text, sizeof(text) - 1), 1);
    assert_string_equal(complaints, "2 a NUL\n");
    assert_int_equal(manifest.count, 1);
}

// What a sound manifest promises to svc.
static void assert_sound(void)
{
    assert_true(manifest.count <= MANIFEST_MAX_SERVICES);
    for (uint32_t i = 0; i < manifest.count; i++) {
        const struct manifest_service *service = &manifest.services[i];

        assert_non_null(service->program);
        assert_in_range(strlen(service->name), 1, MANIFEST_MAX_NAME);
        for (uint32_t j = 0; j < service->needs.count; j++) {
            assert_true(manifest_is_built_in(service->needs.word[j]) ||
                        manifest_provider(&manifest, service->needs.word[j]) != NULL);
        }
    }
}

static void test_mutated_manifests(void **state)
{
    struct mutator dice = {3};

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t *copy = exact_copy(sample, sizeof(sample) - 1);
        size_t size = sizeof(sample) - 1 - mutator_next(&dice) % 8;

        mutate(&dice, copy, sizeof(sample) - 1);
        (void)parse_bytes(copy, size);
        assert_sound();
        free(copy);
    }
    free(parsed_text);
    parsed_text = NULL;
}

int run_manifest_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_manifest),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_mistakes_name_their_line_and_cost_their_stanza),
        cmocka_unit_test(test_what_is_provided),
        cmocka_unit_test(test_needs_that_nobody_meets),
        cmocka_unit_test(test_circles),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_a_nul_is_a_mistake),
        cmocka_unit_test(test_mutated_manifests),
    };

    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
