// SPDX-License-Identifier: MIT
//
// Formatted text without a libc; the interface is in minilib/format.h.
//
// No state. No tables of pointers either: this file is linked into userboot, which has no relocations.

#include <minilib/format.h>

#include <stdbool.h>
#include <stdint.h>

#include <minilib/string.h>

// One conversion, as parsed.
struct conversion {
    bool left;
    bool zero;
    bool has_precision;
    int width;
    int precision;
    char length; // 'h' and 'H' for h and hh, 'l' for every 64-bit length, 0 for int
};

struct output {
    format_sink sink;
    void *context;
};

static void put(const struct output *out, const char *text, size_t size)
{
    if (size != 0) {
        out->sink(out->context, text, size);
    }
}

static void put_repeated(const struct output *out, char c, int count)
{
    for (int i = 0; i < count; i++) {
        put(out, &c, 1);
    }
}

// Puts text padded to the conversion's width with blanks.
static void put_padded(const struct output *out, const struct conversion *conversion,
                       const char *text, size_t size)
{
    int pad = conversion->width - (int)size;

    if (!conversion->left) {
        put_repeated(out, ' ', pad);
    }
    put(out, text, size);
    if (conversion->left) {
        put_repeated(out, ' ', pad);
    }
}

static void put_number(const struct output *out, const struct conversion *conversion,
                       const char *prefix, uint64_t value, unsigned base, bool upper)
{
    char digits[24];
    size_t start = sizeof(digits);
    size_t prefix_size = strlen(prefix);

    do {
        unsigned digit = (unsigned)(value % base);

        digits[--start] = (char)(digit < 10 ? '0' + digit : (upper ? 'A' : 'a') + digit - 10);
        value /= base;
    } while (value != 0);

    size_t size = sizeof(digits) - start;
    int pad = conversion->width - (int)(size + prefix_size);

    if (!conversion->left && !conversion->zero) {
        put_repeated(out, ' ', pad);
    }
    put(out, prefix, prefix_size);
    if (!conversion->left && conversion->zero) {
        put_repeated(out, '0', pad);
    }
    put(out, digits + start, size);
    if (conversion->left) {
        put_repeated(out, ' ', pad);
    }
}

static void put_string(const struct output *out, const struct conversion *conversion,
                       const char *text)
{
    if (text == NULL) {
        text = "(null)";
    }
    size_t limit = conversion->has_precision ? (size_t)conversion->precision : SIZE_MAX;

    put_padded(out, conversion, text, strnlen(text, limit));
}

// Reads digits; the caller has checked nothing.
static const char *parse_number(const char *format, int *out_value)
{
    int value = 0;

    while (*format >= '0' && *format <= '9') {
        value = value < 10000 ? value * 10 + (*format - '0') : value;
        format++;
    }
    *out_value = value;
    return format;
}

static const char *parse_width(const char *format, struct conversion *conversion,
                               va_list *arguments)
{
    if (*format == '*') {
        conversion->width = va_arg(*arguments, int);
        if (conversion->width < 0) {
            conversion->left = true;
            conversion->width = -conversion->width;
        }
        format++;
    } else {
        format = parse_number(format, &conversion->width);
    }
    if (*format != '.') {
        return format;
    }
    format++;
    if (*format == '*') {
        conversion->precision = va_arg(*arguments, int);
        conversion->has_precision = conversion->precision >= 0;
        return format + 1;
    }
    conversion->has_precision = true;
    return parse_number(format, &conversion->precision);
}

// Parses flags, width, precision and length; returns a pointer to the conversion character.
static const char *parse_conversion(const char *format, struct conversion *conversion,
                                    va_list *arguments)
{
    *conversion = (struct conversion){0};
    for (; *format == '-' || *format == '0'; format++) {
        conversion->left |= *format == '-';
        conversion->zero |= *format == '0';
    }
    format = parse_width(format, conversion, arguments);
    for (;; format++) {
        switch (*format) {
        case 'h': conversion->length = conversion->length == 'h' ? 'H' : 'h'; break;
        case 'l':
        case 'z':
        case 'j':
        case 't': conversion->length = 'l'; break;
        default: return format;
        }
    }
}

static int64_t signed_argument(const struct conversion *conversion, va_list *arguments)
{
    if (conversion->length == 'l') {
        return va_arg(*arguments, int64_t);
    }
    int value = va_arg(*arguments, int);

    return conversion->length == 'h' ? (short)value
                                     : (conversion->length == 'H' ? (signed char)value : value);
}

static uint64_t unsigned_argument(const struct conversion *conversion, va_list *arguments)
{
    if (conversion->length == 'l') {
        return va_arg(*arguments, uint64_t);
    }
    unsigned value = va_arg(*arguments, unsigned);

    return conversion->length == 'h' ? (unsigned short)value
                                     : (conversion->length == 'H' ? (unsigned char)value : value);
}

// Puts one conversion; false if the character names none.
static bool put_conversion(const struct output *out, const struct conversion *conversion, char kind,
                           va_list *arguments)
{
    switch (kind) {
    case 'd':
    case 'i': {
        int64_t value = signed_argument(conversion, arguments);
        uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

        put_number(out, conversion, value < 0 ? "-" : "", magnitude, 10, false);
        return true;
    }
    case 'u':
        put_number(out, conversion, "", unsigned_argument(conversion, arguments), 10, false);
        return true;
    case 'x':
    case 'X':
        put_number(out, conversion, "", unsigned_argument(conversion, arguments), 16, kind == 'X');
        return true;
    case 'p':
        put_number(out, conversion, "0x", (uintptr_t)va_arg(*arguments, void *), 16, false);
        return true;
    case 's': put_string(out, conversion, va_arg(*arguments, const char *)); return true;
    case 'c': {
        char c = (char)va_arg(*arguments, int);

        put_padded(out, conversion, &c, 1);
        return true;
    }
    case '%': put(out, "%", 1); return true;
    default: return false;
    }
}

void format_to_sink(format_sink sink, void *context, const char *format, va_list arguments)
{
    struct output out = {sink, context};
    va_list rest;

    va_copy(rest, arguments);
    while (*format != '\0') {
        const char *plain = format;
        struct conversion conversion;

        while (*format != '\0' && *format != '%') {
            format++;
        }
        put(&out, plain, (size_t)(format - plain));
        if (*format == '\0') {
            break;
        }
        const char *start = format;

        format = parse_conversion(format + 1, &conversion, &rest);
        if (*format == '\0') {
            put(&out, start, (size_t)(format - start));
            break;
        }
        if (!put_conversion(&out, &conversion, *format, &rest)) {
            put(&out, start, (size_t)(format - start) + 1);
        }
        format++;
    }
    va_end(rest);
}

struct string_buffer {
    char *next;
    size_t left; // room without the NUL
};

static void string_sink(void *context, const char *text, size_t size)
{
    struct string_buffer *buffer = context;

    size = size < buffer->left ? size : buffer->left;
    memcpy(buffer->next, text, size);
    buffer->next += size;
    buffer->left -= size;
}

size_t format_string_v(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct string_buffer target = {buffer, size - 1};

    format_to_sink(string_sink, &target, format, arguments);
    *target.next = '\0';
    return (size_t)(target.next - buffer);
}

size_t format_string(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    size_t length = format_string_v(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
