// SPDX-License-Identifier: MIT
// Reading numbers from text (interface: lib/parse.h).

#include <lib/parse.h>

int parse_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_digit_of(char c, unsigned base)
{
    int d = parse_hex_digit(c);
    return d >= 0 && (unsigned)d < base;
}

size_t parse_u64_prefix(const char *s, size_t len, uint64_t *out)
{
    unsigned base = 10;
    size_t i = 0;
    uint64_t value = 0;

    if (len >= 1 && s[0] == '0') {
        base = 8;
        // A prefix letter counts only with a digit behind it; else this is the number 0.
        if (len >= 3 && (s[1] | 0x20) == 'x' && is_digit_of(s[2], 16))
            base = 16;
        else if (len >= 3 && (s[1] | 0x20) == 'b' && is_digit_of(s[2], 2))
            base = 2;
        if (base != 8)
            i = 2;
    }
    size_t first = i;
    for (; i < len && is_digit_of(s[i], base); i++) {
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (unsigned)parse_hex_digit(s[i]), &value))
            return 0;
    }
    if (i == first)
        return 0;
    *out = value;
    return i;
}

bool parse_u64(const char *s, size_t len, uint64_t *out)
{
    uint64_t value;
    size_t used = parse_u64_prefix(s, len, &value);
    if (used == 0 || used != len)
        return false;
    *out = value;
    return true;
}

ptrdiff_t parse_hex_bytes(const char *s, size_t len, uint8_t *out, size_t cap)
{
    if (len % 2)
        return -1;
    size_t count = 0;
    for (size_t i = 0; i < len; i += 2) {
        int high = parse_hex_digit(s[i]);
        int low = parse_hex_digit(s[i + 1]);
        if (high < 0 || low < 0)
            return -1;
        if (count < cap)
            out[count++] = (uint8_t)(high << 4 | low);
    }
    return (ptrdiff_t)count;
}
