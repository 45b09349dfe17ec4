// SPDX-License-Identifier: MIT
// CRC-32 (interface: lib/crc32.h).
#include <lib/crc32.h>

#define REFLECTED_POLYNOMIAL 0xedb88320u

uint32_t crc32(uint32_t before, const void *data, size_t len)
{
    const uint8_t *byte = data;
    uint32_t crc = ~before;

    for (; len > 0; len--, byte++) {
        crc ^= *byte;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? REFLECTED_POLYNOMIAL : 0);
    }
    return ~crc;
}
