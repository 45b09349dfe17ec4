// SPDX-License-Identifier: MIT
//
// Small parsing helpers; the interface is in minilib/text.h. No state.

#include <minilib/text.h>

#include <minilib/string.h>

// The value of a hexadecimal digit, or 16.
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

bool text_parse_u64(const char *text, uint64_t *out_value)
{
    unsigned base = 10;
    uint64_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = digit_value(*text);

        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *out_value = value;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

size_t text_split(char *line, char **words, size_t limit)
{
    size_t count = 0;

    for (;;) {
        while (is_blank(*line)) {
            *line++ = '\0';
        }
        if (*line == '\0') {
            return count;
        }
        if (count == limit) {
            return limit + 1;
        }
        words[count++] = line;
        while (*line != '\0' && !is_blank(*line)) {
            line++;
        }
    }
}

size_t text_decode_hex(const char *text, char *buffer, size_t capacity)
{
    size_t size = strlen(text);

    if (size % 2 != 0 || size / 2 > capacity) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < size / 2; i++) {
        unsigned high = digit_value(text[2 * i]);
        unsigned low = digit_value(text[2 * i + 1]);

        if (high > 15 || low > 15) {
            return SIZE_MAX;
        }
        buffer[i] = (char)(high << 4 | low);
    }
    return size / 2;
}
