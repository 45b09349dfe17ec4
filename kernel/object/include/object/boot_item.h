// SPDX-License-Identifier: MIT
// Boot items (spec 32 section 6).
#pragma once

#include <hal/types.h>

struct boot_item {
    uint32_t type, length, extra, flags; // `length` bytes follow, padded to 8
    uint32_t reserved[2];
    uint32_t magic, crc32;
};

#define BOOT_ITEM_CONTAINER       0x544f4f42u
#define BOOT_ITEM_CONTAINER_EXTRA 0x868cf7e6u
#define BOOT_ITEM_CMDLINE         0x4c444d43u
#define BOOT_ITEM_RAMDISK         0x4b534452u
#define BOOT_ITEM_MEMORY          0x434d454du
#define BOOT_ITEM_FLAGS           0x00010000u
#define BOOT_ITEM_MAGIC           0xb5781729u
#define BOOT_ITEM_NO_CRC          0x4a87e8d6u
#define BOOT_ITEM_ALIGN           8u
