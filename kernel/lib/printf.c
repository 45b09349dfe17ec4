// SPDX-License-Identifier: MIT
// Formatted output (interface: lib/printf.h). Reentrant: all state is on the stack, less than 200
// bytes of it, so that a panic on a nearly full stack can still speak.

#include <lib/printf.h>
#include <lib/string.h>

enum length { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG, LEN_LONG_LONG };

// One conversion specification.
struct spec {
    bool left, zero, plus, space, alt;
    int width;     // 0: none
    int precision; // -1: none
    enum length length;
};

struct output {
    kformat_out_fn fn;
    void *ctx;
    size_t total;
};

static void put(struct output *o, const char *s, size_t len)
{
    if (len)
        o->fn(o->ctx, s, len);
    o->total += len;
}

static void pad(struct output *o, char c, long count)
{
    char run[16];
    if (count <= 0)
        return;
    memset(run, c, sizeof(run));
    for (; count > (long)sizeof(run); count -= (long)sizeof(run))
        put(o, run, sizeof(run));
    put(o, run, (size_t)count);
}

// Decimal number or `*` at *fmt.
static int read_number(const char **fmt, va_list *va)
{
    int n = 0;
    if (**fmt == '*') {
        (*fmt)++;
        return va_arg(*va, int);
    }
    while (**fmt >= '0' && **fmt <= '9' && n < 100000)
        n = n * 10 + (*(*fmt)++ - '0');
    return n;
}

static void read_flags(struct spec *s, const char **fmt)
{
    for (;; (*fmt)++) {
        switch (**fmt) {
        case '-': s->left = true; break;
        case '0': s->zero = true; break;
        case '+': s->plus = true; break;
        case ' ': s->space = true; break;
        case '#': s->alt = true; break;
        default: return;
        }
    }
}

static enum length read_length(const char **fmt)
{
    switch (**fmt) {
    case 'h':
        if (*++*fmt != 'h')
            return LEN_SHORT;
        ++*fmt;
        return LEN_CHAR;
    case 'l':
        if (*++*fmt != 'l')
            return LEN_LONG;
        ++*fmt;
        return LEN_LONG_LONG;
    case 'z':
    case 'j':
    case 't': ++*fmt; return LEN_LONG;
    default: return LEN_INT;
    }
}

static uint64_t arg_unsigned(enum length length, va_list *va)
{
    switch (length) {
    case LEN_CHAR: return (unsigned char)va_arg(*va, unsigned);
    case LEN_SHORT: return (unsigned short)va_arg(*va, unsigned);
    case LEN_LONG: return va_arg(*va, unsigned long);
    case LEN_LONG_LONG: return va_arg(*va, unsigned long long);
    default: return va_arg(*va, unsigned);
    }
}

static int64_t arg_signed(enum length length, va_list *va)
{
    switch (length) {
    case LEN_CHAR: return (signed char)va_arg(*va, int);
    case LEN_SHORT: return (short)va_arg(*va, int);
    case LEN_LONG: return va_arg(*va, long);
    case LEN_LONG_LONG: return va_arg(*va, long long);
    default: return va_arg(*va, int);
    }
}

// Digits of `value`, with sign or base prefix, padded.
static void put_number(struct output *o, const struct spec *s, uint64_t value, unsigned base,
                       bool upper, const char *prefix)
{
    char digits[22]; // 64 bits in octal
    size_t len = 0;
    const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";

    for (uint64_t v = value; v; v /= base)
        digits[sizeof(digits) - ++len] = alphabet[v % base];
    if (!value && s->precision != 0)
        digits[sizeof(digits) - ++len] = '0';

    size_t prefix_len = strlen(prefix);
    long zeros = s->precision > (long)len ? s->precision - (long)len : 0;
    long fill = s->width - (long)(len + prefix_len) - zeros;
    if (s->zero && !s->left && s->precision < 0 && fill > 0) {
        zeros = fill;
        fill = 0;
    }
    if (!s->left)
        pad(o, ' ', fill);
    put(o, prefix, prefix_len);
    pad(o, '0', zeros);
    put(o, &digits[sizeof(digits) - len], len);
    if (s->left)
        pad(o, ' ', fill);
}

static void put_signed(struct output *o, const struct spec *s, int64_t value)
{
    const char *sign = value < 0 ? "-" : s->plus ? "+" : s->space ? " " : "";
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(o, s, magnitude, 10, false, sign);
}

static void put_string(struct output *o, const struct spec *s, const char *text)
{
    if (!text)
        text = "(null)";
    size_t len = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
    if (!s->left)
        pad(o, ' ', s->width - (long)len);
    put(o, text, len);
    if (s->left)
        pad(o, ' ', s->width - (long)len);
}

// Performs one conversion. False: unknown, nothing was done.
static bool convert(struct output *o, struct spec *s, char conversion, va_list *va)
{
    char c;
    switch (conversion) {
    case 'd':
    case 'i': put_signed(o, s, arg_signed(s->length, va)); return true;
    case 'u': put_number(o, s, arg_unsigned(s->length, va), 10, false, ""); return true;
    case 'o':
        put_number(o, s, arg_unsigned(s->length, va), 8, false, s->alt ? "0" : "");
        return true;
    case 'x':
    case 'X': {
        uint64_t value = arg_unsigned(s->length, va);
        const char *prefix = !s->alt || !value ? "" : conversion == 'x' ? "0x" : "0X";
        put_number(o, s, value, 16, conversion == 'X', prefix);
        return true;
    }
    case 'p': put_number(o, s, (uintptr_t)va_arg(*va, void *), 16, false, "0x"); return true;
    case 's': put_string(o, s, va_arg(*va, const char *)); return true;
    case 'c':
        c = (char)va_arg(*va, int);
        if (!s->left)
            pad(o, ' ', s->width - 1L);
        put(o, &c, 1);
        if (s->left)
            pad(o, ' ', s->width - 1L);
        return true;
    case '%': put(o, "%", 1); return true;
    default: return false;
    }
}

size_t kvformat(kformat_out_fn out, void *ctx, const char *fmt, va_list va)
{
    struct output o = {.fn = out, .ctx = ctx};
    va_list args; // a copy: a va_list parameter may be an array, whose address is of another type

    va_copy(args, va);
    while (*fmt) {
        const char *start = fmt;
        while (*fmt && *fmt != '%')
            fmt++;
        put(&o, start, (size_t)(fmt - start));
        if (!*fmt)
            break;
        start = fmt++;
        struct spec s = {.precision = -1};
        read_flags(&s, &fmt);
        s.width = read_number(&fmt, &args);
        if (s.width < 0) {
            s.left = true;
            s.width = s.width == INT32_MIN ? 0 : -s.width;
        }
        if (*fmt == '.') {
            fmt++;
            s.precision = read_number(&fmt, &args);
            if (s.precision < 0)
                s.precision = -1;
        }
        s.length = read_length(&fmt);
        if (*fmt && convert(&o, &s, *fmt, &args))
            fmt++;
        else
            put(&o, start, (size_t)(fmt - start));
    }
    va_end(args);
    return o.total;
}

size_t kformat(kformat_out_fn out, void *ctx, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    size_t len = kvformat(out, ctx, fmt, va);
    va_end(va);
    return len;
}

struct buffer {
    char *next;
    size_t room; // bytes left for characters, without the NUL
};

static void buffer_out(void *ctx, const char *s, size_t len)
{
    struct buffer *b = ctx;
    size_t n = MIN(len, b->room);
    memcpy(b->next, s, n);
    b->next += n;
    b->room -= n;
}

size_t kvsnprintf(char *buf, size_t size, const char *fmt, va_list va)
{
    char none[1];
    struct buffer b = {.next = size ? buf : none, .room = size ? size - 1 : 0};
    size_t len = kvformat(buffer_out, &b, fmt, va);
    *b.next = '\0';
    return len;
}

size_t ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    size_t len = kvsnprintf(buf, size, fmt, va);
    va_end(va);
    return len;
}
