// SPDX-License-Identifier: MIT
// System calls of events (spec 11 section 4).
#include "sys_priv.h"

#include <object/event.h>

zx_status_t sys_event_create(uint32_t options, user_out_zx_handle_t out)
{
    if (unlikely(options != 0))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_EVENT);
    if (unlikely(status != ZX_OK))
        return status;
    struct object *event = event_create();
    if (unlikely(event == NULL))
        return ZX_ERR_NO_MEMORY;
    return handle_out_finish_new(event, ZX_DEFAULT_EVENT_RIGHTS, out.addr);
}
