// SPDX-License-Identifier: MIT
//
// The manifest of drivers: what is understood, that a mistake is told with its line and costs its
// own stanza only, and which driver a node gets. The system's own manifest has no mistakes. Mutated
// ones run under AddressSanitizer.

#include "services.h"

#include <stdio.h>
#include <stdlib.h>

#include <plan.h>

static char complaints[8192];
static char *parsed_text;
static struct plan plan;

static void take_complaint(void *context, uint32_t line, const char *problem, const char *word)
{
    size_t used = strlen(complaints);

    assert_ptr_equal(context, complaints);
    snprintf(complaints + used, sizeof(complaints) - used, "%u %s%s%s\n", line, problem,
             word != NULL ? ": " : "", word != NULL ? word : "");
}

// Parses text; what it points into lives until the next call.
static uint32_t parse_bytes(const void *text, size_t size)
{
    free(parsed_text);
    parsed_text = malloc(size + 1);
    assert_non_null(parsed_text);
    memcpy(parsed_text, text, size);
    parsed_text[size] = 'x';
    complaints[0] = '\0';
    return plan_parse(parsed_text, size, &plan, take_complaint, complaints);
}

static uint32_t parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static const char sample[] = "# drivers\n"
                             "driver clock\n"
                             "    program drivers/clock\n"
                             "    compatible \"arm,pl031\" other,clock # two of them\n"
                             "    service rtc\n"
                             "    may set-clock\n"
                             "\n"
                             "driver disk\n"
                             "    program drivers/disk\n"
                             "    compatible virtio,mmio\n"
                             "    virtio 2\n"
                             "    needs interrupts dma\n"
                             "driver uart\n"
                             "    program drivers/uart\n"
                             "    compatible a,uart\n"
                             "    needs hand-over\n"
                             "    only console\n";

static void test_sample(void **state)
{
    (void)state;
    assert_int_equal(parse(sample), 0);
    assert_int_equal(plan.count, 3);
    assert_string_equal(plan.drivers[0].name, "clock");
    assert_string_equal(plan.drivers[0].program, "drivers/clock");
    assert_string_equal(plan.drivers[0].service, "rtc");
    assert_int_equal(plan.drivers[0].compatible.count, 2);
    assert_int_equal(plan.drivers[0].rights, PLAN_SET_CLOCK);
    assert_int_equal(plan.drivers[1].virtio, 2);
    assert_null(plan.drivers[1].service);
    assert_int_equal(plan.drivers[1].rights, PLAN_INTERRUPTS | PLAN_DMA);
    assert_false(plan.drivers[1].console);
    assert_int_equal(plan.drivers[2].rights, PLAN_HAND_OVER);
    assert_true(plan.drivers[2].console);
}

static void test_finding(void **state)
{
    (void)state;
    assert_int_equal(parse(sample), 0);
    assert_ptr_equal(plan_find(&plan, "arm,pl031", 0, false), &plan.drivers[0]);
    assert_ptr_equal(plan_find(&plan, "other,clock", 0, false), &plan.drivers[0]);
    assert_ptr_equal(plan_find(&plan, "virtio,mmio", 2, false), &plan.drivers[1]);
    assert_null(plan_find(&plan, "virtio,mmio", 0, false));
    assert_null(plan_find(&plan, "virtio,mmio", 4, false));
    assert_null(plan_find(&plan, "arm,pl031", 2, false));
    assert_null(plan_find(&plan, "arm", 0, false));
    assert_null(plan_find(&plan, "a,uart", 0, false));
    assert_ptr_equal(plan_find(&plan, "a,uart", 0, true), &plan.drivers[2]);
    assert_ptr_equal(plan_find(&plan, "arm,pl031", 0, true), &plan.drivers[0]);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        const char *complaint; // its beginning
    } cases[] = {
        {"program x\n", "1 not in a stanza"},
        {"driver\n", "1 `driver` takes one name"},
        {"driver a/b\n", "1 `driver` takes one name"},
        {"driver a\n", "1 no `program`"},
        {"driver a\nprogram x\n", "2 no `program`"},
        {"driver a\nprogram /x\n", "2 `program` is said once"},
        {"driver a\nprogram x y\n", "2 `program` is said once"},
        {"driver a\nprogram x\nprogram x\n", "3 `program` is said once"},
        {"driver a\ncompatible \"\"\n", "2 too many words, or an empty one"},
        {"driver a\nvirtio\n", "2 `virtio` is said once"},
        {"driver a\nvirtio 0\n", "2 `virtio` is said once"},
        {"driver a\nvirtio 2x\n", "2 `virtio` is said once"},
        {"driver a\nvirtio 12345\n", "2 `virtio` is said once"},
        {"driver a\nservice x/y\n", "2 `service` is said once"},
        {"driver a\nservice x\nservice y\n", "3 `service` is said once"},
        {"driver a\nneeds set-clock\n", "2 no such thing can be given: set-clock"},
        {"driver a\nmay dma\n", "2 no such thing can be given: dma"},
        {"driver a\ncolour blue\n", "2 no such key: colour"},
        {"driver a\nprogram \"x\n", "2 a quote that is not closed"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "%s", cases[i].text);
        assert_true(parse(text) != 0);
        assert_memory_equal(complaints, cases[i].complaint, strlen(cases[i].complaint));
        assert_int_equal(plan.count, 0);
        // What comes behind it is good.
        strcat(text, "driver good\nprogram x\ncompatible y\n");
        assert_true(parse(text) != 0);
        assert_int_equal(plan.count, 1);
        assert_string_equal(plan.drivers[0].name, "good");
    }
    assert_int_equal(parse("driver a\nprogram x\ncompatible y\n"
                           "driver a\nprogram x\ncompatible y\n"),
                     1);
    assert_int_equal(plan.count, 1);
}

static void test_too_many(void **state)
{
    char text[(PLAN_MAX_DRIVERS + 1) * 64] = "";

    (void)state;
    for (unsigned i = 0; i <= PLAN_MAX_DRIVERS; i++) {
        snprintf(text + strlen(text), 64, "driver d%u\nprogram x\ncompatible y\n", i);
    }
    assert_int_equal(parse(text), 1);
    assert_int_equal(plan.count, PLAN_MAX_DRIVERS);
}

// The manifest that is packed into the initrd.
static void test_own(void **state)
{
    static char text[65536];
    FILE *file = fopen(DRIVERS_MANIFEST, "rb");
    size_t size;

    (void)state;
    assert_non_null(file);
    size = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_int_equal(parse_bytes(text, size), 0);
    assert_non_null(plan_find(&plan, "arm,pl031", 0, false));
}

static void test_mutated(void **state)
{
    struct mutator dice = {5};

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t *copy = exact_copy(sample, sizeof(sample) - 1);

        mutate(&dice, copy, sizeof(sample) - 1);
        (void)parse_bytes(copy, sizeof(sample) - 1);
        free(copy);
        for (uint32_t j = 0; j < plan.count; j++) {
            assert_non_null(plan.drivers[j].program);
            assert_true(plan.drivers[j].compatible.count != 0);
        }
    }
    free(parsed_text);
    parsed_text = NULL;
}

int run_plan_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),   cmocka_unit_test(test_finding),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_own),      cmocka_unit_test(test_mutated),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
