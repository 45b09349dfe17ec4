// SPDX-License-Identifier: MIT
//
// Messages: laid out and checked by their shapes, functions over buffers. The other side's
// bytes are not trusted: nothing is used before all of it was found to be in the message.

#include "message.h"

#include <zircon/syscalls.h>

void message_close_handles(const zx_handle_t *handles, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (handles[i] != ZX_HANDLE_INVALID)
            zx_handle_close(handles[i]);
    }
}

static uint32_t load32(const uint8_t *at)
{
    uint32_t value;

    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static void store32(uint8_t *at, uint32_t value)
{
    __builtin_memcpy(at, &value, sizeof(value));
}

static size_t pad8(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

uint32_t message_size(const struct ipc_shape *shape, const size_t *sizes)
{
    uint32_t total = shape->size;

    for (uint32_t i = 0; i < shape->variable_count; i++) {
        size_t most = shape->variables[i].maximum;

        total += (uint32_t)pad8(sizes[i] < most ? sizes[i] : most);
    }
    return total;
}

bool message_build(const struct ipc_shape *shape, void *fixed, const struct ipc_part *parts,
                   const zx_handle_t *handles, struct message *message)
{
    uint8_t *bytes = message->bytes;
    size_t size = shape->size;

    for (uint32_t i = 0; i < shape->variable_count; i++) {
        if (parts[i].size > shape->variables[i].maximum)
            return false;
        store32((uint8_t *)fixed + shape->variables[i].size_at, (uint32_t)parts[i].size);
        size += pad8(parts[i].size);
    }
    if (size > message->capacity)
        return false;
    message->num_handles = 0;
    for (uint32_t i = 0; i < shape->handle_count; i++) {
        if (shape->present_at[i] != 0)
            store32((uint8_t *)fixed + shape->present_at[i], handles[i] != ZX_HANDLE_INVALID);
        else if (handles[i] == ZX_HANDLE_INVALID)
            return false;
        if (handles[i] != ZX_HANDLE_INVALID)
            message->handles[message->num_handles++] = handles[i];
    }
    __builtin_memcpy(bytes, fixed, shape->size);
    bytes += shape->size;
    for (uint32_t i = 0; i < shape->variable_count; i++) {
        size_t padded = pad8(parts[i].size);

        if (parts[i].size == 0)
            continue;
        // The padding is within the last eight bytes.
        __builtin_memset(bytes + padded - 8, 0, 8);
        __builtin_memcpy(bytes, parts[i].data, parts[i].size);
        bytes += padded;
    }
    message->num_bytes = (uint32_t)size;
    return true;
}

static bool has_nul(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == 0)
            return true;
    }
    return false;
}

bool message_check(const struct ipc_shape *shape, const uint8_t *bytes, uint32_t num_bytes,
                   uint32_t num_handles)
{
    uint64_t size = shape->size;
    uint32_t expected = 0;

    if (num_bytes < shape->size)
        return false;
    for (uint32_t i = 0; i < shape->variable_count; i++) {
        uint32_t length = load32(bytes + shape->variables[i].size_at);

        if (length > shape->variables[i].maximum)
            return false;
        if (size + pad8(length) > num_bytes)
            return false;
        if (shape->variables[i].string && has_nul(bytes + size, length))
            return false;
        size += pad8(length);
    }
    for (uint32_t i = 0; i < shape->handle_count; i++) {
        uint32_t present = shape->present_at[i] == 0 ? 1 : load32(bytes + shape->present_at[i]);

        if (present > 1)
            return false;
        expected += present;
    }
    return size == num_bytes && expected == num_handles;
}

void message_take(const struct ipc_shape *shape, const uint8_t *bytes, const zx_handle_t *received,
                  void *fixed, struct ipc_part *parts, zx_handle_t *handles)
{
    size_t at = shape->size;

    __builtin_memcpy(fixed, bytes, shape->size);
    for (uint32_t i = 0; i < shape->variable_count; i++) {
        parts[i].data = bytes + at;
        parts[i].size = load32(bytes + shape->variables[i].size_at);
        at += pad8(parts[i].size);
    }
    for (uint32_t i = 0; i < shape->handle_count; i++) {
        if (shape->present_at[i] == 0 || load32(bytes + shape->present_at[i]) != 0)
            handles[i] = *received++;
        else
            handles[i] = ZX_HANDLE_INVALID;
    }
}
