// SPDX-License-Identifier: MIT
// Calls to secure firmware: spec 30 section 5.
#include "object_test.h"

#include <hal/firmware.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/smc.h>

static struct hal_smc seen;

// Answers with something of each register.
static void firmware(struct hal_smc *call)
{
    seen = *call;
    for (unsigned i = 0; i < 4; i++)
        call->x[i] = ~call->x[i];
}

static zx_handle_t make_resource(uint64_t service)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC, service, 1, NULL, 0, &h));
    return h;
}

// CALLS(zx_smc_call)
SCENARIO(registers_reach_the_firmware_and_come_back)
{
    const zx_smc_parameters_t p = {.func_id = 0xf2000123, .arg1 = 1, .arg2 = 2, .arg3 = 3,
                                   .arg4 = 4, .arg5 = 5, .arg6 = ~0ul,
                                   .client_id = 0xabcd, .secure_os_id = 0x1234};
    const struct hal_smc wanted = {{0xf2000123, 1, 2, 3, 4, 5, ~0ul, 0x1234abcd}};
    zx_handle_t resource = make_resource(0x32);
    zx_smc_result_t r;

    host_set_firmware(firmware);
    assert_ok(zx_smc_call(resource, &p, &r));
    assert_memory_equal(&seen, &wanted, sizeof(seen));
    assert_int_equal(r.arg0, ~0xf2000123ul);
    assert_int_equal(r.arg1, ~1ul);
    assert_int_equal(r.arg2, ~2ul);
    assert_int_equal(r.arg3, ~3ul);
    close_handle(resource);
}

// CALLS(zx_smc_call)
SCENARIO(smc_call_checks_in_order)
{
    const zx_smc_parameters_t p = {.func_id = 0x33000000};
    zx_handle_t other = make_resource(0x32), mmio;
    zx_smc_result_t r;

    host_set_firmware(firmware);
    memset(&seen, 0, sizeof(seen));
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_MMIO, 0x33, 1, NULL, 0, &mmio));
    assert_status(raw_call(smc_call, 0, 0, (uintptr_t)&r), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(smc_call, 0, (uintptr_t)&p, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_smc_call(0, LAB_BAD_PTR, &r), ZX_ERR_INVALID_ARGS);
    assert_status(zx_smc_call(0, &p, &r), ZX_ERR_BAD_HANDLE);
    assert_status(zx_smc_call(lab.job, &p, &r), ZX_ERR_WRONG_TYPE);
    assert_status(zx_smc_call(mmio, &p, &r), ZX_ERR_WRONG_TYPE);
    assert_status(zx_smc_call(other, &p, &r), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_smc_call(lab.resource, &p, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(seen.x[0], 0); // never called
    host_set_firmware(NULL);
    assert_status(zx_smc_call(lab.resource, &p, &r), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){other, mmio}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest smc_tests[] = {
    T(registers_reach_the_firmware_and_come_back),
    T(smc_call_checks_in_order),
};
const size_t smc_test_count = countof(smc_tests);
