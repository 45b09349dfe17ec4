// SPDX-License-Identifier: MIT
//
// VMOs made from VMOs: copy-on-write clones, cache policies, executable handles, and the calls of VMARs
// that only differ in the order of their arguments (spec 23).

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define PAGE       ((uint64_t)ZX_PAGE_SIZE)
#define READ_WRITE (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define COW        ZX_VMO_CLONE_COPY_ON_WRITE

static zx_handle_t make_vmo(uint64_t size)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_vmo_create(size, 0, &vmo));
    return vmo;
}

static zx_handle_t clone_of(zx_handle_t vmo, uint64_t offset, uint64_t size)
{
    zx_handle_t clone = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_vmo_clone(vmo, COW, offset, size, &clone));
    return clone;
}

// Writes a number to the start of a page.
static void put(zx_handle_t vmo, uint64_t page, uint64_t value)
{
    EXPECT_OK(zx_vmo_write(vmo, &value, page * PAGE, sizeof(value)));
}

// Reads it; ~0 on failure.
static uint64_t get(zx_handle_t vmo, uint64_t page)
{
    uint64_t value = 0;

    return zx_vmo_read(vmo, &value, page * PAGE, sizeof(value)) == ZX_OK ? value : ~0ull;
}

static zx_info_vmo_t vmo_info(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};

    EXPECT_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info;
}

// CALLS(zx_vmo_clone)
TEST(a_clone_is_a_live_window_until_a_page_is_written)
{
    zx_handle_t parent = make_vmo(4 * PAGE);

    for (uint64_t page = 0; page < 4; page++) {
        put(parent, page, page);
    }
    zx_handle_t clone = clone_of(parent, PAGE, 4 * PAGE);
    EXPECT_EQ(get(clone, 0), 1);
    EXPECT_EQ(get(clone, 1), 2);
    EXPECT_EQ(get(clone, 2), 3);
    EXPECT_EQ(get(clone, 3), 0);

    EXPECT_OK(zx_vmo_set_size(parent, 5 * PAGE));
    put(parent, 4, 99);
    EXPECT_EQ(get(clone, 3), 99);

    put(clone, 0, 7);
    EXPECT_EQ(get(parent, 1), 1);
    put(parent, 1, 8);
    EXPECT_EQ(get(clone, 0), 7);

    EXPECT_OK(zx_vmo_set_size(parent, 0));
    EXPECT_EQ(get(clone, 0), 7);
    EXPECT_EQ(get(clone, 1), 0);
    EXPECT_EQ(get(clone, 3), 0);
    EXPECT_EQ(vmo_info(clone).committed_bytes, PAGE);
    zx_handle_close(parent);
    EXPECT_EQ(get(clone, 0), 7);
    zx_handle_close(clone);
}

// CALLS(zx_vmo_clone, zx_vmo_op_range)
TEST(decommitting_shows_the_parent_again)
{
    zx_handle_t parent = make_vmo(PAGE);

    put(parent, 0, 11);
    zx_handle_t clone = clone_of(parent, 0, PAGE);
    put(clone, 0, 12);
    EXPECT_OK(zx_vmo_op_range(clone, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
    EXPECT_EQ(get(clone, 0), 11);
    EXPECT_OK(zx_vmo_op_range(clone, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0));
    put(parent, 0, 13);
    EXPECT_EQ(get(clone, 0), 11);
    zx_handle_close(clone);
    zx_handle_close(parent);
}

// CALLS(zx_vmo_clone)
TEST(a_mapped_clone_follows_its_parent)
{
    zx_handle_t parent = make_vmo(2 * PAGE), clone = clone_of(parent, 0, 2 * PAGE);
    zx_vaddr_t address = 0;

    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, clone, 0, 2 * PAGE, &address));
    volatile uint64_t *first = (volatile uint64_t *)address;
    volatile uint64_t *second = (volatile uint64_t *)(address + PAGE);
    EXPECT_EQ(*first, 0);
    EXPECT_EQ(*second, 0);
    put(parent, 0, 21);
    EXPECT_EQ(*first, 21);
    *first = 22;
    EXPECT_EQ(get(parent, 0), 21);
    put(parent, 0, 23);
    put(parent, 1, 24);
    EXPECT_EQ(*first, 22);
    EXPECT_EQ(*second, 24);

    // The mapping keeps the clone and so the parent's children.
    zx_handle_close(clone);
    EXPECT_EQ(test_signals(parent) & ZX_VMO_ZERO_CHILDREN, 0);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, 2 * PAGE));
    EXPECT_EQ(test_signals(parent), ZX_VMO_ZERO_CHILDREN);
    zx_handle_close(parent);
}

// CALLS(zx_vmo_clone)
TEST(a_parent_knows_whether_it_has_clones)
{
    zx_handle_t parent = make_vmo(PAGE);

    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(test_signals(parent), ZX_VMO_ZERO_CHILDREN);
        zx_handle_t clone = clone_of(parent, 0, PAGE);
        zx_handle_t grandchild = clone_of(clone, 0, PAGE);
        EXPECT_EQ(test_signals(parent), 0);
        EXPECT_EQ(test_signals(clone), 0);
        EXPECT_EQ(vmo_info(parent).num_children, 1);
        zx_handle_close(clone);
        EXPECT_EQ(test_signals(parent), 0);
        zx_handle_close(grandchild);
    }
    EXPECT_EQ(test_signals(parent), ZX_VMO_ZERO_CHILDREN);
    zx_handle_close(parent);
}

// CALLS(zx_vmo_clone)
TEST(clone_checks_its_arguments)
{
    zx_handle_t vmo = make_vmo(PAGE), event, out = 77;

    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_EQ(zx_vmo_clone(0, COW, 0, PAGE, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_vmo_clone(event, COW, 0, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmo_clone(vmo, 0, 0, PAGE, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_clone(vmo, ZX_VMO_CLONE_NON_RESIZEABLE, 0, PAGE, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_clone(vmo, COW | 4, 0, PAGE, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_clone(vmo, COW, 0, UINT64_MAX, &out), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_vmo_clone(vmo, COW, 1, PAGE, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_clone(vmo, COW, UINT64_MAX - PAGE + 1, 2 * PAGE, &out), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_vmo_clone(vmo, COW, 0, PAGE, (zx_handle_t *)1), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(test_signals(vmo), ZX_VMO_ZERO_CHILDREN);

    zx_handle_t unreadable = test_without_rights(vmo, ZX_RIGHT_READ);
    EXPECT_EQ(zx_vmo_clone(unreadable, COW, 0, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    zx_handle_close(unreadable);
    zx_handle_close(event);
    zx_handle_close(vmo);
}

// CALLS(zx_vmo_clone)
TEST(a_clone_has_the_sources_rights_and_some_more)
{
    zx_handle_t vmo = make_vmo(PAGE), weak, clone, named;
    char name[ZX_MAX_NAME_LEN];

    ASSERT_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "original", 8));
    ASSERT_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE, &weak));
    clone = clone_of(weak, 0, PAGE);
    EXPECT_EQ(test_basic_info(clone).rights, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE | ZX_RIGHT_WRITE |
                                                 ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY);
    EXPECT_OK(zx_object_get_property(clone, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(name[0], 0);

    named = clone_of(vmo, 0, PAGE);
    EXPECT_OK(zx_object_set_property(named, ZX_PROP_NAME, "copy", 4));
    EXPECT_OK(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(strcmp(name, "original"), 0);
    zx_handle_close(named);
    named = clone_of(vmo, 0, PAGE);
    EXPECT_OK(zx_object_get_property(named, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(strcmp(name, "original"), 0);

    zx_info_vmo_t info = vmo_info(clone);
    EXPECT_EQ(info.parent_koid, test_basic_info(vmo).koid);
    EXPECT_TRUE(info.flags & ZX_INFO_VMO_IS_COW_CLONE);
    EXPECT_EQ(vmo_info(vmo).num_children, 2);
    zx_handle_close(named);
    zx_handle_close(clone);
    zx_handle_close(weak);
    zx_handle_close(vmo);
}

// CALLS(zx_vmo_clone, zx_vmo_set_size, zx_vmar_map)
TEST(clones_are_resizable_unless_asked)
{
    zx_handle_t fixed, clone, stiff;
    zx_vaddr_t address;

    ASSERT_OK(zx_vmo_create(PAGE, ZX_VMO_NON_RESIZABLE, &fixed));
    clone = clone_of(fixed, 0, PAGE);
    ASSERT_OK(zx_vmo_clone(fixed, COW | ZX_VMO_CLONE_NON_RESIZEABLE, 0, PAGE, &stiff));
    EXPECT_EQ(zx_vmo_set_size(fixed, PAGE), ZX_ERR_UNAVAILABLE);
    EXPECT_OK(zx_vmo_set_size(clone, 2 * PAGE));
    EXPECT_EQ(zx_vmo_set_size(stiff, 2 * PAGE), ZX_ERR_UNAVAILABLE);
    EXPECT_EQ(vmo_info(clone).create_options, 1);
    EXPECT_EQ(vmo_info(stiff).create_options, 0);

    zx_vm_option_t options = READ_WRITE | ZX_VM_REQUIRE_NON_RESIZABLE;
    EXPECT_EQ(zx_vmar_map(zx_vmar_root_self(), options, 0, clone, 0, PAGE, &address),
              ZX_ERR_NOT_SUPPORTED);
    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, stiff, 0, PAGE, &address));
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    zx_handle_close(stiff);
    zx_handle_close(clone);
    zx_handle_close(fixed);
}

// ---- caches ----

// CALLS(zx_vmo_set_cache_policy)
TEST(a_cache_policy_can_be_set_while_a_vmo_is_clean)
{
    zx_handle_t vmo = make_vmo(PAGE), clone;
    zx_vaddr_t address;
    uint64_t value = 1;

    for (uint32_t policy = 0; policy <= ZX_CACHE_POLICY_MASK; policy++) {
        EXPECT_OK(zx_vmo_set_cache_policy(vmo, policy));
        EXPECT_EQ(vmo_info(vmo).cache_policy, policy);
    }
    EXPECT_EQ(zx_vmo_set_cache_policy(vmo, 4), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_set_cache_policy(0, 4), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_set_cache_policy(0, 0), ZX_ERR_BAD_HANDLE);

    EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
    EXPECT_EQ(zx_vmo_write(vmo, &value, 0, 8), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmo_read(vmo, &value, 0, 8), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmo_clone(vmo, COW, 0, PAGE, &clone), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));

    put(vmo, 0, 1);
    EXPECT_EQ(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, vmo, 0, PAGE, &address));
    EXPECT_EQ(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    clone = clone_of(vmo, 0, PAGE);
    EXPECT_EQ(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_vmo_set_cache_policy(clone, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
    zx_handle_close(clone);
    EXPECT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
    zx_handle_t unmappable = test_without_rights(vmo, ZX_RIGHT_MAP);
    EXPECT_EQ(zx_vmo_set_cache_policy(unmappable, 0), ZX_ERR_ACCESS_DENIED);
    zx_handle_close(unmappable);
    zx_handle_close(vmo);
}

// CALLS(zx_vmo_op_range)
TEST(cache_operations_need_a_range_that_lies_inside)
{
    const uint64_t size = 8 * PAGE;
    zx_handle_t vmo = make_vmo(size);

    for (uint32_t op = ZX_VMO_OP_CACHE_SYNC; op <= ZX_VMO_OP_CACHE_CLEAN_INVALIDATE; op++) {
        EXPECT_OK(zx_vmo_op_range(vmo, op, 0, size, NULL, 0));
        EXPECT_OK(zx_vmo_op_range(vmo, op, 5, 17, NULL, 0));
        EXPECT_EQ(zx_vmo_op_range(vmo, op, 0, 0, NULL, 0), ZX_ERR_INVALID_ARGS);
        EXPECT_EQ(zx_vmo_op_range(vmo, op, 1, size, NULL, 0), ZX_ERR_OUT_OF_RANGE);
        EXPECT_EQ(zx_vmo_op_range(vmo, op, size, 1, NULL, 0), ZX_ERR_OUT_OF_RANGE);
        EXPECT_EQ(zx_vmo_op_range(vmo, op, size + 1, 1, NULL, 0), ZX_ERR_OUT_OF_RANGE);
        EXPECT_EQ(zx_vmo_op_range(vmo, op, UINT64_MAX, UINT64_MAX, NULL, 0), ZX_ERR_OUT_OF_RANGE);
    }
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 1, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, 1, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_vmo_op_range(vmo, 0, 0, 1, NULL, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_op_range(vmo, 5, 0, 1, NULL, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmo_op_range(vmo, 10, 0, 1, NULL, 0), ZX_ERR_INVALID_ARGS);

    zx_handle_t reader = test_without_rights(vmo, ZX_RIGHT_WRITE);
    zx_handle_t writer = test_without_rights(vmo, ZX_RIGHT_READ);
    EXPECT_OK(zx_vmo_op_range(reader, ZX_VMO_OP_CACHE_CLEAN, 0, 1, NULL, 0));
    EXPECT_EQ(zx_vmo_op_range(writer, ZX_VMO_OP_CACHE_CLEAN, 0, 1, NULL, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmo_op_range(reader, ZX_VMO_OP_COMMIT, 0, 1, NULL, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_vmo_op_range(writer, ZX_VMO_OP_COMMIT, 0, 1, NULL, 0));
    zx_handle_close(reader);
    zx_handle_close(writer);
    zx_handle_close(vmo);
}

// CALLS(zx_cache_flush)
TEST(user_mode_can_flush_what_it_has_mapped)
{
    static char data[256];
    zx_handle_t vmo = make_vmo(PAGE);
    zx_vaddr_t read_only = 0;

    put(vmo, 0, 1);
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &read_only));
    for (uint32_t options = 0; options < 16; options++) {
        // INSN 1, DATA 2, INVALIDATE 4, which goes with DATA alone.
        const bool legal = options >= 1 && options <= 7 && (options < 4 || (options & 2));
        const zx_status_t expected = legal ? ZX_OK : ZX_ERR_INVALID_ARGS;
        EXPECT_EQ(zx_cache_flush(data, sizeof(data), options), expected);
        EXPECT_EQ(zx_cache_flush((const void *)read_only, PAGE, options), expected);
    }
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), read_only, PAGE));
    zx_handle_close(vmo);
}

// ---- executable handles ----

// CALLS(zx_vmo_replace_as_executable)
TEST(a_handle_becomes_executable_and_the_old_one_is_gone)
{
    zx_handle_t vmo = make_vmo(PAGE), plain = test_without_rights(vmo, ZX_RIGHT_EXECUTE), out = 77;
    zx_rights_t rights = test_basic_info(vmo).rights;

    EXPECT_OK(zx_vmo_replace_as_executable(plain, ZX_HANDLE_INVALID, &out));
    EXPECT_EQ(test_basic_info(out).rights, rights);
    EXPECT_EQ(zx_handle_close(plain), ZX_ERR_BAD_HANDLE);
    zx_handle_close(out);

    EXPECT_EQ(zx_vmo_replace_as_executable(0, 0, &out), ZX_ERR_BAD_HANDLE);

    // A bad vmex consumes the handle, a resource of another kind too.
    plain = test_without_rights(vmo, ZX_RIGHT_EXECUTE);
    EXPECT_EQ(zx_vmo_replace_as_executable(plain, vmo, &out), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_handle_close(plain), ZX_ERR_BAD_HANDLE);
    plain = test_without_rights(vmo, ZX_RIGHT_EXECUTE);
    EXPECT_EQ(zx_vmo_replace_as_executable(plain, 0x70000001, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(plain), ZX_ERR_BAD_HANDLE);

    // So does a source that is no VMO.
    zx_handle_t event;
    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_EQ(zx_vmo_replace_as_executable(event, ZX_HANDLE_INVALID, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);

    if (test_root_resource() != ZX_HANDLE_INVALID) {
        plain = test_without_rights(vmo, ZX_RIGHT_EXECUTE);
        EXPECT_OK(zx_vmo_replace_as_executable(plain, test_root_resource(), &out));
        zx_handle_close(out);
    }
    zx_handle_close(vmo);
}

// ---- the older order of arguments ----

// CALLS(zx_vmar_allocate_old, zx_vmar_map_old, zx_vmar_protect_old)
TEST(the_deprecated_calls_do_the_same)
{
    zx_handle_t vmo = make_vmo(PAGE), region;
    zx_vaddr_t base = 0, address = 0;
    const uint32_t can =
        ZX_VM_FLAG_CAN_MAP_READ | ZX_VM_FLAG_CAN_MAP_WRITE | ZX_VM_FLAG_CAN_MAP_SPECIFIC;

    ASSERT_OK(zx_vmar_allocate_old(zx_vmar_root_self(), 0, 4 * PAGE, can, &region, &base));
    ASSERT_OK(zx_vmar_map_old(region, PAGE, vmo, 0, PAGE,
                              ZX_VM_FLAG_SPECIFIC | ZX_VM_FLAG_PERM_READ, &address));
    EXPECT_EQ(address, base + PAGE);
    EXPECT_OK(
        zx_vmar_protect_old(region, address, PAGE, ZX_VM_FLAG_PERM_READ | ZX_VM_FLAG_PERM_WRITE));
    *(volatile uint64_t *)address = 31;
    EXPECT_EQ(get(vmo, 0), 31);
    EXPECT_EQ(
        zx_vmar_protect_old(region, address, PAGE, ZX_VM_FLAG_PERM_READ | ZX_VM_FLAG_PERM_EXECUTE),
        ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_vmar_destroy(region));
    zx_handle_close(region);
    zx_handle_close(vmo);
}

// CALLS(zx_vmar_allocate, zx_vmar_map)
TEST(a_place_that_cannot_be_told_is_not_kept)
{
    zx_handle_t vmo = make_vmo(PAGE), region, child;
    zx_vaddr_t base = 0, address = 0;
    const zx_vm_option_t can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC;

    ASSERT_OK(zx_vmar_allocate(zx_vmar_root_self(), can, 0, 4 * PAGE, &region, &base));
    EXPECT_EQ(zx_vmar_map(region, READ_WRITE | ZX_VM_SPECIFIC, PAGE, vmo, 0, PAGE, (zx_vaddr_t *)1),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_allocate(region, can | ZX_VM_SPECIFIC, PAGE, PAGE, &child, (zx_vaddr_t *)1),
              ZX_ERR_INVALID_ARGS);
    // Its place is free again.
    EXPECT_OK(zx_vmar_map(region, READ_WRITE | ZX_VM_SPECIFIC, PAGE, vmo, 0, PAGE, &address));
    EXPECT_EQ(address, base + PAGE);
    EXPECT_OK(zx_vmar_destroy(region));
    zx_handle_close(region);
    zx_handle_close(vmo);
}
