// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4). No locks, no allocation.
#pragma once

#include <hal/types.h>

#define SHA256_SIZE       32u
#define SHA256_BLOCK_SIZE 64u

struct sha256 {
    uint32_t state[8];
    uint64_t length; // bytes taken so far
    uint8_t block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, uint8_t out[SHA256_SIZE]);

// The digest of one buffer.
void sha256_digest(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
