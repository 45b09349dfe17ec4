// SPDX-License-Identifier: MIT
//
// Bootstrap messages; the interface is in processargs/processargs.h, the format in
// <zircon/processargs.h>.
//
// Invariant: after a successful parse, each of the three rows holds `count` NULs within its `size`
// bytes, so that the walkers below need no checks of their own.
//
// No locks, no state.

#include <processargs/processargs.h>

#include <stdbool.h>

#include <minilib/string.h>
#include <zircon/errors.h>

_Static_assert(sizeof(zx_proc_args_t) == 36, "the header of a bootstrap message has nine words");

// Cuts one row of strings out of a message; false if it is not wholly inside.
static bool parse_strings(const char *message, size_t size, uint32_t offset, uint32_t count,
                          struct processargs_strings *out)
{
    out->bytes = NULL;
    out->size = 0;
    out->count = count;
    if (count == 0) {
        return true;
    }
    if (offset < sizeof(zx_proc_args_t) || offset > size || size - offset < count) {
        return false;
    }
    const char *first = message + offset;
    const char *end = message + size;
    const char *next = first;

    for (uint32_t i = 0; i < count; i++) {
        const char *nul = memchr(next, '\0', (size_t)(end - next));

        if (nul == NULL) {
            return false;
        }
        next = nul + 1;
    }
    out->bytes = first;
    out->size = (uint32_t)(next - first);
    return true;
}

zx_status_t processargs_parse(const void *message, size_t size, uint32_t handle_count,
                              struct processargs *out)
{
    zx_proc_args_t header;

    if (size < sizeof(header) || size > ZX_CHANNEL_MAX_MSG_BYTES ||
        handle_count > ZX_CHANNEL_MAX_MSG_HANDLES) {
        return ZX_ERR_INVALID_ARGS;
    }
    memcpy(&header, message, sizeof(header));
    if (header.protocol != ZX_PROCARGS_PROTOCOL || header.version != ZX_PROCARGS_VERSION) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (header.handle_info_off < sizeof(header) || header.handle_info_off % sizeof(uint32_t) != 0 ||
        header.handle_info_off > size ||
        (size - header.handle_info_off) / sizeof(uint32_t) < handle_count) {
        return ZX_ERR_INVALID_ARGS;
    }
    out->handle_info = (const uint32_t *)((const char *)message + header.handle_info_off);
    out->handle_count = handle_count;
    if (!parse_strings(message, size, header.args_off, header.args_num, &out->args) ||
        !parse_strings(message, size, header.environ_off, header.environ_num, &out->environ) ||
        !parse_strings(message, size, header.names_off, header.names_num, &out->names)) {
        return ZX_ERR_INVALID_ARGS;
    }
    return ZX_OK;
}

void processargs_list(const struct processargs_strings *strings, const char **out)
{
    const char *next = strings->bytes;

    for (uint32_t i = 0; i < strings->count; i++) {
        out[i] = next;
        next += strlen(next) + 1;
    }
    out[strings->count] = NULL;
}

const char *processargs_get(const struct processargs_strings *strings, const char *key)
{
    const char *next = strings->bytes;
    const char *value = NULL;
    size_t key_size = strlen(key);

    for (uint32_t i = 0; i < strings->count; i++) {
        size_t length = strlen(next);

        if (length > key_size && memcmp(next, key, key_size) == 0 && next[key_size] == '=') {
            value = next + key_size + 1;
        }
        next += length + 1;
    }
    return value;
}

// Adds the sizes of `count` strings to *total; false once the sum exceeds one message.
static bool add_string_sizes(const char *const *strings, uint32_t count, size_t *total)
{
    for (uint32_t i = 0; i < count; i++) {
        *total += strlen(strings[i]) + 1;
        if (*total > ZX_CHANNEL_MAX_MSG_BYTES) {
            return false;
        }
    }
    return true;
}

size_t processargs_size(const struct processargs_content *content)
{
    size_t total = sizeof(zx_proc_args_t);

    if (content->handle_count > ZX_CHANNEL_MAX_MSG_HANDLES) {
        return SIZE_MAX;
    }
    total += content->handle_count * sizeof(uint32_t);
    if (!add_string_sizes(content->args, content->arg_count, &total) ||
        !add_string_sizes(content->environ, content->environ_count, &total) ||
        !add_string_sizes(content->names, content->name_count, &total)) {
        return SIZE_MAX;
    }
    return total;
}

// Writes one row of strings at *next and moves *next behind it. Returns the row's offset.
static uint32_t put_strings(char *buffer, char **next, const char *const *strings, uint32_t count)
{
    uint32_t offset = (uint32_t)(*next - buffer);

    for (uint32_t i = 0; i < count; i++) {
        size_t size = strlen(strings[i]) + 1;

        memcpy(*next, strings[i], size);
        *next += size;
    }
    return offset;
}

zx_status_t processargs_build(const struct processargs_content *content, void *buffer,
                              size_t capacity, size_t *out_size)
{
    size_t total = processargs_size(content);
    size_t info_size = content->handle_count * sizeof(uint32_t);
    char *next = (char *)buffer + sizeof(zx_proc_args_t);

    if (total == SIZE_MAX) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (total > capacity) {
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (info_size != 0) {
        memcpy(next, content->handle_info, info_size);
    }
    next += info_size;
    zx_proc_args_t header = {
        .protocol = ZX_PROCARGS_PROTOCOL,
        .version = ZX_PROCARGS_VERSION,
        .handle_info_off = sizeof(header),
        .args_num = content->arg_count,
        .environ_num = content->environ_count,
        .names_num = content->name_count,
    };
    header.args_off = put_strings(buffer, &next, content->args, content->arg_count);
    header.environ_off = put_strings(buffer, &next, content->environ, content->environ_count);
    header.names_off = put_strings(buffer, &next, content->names, content->name_count);
    memcpy(buffer, &header, sizeof(header));
    *out_size = total;
    return ZX_OK;
}
