// SPDX-License-Identifier: MIT
//
// Calls to the secure firmware (spec 30 section 5).
#pragma once

#include <zircon/syscalls/types.h>

__BEGIN_CDECLS

#define ARM_SMC_SERVICE_CALL_NUM_TRUSTED_OS_BASE   0x32u
#define ARM_SMC_SERVICE_CALL_NUM_TRUSTED_OS_LENGTH 0xeu
#define ARM_SMC_SERVICE_CALL_NUM_MAX               0x3fu
#define ARM_SMC_SERVICE_CALL_NUM_MASK              0x3fu
#define ARM_SMC_SERVICE_CALL_NUM_SHIFT             24
#define ARM_SMC_GET_SERVICE_CALL_NUM_FROM_FUNC_ID(func_id) \
    (((func_id) >> ARM_SMC_SERVICE_CALL_NUM_SHIFT) & ARM_SMC_SERVICE_CALL_NUM_MASK)

struct zx_smc_parameters {
    uint32_t func_id;
    uint32_t padding1;
    uint64_t arg1;
    uint64_t arg2;
    uint64_t arg3;
    uint64_t arg4;
    uint64_t arg5;
    uint64_t arg6;
    uint16_t client_id;
    uint16_t secure_os_id;
    uint32_t padding2;
};

struct zx_smc_result {
    uint64_t arg0;
    uint64_t arg1;
    uint64_t arg2;
    uint64_t arg3;
};

__ABI_SIZE(zx_smc_parameters_t, 64);
__ABI_OFFSET(zx_smc_parameters_t, arg1, 8);
__ABI_OFFSET(zx_smc_parameters_t, client_id, 56);
__ABI_OFFSET(zx_smc_parameters_t, secure_os_id, 58);
__ABI_SIZE(zx_smc_result_t, 32);

__END_CDECLS
