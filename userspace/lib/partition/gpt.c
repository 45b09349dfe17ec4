// SPDX-License-Identifier: MIT
//
// The GUID partition table (UEFI 2.8, 5.3): a header in block 1 and one in the last block, each
// with its own checksum and that of a list of entries.

#include <string.h>

#include "private.h"

#include <zircon/errors.h>

// The header's fields.
#define HEADER_SIGNATURE   0u // "EFI PART"
#define HEADER_SIZE        12u
#define HEADER_CRC         16u
#define HEADER_SELF        24u
#define HEADER_OTHER       32u
#define HEADER_FIRST       40u
#define HEADER_LAST        48u
#define HEADER_LIST        72u
#define HEADER_COUNT       80u
#define HEADER_ENTRY_BYTES 84u
#define HEADER_LIST_CRC    88u
#define HEADER_LEAST       92u

// An entry's.
#define ENTRY_LEAST      128u
#define ENTRY_ID         16u
#define ENTRY_FIRST      32u
#define ENTRY_LAST       40u
#define ENTRY_ATTRIBUTES 48u
#define ENTRY_NAME       56u
#define NAME_UNITS       36u

// The longest list that is read.
#define LIST_MOST (1024u * 1024u)

struct header {
    uint64_t first, last; // blocks that partitions may have
    uint64_t other;       // block of the other header
    uint64_t list;
    uint32_t count, entry_bytes;
    uint32_t list_crc;
};

uint32_t partition_crc(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
        }
    }
    return ~crc;
}

// Reads the header in a block. False: it is none that counts.
static bool parse_header(const struct partition_disk *disk, uint8_t *block, uint64_t at,
                         struct header *out)
{
    uint32_t size = load32(block + HEADER_SIZE), crc = load32(block + HEADER_CRC);

    if (memcmp(block + HEADER_SIGNATURE, "EFI PART", 8) != 0 || size < HEADER_LEAST ||
        size > disk->block_size) {
        return false;
    }
    memset(block + HEADER_CRC, 0, 4);
    *out = (struct header){
        .first = load64(block + HEADER_FIRST),
        .last = load64(block + HEADER_LAST),
        .other = load64(block + HEADER_OTHER),
        .list = load64(block + HEADER_LIST),
        .count = load32(block + HEADER_COUNT),
        .entry_bytes = load32(block + HEADER_ENTRY_BYTES),
        .list_crc = load32(block + HEADER_LIST_CRC),
    };
    return partition_crc(0, block, size) == crc && load64(block + HEADER_SELF) == at &&
           out->first <= out->last && out->last < disk->blocks && out->entry_bytes >= ENTRY_LEAST &&
           out->entry_bytes <= disk->block_size &&
           (out->entry_bytes & (out->entry_bytes - 1)) == 0 &&
           out->count <= LIST_MOST / out->entry_bytes;
}

// UTF-16 to UTF-8, up to a NUL; what is no character becomes U+FFFD.
static void take_name(const uint8_t *units, char *out)
{
    for (uint32_t i = 0; i < NAME_UNITS; i++) {
        uint32_t unit = units[2 * i] | (uint32_t)units[2 * i + 1] << 8;
        uint32_t next = i + 1 < NAME_UNITS ? units[2 * i + 2] | (uint32_t)units[2 * i + 3] << 8 : 0;

        if (unit == 0) {
            break;
        }
        if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
            unit = 0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff));
            i++;
        } else if ((unit >= 0xd800 && unit < 0xe000) || unit < 0x20 || unit == 0x7f) {
            unit = 0xfffd;
        }
        if (unit >= 0x10000) {
            *out++ = (char)(0xf0 | unit >> 18);
            *out++ = (char)(0x80 | (unit >> 12 & 0x3f));
        } else if (unit >= 0x800) {
            *out++ = (char)(0xe0 | unit >> 12);
        }
        if (unit >= 0x800) {
            *out++ = (char)(0x80 | (unit >> 6 & 0x3f));
        } else if (unit >= 0x80) {
            *out++ = (char)(0xc0 | unit >> 6);
        }
        *out++ = (char)(unit >= 0x80 ? 0x80 | (unit & 0x3f) : unit);
    }
    *out = '\0';
}

static void add_entry(const uint8_t *entry, uint32_t number, const struct header *header,
                      struct partition_table *out)
{
    static const uint8_t unused[16];
    struct partition partition = {
        .number = number,
        .first = load64(entry + ENTRY_FIRST),
        .attributes = load64(entry + ENTRY_ATTRIBUTES),
    };
    uint64_t last = load64(entry + ENTRY_LAST);

    if (memcmp(entry, unused, sizeof(unused)) == 0) {
        return;
    }
    // An entry that ends before it begins, or at the end of all numbers, counts 0 blocks: left out.
    partition.count = last >= partition.first ? last - partition.first + 1 : 0;
    memcpy(partition.type, entry, sizeof(partition.type));
    memcpy(partition.id, entry + ENTRY_ID, sizeof(partition.id));
    take_name(entry + ENTRY_NAME, partition.name);
    partition_add(out, &partition, header->first, header->last);
}

// Reads the list of entries; with `out` NULL it is only looked at. ZX_ERR_IO_DATA_INTEGRITY: its checksum is wrong.
static zx_status_t read_list(const struct partition_disk *disk, uint8_t *block,
                             const struct header *header, struct partition_table *out)
{
    uint32_t per_block = disk->block_size / header->entry_bytes, crc = 0;

    for (uint32_t done = 0; done < header->count;) {
        uint64_t at = header->list + done / per_block;
        uint32_t here = header->count - done < per_block ? header->count - done : per_block;

        if (at < header->list || at >= disk->blocks) {
            return ZX_ERR_IO_DATA_INTEGRITY;
        }
        zx_status_t status = disk->read(disk->context, at, block);

        if (status != ZX_OK) {
            return status;
        }
        crc = partition_crc(crc, block, (size_t)here * header->entry_bytes);
        for (uint32_t i = 0; i < here && out != NULL; i++) {
            add_entry(block + (size_t)i * header->entry_bytes, done + i + 1, header, out);
        }
        done += here;
    }
    return crc == header->list_crc ? ZX_OK : ZX_ERR_IO_DATA_INTEGRITY;
}

// Reads the table whose header is in a block; with `out` NULL it is only looked at.
static zx_status_t read_at(const struct partition_disk *disk, uint8_t *block, uint64_t at,
                           struct header *header, struct partition_table *out)
{
    zx_status_t status = disk->read(disk->context, at, block);

    if (status == ZX_OK && !parse_header(disk, block, at, header)) {
        status = ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (status == ZX_OK) {
        status = read_list(disk, block, header, out);
    }
    if (status != ZX_OK && out != NULL) {
        out->count = out->left_out = 0;
    }
    return status;
}

zx_status_t partition_read_gpt(const struct partition_disk *disk, uint8_t *block,
                               struct partition_table *out)
{
    zx_status_t status = ZX_ERR_IO_DATA_INTEGRITY;
    struct header header, copy;

    out->count = out->left_out = 0;
    if (disk->blocks > 1) {
        status = read_at(disk, block, 1, &header, out);
    }
    if (status == ZX_OK) {
        // Of an image that was written to a larger disk the copy is where the image had its end.
        out->copy_elsewhere = header.other != disk->blocks - 1;
        out->no_backup = header.other >= disk->blocks ||
                         read_at(disk, block, header.other, &copy, NULL) != ZX_OK;
    }
    if (status == ZX_ERR_IO_DATA_INTEGRITY && disk->blocks > 2) {
        out->backup = true;
        status = read_at(disk, block, disk->blocks - 1, &copy, out);
    }
    return status;
}

void partition_guid_text(const uint8_t guid[16], char out[37])
{
    // The first three groups are little endian.
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static const char digits[] = "0123456789abcdef";

    for (uint32_t i = 0; i < sizeof(order); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        *out++ = digits[guid[order[i]] >> 4];
        *out++ = digits[guid[order[i]] & 15];
    }
    *out = '\0';
}
