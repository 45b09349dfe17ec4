// SPDX-License-Identifier: MIT
//
// The kernel starts itself: a program boots boot/kernel of its initrd with the same initrd and a command line
// that says which boot it is. In each boot all CPUs come up, and the initrd arrives as it was.

#include <testing/testing.h>

#include <crt/crt.h>
#include <launch/launch.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <zircon/boot/image.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/rights.h>
#include <zircon/syscalls/system.h>

#define BOOTS 2 // of another kernel

static const char *archive;
static size_t archive_size;

static uint64_t sum_of(const char *bytes, size_t size)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + (uint8_t)bytes[i];
    return sum;
}

static bool map_initrd(void)
{
    zx_handle_t initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTDATA, 0));
    const void *at;

    if (initrd == ZX_HANDLE_INVALID ||
        launch_map_file(zx_vmar_root_self(), initrd, &at, &archive_size) != ZX_OK)
        return false;
    archive = at;
    return true;
}

// Adds an item with `size` bytes at *at of the VMO.
static void add(zx_handle_t vmo, uint64_t *at, uint32_t type, const void *bytes, size_t size)
{
    const zbi_header_t item = ZBI_HEADER(type, 0, size);

    EXPECT_OK(zx_vmo_write(vmo, &item, *at, sizeof(item)));
    *at += sizeof(item);
    if (size != 0)
        EXPECT_OK(zx_vmo_write(vmo, bytes, *at, size));
    *at += (size + 7) & ~(uint64_t)7;
}

static void add_words(zx_handle_t vmo, uint64_t *at, uint64_t boot)
{
    char word[96];

    for (char **e = environ; *e != NULL; e++)
        add(vmo, at, ZBI_TYPE_CMDLINE, *e, strlen(*e));
    format_string(word, sizeof(word), "test.boot=%llu", (unsigned long long)boot);
    add(vmo, at, ZBI_TYPE_CMDLINE, word, strlen(word));
    format_string(word, sizeof(word), "test.sum=%llu",
                (unsigned long long)sum_of(archive, archive_size));
    add(vmo, at, ZBI_TYPE_CMDLINE, word, strlen(word));
}

static zx_handle_t boot_image(uint64_t boot)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    uint64_t at = sizeof(zbi_header_t);

    EXPECT_OK(zx_vmo_create(archive_size + (1 << 20), 0, &vmo));
    add(vmo, &at, ZBI_TYPE_DISCARD, "nothing", 7);
    add_words(vmo, &at, boot);
    add(vmo, &at, ZBI_TYPE_STORAGE_RAMDISK, archive, archive_size);
    const zbi_header_t container = ZBI_HEADER(ZBI_TYPE_CONTAINER, ZBI_CONTAINER_MAGIC, at - sizeof(container));
    EXPECT_OK(zx_vmo_write(vmo, &container, 0, sizeof(container)));
    return vmo;
}

static bool all_cpus_are_online(void)
{
    zx_info_cpu_stats_t cpus[32];
    size_t count = 0, online = 0;

    EXPECT_OK(zx_object_get_info(test_root_resource(), ZX_INFO_CPU_STATS, cpus, sizeof(cpus),
                                 &count, NULL));
    for (size_t i = 0; i < count; i++)
        online += (cpus[i].flags & ZX_INFO_CPU_STATS_FLAG_ONLINE) != 0;
    return count != 0 && online == count;
}

// The kernel does not wait for all of them before its first program.
static void await_all_cpus(void)
{
    for (zx_time_t end = test_patience(); !all_cpus_are_online();) {
        ASSERT_TRUE(zx_clock_get_monotonic() < end);
        zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    }
}

// CALLS(zx_system_mexec)
TEST(the_kernel_starts_itself)
{
    const uint64_t boot = test_option("boot", 0);
    const char *reason = NULL;
    zx_handle_t kernel;

    ASSERT_TRUE(map_initrd());
    if (boot != 0)
        EXPECT_EQ(test_option("sum", 0), sum_of(archive, archive_size));
    await_all_cpus();
    if (boot == BOOTS)
        return;
    ASSERT_OK(launch_open_file(archive, archive_size, "boot/kernel", &kernel, &reason));
    zx_handle_t image = boot_image(boot + 1);
    // None of these does anything, and the last one does not return.
    EXPECT_EQ(zx_system_mexec(test_root_resource(), image, image), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_system_mexec(test_root_resource(), kernel, 0), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_system_mexec(kernel, kernel, image), ZX_ERR_WRONG_TYPE);
    EXPECT_OK(zx_system_mexec(test_root_resource(), kernel, image));
}
