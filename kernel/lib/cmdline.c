// SPDX-License-Identifier: MIT
// Kernel command line (interface: lib/cmdline.h). The line is scanned at each question: it is short,
// and the questions are few.

#include <lib/cmdline.h>
#include <lib/parse.h>
#include <lib/string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool cmdline_find(const char *cmdline, const char *name, const char **out_value, size_t *out_len)
{
    size_t name_len = strlen(name);
    const char *p = cmdline;

    for (;;) {
        while (is_space(*p))
            p++;
        if (!*p)
            return false;
        const char *word = p;
        while (*p && !is_space(*p))
            p++;
        size_t len = (size_t)(p - word);
        if (len < name_len || memcmp(word, name, name_len) != 0)
            continue;
        if (len > name_len && word[name_len] != '=')
            continue;
        size_t skip = len > name_len ? name_len + 1 : name_len;
        if (out_value)
            *out_value = word + skip;
        if (out_len)
            *out_len = len - skip;
        return true;
    }
}

static bool value_is(const char *value, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(value, text, len) == 0;
}

bool cmdline_bool(const char *cmdline, const char *name, bool def)
{
    const char *value;
    size_t len;
    if (!cmdline_find(cmdline, name, &value, &len))
        return def;
    return !value_is(value, len, "0") && !value_is(value, len, "false") &&
           !value_is(value, len, "off");
}

uint64_t cmdline_u64(const char *cmdline, const char *name, uint64_t def)
{
    const char *value;
    size_t len;
    uint64_t number;
    if (!cmdline_find(cmdline, name, &value, &len) || !parse_u64(value, len, &number))
        return def;
    return number;
}

bool cmdline_str(const char *cmdline, const char *name, char *buf, size_t size, const char *def)
{
    const char *value;
    size_t len;
    bool found = cmdline_find(cmdline, name, &value, &len);
    if (!found) {
        value = def ? def : "";
        len = strlen(value);
    }
    if (size) {
        len = MIN(len, size - 1);
        memcpy(buf, value, len);
        buf[len] = '\0';
    }
    return found;
}

zx_status_t cmdline_take_hex(char *cmdline, const char *name, uint8_t out[CMDLINE_HEX_MAX / 2],
                             size_t *out_len)
{
    const char *found;
    size_t len;

    if (!cmdline_find(cmdline, name, &found, &len) || len == 0)
        return ZX_ERR_NOT_FOUND;
    char *value = cmdline + (found - cmdline);
    const size_t pairs = len & ~(size_t)1;
    ptrdiff_t bytes = parse_hex_bytes(value, pairs, out, CMDLINE_HEX_MAX / 2);
    bool odd = pairs < len && parse_hex_digit(value[pairs]) < 0;
    do {
        memset(cmdline + (found - cmdline), 'x', len);
    } while (cmdline_find(found + len, name, &found, &len)); // nor can later ones be read
    if (bytes < 0 || odd)
        return ZX_ERR_INVALID_ARGS;
    *out_len = (size_t)bytes;
    return ZX_OK;
}
