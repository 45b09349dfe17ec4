// SPDX-License-Identifier: MIT
// The boot items of this machine: spec 31 section 3.2, spec 32 section 6.
#include "object_test.h"

#include <hal/boot.h>

#define MOST 16384u

static uint32_t word(const uint8_t *at, size_t offset)
{
    uint32_t value;

    memcpy(&value, at + offset, sizeof(value));
    return value;
}

// A header: type, extra and what all have. Returns the length of what follows.
static uint32_t check_header(const uint8_t *at, uint32_t type, uint32_t extra)
{
    assert_int_equal(word(at, 0), type);
    assert_int_equal(word(at, 8), extra);
    assert_int_equal(word(at, 12), 0x00010000);
    assert_int_equal(word(at, 24), 0xb5781729);
    assert_int_equal(word(at, 28), 0x4a87e8d6);
    return word(at, 4);
}

// CALLS(zx_system_mexec_payload_get): a container with the map of memory, zeroes behind it
SCENARIO(payload_has_the_map_of_memory)
{
    static uint8_t buffer[MOST + 1];
    const unsigned count = boot_info.mem_count + boot_info.reserved_count;
    const size_t all = 64 + 24 * count;

    memset(buffer, 0xa5, sizeof(buffer));
    assert_ok(zx_system_mexec_payload_get(lab.resource, buffer, MOST));
    assert_int_equal(check_header(buffer, 0x544f4f42, 0x868cf7e6), all - 32);
    assert_int_equal(check_header(buffer + 32, 0x434d454d, 0), all - 64);
    for (unsigned i = 0; i < count; i++) {
        const bool ram = i < boot_info.mem_count;
        const struct boot_range *want =
            ram ? &boot_info.mem[i] : &boot_info.reserved[i - boot_info.mem_count];
        const uint8_t *at = buffer + 64 + 24 * i;
        assert_int_equal(word(at, 0) | (uint64_t)word(at, 4) << 32, want->base);
        assert_int_equal(word(at, 8) | (uint64_t)word(at, 12) << 32, want->size);
        assert_int_equal(word(at, 16), ram ? 1 : 3);
        assert_int_equal(word(at, 20), 0);
    }
    for (size_t i = all; i < MOST; i++)
        assert_int_equal(buffer[i], 0);
    assert_int_equal(buffer[MOST], 0xa5);

    // No more than was asked for.
    memset(buffer, 0xa5, sizeof(buffer));
    assert_ok(zx_system_mexec_payload_get(lab.resource, buffer, all));
    assert_int_equal(buffer[all], 0xa5);
}

// CALLS(zx_system_mexec_payload_get)
SCENARIO(payload_checks_in_order)
{
    static uint8_t buffer[MOST + 1];
    const size_t all = 64 + 24 * (boot_info.mem_count + boot_info.reserved_count);

    assert_status(zx_system_mexec_payload_get(0, buffer, MOST + 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_system_mexec_payload_get(lab.job, buffer, MOST + 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_system_mexec_payload_get(lab.resource, buffer, MOST + 1),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_system_mexec_payload_get(lab.resource, buffer, all - 1), ZX_ERR_INTERNAL);
    assert_status(zx_system_mexec_payload_get(lab.resource, NULL, 0), ZX_ERR_INTERNAL);
    assert_status(zx_system_mexec_payload_get(lab.resource, LAB_BAD_PTR, MOST),
                  ZX_ERR_INVALID_ARGS);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest mexec_tests[] = {
    T(payload_has_the_map_of_memory),
    T(payload_checks_in_order),
};
const size_t mexec_test_count = countof(mexec_tests);
