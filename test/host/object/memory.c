// SPDX-License-Identifier: MIT
// VMOs and VMARs as programs see them; the vm layer has tests of its own.
#include "object_test.h"

#include <stdlib.h>

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static zx_handle_t make_vmo(uint64_t size)
{
    zx_handle_t h = 0;

    assert_ok(zx_vmo_create(size, 0, &h));
    return h;
}

// CALLS(zx_vmo_create, zx_vmo_read, zx_vmo_write, zx_vmo_get_size, zx_vmo_set_size)
SCENARIO(vmo_reads_back_what_was_written)
{
    zx_handle_t vmo = make_vmo(5000);
    zx_info_handle_basic_t b = basic(vmo);
    uint64_t size = 0;
    char text[8] = "xxxxxxx";

    assert_int_equal(b.rights, 0xd0ff);
    assert_int_equal(state_of(vmo), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_object_signal(vmo, 0, ZX_USER_SIGNAL_ALL));
    assert_int_equal(state_of(vmo), ZX_VMO_ZERO_CHILDREN | ZX_USER_SIGNAL_ALL);
    assert_status(zx_object_signal(vmo, ZX_VMO_ZERO_CHILDREN, 0), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, 8192); // whole pages
    assert_ok(zx_vmo_read(vmo, text, 4093, 7));
    assert_memory_equal(text, "\0\0\0\0\0\0\0", 7);
    assert_ok(zx_vmo_write(vmo, "across", 4093, 7));
    assert_ok(zx_vmo_read(vmo, text, 4093, 7));
    assert_string_equal(text, "across");
    assert_status(zx_vmo_read(vmo, text, 8190, 7), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_write(vmo, text, 8192, 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_read(vmo, LAB_BAD_PTR, 0, 7), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmo_set_size(vmo, 4096));
    assert_status(zx_vmo_read(vmo, text, 4093, 7), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_set_size(vmo, 8192)); // what was cut off is gone
    assert_ok(zx_vmo_read(vmo, text, 4096, 4));
    assert_memory_equal(text, "\0\0\0\0", 4);
    close_handle(vmo);
}

SCENARIO(vmo_calls_check_handle_right_type)
{
    zx_handle_t vmo = make_vmo(4096), weak = duplicate_without(vmo, ZX_RIGHTS_IO);
    char c = 0;

    assert_status(zx_vmo_read(0, &c, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_read(weak, &c, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_write(weak, &c, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_read(lab.job, &c, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_write(lab.job, &c, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_set_size(weak, 4096), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    close_handle(vmo);
}

// CALLS(zx_vmo_clone)
SCENARIO(clone_sees_its_own_writes_only)
{
    zx_handle_t vmo = make_vmo(4096), clone = 0;
    char text[4];

    assert_ok(zx_vmo_write(vmo, "old", 0, 4));
    assert_ok(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4096, &clone));
    assert_int_equal(state_of(vmo), 0);
    assert_ok(zx_vmo_write(clone, "new", 0, 4));
    assert_ok(zx_vmo_read(vmo, text, 0, 4));
    assert_string_equal(text, "old");
    assert_ok(zx_vmo_read(clone, text, 0, 4));
    assert_string_equal(text, "new");
    close_handle(clone);
    assert_int_equal(state_of(vmo), ZX_VMO_ZERO_CHILDREN);
    close_handle(vmo);
}

// CALLS(zx_vmar_map, zx_vmar_unmap, zx_vmar_protect)
SCENARIO(mapping_shows_the_vmo)
{
    zx_handle_t vmo = make_vmo(8192);
    zx_vaddr_t va = 0;
    char text[6] = "";

    assert_ok(zx_vmo_write(vmo, "hello", 4094, 6));
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, 8192, &va));
    close_handle(vmo); // the mapping keeps it
    host_user_read(text, va + 4094, 6);
    assert_string_equal(text, "hello");
    host_user_write(va, "x", 1);
    assert_ok(zx_vmar_protect(lab.vmar, ZX_VM_PERM_READ, va, 8192));
    host_user_read(text, va, 1);
    assert_int_equal(text[0], 'x');
    assert_int_not_equal(host_user_probe(va, 1, HAL_FAULT_WRITE), ZX_OK);
    assert_ok(zx_vmar_unmap(lab.vmar, va, 4096));
    assert_int_not_equal(host_user_probe(va, 1, 0), ZX_OK);
    assert_ok(host_user_probe(va + 4096, 1, 0));
    assert_ok(zx_vmar_unmap(lab.vmar, va + 4096, 4096));
}

// The laboratory's own rule U1 (platform/host/usercopy.c): a C pointer of the test is never an
// address that the kernel could map at, wherever the host has put its program, heap and stacks.
SCENARIO(host_memory_is_outside_of_every_address_space)
{
    static char in_program;
    char on_stack, *on_heap = malloc(1);
    const char *const mine[] = {&in_program, &on_stack, on_heap};
    zx_info_vmar_t root;

    assert_ok(zx_object_get_info(lab.vmar, ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL));
    for (unsigned i = 0; i < countof(mine); i++) {
        assert_true((zx_vaddr_t)mine[i] >= root.base + root.len);
        assert_ok(host_user_probe((zx_vaddr_t)mine[i], 1, 0));
    }
    free(on_heap);
}

// So many places that some are bound to be where the sanitizers keep reservations of terabytes.
SCENARIO(unmapped_memory_is_gone_wherever_it_was)
{
    zx_handle_t vmo = make_vmo(4096);

    for (unsigned i = 0; i < 500; i++) {
        zx_vaddr_t va;
        assert_ok(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, 4096, &va));
        assert_ok(host_user_probe(va, 1, HAL_FAULT_WRITE));
        assert_ok(zx_vmar_unmap(lab.vmar, va, 4096));
        assert_status(host_user_probe(va, 1, 0), ZX_ERR_NOT_FOUND);
    }
    close_handle(vmo);
}

// CALLS(zx_vmar_allocate, zx_vmar_destroy)
SCENARIO(destroyed_region_takes_its_mappings_with_it)
{
    zx_handle_t vmo = make_vmo(4096), region = 0;
    zx_vaddr_t base = 0, va = 0;
    zx_info_vmar_t info;

    assert_ok(zx_vmar_allocate(lab.vmar, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0, 65536,
                               &region, &base));
    assert_ok(zx_object_get_info(region, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.base, base);
    assert_int_equal(info.len, 65536);
    assert_status(zx_object_wait_one(region, ZX_USER_SIGNAL_0, 0, NULL), ZX_ERR_ACCESS_DENIED);
    assert_int_not_equal(zx_object_set_property(region, ZX_PROP_NAME, "name", 4), ZX_OK);
    assert_ok(zx_vmar_map(region, RW, 0, vmo, 0, 4096, &va));
    assert_true(va >= base && va + 4096 <= base + 65536);
    host_user_write(va, "x", 1);
    assert_status(zx_vmar_map(region, RW | ZX_VM_PERM_EXECUTE, 0, vmo, 0, 4096, &va),
                  ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_vmar_destroy(region));
    assert_int_not_equal(host_user_probe(va, 1, 0), ZX_OK);
    assert_status(zx_vmar_destroy(region), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_map(region, RW, 0, vmo, 0, 4096, &va), ZX_ERR_BAD_STATE);
    close_handle(region);
    close_handle(vmo);
}

SCENARIO(map_result_that_cannot_be_stored_leaves_no_mapping)
{
    zx_handle_t vmo = make_vmo(4096);

    assert_status(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, 4096, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    zx_info_vmo_t info;
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.num_mappings, 0);
    close_handle(vmo);
}

static void child_writes_shared(zx_handle_t vmo)
{
    assert_ok(zx_vmo_write(vmo, "from the child", 100, 15));
}

SCENARIO(processes_share_a_vmo)
{
    zx_handle_t vmo = make_vmo(4096);
    zx_vaddr_t va = 0;
    char text[15];

    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 4096, &va));
    struct child c = start_child(lab.job, child_writes_shared, vmo);
    await(c.process, ZX_PROCESS_TERMINATED);
    host_user_read(text, va + 100, 15);
    assert_string_equal(text, "from the child");
    assert_ok(zx_vmar_unmap(lab.vmar, va, 4096));
    close_child(&c);
}

// A message that is copied in and out of memory that is not there yet.
SCENARIO(messages_fault_their_buffers_in)
{
    zx_handle_t vmo = make_vmo(4 * 65536), ends[2];
    zx_vaddr_t va = 0;
    uint32_t bytes, value = 0xabcd;

    make_pair(ends);
    assert_ok(zx_vmo_write(vmo, &value, 65530, 4));
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, 4 * 65536, &va));
    assert_ok(zx_channel_write(ends[0], 0, (void *)va, 65536, NULL, 0));
    assert_ok(zx_channel_read(ends[1], 0, (void *)(va + 65536), NULL, 65536, 0, &bytes, NULL));
    value = 0;
    host_user_read(&value, va + 65536 + 65530, 4);
    assert_int_equal(value, 0xabcd);
    // One that straddles into nothing.
    assert_ok(zx_vmar_unmap(lab.vmar, va + 65536, 3 * 65536));
    assert_status(zx_channel_write(ends[0], 0, (void *)(va + 65530), 7, NULL, 0),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_vmar_unmap(lab.vmar, va, 65536));
    close_handle(vmo);
    assert_ok(zx_handle_close_many(ends, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest memory_tests[] = {
    T(vmo_reads_back_what_was_written),
    T(vmo_calls_check_handle_right_type),
    T(clone_sees_its_own_writes_only),
    T(mapping_shows_the_vmo),
    T(host_memory_is_outside_of_every_address_space),
    T(unmapped_memory_is_gone_wherever_it_was),
    T(destroyed_region_takes_its_mappings_with_it),
    T(map_result_that_cannot_be_stored_leaves_no_mapping),
    T(processes_share_a_vmo),
    T(messages_fault_their_buffers_in),
};
const size_t memory_test_count = countof(memory_tests);
