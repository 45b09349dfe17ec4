// SPDX-License-Identifier: MIT
//
// Partition tables: MBR with logical partitions, and GPT (UEFI 2.8, 5). Pure but for the function
// that reads blocks; no allocation. Nothing on the disk is trusted: a GPT counts only with both
// checksums, chains end, and what lies outside of the disk or of the table's bounds is left out.

#ifndef PARTITION_PARTITION_H
#define PARTITION_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#define PARTITION_MAX         128u
#define PARTITION_BLOCK_LEAST 512u
#define PARTITION_BLOCK_MOST  4096u
#define PARTITION_NAME_BYTES  (36u * 3u + 1u) // of 36 UTF-16 units as UTF-8, with a NUL

enum partition_kind { PARTITION_NONE, PARTITION_MBR, PARTITION_GPT };

struct partition {
    uint32_t number; // from 1; logical ones from 5
    uint64_t first;  // block
    uint64_t count;  // blocks, not 0
    // MBR:
    uint8_t system; // what is in it
    bool active;
    // GPT:
    uint8_t type[16]; // as on the disk; partition_guid_text()
    uint8_t id[16];
    uint64_t attributes;
    char name[PARTITION_NAME_BYTES];
};

struct partition_table {
    enum partition_kind kind;
    bool backup;       // GPT: the first one is damaged, this is the one at the end
    bool no_backup;    // GPT: this is the first one, and its copy is damaged: its header, or its entries
    bool copy_elsewhere; // GPT: this is the first one, and says that its copy is not at the disk's end
    uint32_t left_out; // entries that made no sense, or were too many
    uint32_t overlapping; // of `entries`, those that share blocks with another one; they are as the table says
    uint32_t count;
    struct partition entries[PARTITION_MAX]; // in the order of the table
};

// The disk.
struct partition_disk {
    // Reads one block. A failure is passed on.
    zx_status_t (*read)(void *context, uint64_t block, void *out);
    void *context;
    uint64_t blocks;
    uint32_t block_size; // power of two, PARTITION_BLOCK_LEAST to PARTITION_BLOCK_MOST
};

// Reads the disk's table. ZX_OK with PARTITION_NONE: it has none. ZX_ERR_IO_DATA_INTEGRITY: it has
// a GPT, but both copies are damaged. ZX_ERR_INVALID_ARGS: not such a block size. Others: of
// `read`.
zx_status_t partition_read(const struct partition_disk *disk, struct partition_table *out);

// A GUID as people write it, with a NUL.
void partition_guid_text(const uint8_t guid[16], char out[37]);

// CRC-32 as GPT has it (reflected 0x04c11db7), of more bytes; begin with 0.
uint32_t partition_crc(uint32_t crc, const void *data, size_t size);

#endif
