// SPDX-License-Identifier: MIT
//
// Resources and the calls that ask for one: creation, ranges, physical memory, clock, console commands
// (spec 30 section 1, spec 31), and the older names of the log calls.

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/resource.h>

#define PAGE ((uint64_t)ZX_PAGE_SIZE)
// Above everything that a machine of ours has.
#define NOWHERE 0x4000000000ull

#define NEED_ROOT(root)                      \
    zx_handle_t root = test_root_resource(); \
    if (root == ZX_HANDLE_INVALID) {         \
        test_skip("no root resource");       \
        return;                              \
    }

static zx_status_t make(zx_handle_t parent, uint32_t options, uint64_t base, size_t size,
                        zx_handle_t *out)
{
    return zx_resource_create(parent, options, base, size, "test", 4, out);
}

// CALLS(zx_resource_create)
TEST(resource_create_checks_its_arguments)
{
    NEED_ROOT(root);
    zx_handle_t mmio, weak, out = 77;

    EXPECT_EQ(make(0, ZX_RSRC_KIND_ROOT, 0, 0, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(make(zx_process_self(), ZX_RSRC_KIND_ROOT, 0, 0, &out), ZX_ERR_WRONG_TYPE);
    weak = test_without_rights(root, ZX_RIGHT_WRITE);
    EXPECT_EQ(make(weak, ZX_RSRC_KIND_ROOT, 0, 0, &out), ZX_ERR_ACCESS_DENIED);
    zx_handle_close(weak);
    ASSERT_OK(make(root, ZX_RSRC_KIND_MMIO, NOWHERE, PAGE, &mmio));
    EXPECT_EQ(make(mmio, ZX_RSRC_KIND_MMIO, NOWHERE, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    zx_handle_close(mmio);

    EXPECT_EQ(make(root, ZX_RSRC_KIND_COUNT, 0, 0, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO | 0x20000, 0, PAGE, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_resource_create(root, ZX_RSRC_KIND_ROOT, 0, 0, NULL, 1, &out),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_ROOT, 1, 0, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_HYPERVISOR, 0, 1, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO, NOWHERE, 0, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO, UINT64_MAX, 1024, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO, 1024, UINT64_MAX, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_IOPORT, 0, 1, &out), ZX_ERR_BAD_STATE);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_IRQ, 0, 1, &out), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_IRQ, 32, 1u << 20, &out), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_SMC, 0x40, 1, &out), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_ROOT, 0, 0, (zx_handle_t *)1), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_resource_create)
TEST(a_resource_describes_itself)
{
    NEED_ROOT(root);
    zx_handle_t resource;
    zx_info_resource_t info;

    ASSERT_OK(zx_resource_create(root, ZX_RSRC_KIND_SMC | ZX_RSRC_FLAG_EXCLUSIVE, 3, 2,
                                 "a name that is longer than thirty-one bytes", 43, &resource));
    EXPECT_OK(zx_object_get_info(resource, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.kind, ZX_RSRC_KIND_SMC);
    EXPECT_EQ(info.flags, ZX_RSRC_FLAG_EXCLUSIVE);
    EXPECT_EQ(info.base, 3);
    EXPECT_EQ(info.size, 2);
    EXPECT_EQ(strcmp(info.name, "a name that is longer than thir"), 0);
    EXPECT_EQ(test_basic_info(resource).rights, ZX_DEFAULT_RESOURCE_RIGHTS);
    zx_handle_close(resource);

    ASSERT_OK(zx_resource_create(root, ZX_RSRC_KIND_ROOT, 0, 0, NULL, 0, &resource));
    EXPECT_OK(zx_object_get_info(resource, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.kind, ZX_RSRC_KIND_ROOT);
    EXPECT_EQ(info.name[0], 0);
    zx_handle_t child;
    EXPECT_OK(make(resource, ZX_RSRC_KIND_VMEX, 0, 0, &child));
    zx_handle_close(child);
    zx_handle_close(resource);
}

// CALLS(zx_resource_create)
TEST(an_exclusive_range_belongs_to_one)
{
    NEED_ROOT(root);
    const uint32_t exclusive = ZX_RSRC_KIND_MMIO | ZX_RSRC_FLAG_EXCLUSIVE;
    zx_handle_t first, second, third;

    ASSERT_OK(make(root, exclusive, NOWHERE, 2 * PAGE, &first));
    EXPECT_EQ(make(root, exclusive, NOWHERE + PAGE, 2 * PAGE, &second), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO, NOWHERE + 2 * PAGE - 1, 1, &second), ZX_ERR_NOT_FOUND);
    EXPECT_OK(make(root, exclusive, NOWHERE + 2 * PAGE, PAGE, &second));
    zx_handle_close(second);
    zx_handle_close(first);
    // Free again, and shared ones may overlap, but keep exclusive ones away.
    EXPECT_OK(make(root, ZX_RSRC_KIND_MMIO, NOWHERE, 2 * PAGE, &first));
    EXPECT_OK(make(root, ZX_RSRC_KIND_MMIO, NOWHERE + PAGE, 2 * PAGE, &second));
    EXPECT_EQ(make(root, exclusive, NOWHERE + PAGE, 1, &third), ZX_ERR_NOT_FOUND);
    zx_handle_close(second);
    zx_handle_close(first);
    EXPECT_OK(make(root, exclusive, NOWHERE + PAGE, 1, &third));
    zx_handle_close(third);
}

// CALLS(zx_vmo_create_physical)
TEST(physical_memory_is_for_resources_that_cover_it)
{
    NEED_ROOT(root);
    zx_handle_t mmio, vmo = 77, smc;

    ASSERT_OK(make(root, ZX_RSRC_KIND_SMC, 0, 1, &smc));
    EXPECT_EQ(zx_vmo_create_physical(0, NOWHERE, PAGE, &vmo), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_vmo_create_physical(zx_process_self(), NOWHERE, PAGE, &vmo), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_vmo_create_physical(smc, NOWHERE, PAGE, &vmo), ZX_ERR_WRONG_TYPE);
    zx_handle_close(smc);

    EXPECT_EQ(zx_vmo_create_physical(root, NOWHERE + 1, PAGE, &vmo), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_create_physical(root, NOWHERE, 0, &vmo), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_create_physical(root, NOWHERE, UINT64_MAX, &vmo), ZX_ERR_INVALID_ARGS);

    ASSERT_OK(make(root, ZX_RSRC_KIND_MMIO, NOWHERE, PAGE / 2, &mmio));
    EXPECT_EQ(zx_vmo_create_physical(mmio, NOWHERE, 0, &vmo), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_create_physical(mmio, NOWHERE, PAGE + 1, &vmo), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_create_physical(mmio, NOWHERE - PAGE, PAGE, &vmo), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(vmo, 77);
    EXPECT_OK(zx_vmo_create_physical(mmio, NOWHERE, PAGE, &vmo));
    zx_handle_close(vmo);
    zx_handle_close(mmio);

    ASSERT_OK(make(root, ZX_RSRC_KIND_MMIO, NOWHERE + 0x7800, 0x2000, &mmio));
    EXPECT_OK(zx_vmo_create_physical(mmio, NOWHERE + 0x7000, 0x2000, &vmo));
    zx_handle_close(vmo);
    zx_handle_close(mmio);
}

// CALLS(zx_vmo_create_physical)
TEST(a_physical_vmo_is_only_for_mapping)
{
    NEED_ROOT(root);
    zx_handle_t vmo, clone;
    zx_vaddr_t address;
    zx_info_vmo_t info;
    uint64_t value;

    ASSERT_OK(zx_vmo_create_physical(root, NOWHERE, 2 * PAGE - 1, &vmo));
    EXPECT_EQ(test_basic_info(vmo).rights, ZX_DEFAULT_VMO_RIGHTS);
    EXPECT_OK(zx_vmo_get_size(vmo, &value));
    EXPECT_EQ(value, 2 * PAGE);
    EXPECT_EQ(zx_vmo_read(vmo, &value, 0, 8), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_read(vmo, (void *)1, 0, 8), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_write(vmo, &value, 0, 8), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_set_size(vmo, PAGE), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, PAGE, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &clone), ZX_ERR_NOT_SUPPORTED);
    EXPECT_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(ZX_INFO_VMO_TYPE(info.flags), ZX_INFO_VMO_TYPE_PHYSICAL);
    EXPECT_EQ(info.committed_bytes, 0);
    EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_UNCACHED);

    EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_REQUIRE_NON_RESIZABLE, 0,
                          vmo, 0, PAGE, &address));
    EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
    EXPECT_EQ(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    zx_handle_close(vmo);
}

// Of QEMU's virt: the interrupt controller's distributor, and the console.
#define DISTRIBUTOR 0x8000000ull
#define CONSOLE     0x9000000ull

// Nobody gets what the kernel uses itself.
// CALLS(zx_vmo_create_physical, zx_resource_create)
TEST(the_kernels_registers_are_its_own)
{
    NEED_ROOT(root);
    zx_handle_t out = 77;

    EXPECT_EQ(zx_vmo_create_physical(root, DISTRIBUTOR, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmo_create_physical(root, DISTRIBUTOR - PAGE, 2 * PAGE, &out),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO, DISTRIBUTOR, PAGE, &out), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(make(root, ZX_RSRC_KIND_MMIO | ZX_RSRC_FLAG_EXCLUSIVE, DISTRIBUTOR + 8, 4, &out),
              ZX_ERR_NOT_FOUND);
    EXPECT_EQ(zx_vmo_create_physical(root, CONSOLE, PAGE, &out), ZX_ERR_UNAVAILABLE);
    EXPECT_EQ(out, 77);
}

// Executable translations over every place where memory may end: the kernel keeps fetches coherent where
// there is memory, and only there. Nothing is accessed.
// CALLS(zx_vmo_create_physical, zx_vmar_map)
TEST(executable_physical_memory_may_reach_beyond_ram)
{
    NEED_ROOT(root);
    const uint64_t step = 8ull << 20;
    unsigned kept = 0;

    for (uint64_t edge = step; edge < 8ull << 30; edge += step) {
        zx_handle_t vmo;
        zx_vaddr_t address;
        zx_status_t status = zx_vmo_create_physical(root, edge - PAGE, 2 * PAGE, &vmo);
        if (status == ZX_ERR_ACCESS_DENIED || status == ZX_ERR_UNAVAILABLE) {
            kept++; // the kernel's own
            continue;
        }
        ASSERT_OK(status);
        EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
        EXPECT_OK(zx_vmar_map(zx_vmar_root_self(),
                              ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE | ZX_VM_MAP_RANGE, 0, vmo, 0,
                              2 * PAGE, &address));
        EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, 2 * PAGE));
        zx_handle_close(vmo);
    }
    EXPECT_TRUE(kept < 4);
}

// CALLS(zx_clock_adjust, zx_clock_get_new)
TEST(the_utc_offset_is_what_it_was_set_to)
{
    NEED_ROOT(root);
    const int64_t offset = 1000000000000000ll;
    zx_time_t utc;

    EXPECT_EQ(zx_clock_adjust(0, ZX_CLOCK_UTC, 0), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_clock_adjust(zx_process_self(), ZX_CLOCK_UTC, 0), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_clock_adjust(root, ZX_CLOCK_MONOTONIC, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_clock_adjust(root, ZX_CLOCK_THREAD, 0), ZX_ERR_INVALID_ARGS);
    for (int i = 0; i < 2; i++) { // set, not added
        EXPECT_OK(zx_clock_adjust(root, ZX_CLOCK_UTC, offset));
        zx_time_t before = zx_clock_get_monotonic();
        EXPECT_OK(zx_clock_get_new(ZX_CLOCK_UTC, &utc));
        EXPECT_GE(utc, before + offset);
        EXPECT_LE(utc, zx_clock_get_monotonic() + offset);
        EXPECT_GE(zx_clock_get(ZX_CLOCK_UTC), utc);
    }
    EXPECT_OK(zx_clock_adjust(root, ZX_CLOCK_UTC, 0));
}

// CALLS(zx_debug_send_command)
TEST(console_commands_are_for_the_root_resource)
{
    NEED_ROOT(root);
    static char line[257];

    EXPECT_EQ(zx_debug_send_command(0, line, 1), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_debug_send_command(zx_process_self(), line, 1), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_debug_send_command(root, line, sizeof(line)), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_debug_send_command(root, (const char *)1, 1), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_debug_send_command(root, "no such", 7), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(zx_debug_send_command(root, "page here", 9), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_log_write, zx_log_read)
TEST(the_older_names_of_the_log_calls)
{
    zx_handle_t log;
    static char record[ZX_LOG_RECORD_MAX];
    static const char text[] = "target test: by the older name";
    zx_status_t size;

    ASSERT_OK(zx_debuglog_create(ZX_HANDLE_INVALID, ZX_LOG_FLAG_READABLE, &log));
    EXPECT_OK(zx_log_write(log, sizeof(text) - 1, text, ZX_LOG_INFO));
    do {
        size = zx_log_read(log, sizeof(record), record, 0);
    } while (size > 0 && (size != (zx_status_t)(sizeof(zx_log_record_t) + sizeof(text) - 1) ||
                          memcmp(record + sizeof(zx_log_record_t), text, sizeof(text) - 1) != 0));
    EXPECT_GT(size, 0);
    zx_handle_close(log);
}
