// SPDX-License-Identifier: MIT
//
// Boot items, of which a boot image consists: one container, and items in it. Each has a header, and `length` bytes
// behind it, padded to ZBI_ALIGNMENT.

#ifndef ZIRCON_BOOT_IMAGE_H_
#define ZIRCON_BOOT_IMAGE_H_

#include <stdint.h>

typedef struct {
    uint32_t type;
    uint32_t length; // of what follows, without padding
    uint32_t extra;  // by type
    uint32_t flags;
    uint32_t reserved0;
    uint32_t reserved1;
    uint32_t magic;
    uint32_t crc32;
} zbi_header_t;

#define ZBI_TYPE_CONTAINER       0x544f4f42u
#define ZBI_TYPE_CMDLINE         0x4c444d43u // text; several are concatenated
#define ZBI_TYPE_STORAGE_RAMDISK 0x4b534452u
#define ZBI_TYPE_DISCARD         0x50494b53u // ignored
#define ZBI_TYPE_MEM_CONFIG      0x434d454du

#define ZBI_CONTAINER_MAGIC 0x868cf7e6u // `extra` of a container
#define ZBI_FLAG_VERSION    0x00010000u // always set
#define ZBI_ITEM_MAGIC      0xb5781729u // `magic` of all
#define ZBI_ITEM_NO_CRC32   0x4a87e8d6u // `crc32` where none was computed
#define ZBI_ALIGNMENT       8u

// The header of an item without a CRC.
#define ZBI_HEADER(type_, extra_, length_)                                                     \
    ((zbi_header_t){.type = (type_), .length = (uint32_t)(length_), .extra = (extra_),         \
                    .flags = ZBI_FLAG_VERSION, .magic = ZBI_ITEM_MAGIC,                        \
                    .crc32 = ZBI_ITEM_NO_CRC32})

#endif
