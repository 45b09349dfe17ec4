// SPDX-License-Identifier: MIT
// ksyms_lookup() over tables made here: right ones, and every way of a wrong one.

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <debug/ksyms.h>

// The table of the image under test: the linker's symbols, with a buffer between them.
#define TABLE_BYTES 256
extern char ksyms_start[];
__asm__(".data\n"
        ".balign 8\n"
        ".globl ksyms_start, ksyms_end\n"
        "ksyms_start: .fill 256\n"
        "ksyms_end:\n"
        ".text\n");

#define MAGIC 0x314d5953u
#define COUNT 3u

static const char names[] = "start\0main\0last"; // with the NUL of its own

// A table of three functions at 0x40, 0x100 and 0x108, the text ending at 0x200.
static void make_table(void)
{
    const uint32_t words[] = {MAGIC, COUNT, sizeof(names), 0, 0x40, 0x100, 0x108, 0x200, 0, 6, 11};

    memset(ksyms_start, 0xff, TABLE_BYTES);
    memcpy(ksyms_start, words, sizeof(words));
    memcpy(ksyms_start + sizeof(words), names, sizeof(names));
}

static void set_word(size_t index, uint32_t value)
{
    memcpy(ksyms_start + index * sizeof(value), &value, sizeof(value));
}

static void expect_at(uintptr_t address, const char *want, uintptr_t want_offset)
{
    const char *name = NULL;
    uintptr_t offset = 0;

    assert_true(ksyms_lookup(address, &name, &offset));
    assert_string_equal(name, want);
    assert_int_equal(offset, want_offset);
}

static void expect_nothing_at(uintptr_t address)
{
    const char *name;
    uintptr_t offset;

    assert_false(ksyms_lookup(address, &name, &offset));
}

static void test_ksyms_lookup_finds_first_middle_and_last_byte(void **state)
{
    (void)state;
    make_table();
    expect_at(0x40, "start", 0);
    expect_at(0xff, "start", 0xbf);
    expect_at(0x100, "main", 0);
    expect_at(0x107, "main", 7);
    expect_at(0x108, "last", 0);
    expect_at(0x1ff, "last", 0xf7);
}

static void test_ksyms_lookup_outside_the_text_finds_nothing(void **state)
{
    (void)state;
    make_table();
    expect_nothing_at(0);
    expect_nothing_at(0x3f);
    expect_nothing_at(0x200);
    expect_nothing_at(UINTPTR_MAX);
}

static void test_ksyms_lookup_damaged_header_finds_nothing(void **state)
{
    (void)state;
    make_table();
    set_word(0, 0);
    expect_nothing_at(0x100);

    static const uint32_t bad_counts[] = {0, 60, 0x7fffffff, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad_counts) / sizeof(bad_counts[0]); i++) {
        make_table();
        set_word(1, bad_counts[i]);
        expect_nothing_at(0x100);
    }

    static const uint32_t bad_sizes[] = {0, 1, 15, TABLE_BYTES, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++) {
        make_table();
        set_word(2, bad_sizes[i]);
        expect_nothing_at(0x100);
    }
}

static void test_ksyms_lookup_name_outside_the_names_finds_nothing(void **state)
{
    (void)state;
    make_table();
    set_word(9, sizeof(names));
    expect_nothing_at(0x100);
    expect_at(0x40, "start", 0);
    set_word(9, UINT32_MAX);
    expect_nothing_at(0x100);
}

// Whatever the words are, a look-up stays inside the table (ASan watches) and its name ends in it.
static void test_ksyms_lookup_any_word_changed_stays_inside(void **state)
{
    static const uint32_t values[] = {0, 1, 4, 0x80, 0x7fffffff, 0x80000000, UINT32_MAX};

    (void)state;
    for (size_t word = 0; word < TABLE_BYTES / sizeof(uint32_t); word++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            make_table();
            set_word(word, values[i]);
            for (uintptr_t address = 0; address < 0x240; address += 8) {
                const char *name;
                uintptr_t offset;
                if (ksyms_lookup(address, &name, &offset)) {
                    assert_true(name >= ksyms_start);
                    assert_true(name + strlen(name) < ksyms_start + TABLE_BYTES);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ksyms_lookup_finds_first_middle_and_last_byte),
        cmocka_unit_test(test_ksyms_lookup_outside_the_text_finds_nothing),
        cmocka_unit_test(test_ksyms_lookup_damaged_header_finds_nothing),
        cmocka_unit_test(test_ksyms_lookup_name_outside_the_names_finds_nothing),
        cmocka_unit_test(test_ksyms_lookup_any_word_changed_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
