// SPDX-License-Identifier: MIT
// The boot items of this machine: spec 31 section 3.2, spec 32 section 6.
#include "object_test.h"

#include <debug/crashlog.h>
#include <debug/log.h>
#include <hal/boot.h>
#include <hal/mmu.h>
#include <hal/next.h>
#include <zircon/syscalls/system.h>

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

// ---- another kernel ----

#define FILE_BYTES 5000u

static zx_handle_t vmo_of(const void *bytes, size_t size)
{
    zx_handle_t vmo;

    assert_ok(zx_vmo_create(size, 0, &vmo));
    assert_ok(zx_vmo_write(vmo, bytes, 0, size));
    return vmo;
}

static zx_handle_t kernel_file(void)
{
    static uint8_t file[FILE_BYTES] = HOST_IMAGE;

    memset(file + sizeof(HOST_IMAGE), 'k', sizeof(file) - sizeof(HOST_IMAGE));
    return vmo_of(file, sizeof(file));
}

struct item_header {
    uint32_t type, length, extra, flags, reserved[2], magic, crc32;
};

// Adds an item at *used of the image, and counts it in the container at its start.
static void add_item(uint8_t *image, size_t *used, uint32_t type, const void *bytes, size_t size)
{
    struct item_header item = {.type = type, .length = (uint32_t)size, .flags = 0x00010000,
                               .magic = 0xb5781729, .crc32 = 0x4a87e8d6};
    struct item_header container = item;

    if (*used == 0)
        *used = sizeof(container);
    memcpy(image + *used, &item, sizeof(item));
    memcpy(image + *used + sizeof(item), bytes, size);
    *used += sizeof(item) + ROUND_UP(size, 8u);
    container.type = 0x544f4f42;
    container.extra = 0x868cf7e6;
    container.length = (uint32_t)(*used - sizeof(container));
    memcpy(image, &container, sizeof(container));
}

static void check_next(const struct hal_next *next, const void *kernel, const char *cmdline,
                       const char *disk, size_t disk_size)
{
    const uint8_t *bytes = kernel;

    assert_string_equal(next->cmdline, cmdline);
    assert_int_equal(next->initrd_bytes, disk_size);
    assert_memory_equal(hal_phys_to_virt(next->initrd), disk, strlen(disk));
    assert_memory_equal(bytes, HOST_IMAGE, sizeof(HOST_IMAGE));
    assert_int_equal((uintptr_t)bytes % (2 * PAGE_SIZE), 0); // as its Image asks for
    for (size_t i = sizeof(HOST_IMAGE); i < FILE_BYTES; i++)
        assert_int_equal(bytes[i], 'k');
}

static void check_container(const struct hal_next *next, const void *kernel)
{
    check_next(next, kernel, "one=1 two four", "the disk", 8);
}

static void check_initrd(const struct hal_next *next, const void *kernel)
{
    check_next(next, kernel, boot_info.cmdline, "an initrd", PAGE_SIZE);
}

static void boots_a_container(void *arg)
{
    static uint8_t image[8192];
    size_t used = 0;

    (void)arg;
    host_on_next(check_container);
    add_item(image, &used, 0x50494b53, "discard", 7);
    add_item(image, &used, 0x4c444d43, "one=1", 5);
    add_item(image, &used, 0x4c444d43, "two\0three", 9);
    add_item(image, &used, 0x4b534452, "the disk", 8);
    add_item(image, &used, 0x4b534452, "another disk", 12);
    add_item(image, &used, 0x4c444d43, "four", 4);
    zx_status_t status =
        zx_system_mexec(lab.resource, kernel_file(), vmo_of(image, sizeof(image)));
    fail_msg("it came back: %d", status);
}

// Runs the scenario, which must enter another kernel, on so many CPUs and for so many seeds.
static void enters(const char *name, lab_scenario_fn fn, unsigned cpus, unsigned seeds)
{
    struct lab_config c = lab_config_make(name, fn);

    c.cpus = cpus;
    c.expected = HOST_NEXT;
    lab_seeds_config(&c, seeds);
}

// CALLS(zx_system_mexec): the first RAM disk, and all words of the command line
static void test_mexec_takes_a_container(void **state)
{
    (void)state;
    enters(__func__, boots_a_container, 4, 50);
}

static void boots_a_bare_initrd(void *arg)
{
    (void)arg;
    host_on_next(check_initrd);
    (void)zx_system_mexec(lab.resource, kernel_file(), vmo_of("an initrd", 9));
}

// CALLS(zx_system_mexec): from one CPU as well
static void test_mexec_takes_a_bare_initrd(void **state)
{
    (void)state;
    enters(__func__, boots_a_bare_initrd, 1, 5);
    enters(__func__, boots_a_bare_initrd, 2, 50);
}

static void finds_a_cpu_that_runs(void *arg)
{
    const zx_handle_t kernel = kernel_file(), boot = vmo_of("an initrd", 9);

    (void)arg;
    host_refuse_stop(2);
    for (unsigned i = 0; i < 3; i++)
        assert_status(zx_system_mexec(lab.resource, kernel, boot), ZX_ERR_TIMED_OUT);
}

// CALLS(zx_system_mexec): not while another CPU runs in this kernel, how often one may ask
static void test_mexec_waits_for_no_cpu_in_vain(void **state)
{
    struct lab_config c = lab_config_make(__func__, finds_a_cpu_that_runs);

    (void)state;
    c.cpus = 4;
    lab_seeds_config(&c, 30);
}

static void finds_a_cpu_that_does_not_leave(void *arg)
{
    (void)arg;
    boot_info.cmdline = "kernel.halt-on-panic";
    host_refuse_park();
    (void)zx_system_mexec(lab.resource, kernel_file(), vmo_of("an initrd", 9));
    fail_msg("it came back");
}

// CALLS(zx_system_mexec): what CPUs run that have stopped is not overwritten
static void test_mexec_overwrites_nothing_that_runs(void **state)
{
    struct lab_config c = lab_config_make(__func__, finds_a_cpu_that_does_not_leave);

    (void)state;
    c.cpus = 2;
    c.expected = HOST_PANIC;
    lab_seeds_config(&c, 5);
}

// CALLS(zx_system_mexec): what it refuses, in order; nothing happens
SCENARIO(mexec_checks_in_order)
{
    const zx_handle_t kernel = kernel_file();
    const zx_handle_t text = vmo_of("no kernel", 9);
    zx_handle_t blind, ends[2];

    assert_ok(zx_handle_duplicate(kernel, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_READ, &blind));
    make_pair(ends);
    assert_status(zx_system_mexec(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_system_mexec(lab.job, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_system_mexec(lab.resource, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_system_mexec(lab.resource, blind, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_system_mexec(lab.resource, ends[0], 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_system_mexec(lab.resource, kernel, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_system_mexec(lab.resource, kernel, blind), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_system_mexec(lab.resource, kernel, ends[0]), ZX_ERR_WRONG_TYPE);
    assert_status(zx_system_mexec(lab.resource, text, text), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_system_mexec): what was copied is given back, wherever it ends
SWEEP(mexec_fails_whole, 4)
{
    static uint8_t image[512];
    size_t used = 0;
    zx_handle_t kernel, boot;

    host_refuse_next();
    add_item(image, &used, 0x4b534452, "disk", 4);
    if (zx_vmo_create(PAGE_SIZE, 0, &kernel) != ZX_OK)
        return;
    if (zx_vmo_create(PAGE_SIZE, 0, &boot) != ZX_OK)
        return;
    if (zx_vmo_write(kernel, HOST_IMAGE, 0, sizeof(HOST_IMAGE)) != ZX_OK ||
        zx_vmo_write(boot, image, 0, used) != ZX_OK)
        return;
    zx_status_t status = zx_system_mexec(lab.resource, kernel, boot);
    assert_true(status == ZX_ERR_NO_MEMORY || status == ZX_ERR_INTERNAL);
}

// CALLS(zx_system_mexec): containers that lie
SCENARIO(mexec_refuses_broken_containers)
{
    static uint8_t good[4096], bad[4096];
    static const struct {
        size_t at;
        uint32_t value;
    } lies[] = {
        {4, 5000},        // the container: longer than its VMO
        {4, 48},          // it ends in a header
        {12, 0},          // no flags
        {24, 0},          // no magic
        {32 + 4, 4000},   // the item: longer than the container
        {32 + 4, ~0u},
        {32 + 12, 0},
        {32 + 24, 0},
    };
    const zx_handle_t kernel = kernel_file();
    size_t used = 0;

    add_item(good, &used, 0x4c444d43, "words", 5);
    add_item(good, &used, 0x4b534452, "disk", 4);
    for (size_t i = 0; i < countof(lies); i++) {
        memcpy(bad, good, sizeof(bad));
        memcpy(bad + lies[i].at, &lies[i].value, sizeof(lies[i].value));
        zx_handle_t image = vmo_of(bad, sizeof(bad));
        assert_status(zx_system_mexec(lab.resource, kernel, image), ZX_ERR_INVALID_ARGS);
        assert_ok(zx_handle_close(image));
    }
}

// CALLS(zx_system_powerctl): where it cannot end the machine, the log is kept for the next boot as before
SCENARIO(a_refused_end_keeps_the_log)
{
    static const uint32_t ends[] = {ZX_SYSTEM_POWERCTL_SHUTDOWN, ZX_SYSTEM_POWERCTL_REBOOT};
    static uint64_t region[1024];

    host_refuse_power();
    for (size_t i = 0; i < countof(ends); i++) {
        size_t len;
        crashlog_open(region, sizeof(region));
        assert_status(zx_system_powerctl(lab.resource, ends[i], NULL), ZX_ERR_NOT_SUPPORTED);
        klog(LOG_INFO, "still here");
        crashlog_open(region, sizeof(region)); // as the next boot
        const char *text = crashlog_last(&len);
        assert_non_null(text);
        assert_true(len > 10 && memcmp(text + len - 11, "still here\n", 11) == 0);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest mexec_tests[] = {
    T(payload_has_the_map_of_memory),
    T(payload_checks_in_order),
    T(mexec_takes_a_container),
    T(mexec_takes_a_bare_initrd),
    T(mexec_waits_for_no_cpu_in_vain),
    T(mexec_overwrites_nothing_that_runs),
    T(mexec_checks_in_order),
    T(mexec_fails_whole),
    T(mexec_refuses_broken_containers),
    T(a_refused_end_keeps_the_log),
};
const size_t mexec_test_count = countof(mexec_tests);
