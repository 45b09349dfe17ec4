// SPDX-License-Identifier: MIT
//
// Reader for newc cpio archives; the interface is in cpio/cpio.h.
//
// An archive is a row of entries: a header of 110 ASCII characters (a magic number and 13 fields of
// eight hexadecimal digits), the name with its NUL, zeros up to a multiple of four counted from the
// start of the archive, the data, zeros again. The entry named TRAILER!!! ends it.
//
// Invariants:
//  C1. `position` <= `size` at all times; every length from the archive is compared with what is
//      left before it is added to anything, so that no sum can wrap.
//  C2. After a failure the position stays where it was: the same status comes again.
//
// No locks: an iteration belongs to one thread, the archive is only read.

#include <cpio/cpio.h>

#include <minilib/string.h>
#include <zircon/errors.h>

#define HEADER_SIZE 110u
#define MAGIC_SIZE  6u
#define FIELD_SIZE  8u

// Positions of the fields used, counted in fields after the magic number.
enum { FIELD_MODE = 1, FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

static const char end_name[] = "TRAILER!!!";

static bool starts_with(const void *base, size_t size, const void *prefix, size_t prefix_size)
{
    return size >= prefix_size && memcmp(base, prefix, prefix_size) == 0;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_newc_magic(const uint8_t *header)
{
    return memcmp(header, "070701", MAGIC_SIZE) == 0 || memcmp(header, "070702", MAGIC_SIZE) == 0;
}

enum cpio_kind cpio_identify(const void *base, size_t size)
{
    size_t head = size < HEADER_SIZE ? size : HEADER_SIZE;

    if (size == 0 || all_zero(base, head)) {
        return CPIO_KIND_EMPTY;
    }
    if (size >= MAGIC_SIZE && is_newc_magic(base)) {
        return CPIO_KIND_NEWC;
    }
    if (starts_with(base, size, "\x1f\x8b", 2) ||
        starts_with(base, size,
                    "\xfd"
                    "7zXZ",
                    5) ||
        starts_with(base, size, "\x28\xb5\x2f\xfd", 4) ||
        starts_with(base, size, "\x02\x21\x4c\x18", 4) ||
        starts_with(base, size, "\x04\x22\x4d\x18", 4)) {
        return CPIO_KIND_COMPRESSED;
    }
    if (starts_with(base, size, "070707", 6) || starts_with(base, size, "\xc7\x71", 2) ||
        starts_with(base, size, "\x71\xc7", 2)) {
        return CPIO_KIND_OTHER_CPIO;
    }
    return CPIO_KIND_UNKNOWN;
}

void cpio_init(struct cpio *archive, const void *base, size_t size)
{
    archive->base = base;
    archive->size = size;
    archive->position = 0;
    archive->skipped = 0;
}

// Reads eight hexadecimal digits; false if one is not a digit.
static bool parse_field(const uint8_t *header, unsigned field, uint32_t *out_value)
{
    const uint8_t *digits = header + MAGIC_SIZE + field * FIELD_SIZE;
    uint32_t value = 0;

    for (unsigned i = 0; i < FIELD_SIZE; i++) {
        uint8_t c = digits[i];
        uint32_t digit;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            digit = c - 'a' + 10u;
        } else if (c >= 'A' && c <= 'F') {
            digit = c - 'A' + 10u;
        } else {
            return false;
        }
        value = value << 4 | digit;
    }
    *out_value = value;
    return true;
}

// True if one of the components of the path is `..`.
static bool has_parent_component(const char *path)
{
    while (*path != '\0') {
        size_t length = 0;

        while (path[length] != '\0' && path[length] != '/') {
            length++;
        }
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            return true;
        }
        path += length;
        while (*path == '/') {
            path++;
        }
    }
    return false;
}

// Removes what tools put before a relative name: any row of `./` and `/`.
static const char *plain_name(const char *name)
{
    for (;;) {
        if (name[0] == '/') {
            name += 1;
        } else if (name[0] == '.' && name[1] == '/') {
            name += 2;
        } else {
            return name;
        }
    }
}

// The padding that brings `length` to a multiple of four.
static size_t padding(size_t length)
{
    return (4u - length % 4u) % 4u;
}

// Decodes the entry at archive->position. On ZX_OK *out_end is where the entry ends, and the name
// is exactly as in the archive.
static zx_status_t decode_entry(const struct cpio *archive, struct cpio_entry *entry,
                                size_t *out_end)
{
    size_t left = archive->size - archive->position;
    const uint8_t *header = archive->base + archive->position;
    uint32_t mode, file_size, name_size;

    if (left < HEADER_SIZE) {
        return ZX_ERR_IO_DATA_LOSS;
    }
    if (!is_newc_magic(header)) {
        // A row of zeros is where an archive was cut and padded: that is loss, not nonsense.
        return all_zero(header, HEADER_SIZE) ? ZX_ERR_IO_DATA_LOSS : ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (!parse_field(header, FIELD_MODE, &mode) ||
        !parse_field(header, FIELD_FILE_SIZE, &file_size) ||
        !parse_field(header, FIELD_NAME_SIZE, &name_size) || name_size == 0 ||
        name_size > CPIO_NAME_MAX) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    left -= HEADER_SIZE;
    size_t name_area = name_size + padding(HEADER_SIZE + name_size);
    const char *name = (const char *)header + HEADER_SIZE;

    if (left < name_size) {
        return ZX_ERR_IO_DATA_LOSS;
    }
    if (strnlen(name, name_size) != name_size - 1) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    // The archive may end right after the end mark's name, or after the last byte of a file: the
    // padding behind either is not required to be there.
    left -= left < name_area ? left : name_area;
    if (left < file_size) {
        return ZX_ERR_IO_DATA_LOSS;
    }
    size_t data_area = file_size + padding(file_size);

    entry->name = name;
    entry->data = archive->base + (archive->size - left);
    entry->size = file_size;
    entry->mode = mode;
    left -= left < data_area ? left : data_area;
    *out_end = archive->size - left;
    return ZX_OK;
}

zx_status_t cpio_next(struct cpio *archive, struct cpio_entry *out_entry)
{
    for (;;) {
        struct cpio_entry entry;
        size_t end;
        zx_status_t status = decode_entry(archive, &entry, &end);

        if (status != ZX_OK) {
            return status;
        }
        if (strcmp(entry.name, end_name) == 0) {
            return ZX_ERR_STOP;
        }
        archive->position = end;
        entry.name = plain_name(entry.name);
        if (has_parent_component(entry.name)) {
            archive->skipped++;
            continue;
        }
        if (entry.name[0] == '\0' || strcmp(entry.name, ".") == 0) {
            continue; // the directory that the archive was made of
        }
        *out_entry = entry;
        return ZX_OK;
    }
}

zx_status_t cpio_find(const void *base, size_t size, const char *path, struct cpio_entry *out_entry)
{
    struct cpio archive;
    struct cpio_entry entry;
    zx_status_t status;

    if (path[0] == '\0' || path[0] == '/' || has_parent_component(path)) {
        return ZX_ERR_INVALID_ARGS;
    }
    cpio_init(&archive, base, size);
    while ((status = cpio_next(&archive, &entry)) == ZX_OK) {
        if (strcmp(entry.name, path) != 0) {
            continue;
        }
        if (!cpio_entry_is_file(&entry)) {
            return ZX_ERR_NOT_FILE;
        }
        *out_entry = entry;
        return ZX_OK;
    }
    return status == ZX_ERR_STOP ? ZX_ERR_NOT_FOUND : status;
}
