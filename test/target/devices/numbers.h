// SPDX-License-Identifier: MIT
//
// What is on the disk of these tests (faults.py): somewhere, blocks that consist of their numbers; or zeros only.

#ifndef DEVICES_NUMBERS_H
#define DEVICES_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include <block/block.h>

#define NUMBERS_FIRST  0x4e756d6265720000u // of the first of them; also in faults.py
#define NUMBERS_BLOCKS 16384u              // of them there are so many; also in faults.py
#define NUMBERS_WORDS  64u                 // of a block

struct numbers {
    uint64_t first; // block of the disk; of `count` we know what they hold
    uint64_t count;
    bool zeros;
};

// Looks for them through a connection with a buffer of a page or more. False: it cannot be read.
bool numbers_find(struct block_device *disk, struct numbers *out);

// Fills `words` with, or compares them with, what `count` blocks of the disk hold from `block` on, which are among
// those that we know.
void numbers_fill(const struct numbers *numbers, uint64_t *words, uint64_t block, uint32_t count);
bool numbers_are(const struct numbers *numbers, const uint64_t *words, uint64_t block, uint32_t count);

#endif
