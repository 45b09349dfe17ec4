// SPDX-License-Identifier: MIT
//
// What the files of this library share.

#ifndef PARTITION_PRIVATE_H
#define PARTITION_PRIVATE_H

#include <partition/partition.h>

// Little-endian numbers at any place.
static inline uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static inline uint64_t load64(const uint8_t *at)
{
    return (uint64_t)load32(at + 4) << 32 | load32(at);
}

// Adds a partition if it lies between the blocks `from` and `to` (inclusive); else it is left out.
void partition_add(struct partition_table *table, const struct partition *partition, uint64_t from,
                   uint64_t to);

// Reads the GPT; `block` has room for one. Statuses as partition_read().
zx_status_t partition_read_gpt(const struct partition_disk *disk, uint8_t *block,
                               struct partition_table *out);

#endif
