// SPDX-License-Identifier: MIT
// Chain-loading (spec 31 section 3.2). There is no boot of another kernel: system_mexec is not built. The
// items that this machine would add to a boot image can be had.
#include "sys_priv.h"

#include <hal/boot.h>
#include <lib/string.h>
#include <mem/kmalloc.h>

#define BUFFER_MAX 16384u

// Boot item container, spec 32 section 6.
struct item_header {
    uint32_t type, length, extra, flags;
    uint32_t reserved[2];
    uint32_t magic, crc32;
};
struct memory_range {
    uint64_t paddr, length;
    uint32_t type, reserved;
};

#define ITEM_CONTAINER       0x544f4f42u
#define ITEM_CONTAINER_EXTRA 0x868cf7e6u
#define ITEM_MEMORY          0x434d454du
#define ITEM_FLAGS           0x00010000u
#define ITEM_MAGIC           0xb5781729u
#define ITEM_NO_CRC          0x4a87e8d6u
#define MEMORY_RAM           1u
#define MEMORY_RESERVED      3u

static void put_header(uint8_t *at, uint32_t type, uint32_t extra, size_t length)
{
    const struct item_header h = {.type = type, .length = (uint32_t)length, .extra = extra,
                                  .flags = ITEM_FLAGS, .magic = ITEM_MAGIC, .crc32 = ITEM_NO_CRC};
    memcpy(at, &h, sizeof(h));
}

static void put_ranges(struct memory_range **to, const struct boot_range *r, unsigned count,
                       uint32_t type)
{
    for (unsigned i = 0; i < count; i++)
        *(*to)++ = (struct memory_range){.paddr = r[i].base, .length = r[i].size, .type = type};
}

// The container: one item, the map of memory. `buffer` is zeroed and large enough.
#define ITEMS_MAX (2 * sizeof(struct item_header) +                                                \
                   (BOOT_MAX_MEM + BOOT_MAX_RESERVED) * sizeof(struct memory_range))
_Static_assert(ITEMS_MAX <= BUFFER_MAX, "all items fit in the largest buffer");

static size_t put_items(uint8_t *buffer)
{
    uint8_t *const item = buffer + sizeof(struct item_header);
    struct memory_range *const first = (struct memory_range *)(item + sizeof(struct item_header));
    struct memory_range *next = first;

    put_ranges(&next, boot_info.mem, boot_info.mem_count, MEMORY_RAM);
    put_ranges(&next, boot_info.reserved, boot_info.reserved_count, MEMORY_RESERVED);
    put_header(item, ITEM_MEMORY, 0, (size_t)((uint8_t *)next - (uint8_t *)first));
    put_header(buffer, ITEM_CONTAINER, ITEM_CONTAINER_EXTRA, (size_t)((uint8_t *)next - item));
    return (size_t)((uint8_t *)next - buffer);
}

zx_status_t sys_system_mexec_payload_get(zx_handle_t resource, user_out_void buffer,
                                         size_t buffer_size)
{
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK)
        return status;
    if (buffer_size > BUFFER_MAX)
        return ZX_ERR_INVALID_ARGS;
    uint8_t *items = kzalloc(BUFFER_MAX);
    if (items == NULL)
        return ZX_ERR_NO_MEMORY;
    status = put_items(items) > buffer_size
                 ? ZX_ERR_INTERNAL
                 : user_copy_out(buffer, (const void *)items, buffer_size);
    kfree(items);
    return status;
}
