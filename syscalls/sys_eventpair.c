// SPDX-License-Identifier: MIT
// System calls of event pairs (spec 11 section 4).
#include "sys_priv.h"

#include <object/eventpair.h>

zx_status_t sys_eventpair_create(uint32_t options, struct handle_out *out0, struct handle_out *out1)
{
    if (options != 0)
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = policy_check(ZX_POL_NEW_EVENTPAIR);
    if (status != ZX_OK)
        return status;
    out0->rights = out1->rights = ZX_DEFAULT_EVENTPAIR_RIGHTS;
    return eventpair_create(&out0->object, &out1->object);
}
