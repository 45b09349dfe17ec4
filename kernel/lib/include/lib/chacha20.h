// SPDX-License-Identifier: MIT
// ChaCha20 (RFC 8439): the block function and stream encryption. No locks, no allocation.
#pragma once

#include <hal/types.h>

#define CHACHA20_KEY_SIZE   32u
#define CHACHA20_NONCE_SIZE 12u
#define CHACHA20_BLOCK_SIZE 64u

// One block of key stream.
void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
                    const uint8_t nonce[CHACHA20_NONCE_SIZE], uint8_t out[CHACHA20_BLOCK_SIZE]);

// out = in XOR key stream starting at block `counter`; in == NULL writes the bare key stream. `in`
// and `out` may be the same buffer.
void chacha20_xor(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
                  const uint8_t nonce[CHACHA20_NONCE_SIZE], const void *in, void *out, size_t len);
