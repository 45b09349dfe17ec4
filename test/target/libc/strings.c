// SPDX-License-Identifier: MIT
//
// Strings, memory, characters: against simple loops, over all small sizes and alignments, up to the
// edge of a page that cannot be read.

#define _GNU_SOURCE
#include <check/check.h>

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <wchar.h>
#include <wctype.h>

#define PAGE 4096

// A page, behind which nothing is mapped.
static char *edge(void)
{
    static char *page;

    if (page == NULL) {
        page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        (void)munmap(page + PAGE, PAGE);
    }
    return page + PAGE;
}

static void fill(unsigned char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(seed + i * 7 + 1);
    }
}

TEST(memcpy_and_memset_of_all_small_sizes)
{
    static unsigned char from[700], to[700];

    for (size_t size = 0; size <= 520; size += size < 140 ? 1 : 19) {
        for (size_t shift = 0; shift < 17; shift += 3) {
            fill(from, sizeof(from), (unsigned)size);
            memset(to, 0xee, sizeof(to));
            EXPECT_TRUE(memcpy(to + 16 + shift, from + shift / 2, size) == to + 16 + shift);
            EXPECT_EQ(memcmp(to + 16 + shift, from + shift / 2, size), 0);
            EXPECT_TRUE(to[15 + shift] == 0xee && to[16 + shift + size] == 0xee);
            EXPECT_TRUE(memset(to + 16 + shift, 0x3c, size) == to + 16 + shift);
            EXPECT_TRUE(to[15 + shift] == 0xee && to[16 + shift + size] == 0xee);
            for (size_t i = 0; i < size; i++) {
                if (to[16 + shift + i] != 0x3c) {
                    check_fail(__FILE__, __LINE__, "memset of %zu at %zu", size, i);
                    return;
                }
            }
        }
    }
}

TEST(memmove_in_both_directions)
{
    static unsigned char bytes[400], wanted[400];

    for (int by = -40; by <= 40; by++) {
        for (size_t size = 0; size < 200; size += 11) {
            fill(bytes, sizeof(bytes), 3);
            memcpy(wanted, bytes, sizeof(bytes));
            for (size_t i = 0; i < size; i++) {
                wanted[(int)(100 + i) + by] = (unsigned char)(3 + (100 + i) * 7 + 1);
            }
            memmove(bytes + 100 + by, bytes + 100, size);
            EXPECT_EQ(memcmp(bytes, wanted, sizeof(bytes)), 0);
        }
    }
}

TEST(nothing_reads_beyond_the_end)
{
    char *end = edge(), copy[64];

    for (size_t size = 0; size < 40; size++) {
        char *start = end - size - 1;

        memset(start, 'a', size);
        start[size] = '\0';
        EXPECT_EQ(strlen(start), size);
        EXPECT_EQ(strnlen(start, 1000), size);
        EXPECT_TRUE(strchr(start, '\0') == end - 1);
        EXPECT_TRUE(strchr(start, 'b') == NULL);
        EXPECT_TRUE(strrchr(start, 'a') == (size == 0 ? NULL : end - 2));
        EXPECT_STR(strcpy(copy, start), start);
        EXPECT_EQ(strcmp(copy, start), 0);
        EXPECT_EQ(memcmp(copy, start, size + 1), 0);
        EXPECT_TRUE(memchr(start, '\0', size + 1) == end - 1);
        EXPECT_TRUE(strstr(start, "ab") == NULL);
        EXPECT_EQ(strncmp(start, copy, 100), 0);
    }
}

TEST(searching)
{
    const char *text = "the quick brown fox jumps over the lazy dog";

    EXPECT_TRUE(strstr(text, "fox") == text + 16);
    EXPECT_TRUE(strstr(text, "") == text);
    EXPECT_TRUE(strstr(text, "lazy cat") == NULL);
    EXPECT_TRUE(strcasestr(text, "LAZY") == text + 35);
    EXPECT_TRUE(memmem(text, 43, "dog", 3) == text + 40);
    EXPECT_TRUE(strpbrk(text, "xyz") == text + 18);
    EXPECT_EQ(strspn(text, "eht "), 4);
    EXPECT_EQ(strcspn(text, "q"), 4);
    EXPECT_TRUE(memrchr(text, 'o', 43) == text + 41);
    EXPECT_TRUE(strchrnul(text, '!') == text + 43);
}

TEST(comparing)
{
    EXPECT_TRUE(strcmp("a", "b") < 0 && strcmp("\xff", "a") > 0);
    EXPECT_TRUE(memcmp("\x80", "\x7f", 1) > 0);
    EXPECT_EQ(strncmp("abcX", "abcY", 3), 0);
    EXPECT_EQ(strcasecmp("HeLLo", "hEllO"), 0);
    EXPECT_TRUE(strncasecmp("HellA", "hellB", 5) < 0);
    EXPECT_TRUE(strverscmp("file9", "file10") < 0);
    EXPECT_TRUE(strcoll("a", "b") < 0);
}

TEST(building)
{
    char text[32] = "one";

    EXPECT_STR(strcat(text, "two"), "onetwo");
    EXPECT_STR(strncat(text, "threefour", 5), "onetwothree");
    EXPECT_EQ(strlcpy(text, "a long line of text", 7), 19);
    EXPECT_STR(text, "a long");
    EXPECT_EQ(strlcat(text, "er one", 10), 12);
    EXPECT_STR(text, "a longer ");
    EXPECT_TRUE(stpcpy(text, "end") == text + 3);
    memset(text, 'x', sizeof(text));
    strncpy(text, "ab", 5);
    EXPECT_EQ(memcmp(text, "ab\0\0\0x", 6), 0);
    char *copy = strdup("copied"), *part = strndup("copied", 3);

    EXPECT_STR(copy, "copied");
    EXPECT_STR(part, "cop");
    free(copy);
    free(part);
}

TEST(splitting)
{
    char text[] = ",a,,b;c", *rest = NULL, fields[] = "x::y", *at = fields;

    EXPECT_STR(strtok_r(text, ",;", &rest), "a");
    EXPECT_STR(strtok_r(NULL, ",;", &rest), "b");
    EXPECT_STR(strtok_r(NULL, ",;", &rest), "c");
    EXPECT_TRUE(strtok_r(NULL, ",;", &rest) == NULL);
    EXPECT_STR(strsep(&at, ":"), "x");
    EXPECT_STR(strsep(&at, ":"), "");
    EXPECT_STR(strsep(&at, ":"), "y");
    EXPECT_TRUE(strsep(&at, ":") == NULL);
}

TEST(errors_have_texts)
{
    char text[64];

    EXPECT_STR(strerror(ENOENT), "No such file or directory");
    EXPECT_STR(strerror(ENOSYS), "Function not implemented");
    EXPECT_EQ(strerror_r(EINVAL, text, sizeof(text)) == 0 ? 0 : 1, 0);
    EXPECT_STR(strsignal(11), "Segmentation fault");
}

TEST(characters)
{
    unsigned letters = 0, digits = 0, spaces = 0, printable = 0;

    for (int c = 0; c < 256; c++) {
        letters += isalpha(c) != 0;
        digits += isdigit(c) != 0;
        spaces += isspace(c) != 0;
        printable += isprint(c) != 0;
        EXPECT_EQ(isalnum(c) != 0, (isalpha(c) || isdigit(c)) != 0);
    }
    EXPECT_TRUE(letters == 52 && digits == 10 && spaces == 6 && printable == 95);
    EXPECT_TRUE(toupper('z') == 'Z' && tolower('A') == 'a' && toupper('1') == '1');
    EXPECT_TRUE(isxdigit('f') && !isxdigit('g') && ispunct('!') && iscntrl(127));
}

TEST(wide_characters)
{
    wchar_t wide[16];
    char narrow[32];
    mbstate_t state = {0};
    const char *euro = "\xe2\x82\xac"
                       "5";

    EXPECT_TRUE(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    EXPECT_EQ(mbrtowc(wide, euro, 4, &state), 3);
    EXPECT_EQ(wide[0], 0x20ac);
    EXPECT_EQ(wcstombs(narrow, L"a\x20ac", sizeof(narrow)), 4);
    EXPECT_EQ(memcmp(narrow, "a\xe2\x82\xac", 5), 0);
    EXPECT_EQ(mbstowcs(wide, euro, 16), 2);
    EXPECT_EQ(wcslen(wide), 2);
    EXPECT_TRUE(mbrtowc(wide, "\xff", 1, &state) == (size_t)-1 && errno == EILSEQ);
    EXPECT_TRUE(iswalpha(0xe9) && towupper(0xe9) == 0xc9);
}
