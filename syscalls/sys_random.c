// SPDX-License-Identifier: MIT
// System calls of the random generator (spec 31 section 7).
#include "sys_priv.h"

#include <object/random.h>

zx_status_t sys_cprng_draw_once(user_out_void buffer, size_t buffer_size)
{
    uint8_t bytes[ZX_CPRNG_DRAW_MAX_LEN];
    if (buffer_size > sizeof(bytes))
        return ZX_ERR_INVALID_ARGS;
    random_draw(bytes, buffer_size);
    return user_copy_out(buffer, (const void *)bytes, buffer_size);
}

zx_status_t sys_cprng_add_entropy(user_in_void buffer, size_t buffer_size)
{
    uint8_t bytes[ZX_CPRNG_ADD_ENTROPY_MAX_LEN];
    if (buffer_size > sizeof(bytes) || !user_range_ok(buffer.addr, buffer_size))
        return ZX_ERR_INVALID_ARGS; // NULL, also with size 0
    zx_status_t status = user_copy_in((void *)bytes, buffer, buffer_size);
    if (status == ZX_OK)
        random_add(bytes, buffer_size);
    return status;
}
