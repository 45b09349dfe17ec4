// SPDX-License-Identifier: MIT
// Chain-loading (spec 31 section 3.2): another kernel (object/mexec.h), and the items that this machine
// would add to a boot image.
#include "sys_priv.h"

#include <account/account.h>
#include <hal/boot.h>
#include <lib/string.h>
#include <object/mexec.h>
#include <object/vmo_object.h>
#include <zircon/boot/image.h>

#define BUFFER_MAX 16384u

struct memory_range {
    uint64_t paddr, length;
    uint32_t type, reserved;
};

#define MEMORY_RAM           1u
#define MEMORY_RESERVED      3u

static void put_header(uint8_t *at, uint32_t type, uint32_t extra, size_t length)
{
    const zbi_header_t h = ZBI_HEADER(type, extra, length);

    memcpy(at, &h, sizeof(h));
}

static void put_ranges(struct memory_range **to, const struct boot_range *r, unsigned count,
                       uint32_t type)
{
    for (unsigned i = 0; i < count; i++)
        *(*to)++ = (struct memory_range){.paddr = r[i].base, .length = r[i].size, .type = type};
}

// The container: one item, the map of memory. `buffer` is zeroed and large enough.
#define ITEMS_MAX (2 * sizeof(zbi_header_t) +                                                  \
                   (BOOT_MAX_MEM + BOOT_MAX_RESERVED) * sizeof(struct memory_range))
_Static_assert(ITEMS_MAX <= BUFFER_MAX, "all items fit in the largest buffer");

static size_t put_items(uint8_t *buffer)
{
    uint8_t *const item = buffer + sizeof(zbi_header_t);
    struct memory_range *const first = (struct memory_range *)(item + sizeof(zbi_header_t));
    struct memory_range *next = first;

    put_ranges(&next, boot_info.mem, boot_info.mem_count, MEMORY_RAM);
    put_ranges(&next, boot_info.reserved, boot_info.reserved_count, MEMORY_RESERVED);
    put_header(item, ZBI_TYPE_MEM_CONFIG, 0, (size_t)((uint8_t *)next - (uint8_t *)first));
    put_header(buffer, ZBI_TYPE_CONTAINER, ZBI_CONTAINER_MAGIC,
               (size_t)((uint8_t *)next - item));
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
    uint8_t *items = account_kzalloc(BUFFER_MAX);
    if (items == NULL)
        return ZX_ERR_NO_MEMORY;
    status = put_items(items) > buffer_size
                 ? ZX_ERR_INTERNAL
                 : user_copy_out(buffer, (const void *)items, buffer_size);
    account_kfree(items);
    return status;
}

zx_status_t sys_system_mexec(zx_handle_t resource, zx_handle_t kernel_vmo, zx_handle_t bootimage_vmo)
{
    struct object *kernel, *boot;
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(kernel_vmo, &vmo_object_ops, ZX_RIGHT_READ, &kernel);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(bootimage_vmo, &vmo_object_ops, ZX_RIGHT_READ, &boot);
    if (status == ZX_OK) {
        status = mexec(vmo_from_object(kernel), vmo_from_object(boot));
        object_unref(boot);
    }
    object_unref(kernel);
    return status;
}
