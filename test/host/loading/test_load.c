// SPDX-License-Identifier: MIT
//
// Mapping ELF files with the real kernel: what ends up where, and that nothing is left of files
// that are refused, nor of any when memory runs out.

#include "loading.h"

#include <elfload/load.h>
#include <zircon/errors.h>

static void expect_bytes(vaddr_t address, size_t size, size_t offset)
{
    uint8_t bytes[256];

    assert_true(size <= sizeof(bytes));
    host_user_read(bytes, address, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], sample_byte(offset + i));
    }
}

static void expect_zeros(vaddr_t address, size_t size)
{
    uint8_t bytes[PAGE];

    for (size_t done = 0; done < size; done += sizeof(bytes)) {
        size_t part = size - done < sizeof(bytes) ? size - done : sizeof(bytes);

        host_user_read(bytes, address + done, part);
        for (size_t i = 0; i < part; i++) {
            assert_int_equal(bytes[i], 0);
        }
    }
}

static void check_mapping(vaddr_t base, zx_handle_t file)
{
    const uint8_t changed[4] = {1, 2, 3, 4};
    uint8_t bytes[4];

    expect_bytes(base + SAMPLE_TEXT, 256, SAMPLE_TEXT);
    expect_bytes(base + SAMPLE_TEXT + SAMPLE_TEXT_SIZE - 16, 16,
                 SAMPLE_TEXT + SAMPLE_TEXT_SIZE - 16);
    expect_bytes(base + SAMPLE_DATA, SAMPLE_DATA_SIZE, SAMPLE_DATA_AT);
    // What stands behind the data in the file is not seen.
    expect_zeros(base + SAMPLE_DATA + SAMPLE_DATA_SIZE, SAMPLE_ZEROS);
    // Permissions.
    assert_int_equal(host_user_probe(base, 1, HAL_FAULT_WRITE) == ZX_OK, false);
    assert_int_equal(host_user_probe(base, 1, HAL_FAULT_EXEC) == ZX_OK, false);
    assert_int_equal(host_user_probe(base + SAMPLE_TEXT, 1, HAL_FAULT_EXEC), ZX_OK);
    assert_int_equal(host_user_probe(base + SAMPLE_TEXT, 1, HAL_FAULT_WRITE) == ZX_OK, false);
    assert_int_equal(host_user_probe(base + SAMPLE_DATA, 1, HAL_FAULT_EXEC) == ZX_OK, false);
    // A page between two segments belongs to nobody.
    assert_int_equal(host_user_probe(base + 0x3000, 1, 0) == ZX_OK, false);
    // Writes stay in the process.
    host_user_write(base + SAMPLE_DATA, changed, sizeof(changed));
    assert_ok(zx_vmo_read(file, bytes, SAMPLE_DATA_AT, sizeof(bytes)));
    assert_int_equal(bytes[0], sample_byte(SAMPLE_DATA_AT));
}

static void map_sample(void *arg)
{
    uint8_t file[SAMPLE_SIZE];
    struct elfload_image image;
    struct elfload_loaded loaded;
    const char *reason;
    zx_handle_t vmo;

    (void)arg;
    struct possessions before = possessions_count();

    sample_build(file, NULL);
    assert_ok(sample_vmo(file, sizeof(file), "sample", &vmo));
    assert_ok(elfload_read(vmo, &image, &reason));
    assert_ok(elfload_map(lab.vmar, vmo, &image, &loaded, &reason));
    assert_int_equal(loaded.entry, loaded.base + SAMPLE_ENTRY);
    check_mapping(loaded.base, vmo);
    assert_ok(zx_vmar_destroy(loaded.region));
    assert_ok(zx_handle_close(loaded.region));
    assert_ok(zx_handle_close(vmo));
    possessions_check(before);
}

static void test_a_file_is_mapped_as_its_headers_say(void **state)
{
    (void)state;
    lab_seeds(map_sample, 1, 3);
}

// Maps the sample or fails for lack of memory, with nothing left.
static void map_or_fail(void *arg)
{
    uint8_t file[SAMPLE_SIZE];
    struct elfload_image image;
    struct elfload_loaded loaded;
    const char *reason = NULL;
    zx_handle_t vmo;

    (void)arg;
    struct possessions before = possessions_count();

    sample_build(file, NULL);
    if (sample_vmo(file, sizeof(file), "sample", &vmo) != ZX_OK) {
        return;
    }
    zx_status_t status = elfload_read(vmo, &image, &reason);

    if (status == ZX_OK) {
        status = elfload_map(lab.vmar, vmo, &image, &loaded, &reason);
    }
    if (status == ZX_OK) {
        assert_ok(zx_vmar_destroy(loaded.region));
        assert_ok(zx_handle_close(loaded.region));
    } else {
        assert_int_equal(status, ZX_ERR_NO_MEMORY);
        assert_non_null(reason);
    }
    assert_ok(zx_handle_close(vmo));
    possessions_check(before);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(lab_sweep(map_or_fail) > 10);
}

// One mutated file: refused with a reason, or mapped.
static bool try_mutant(uint64_t *random)
{
    uint8_t file[SAMPLE_SIZE];
    char name[ELFLOAD_MAX_INTERPRETER];
    struct elfload_image image;
    struct elfload_loaded loaded;
    const char *reason = NULL;
    zx_handle_t vmo;
    size_t size = next_random(random) % 8 == 0 ? next_random(random) % SAMPLE_SIZE : SAMPLE_SIZE;

    sample_build(file, next_random(random) % 2 == 0 ? "ld.so.1" : NULL);
    mutate_bytes(random, file, sizeof(struct sample));
    assert_ok(sample_vmo(file, size, "mutant", &vmo));
    zx_status_t status = elfload_read(vmo, &image, &reason);

    if (status == ZX_OK && image.has_interpreter) {
        status = elfload_read_interpreter(vmo, &image, name, &reason);
    }
    if (status == ZX_OK) {
        status = elfload_map(lab.vmar, vmo, &image, &loaded, &reason);
    }
    if (status == ZX_OK) {
        assert_ok(zx_vmar_destroy(loaded.region));
        assert_ok(zx_handle_close(loaded.region));
    } else {
        assert_non_null(reason);
    }
    assert_ok(zx_handle_close(vmo));
    return status == ZX_OK;
}

static void mutants(void *arg)
{
    uint64_t random = *(uint64_t *)arg;
    struct possessions before = possessions_count();
    unsigned mapped = 0;

    for (unsigned i = 0; i < 1500; i++) {
        mapped += try_mutant(&random);
    }
    possessions_check(before);
    // Both ways were taken.
    assert_true(mapped > 50 && mapped < 1450);
}

static void test_mutated_files_leave_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t start = seed * 0x9e3779b97f4a7c15u;
        struct lab_config config = lab_config_make(__func__, mutants);

        config.arg = &start;
        config.max_steps = 200000000;
        lab_run(&config);
    }
}

const struct CMUnitTest load_tests[] = {
    cmocka_unit_test(test_a_file_is_mapped_as_its_headers_say),
    cmocka_unit_test(test_every_allocation_may_fail),
    cmocka_unit_test(test_mutated_files_leave_nothing),
};
const size_t load_test_count = sizeof(load_tests) / sizeof(load_tests[0]);
