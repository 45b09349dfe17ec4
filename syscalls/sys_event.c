// SPDX-License-Identifier: MIT
// System calls of events (spec 11 section 4).
#include "sys_priv.h"

#include <object/event.h>

zx_status_t sys_event_create(uint32_t options, struct handle_out *out)
{
    if (unlikely(options != 0))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_EVENT);
    if (unlikely(status != ZX_OK))
        return status;
    out->rights = ZX_DEFAULT_EVENT_RIGHTS;
    return event_create(&out->object);
}
