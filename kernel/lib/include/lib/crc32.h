// SPDX-License-Identifier: MIT
// CRC-32 as in IEEE 802.3: reflected, polynomial 0x04c11db7, start and final value inverted. Bit by bit:
// small, and usable in a panic.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The checksum of data[len] behind that of what came before it (0: nothing did).
uint32_t crc32(uint32_t before, const void *data, size_t len);
