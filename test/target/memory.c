// SPDX-License-Identifier: MIT
//
// VMOs and VMARs: contents, sizes, mappings, permissions, faults (spec 23). Faults that end a process
// happen in children.

#include <testing/testing.h>

#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define PAGE       ((uint64_t)ZX_PAGE_SIZE)
#define READ_WRITE (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static zx_handle_t make_vmo(uint64_t size)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_vmo_create(size, 0, &vmo));
    return vmo;
}

// Maps a VMO somewhere; 0 on failure.
static zx_vaddr_t map(zx_handle_t vmo, zx_vm_option_t options, uint64_t offset, uint64_t size)
{
    zx_vaddr_t address = 0;

    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, offset, size, &address));
    return address;
}

static void unmap(zx_vaddr_t address, uint64_t size)
{
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, size));
}

// One byte of memory, read or written exactly once.
static volatile uint8_t *at(zx_vaddr_t address)
{
    return (volatile uint8_t *)address;
}

// True if the byte at an address can be read: asks the kernel, which must not crash.
static bool can_read(zx_vaddr_t address)
{
    zx_handle_t event;
    zx_status_t status;

    if (zx_event_create(0, &event) != ZX_OK) {
        return false;
    }
    status = zx_object_set_property(zx_process_self(), ZX_PROP_NAME, (const void *)address, 1);
    zx_handle_close(event);
    return status == ZX_OK;
}

// ---- VMOs ----

// CALLS(zx_vmo_create, zx_vmo_get_size)
TEST(sizes_are_rounded_up_to_pages)
{
    const uint64_t sizes[] = {0, 1, PAGE - 1, PAGE, PAGE + 1, 16383, 1ull << 40};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        zx_handle_t vmo = make_vmo(sizes[i]);
        uint64_t size = 1;

        EXPECT_OK(zx_vmo_get_size(vmo, &size));
        EXPECT_EQ(size, (sizes[i] + PAGE - 1) / PAGE * PAGE);
        EXPECT_OK(zx_handle_close(vmo));
    }
}

// CALLS(zx_vmo_create, zx_vmo_get_size)
TEST(vmo_create_checks_its_arguments)
{
    zx_handle_t out = 77;
    uint64_t size;

    EXPECT_EQ(zx_vmo_create(1, 2, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_create(UINT64_MAX, 0, &out), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_create(UINT64_MAX - PAGE + 2, 0, &out), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_vmo_create(1, 0, (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_get_size(0, &size), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_vmo_get_size(zx_process_self(), &size), ZX_ERR_WRONG_TYPE);
    zx_handle_t vmo = make_vmo(PAGE);

    EXPECT_EQ(zx_vmo_get_size(vmo, (uint64_t *)8), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(test_basic_info(vmo).rights, ZX_DEFAULT_VMO_RIGHTS);
    EXPECT_EQ(test_signals(vmo), ZX_VMO_ZERO_CHILDREN);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_read, zx_vmo_write)
TEST(what_was_written_is_read_and_the_rest_is_zero)
{
    static uint8_t buffer[3 * 4096];
    zx_handle_t vmo = make_vmo(4 * PAGE);

    memset(buffer, 0x77, sizeof(buffer));
    EXPECT_OK(zx_vmo_read(vmo, buffer, 0, sizeof(buffer)));
    for (size_t i = 0; i < sizeof(buffer); i++) {
        ASSERT_EQ(buffer[i], 0);
    }
    EXPECT_OK(zx_vmo_write(vmo, "across a border", 15, 0)); // zero bytes anywhere inside
    EXPECT_OK(zx_vmo_write(vmo, "across a border", PAGE - 6, 15));
    EXPECT_OK(zx_vmo_read(vmo, buffer, PAGE - 8, 20));
    EXPECT_EQ(memcmp(buffer, "\0\0across a border\0\0\0", 20), 0);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_read, zx_vmo_write)
TEST(accesses_outside_a_vmo_are_refused)
{
    zx_handle_t vmo = make_vmo(PAGE);
    char buffer[16] = {0};

    EXPECT_EQ(zx_vmo_read(vmo, buffer, PAGE - 1, 2), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_write(vmo, buffer, PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_read(vmo, buffer, UINT64_MAX, 2), ZX_ERR_OUT_OF_RANGE);
    EXPECT_OK(zx_vmo_read(vmo, buffer, PAGE, 0));
    EXPECT_EQ(zx_vmo_read(vmo, buffer, PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
    EXPECT_OK(zx_vmo_read(vmo, NULL, 0, 0));
    EXPECT_EQ(zx_vmo_read(vmo, (void *)8, 0, 8), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_write(vmo, (void *)8, 0, 8), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_read, zx_vmo_write)
TEST(vmo_reading_and_writing_need_their_rights)
{
    zx_handle_t vmo = make_vmo(PAGE);
    zx_handle_t no_read = test_without_rights(vmo, ZX_RIGHT_READ);
    zx_handle_t no_write = test_without_rights(vmo, ZX_RIGHT_WRITE);
    char c = 0;

    EXPECT_EQ(zx_vmo_read(no_read, &c, 0, 1), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmo_read(no_read, &c, 0, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmo_write(no_write, &c, 0, 1), ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_vmo_write(no_read, &c, 0, 1));
    EXPECT_OK(zx_vmo_read(no_write, &c, 0, 1));
    EXPECT_EQ(zx_vmo_read(0, &c, 0, 1), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_vmo_read(zx_process_self(), &c, 0, 1), ZX_ERR_WRONG_TYPE);
    zx_handle_t all[] = {vmo, no_read, no_write};

    EXPECT_OK(zx_handle_close_many(all, 3));
}

// CALLS(zx_vmo_read, zx_vmo_write)
TEST(a_vmo_can_be_copied_into_a_mapping_of_itself)
{
    zx_handle_t vmo = make_vmo(4 * PAGE);
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, 4 * PAGE);

    EXPECT_OK(zx_vmo_write(vmo, "self", 0, 4));
    EXPECT_OK(zx_vmo_read(vmo, (void *)(base + 2 * PAGE), 0, PAGE));
    EXPECT_EQ(memcmp((const void *)(base + 2 * PAGE), "self", 4), 0);
    EXPECT_OK(zx_vmo_write(vmo, (const void *)(base + 3 * PAGE), PAGE, PAGE)); // both untouched
    EXPECT_OK(zx_vmo_write(vmo, (const void *)base, 3 * PAGE, PAGE));
    EXPECT_EQ(memcmp((const void *)(base + 3 * PAGE), "self", 4), 0);
    unmap(base, 4 * PAGE);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_set_size)
TEST(shrinking_forgets_and_growing_brings_zeros)
{
    zx_handle_t vmo = make_vmo(3 * PAGE), fixed;
    uint64_t value = 0x1234, size;

    EXPECT_OK(zx_vmo_write(vmo, &value, 2 * PAGE, 8));
    EXPECT_OK(zx_vmo_set_size(vmo, PAGE + 1));
    EXPECT_OK(zx_vmo_get_size(vmo, &size));
    EXPECT_EQ(size, 2 * PAGE);
    EXPECT_EQ(zx_vmo_read(vmo, &value, 2 * PAGE, 8), ZX_ERR_OUT_OF_RANGE);
    EXPECT_OK(zx_vmo_set_size(vmo, 3 * PAGE));
    EXPECT_OK(zx_vmo_read(vmo, &value, 2 * PAGE, 8));
    EXPECT_EQ(value, 0);
    EXPECT_EQ(zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    ASSERT_OK(zx_vmo_create(PAGE, ZX_VMO_NON_RESIZABLE, &fixed));
    EXPECT_EQ(zx_vmo_set_size(fixed, PAGE), ZX_ERR_UNAVAILABLE);
    EXPECT_OK(zx_handle_close(fixed));
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_op_range)
TEST(commit_and_decommit)
{
    zx_handle_t vmo = make_vmo(2 * PAGE);
    uint8_t byte = 9;
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, 2 * PAGE);

    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PAGE, NULL, 0));
    *at(base) = 1;
    *at(base + PAGE) = 2;
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
    EXPECT_EQ(*at(base), 0);
    EXPECT_EQ(*at(base + PAGE), 2);
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, PAGE + 0x10, 0x100, NULL, 0));
    EXPECT_OK(zx_vmo_read(vmo, &byte, PAGE, 1));
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 3 * PAGE, PAGE, NULL, 0), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_op_range(vmo, 0, 0, PAGE, NULL, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PAGE, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    unmap(base, 2 * PAGE);
    EXPECT_OK(zx_handle_close(vmo));
}

// ---- mappings ----

// CALLS(zx_vmar_map, zx_vmar_unmap)
TEST(two_mappings_show_the_same_memory)
{
    zx_handle_t vmo = make_vmo(2 * PAGE);
    zx_vaddr_t whole = map(vmo, READ_WRITE, 0, 2 * PAGE);
    zx_vaddr_t second = map(vmo, ZX_VM_PERM_READ, PAGE, PAGE);
    uint8_t byte = 5;

    EXPECT_EQ(whole % PAGE, 0);
    EXPECT_EQ(*at(second), 0);
    *at(whole + PAGE) = 42;
    EXPECT_EQ(*at(second), 42);
    EXPECT_OK(zx_vmo_write(vmo, &byte, PAGE, 1));
    EXPECT_EQ(*at(second), 5);
    EXPECT_OK(zx_handle_close(vmo)); // the mappings keep the memory
    *at(whole) = 1;
    EXPECT_EQ(*at(whole), 1);
    unmap(second, PAGE);
    EXPECT_EQ(*at(whole + PAGE), 5);
    unmap(whole, 2 * PAGE);
    EXPECT_FALSE(can_read(whole));
}

// CALLS(zx_vmar_map)
TEST(a_large_mapping_costs_what_is_touched)
{
    const uint64_t size = 256ull << 20;
    zx_handle_t vmo = make_vmo(size);
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, size);
    zx_info_vmo_t info;

    for (uint64_t offset = 0; offset < size; offset += 16ull << 20) {
        EXPECT_EQ(*at(base + offset), 0);
        *at(base + offset + 5) = (uint8_t)(offset >> 24);
    }
    for (uint64_t offset = 0; offset < size; offset += 16ull << 20) {
        EXPECT_EQ(*at(base + offset + 5), (uint8_t)(offset >> 24));
    }
    zx_status_t status = zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);

    if (status == ZX_OK) {
        EXPECT_EQ(info.committed_bytes, 16 * PAGE);
        EXPECT_EQ(info.num_mappings, 1);
    } else {
        EXPECT_EQ(status, ZX_ERR_NOT_SUPPORTED);
    }
    unmap(base, size);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_map)
TEST(map_checks_its_arguments)
{
    zx_handle_t root = zx_vmar_root_self(), vmo = make_vmo(PAGE);
    zx_handle_t no_map = test_without_rights(vmo, ZX_RIGHT_MAP);
    zx_handle_t no_write = test_without_rights(vmo, ZX_RIGHT_WRITE);
    zx_vaddr_t out = 77;
    const struct {
        zx_handle_t vmar;
        zx_vm_option_t options;
        uint64_t vmar_offset;
        zx_handle_t vmo;
        uint64_t vmo_offset, size;
        zx_status_t status;
    } cases[] = {
        {0, READ_WRITE, 0, vmo, 0, PAGE, ZX_ERR_BAD_HANDLE},
        {vmo, READ_WRITE, 0, vmo, 0, PAGE, ZX_ERR_WRONG_TYPE},
        {root, READ_WRITE, 0, 0, 0, PAGE, ZX_ERR_BAD_HANDLE},
        {root, READ_WRITE, 0, root, 0, PAGE, ZX_ERR_WRONG_TYPE},
        {root, ZX_VM_PERM_READ, 0, no_map, 0, PAGE, ZX_ERR_ACCESS_DENIED},
        {root, READ_WRITE, 0, no_write, 0, PAGE, ZX_ERR_ACCESS_DENIED},
        {root, ZX_VM_PERM_WRITE, 0, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, ZX_VM_PERM_EXECUTE, 0, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE, 0, vmo, 0, 0, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE, 0, vmo, 1, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE, PAGE, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | 0x80000000u, 0, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | ZX_VM_COMPACT, 0, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | ZX_VM_CAN_MAP_WRITE, 0, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE, 0, vmo, 0, UINT64_MAX, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | ZX_VM_SPECIFIC, UINT64_MAX, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | ZX_VM_SPECIFIC, 1, vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {root, READ_WRITE | ZX_VM_REQUIRE_NON_RESIZABLE, 0, vmo, 0, PAGE, ZX_ERR_NOT_SUPPORTED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        zx_status_t status = zx_vmar_map(cases[i].vmar, cases[i].options, cases[i].vmar_offset,
                                         cases[i].vmo, cases[i].vmo_offset, cases[i].size, &out);

        if (status != cases[i].status) {
            test_fail(__FILE__, __LINE__, "case %zu: status %d, not %d", i, status,
                      cases[i].status);
        }
    }
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_vmar_map(root, READ_WRITE, 0, vmo, 0, PAGE, (zx_vaddr_t *)8), ZX_ERR_INVALID_ARGS);
    zx_handle_t all[] = {vmo, no_map, no_write};

    EXPECT_OK(zx_handle_close_many(all, 3));
}

// CALLS(zx_vmar_map)
TEST(a_length_is_rounded_up)
{
    zx_handle_t vmo = make_vmo(4 * PAGE);
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, 4 * PAGE - 1);

    *at(base + 4 * PAGE - 1) = 3;
    EXPECT_EQ(*at(base + 4 * PAGE - 1), 3);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), base, 4 * PAGE - 1));
    EXPECT_FALSE(can_read(base + 4 * PAGE - 1));
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_unmap)
TEST(unmapping_the_middle_leaves_both_ends)
{
    zx_handle_t vmo = make_vmo(4 * PAGE), root = zx_vmar_root_self();
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, 4 * PAGE), again;
    zx_info_vmar_t info;

    for (uint64_t i = 0; i < 4; i++) {
        *at(base + i * PAGE) = (uint8_t)(i + 1);
    }
    unmap(base + PAGE, 2 * PAGE);
    EXPECT_EQ(*at(base), 1);
    EXPECT_EQ(*at(base + 3 * PAGE), 4);
    EXPECT_FALSE(can_read(base + PAGE));
    EXPECT_FALSE(can_read(base + 2 * PAGE));
    ASSERT_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(
        zx_vmar_map(root, READ_WRITE | ZX_VM_SPECIFIC, base - info.base, vmo, 0, 2 * PAGE, &again),
        ZX_ERR_NO_MEMORY); // the first page is taken
    EXPECT_OK(zx_vmar_map(root, READ_WRITE | ZX_VM_SPECIFIC, base + PAGE - info.base, vmo, 0,
                          2 * PAGE, &again));
    EXPECT_EQ(again, base + PAGE);
    EXPECT_EQ(*at(again), 1);
    unmap(base, 4 * PAGE);
    EXPECT_OK(zx_vmar_unmap(root, base, 4 * PAGE)); // nothing there: fine
    EXPECT_EQ(zx_vmar_unmap(root, base + 1, PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_unmap(root, base, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_unmap(root, 0, PAGE), ZX_ERR_INVALID_ARGS); // below the region
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_map)
TEST(overwrite_replaces_what_was_mapped)
{
    zx_handle_t first = make_vmo(3 * PAGE), second = make_vmo(PAGE), root = zx_vmar_root_self();
    zx_vaddr_t base = map(first, READ_WRITE, 0, 3 * PAGE), again = 0;
    zx_info_vmar_t info;

    *at(base + PAGE) = 1;
    *at(base + 2 * PAGE) = 2;
    ASSERT_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    EXPECT_OK(zx_vmar_map(root, READ_WRITE | ZX_VM_SPECIFIC_OVERWRITE, base + PAGE - info.base,
                          second, 0, PAGE, &again));
    EXPECT_EQ(again, base + PAGE);
    EXPECT_EQ(*at(base + PAGE), 0);
    EXPECT_EQ(*at(base + 2 * PAGE), 2);
    unmap(base, 3 * PAGE);
    EXPECT_OK(zx_handle_close(first));
    EXPECT_OK(zx_handle_close(second));
}

// CALLS(zx_vmar_protect)
TEST(protect_changes_what_may_be_done)
{
    zx_handle_t vmo = make_vmo(3 * PAGE), root = zx_vmar_root_self();
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, 3 * PAGE);

    *at(base + PAGE) = 7;
    EXPECT_OK(zx_vmar_protect(root, 0, base + PAGE, PAGE));
    EXPECT_FALSE(can_read(base + PAGE));
    EXPECT_TRUE(can_read(base) && can_read(base + 2 * PAGE));
    EXPECT_OK(zx_vmar_protect(root, ZX_VM_PERM_READ, base, 3 * PAGE));
    EXPECT_EQ(*at(base + PAGE), 7);
    // The kernel writes through the same permissions.
    EXPECT_EQ(zx_vmo_read(vmo, (void *)base, 0, 8), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_vmar_protect(root, READ_WRITE, base, PAGE));
    *at(base) = 8;
    unmap(base, 3 * PAGE);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_protect)
TEST(protect_checks_its_arguments)
{
    zx_handle_t vmo = make_vmo(2 * PAGE), root = zx_vmar_root_self();
    zx_handle_t read_only = test_without_rights(vmo, ZX_RIGHT_WRITE);
    zx_vaddr_t base = map(read_only, ZX_VM_PERM_READ, 0, 2 * PAGE);

    EXPECT_OK(zx_handle_close(read_only));
    EXPECT_EQ(zx_vmar_protect(root, READ_WRITE, base, PAGE), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_WRITE, base, PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_READ, base + 1, PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_READ, base, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, base, PAGE),
              ZX_ERR_INVALID_ARGS);
    unmap(base + PAGE, PAGE);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_READ, base, 2 * PAGE), ZX_ERR_NOT_FOUND);
    unmap(base, PAGE);
    EXPECT_EQ(zx_vmar_protect(root, ZX_VM_PERM_READ, base, PAGE), ZX_ERR_NOT_FOUND);
    EXPECT_OK(zx_handle_close(vmo));
}

// ---- regions ----

#define REGION_OPTIONS (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC)

// CALLS(zx_vmar_allocate, zx_vmar_destroy)
TEST(a_region_contains_its_mappings_and_takes_them_along)
{
    zx_handle_t vmo = make_vmo(PAGE), region;
    zx_vaddr_t base, inside, specific;
    zx_info_vmar_t info;

    ASSERT_OK(zx_vmar_allocate(zx_vmar_root_self(), REGION_OPTIONS, 0, 16 * PAGE, &region, &base));
    ASSERT_OK(zx_object_get_info(region, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.base, base);
    EXPECT_EQ(info.len, 16 * PAGE);
    EXPECT_EQ(test_basic_info(region).rights, 0x8003 | ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    ASSERT_OK(zx_vmar_map(region, READ_WRITE, 0, vmo, 0, PAGE, &inside));
    EXPECT_TRUE(inside >= base && inside < base + 16 * PAGE);
    uint64_t offset = inside == base ? PAGE : 0;

    ASSERT_OK(zx_vmar_map(region, READ_WRITE | ZX_VM_SPECIFIC, offset, vmo, 0, PAGE, &specific));
    EXPECT_EQ(specific, base + offset);
    EXPECT_EQ(zx_vmar_map(region, READ_WRITE | ZX_VM_PERM_EXECUTE, 0, vmo, 0, PAGE, &specific),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_unmap(zx_vmar_root_self(), base, PAGE), ZX_ERR_INVALID_ARGS); // a part of it
    EXPECT_EQ(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, inside, PAGE),
              ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_vmar_destroy(region));
    EXPECT_FALSE(can_read(inside));
    EXPECT_EQ(zx_vmar_destroy(region), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmar_map(region, READ_WRITE, 0, vmo, 0, PAGE, &inside), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmar_unmap(region, base, PAGE), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmar_protect(region, ZX_VM_PERM_READ, base, PAGE), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_object_get_info(region, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.len, 16 * PAGE);
    EXPECT_OK(zx_handle_close(region));
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_allocate)
TEST(allocate_checks_its_arguments)
{
    zx_handle_t root = zx_vmar_root_self(), out = 77, region, no_exec;
    zx_vaddr_t address = 78, base;

    EXPECT_EQ(zx_vmar_allocate(0, REGION_OPTIONS, 0, PAGE, &out, &address), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_vmar_allocate(root, ZX_VM_PERM_READ, 0, PAGE, &out, &address),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(root, REGION_OPTIONS, 0, PAGE - 1, &out, &address),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(root, REGION_OPTIONS, 0, 0, &out, &address), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(root, REGION_OPTIONS, PAGE, PAGE, &out, &address),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(root, REGION_OPTIONS, 0, 1ull << 50, &out, &address),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(root, REGION_OPTIONS, 0, PAGE, &out, (zx_vaddr_t *)8),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(address, 78);
    ASSERT_OK(zx_vmar_allocate(root, REGION_OPTIONS, 0, 4 * PAGE, &region, &base));
    EXPECT_EQ(zx_vmar_allocate(region, ZX_VM_CAN_MAP_EXECUTE, 0, PAGE, &out, &address),
              ZX_ERR_ACCESS_DENIED); // the handle has no EXECUTE either
    ASSERT_OK(zx_vmar_allocate(region, ZX_VM_CAN_MAP_READ, 0, 4 * PAGE, &no_exec, &address));
    EXPECT_EQ(address, base); // as large as its parent
    EXPECT_EQ(zx_vmar_allocate(region, ZX_VM_CAN_MAP_READ, 0, PAGE, &out, &address),
              ZX_ERR_NO_MEMORY);
    EXPECT_OK(zx_vmar_destroy(region)); // with the one inside
    EXPECT_EQ(zx_vmar_destroy(no_exec), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_handle_close(no_exec));
    EXPECT_OK(zx_handle_close(region));
}

// ---- faults ----

#define FAULT(fault_name, ...)    \
    CHILD(fault_name)             \
    {                             \
        __VA_ARGS__               \
        return 99; /* survived */ \
    }

FAULT(fault_write_read_only, {
    zx_vaddr_t base;
    zx_handle_t vmo;

    if (zx_vmo_create(PAGE, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &base) != ZX_OK) {
        return 1;
    }
    (void)*at(base);
    *at(base) = 1;
})

FAULT(fault_after_unmap, {
    char *page = pages_allocate(PAGE);

    *at((zx_vaddr_t)page) = 1;
    pages_free(page, PAGE);
    *at((zx_vaddr_t)page) = 2;
})

FAULT(fault_after_protect, {
    char *page = pages_allocate(PAGE);

    *at((zx_vaddr_t)page) = 1;
    if (zx_vmar_protect(zx_vmar_root_self(), 0, (zx_vaddr_t)page, PAGE) != ZX_OK) {
        return 1;
    }
    (void)*at((zx_vaddr_t)page);
})

FAULT(fault_beyond_the_vmo, {
    zx_vaddr_t base;
    zx_handle_t vmo;

    if (zx_vmo_create(PAGE, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, vmo, 0, 2 * PAGE, &base) != ZX_OK) {
        return 1;
    }
    *at(base + PAGE - 1) = 1;
    *at(base + PAGE) = 1;
})

FAULT(fault_after_shrinking, {
    zx_vaddr_t base;
    zx_handle_t vmo;

    if (zx_vmo_create(2 * PAGE, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, vmo, 0, 2 * PAGE, &base) != ZX_OK) {
        return 1;
    }
    *at(base + PAGE) = 1;
    if (zx_vmo_set_size(vmo, PAGE) != ZX_OK) {
        return 2;
    }
    *at(base) = 1;
    (void)*at(base + PAGE);
})

FAULT(fault_execute_data, {
    uint32_t *page = pages_allocate(PAGE);

    page[0] = 0xd65f03c0; // ret
    ((void (*)(void))(uintptr_t)page)();
})

FAULT(fault_write_code, {
    uintptr_t code = (uintptr_t)&can_read;

    __asm__ volatile("" : "+r"(code));
    *at(code) = 0;
})

FAULT(fault_read_kernel, { (void)*at(0xffff000000000000); })
FAULT(fault_read_below, { (void)*at(0xfff000); })
FAULT(fault_tagged_pointer, {
    char *page = pages_allocate(PAGE);

    *at((zx_vaddr_t)page) = 1;
    (void)*at((zx_vaddr_t)page | 0x4200000000000000);
})

// CALLS(zx_vmar_map, zx_vmar_protect, zx_vmar_unmap, zx_vmo_set_size)
TEST(a_bad_access_ends_the_process_and_nothing_else)
{
    static const char *const names[] = {
        "fault_write_read_only", "fault_after_unmap",     "fault_after_protect",
        "fault_beyond_the_vmo",  "fault_after_shrinking", "fault_execute_data",
        "fault_write_code",      "fault_read_kernel",     "fault_read_below",
        "fault_tagged_pointer",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int64_t code = test_child_run(names[i]);

        if (code != -1) {
            test_fail(__FILE__, __LINE__, "%s: %ld", names[i], code);
        }
    }
}

static int seven(void)
{
    return 7;
}

// CALLS(zx_vmar_map, zx_vmar_protect)
TEST(code_written_at_run_time_runs)
{
    static const uint32_t code[2] = {0x52800120 /* mov w0, #9 */, 0xd65f03c0 /* ret */};
    zx_handle_t vmo = make_vmo(PAGE);
    zx_vaddr_t base = map(vmo, READ_WRITE, 0, PAGE);
    int (*function)(void) = seven;

    EXPECT_EQ(function(), 7);
    memcpy((void *)base, code, sizeof(code));
    // Making it executable is enough: the kernel sees to the caches.
    ASSERT_OK(
        zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, base, PAGE));
    function = (int (*)(void))base;
    EXPECT_EQ(function(), 9);
    unmap(base, PAGE);
    EXPECT_OK(zx_handle_close(vmo));
}

static void touch_pages(void *context)
{
    zx_vaddr_t base = *(zx_vaddr_t *)context;

    for (uint64_t i = 0; i < 256; i++) {
        __atomic_fetch_add((uint32_t *)(base + i * PAGE), 1, __ATOMIC_RELAXED);
    }
}

// CALLS(zx_vmar_map)
TEST(threads_fault_on_the_same_pages_at_once)
{
    struct test_thread threads[4];

    for (int round = 0; round < 4; round++) {
        zx_handle_t vmo = make_vmo(256 * PAGE);
        zx_vaddr_t base = map(vmo, READ_WRITE, 0, 256 * PAGE);
        unsigned wrong = 0;

        for (size_t i = 0; i < 4; i++) {
            ASSERT_OK(test_thread_start(&threads[i], touch_pages, &base));
        }
        for (size_t i = 0; i < 4; i++) {
            test_thread_join(&threads[i]);
        }
        for (uint64_t i = 0; i < 256; i++) {
            wrong += *(volatile uint32_t *)(base + i * PAGE) != 4;
        }
        EXPECT_EQ(wrong, 0);
        unmap(base, 256 * PAGE);
        EXPECT_OK(zx_handle_close(vmo));
    }
}

// CALLS(zx_vmar_map, zx_vmar_unmap, zx_vmo_create)
TEST(mapping_and_unmapping_again_and_again)
{
    for (int i = 0; i < 300; i++) {
        zx_handle_t vmo = make_vmo(8 * PAGE);
        zx_vaddr_t base = map(vmo, READ_WRITE, 0, 8 * PAGE);

        for (uint64_t page = 0; page < 8; page++) {
            ASSERT_EQ(*at(base + page * PAGE), 0); // never another's data
            *at(base + page * PAGE) = 0xee;
        }
        unmap(base, 8 * PAGE);
        EXPECT_OK(zx_handle_close(vmo));
    }
}
