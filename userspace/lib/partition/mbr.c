// SPDX-License-Identifier: MIT
//
// The master boot record, and the chain of records in which logical partitions are listed.

#include <string.h>

#include "private.h"

#include <zircon/errors.h>

#define ENTRIES       446u
#define ENTRY_BYTES   16u
#define SIGNATURE     510u
#define ACTIVE        0x80u
#define SYSTEM_GPT    0xeeu
#define FIRST_LOGICAL 5u

struct entry {
    bool active;
    uint8_t system;
    uint32_t first;
    uint32_t count;
};

void partition_add(struct partition_table *table, const struct partition *partition, uint64_t from,
                   uint64_t to)
{
    if (partition->count == 0 || partition->first < from || partition->first > to ||
        partition->count - 1 > to - partition->first || table->count == PARTITION_MAX) {
        table->left_out++;
        return;
    }
    table->entries[table->count++] = *partition;
}

static struct entry entry_at(const uint8_t *block, uint32_t index)
{
    const uint8_t *at = block + ENTRIES + index * ENTRY_BYTES;

    return (struct entry){at[0] == ACTIVE, at[4], load32(at + 8), load32(at + 12)};
}

static bool has_signature(const uint8_t *block)
{
    return block[SIGNATURE] == 0x55 && block[SIGNATURE + 1] == 0xaa;
}

// True for the partition that holds the logical ones.
static bool is_extended(uint8_t system)
{
    return system == 0x05 || system == 0x0f || system == 0x85;
}

static void add(const struct partition_disk *disk, struct partition_table *table,
                const struct entry *entry, uint32_t number, uint64_t base)
{
    const struct partition partition = {
        .number = number,
        .first = base + entry->first,
        .count = entry->count,
        .system = entry->system,
        .active = entry->active,
    };

    // Block 0 is the table's own.
    partition_add(table, &partition, 1, disk->blocks - 1);
}

// Follows the chain of records in the extended partition: each has a logical partition, and where
// the next record is. It goes forward only, so that it ends.
static zx_status_t read_logical(const struct partition_disk *disk, uint8_t *block,
                                const struct entry *extended, struct partition_table *out)
{
    uint64_t at = extended->first;

    for (uint32_t number = FIRST_LOGICAL; number < FIRST_LOGICAL + PARTITION_MAX; number++) {
        if (at == 0 || at >= disk->blocks) {
            out->left_out++;
            return ZX_OK;
        }
        zx_status_t status = disk->read(disk->context, at, block);

        if (status != ZX_OK) {
            return status;
        }
        if (!has_signature(block)) {
            out->left_out++;
            return ZX_OK;
        }
        struct entry logical = entry_at(block, 0), next = entry_at(block, 1);

        if (logical.system != 0) {
            add(disk, out, &logical, number, at);
        }
        if (!is_extended(next.system) || next.count == 0) {
            return ZX_OK;
        }
        if ((uint64_t)extended->first + next.first <= at) {
            out->left_out++;
            return ZX_OK;
        }
        at = (uint64_t)extended->first + next.first;
    }
    return ZX_OK;
}

static zx_status_t read_mbr(const struct partition_disk *disk, uint8_t *block,
                            struct partition_table *out)
{
    struct entry extended = {0};

    for (uint32_t i = 0; i < 4; i++) {
        struct entry entry = entry_at(block, i);

        if (is_extended(entry.system) && extended.count == 0) {
            extended = entry;
        }
        if (entry.system != 0) {
            add(disk, out, &entry, i + 1, 0);
        }
    }
    return extended.count != 0 ? read_logical(disk, block, &extended, out) : ZX_OK;
}

// True if the record only says that there is a GPT.
static bool is_protective(const uint8_t *block)
{
    for (uint32_t i = 0; i < 4; i++) {
        if (entry_at(block, i).system == SYSTEM_GPT) {
            return true;
        }
    }
    return false;
}

// True if it shares blocks with another one. The logical ones lie in theirs.
static bool overlaps(const struct partition_table *table, uint32_t index)
{
    const struct partition *one = &table->entries[index];

    for (uint32_t i = 0; i < table->count; i++) {
        const struct partition *other = &table->entries[i];

        if (i != index && !is_extended(one->system) && !is_extended(other->system) &&
            one->first < other->first + other->count && other->first < one->first + one->count) {
            return true;
        }
    }
    return false;
}

static void count_overlapping(struct partition_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        table->overlapping += overlaps(table, i);
    }
}

// Reads the table of the kind that the first block is of.
static zx_status_t read_kind(const struct partition_disk *disk, uint8_t *block, struct partition_table *out)
{
    if (is_protective(block)) {
        out->kind = PARTITION_GPT;
        return partition_read_gpt(disk, block, out);
    }
    out->kind = PARTITION_MBR;
    return read_mbr(disk, block, out);
}

zx_status_t partition_read(const struct partition_disk *disk, struct partition_table *out)
{
    uint8_t block[PARTITION_BLOCK_MOST];
    uint32_t size = disk->block_size;

    memset(out, 0, sizeof(*out));
    if (size < PARTITION_BLOCK_LEAST || size > PARTITION_BLOCK_MOST || (size & (size - 1)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (disk->blocks == 0) {
        return ZX_OK;
    }
    zx_status_t status = disk->read(disk->context, 0, block);

    if (status != ZX_OK || !has_signature(block)) {
        return status;
    }
    status = read_kind(disk, block, out);
    if (status == ZX_OK) {
        count_overlapping(out);
    }
    return status;
}
