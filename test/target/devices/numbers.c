// SPDX-License-Identifier: MIT
//
// The contents of a disk; the interface is in numbers.h.

#include "numbers.h"

#include <zircon/errors.h>

// A file system's own blocks before its first file's.
#define LOOK 8192u

static uint64_t word_of(const struct numbers *numbers, uint64_t block)
{
    return numbers->zeros ? 0 : NUMBERS_FIRST + (block - numbers->first);
}

bool numbers_find(struct block_device *disk, struct numbers *out)
{
    const uint64_t *words = (const uint64_t *)(const void *)disk->data;
    const uint32_t step = 4096u / disk->info.block_size;

    for (uint64_t at = 0; at < LOOK && at + step <= disk->info.block_count; at += step) {
        if (block_transfer(disk, false, at, step) != ZX_OK) {
            return false;
        }
        for (uint32_t i = 0; i < step; i++) {
            if (words[i * NUMBERS_WORDS] == NUMBERS_FIRST) {
                *out = (struct numbers){at + i, NUMBERS_BLOCKS, false};
                return true;
            }
        }
    }
    *out = (struct numbers){0, disk->info.block_count, true};
    return true;
}

void numbers_fill(const struct numbers *numbers, uint64_t *words, uint64_t block, uint32_t count)
{
    for (uint32_t i = 0; i < count * NUMBERS_WORDS; i++) {
        words[i] = word_of(numbers, block + i / NUMBERS_WORDS);
    }
}

bool numbers_are(const struct numbers *numbers, const uint64_t *words, uint64_t block, uint32_t count)
{
    for (uint32_t i = 0; i < count * NUMBERS_WORDS; i++) {
        if (words[i] != word_of(numbers, block + i / NUMBERS_WORDS)) {
            return false;
        }
    }
    return true;
}
