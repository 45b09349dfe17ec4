// SPDX-License-Identifier: MIT
//
// Messages of the loader service; the interface is in loader/protocol.h.
//
// No locks, no state.

#include <loader/protocol.h>

#include <minilib/string.h>
#include <zircon/errors.h>

#define STRING_MARKER UINT64_MAX // "the bytes are in this message"
#define OBJECT_MARKER UINT32_MAX // "a handle comes with this message"

#define REPLY_SIZE        20u
#define REPLY_OBJECT_SIZE 24u

struct string_reference {
    uint64_t size;
    uint64_t marker;
};

// What a call's request consists of, and whether its reply has an object slot.
struct shape {
    bool known;
    bool string;
    bool object;
    bool reply_object;
};

static struct shape shape_of(uint32_t ordinal)
{
    switch (ordinal) {
    case LOADER_DONE: return (struct shape){.known = true};
    case LOADER_LOAD_OBJECT:
    case LOADER_LOAD_SCRIPT_INTERPRETER:
    case LOADER_DEBUG_LOAD_CONFIG:
        return (struct shape){.known = true, .string = true, .reply_object = true};
    case LOADER_CONFIG: return (struct shape){.known = true, .string = true};
    case LOADER_CLONE: return (struct shape){.known = true, .object = true};
    case LOADER_DEBUG_PUBLISH_DATA_SINK:
        return (struct shape){.known = true, .string = true, .object = true};
    default: return (struct shape){.known = false};
    }
}

static size_t pad(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

// Where the object slot and the string's bytes begin, and where the message ends without them.
static size_t object_offset(struct shape shape)
{
    return sizeof(struct loader_header) + (shape.string ? sizeof(struct string_reference) : 0);
}

static size_t string_offset(struct shape shape)
{
    return object_offset(shape) + (shape.object ? 8 : 0);
}

static zx_status_t parse_string(const char *bytes, size_t size, struct shape shape,
                                struct loader_request *out)
{
    struct string_reference reference;
    size_t offset = string_offset(shape);

    memcpy(&reference, bytes + sizeof(struct loader_header), sizeof(reference));
    // The first comparison keeps the sum of the second from wrapping.
    if (reference.marker != STRING_MARKER || reference.size > size ||
        offset + pad((size_t)reference.size) != size ||
        memchr(bytes + offset, '\0', (size_t)reference.size) != NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    out->string = bytes + offset;
    out->string_size = (uint32_t)reference.size;
    return ZX_OK;
}

zx_status_t loader_parse_request(const void *bytes, size_t size, uint32_t handle_count,
                                 struct loader_request *out)
{
    struct loader_header header;
    uint32_t object;

    *out = (struct loader_request){0};
    if (size < sizeof(header)) {
        return ZX_ERR_INVALID_ARGS;
    }
    memcpy(&header, bytes, sizeof(header));
    out->txid = header.txid;
    out->ordinal = header.ordinal;
    struct shape shape = shape_of(header.ordinal);

    if (!shape.known || size > LOADER_MAX_MESSAGE || size < string_offset(shape) ||
        handle_count != (shape.object ? 1 : 0)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (shape.object) {
        memcpy(&object, (const char *)bytes + object_offset(shape), sizeof(object));
        if (object != OBJECT_MARKER) {
            return ZX_ERR_INVALID_ARGS;
        }
        out->has_object = true;
    }
    if (shape.string) {
        return parse_string(bytes, size, shape, out);
    }
    return size == string_offset(shape) ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

size_t loader_build_request(uint32_t txid, uint32_t ordinal, const char *string, size_t string_size,
                            void *buffer)
{
    const struct loader_header header = {.txid = txid, .ordinal = ordinal};
    const uint32_t object = OBJECT_MARKER;
    struct shape shape = shape_of(ordinal);
    size_t size = string_offset(shape);

    if (!shape.known) {
        return 0;
    }
    if (shape.string) {
        const struct string_reference reference = {string_size, STRING_MARKER};

        if (string_size > LOADER_MAX_MESSAGE - size) {
            return 0;
        }
        size += pad(string_size);
        memset(buffer, 0, size);
        memcpy((char *)buffer + sizeof(header), &reference, sizeof(reference));
        memcpy((char *)buffer + string_offset(shape), string, string_size);
    } else {
        memset(buffer, 0, size);
    }
    if (shape.object) {
        memcpy((char *)buffer + object_offset(shape), &object, sizeof(object));
    }
    memcpy(buffer, &header, sizeof(header));
    return size;
}

size_t loader_build_reply(const struct loader_request *request, zx_status_t status, bool has_object,
                          void *buffer)
{
    const struct loader_header header = {.txid = request->txid, .ordinal = request->ordinal};
    const uint32_t object = has_object ? OBJECT_MARKER : 0;

    memcpy(buffer, &header, sizeof(header));
    memcpy((char *)buffer + sizeof(header), &status, sizeof(status));
    if (!shape_of(request->ordinal).reply_object) {
        return REPLY_SIZE;
    }
    memcpy((char *)buffer + REPLY_SIZE, &object, sizeof(object));
    return REPLY_OBJECT_SIZE;
}

zx_status_t loader_parse_reply(const void *bytes, size_t size, uint32_t handle_count, uint32_t txid,
                               uint32_t ordinal, zx_status_t *out_status)
{
    struct loader_header header;
    struct shape shape = shape_of(ordinal);
    uint32_t object = 0;

    if (size != (shape.reply_object ? REPLY_OBJECT_SIZE : REPLY_SIZE)) {
        return ZX_ERR_IO;
    }
    memcpy(&header, bytes, sizeof(header));
    memcpy(out_status, (const char *)bytes + sizeof(header), sizeof(*out_status));
    if (shape.reply_object) {
        memcpy(&object, (const char *)bytes + REPLY_SIZE, sizeof(object));
    }
    // A VMO comes exactly with success, and the slot says the same as the count of handles.
    bool wants_object = shape.reply_object && *out_status == ZX_OK;

    if (header.txid != txid || header.ordinal != ordinal ||
        object != (wants_object ? OBJECT_MARKER : 0) || handle_count != (wants_object ? 1 : 0)) {
        return ZX_ERR_IO;
    }
    return ZX_OK;
}

bool loader_name_is_plain(const char *name, size_t size)
{
    size_t start = 0;

    for (size_t i = 0; i <= size; i++) {
        if (i < size && name[i] != '/') {
            continue;
        }
        size_t length = i - start;

        if (length == 0 || (length == 1 && name[start] == '.') ||
            (length == 2 && name[start] == '.' && name[start + 1] == '.')) {
            return false;
        }
        start = i + 1;
    }
    return true;
}
