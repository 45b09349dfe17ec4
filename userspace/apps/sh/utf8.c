// SPDX-License-Identifier: MIT
//
// UTF-8 in untrusted bytes, and how wide characters are on a terminal; the interface is in utf8.h.

#include "utf8.h"

#include <stdbool.h>

#define NO_CODE 0x110000u

size_t utf8_next(const char *text, size_t size, uint32_t *out_code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;
    uint32_t code = length == 1 ? first : first & (0x7fu >> length);
    bool good = length != 0 && length <= size;

    for (size_t i = 1; good && i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        good = (byte & 0xc0) == 0x80;
        code = code << 6 | (byte & 0x3f);
    }
    if (!good || code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        length = 1;
        code = NO_CODE + first;
    }
    if (out_code != NULL) {
        *out_code = code;
    }
    return length;
}

size_t utf8_before(const char *text, size_t position)
{
    for (size_t length = position < 4 ? position : 4; length > 1; length--) {
        if (utf8_next(text + position - length, length, NULL) == length) {
            return length;
        }
    }
    return 1;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static bool in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

int utf8_width(uint32_t code)
{
    // Combining marks, joiners, selectors.
    static const struct range none[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489},   {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
        {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
        {0x200b, 0x200f}, {0x20d0, 0x20ff},   {0x2060, 0x2064}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
        {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
    };
    // East Asian wide and full-width characters, pictures.
    static const struct range two[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2e80, 0x303e},
        {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
        {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    if (code < 0x300) {
        return 1;
    }
    if (in(code, none, sizeof(none) / sizeof(none[0]))) {
        return 0;
    }
    return in(code, two, sizeof(two) / sizeof(two[0])) ? 2 : 1;
}

size_t utf8_text_width(const char *text, size_t size)
{
    size_t width = 0;

    for (size_t at = 0; at < size;) {
        uint32_t code;

        at += utf8_next(text + at, size - at, &code);
        width += (size_t)utf8_width(code);
    }
    return width;
}
