// SPDX-License-Identifier: MIT
// ChaCha20 after RFC 8439 (interface: lib/chacha20.h). No table, no branch on data.

#include <lib/chacha20.h>
#include <lib/string.h>

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

ALWAYS_INLINE uint32_t rotl(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

// RFC 8439 section 2.1.
ALWAYS_INLINE void quarter_round(uint32_t s[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotl(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotl(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotl(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotl(s[b] ^ s[c], 7);
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
                    const uint8_t nonce[CHACHA20_NONCE_SIZE], uint8_t out[CHACHA20_BLOCK_SIZE])
{
    // "expand 32-byte k", key, counter, nonce: section 2.3.
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t s[16];

    for (unsigned i = 0; i < 8; i++)
        start[4 + i] = load32(key + 4 * i);
    start[12] = counter;
    for (unsigned i = 0; i < 3; i++)
        start[13 + i] = load32(nonce + 4 * i);
    memcpy(s, start, sizeof(s));

    for (unsigned round = 0; round < 10; round++) {
        quarter_round(s, 0, 4, 8, 12);
        quarter_round(s, 1, 5, 9, 13);
        quarter_round(s, 2, 6, 10, 14);
        quarter_round(s, 3, 7, 11, 15);
        quarter_round(s, 0, 5, 10, 15);
        quarter_round(s, 1, 6, 11, 12);
        quarter_round(s, 2, 7, 8, 13);
        quarter_round(s, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < 16; i++)
        store32(out + 4 * i, s[i] + start[i]);
}

void chacha20_xor(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
                  const uint8_t nonce[CHACHA20_NONCE_SIZE], const void *in, void *out, size_t len)
{
    const uint8_t *src = in;
    uint8_t *dst = out;
    uint8_t block[CHACHA20_BLOCK_SIZE];

    while (len) {
        size_t n = MIN(len, sizeof(block));
        chacha20_block(key, counter++, nonce, block);
        if (src) {
            for (size_t i = 0; i < n; i++)
                dst[i] = src[i] ^ block[i];
            src += n;
        } else {
            memcpy(dst, block, n);
        }
        dst += n;
        len -= n;
    }
}
