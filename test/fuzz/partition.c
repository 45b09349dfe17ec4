// SPDX-License-Identifier: MIT
//
// A disk of any contents; its first two bytes choose the size of blocks and whether checksums are
// made right, so that what is behind them is reached. Partitions lie on the disk, and names end.

#include <stdlib.h>
#include <string.h>

#include <partition/partition.h>
#include <zircon/errors.h>

struct contents {
    uint8_t *bytes;
    uint32_t block_size;
};

static zx_status_t read_block(void *context, uint64_t block, void *out)
{
    const struct contents *contents = context;

    memcpy(out, contents->bytes + block * contents->block_size, contents->block_size);
    return ZX_OK;
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

// Makes the first GPT's checksums right, as far as it is one.
static void seal(uint8_t *bytes, size_t size, uint32_t block_size)
{
    uint8_t *header = bytes + block_size;
    uint32_t count, entry;

    if (size < 4 * (size_t)block_size) {
        return;
    }
    memcpy(&count, header + 80, 4);
    memcpy(&entry, header + 84, 4);
    if ((uint64_t)count * entry <= size - 2 * (size_t)block_size) {
        put32(header + 88, partition_crc(0, header + block_size, (size_t)count * entry));
    }
    put32(header + 16, 0);
    put32(header + 16, partition_crc(0, header, 92));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    uint32_t block_size = 512u << data[0] % 4;
    size_t length = (size - 2 + block_size - 1) & ~(size_t)(block_size - 1);
    struct contents contents = {calloc(1, length + 1), block_size};
    const struct partition_disk disk = {read_block, &contents, length / block_size, block_size};
    struct partition_table table;

    memcpy(contents.bytes, data + 2, size - 2);
    if ((data[1] & 1) != 0) {
        seal(contents.bytes, length, block_size);
    }
    if (partition_read(&disk, &table) == ZX_OK) {
        for (uint32_t i = 0; i < table.count; i++) {
            const struct partition *entry = &table.entries[i];

            if (entry->count == 0 || entry->first >= disk.blocks ||
                entry->count > disk.blocks - entry->first ||
                memchr(entry->name, '\0', sizeof(entry->name)) == NULL) {
                abort();
            }
        }
    }
    free(contents.bytes);
    return 0;
}
