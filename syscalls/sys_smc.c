// SPDX-License-Identifier: MIT
// The system call to secure firmware (spec 30 section 5).
#include "sys_priv.h"

#include <hal/firmware.h>
#include <zircon/syscalls/smc.h>

zx_status_t sys_smc_call(zx_handle_t handle, user_in_zx_smc_parameters_t parameters,
                         user_out_zx_smc_result_t out_smc_result)
{
    zx_smc_parameters_t p;
    if (user_is_null(parameters) || user_is_null(out_smc_result))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = user_copy_in(&p, parameters, 1);
    if (status != ZX_OK)
        return status;
    status = sys_check_range(handle, ZX_RSRC_KIND_SMC,
                             ARM_SMC_GET_SERVICE_CALL_NUM_FROM_FUNC_ID(p.func_id), 1);
    if (status != ZX_OK)
        return status;
    // Before the firmware does anything: what it did could not be told afterwards.
    if (!user_range_ok(out_smc_result.addr, sizeof(zx_smc_result_t)) ||
        hal_user_fault_in(out_smc_result.addr, sizeof(zx_smc_result_t), true) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    struct hal_smc call = {.x = {p.func_id, p.arg1, p.arg2, p.arg3, p.arg4, p.arg5, p.arg6,
                                 (uint32_t)p.secure_os_id << 16 | p.client_id}};
    status = hal_smc_call(&call);
    if (status != ZX_OK)
        return status;
    const zx_smc_result_t result = {call.x[0], call.x[1], call.x[2], call.x[3]};
    return user_copy_out(out_smc_result, &result, 1);
}
