// SPDX-License-Identifier: MIT
// VMOs by themselves: spec 23 sections 1 to 6 and the lists of section 15.
#include "tests.h"

#include <mem/page.h>
#include <string.h>

static struct test_vmo vmo, other;

static void test_vmo_init_sizes_round_up(void **state)
{
    (void)state;
    for (uint64_t size = 0; size < PAGES(4); size += 911) {
        assert_int_equal(vmo_init_anonymous(&vmo.v, size, VMO_RESIZABLE, &test_vmo_ops), ZX_OK);
        vmo.freed = false;
        assert_int_equal(vmo_size(&vmo.v), ROUND_UP(size, PAGE_SIZE));
        assert_int_equal(vmo_set_size(&vmo.v, size + 1), ZX_OK);
        assert_int_equal(vmo_size(&vmo.v), ROUND_UP(size + 1, PAGE_SIZE));
        vmo_drop(&vmo);
        assert_true(vmo.freed);
    }
    assert_int_equal(vmo_init_anonymous(&vmo.v, UINT64_MAX, 0, &test_vmo_ops), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_init_anonymous(&vmo.v, VMO_MAX_SIZE + 1, 0, &test_vmo_ops),
                     ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_init_anonymous(&vmo.v, VMO_MAX_SIZE, 0, &test_vmo_ops), ZX_OK);
    vmo_poke(&vmo, (VMO_MAX_SIZE >> PAGE_SHIFT) - 1, 7); // the very last page
    assert_int_equal(committed(&vmo), 1);
    vmo.freed = false;
    vmo_drop(&vmo);
}

static void test_vmo_read_write_ranges(void **state)
{
    char buf[16] = "0123456789abcde", back[16];

    (void)state;
    vmo_new(&vmo, 2, 0);
    assert_int_equal(vmo_read(&vmo.v, back, 0, 16), ZX_OK);
    assert_true(back[0] == 0 && back[15] == 0);
    assert_int_equal(committed(&vmo), 0);
    assert_int_equal(vmo_write(&vmo.v, buf, PAGE_SIZE - 7, 16), ZX_OK);
    assert_int_equal(committed(&vmo), 2);
    assert_int_equal(vmo_read(&vmo.v, back, PAGE_SIZE - 7, 16), ZX_OK);
    assert_memory_equal(back, buf, 16);
    assert_int_equal(vmo_read(&vmo.v, back, PAGES(2), 0), ZX_OK);
    assert_int_equal(vmo_read(&vmo.v, back, PAGES(2) + 1, 0), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_read(&vmo.v, back, PAGES(2) - 1, 2), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_write(&vmo.v, buf, UINT64_MAX - 1, 16), ZX_ERR_OUT_OF_RANGE);
    vmo_drop(&vmo);
}

static void test_vmo_set_size_frees_and_zeroes(void **state)
{
    (void)state;
    vmo_new(&vmo, 4, VMO_RESIZABLE);
    for (unsigned i = 0; i < 4; i++)
        vmo_poke(&vmo, i, i + 1);
    assert_int_equal(vmo_set_size(&vmo.v, PAGES(2)), ZX_OK);
    assert_int_equal(committed(&vmo), 2);
    assert_int_equal(vmo_set_size(&vmo.v, PAGES(4)), ZX_OK);
    assert_int_equal(vmo_peek(&vmo, 1), 2);
    assert_int_equal(vmo_peek(&vmo, 2), 0);
    assert_int_equal(vmo_set_size(&vmo.v, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    vmo_drop(&vmo);
    vmo_new(&vmo, 4, 0);
    assert_int_equal(vmo_set_size(&vmo.v, PAGES(4)), ZX_ERR_UNAVAILABLE);
    assert_int_equal(vmo_size(&vmo.v), PAGES(4));
    vmo_drop(&vmo);
}

static void test_vmo_commit_decommit_ranges(void **state)
{
    (void)state;
    vmo_new(&vmo, 2, 0);
    assert_int_equal(vmo_decommit(&vmo.v, 0x10, 0x100), ZX_OK);
    assert_int_equal(vmo_commit(&vmo.v, 0x10, 0x100), ZX_OK);
    assert_int_equal(committed(&vmo), 1);
    assert_int_equal(vmo_commit(&vmo.v, PAGE_SIZE - 1, 2), ZX_OK);
    assert_int_equal(committed(&vmo), 2);
    vmo_poke(&vmo, 1, 5);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(100)), ZX_OK); // trimmed; keeps what is there
    assert_int_equal(vmo_peek(&vmo, 1), 5);
    assert_int_equal(vmo_decommit(&vmo.v, PAGES(2) - 1, PAGES(9)), ZX_OK);
    assert_int_equal(committed(&vmo), 1);
    assert_int_equal(vmo_peek(&vmo, 1), 0);
    assert_int_equal(vmo_commit(&vmo.v, PAGES(2), 1), ZX_OK); // empty after trimming
    assert_int_equal(vmo_commit(&vmo.v, PAGES(2) + 1, 0), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_decommit(&vmo.v, PAGE_SIZE, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    vmo_drop(&vmo);
}

static void test_vmo_commit_more_than_there_is(void **state)
{
    (void)state;
    vmo_new(&vmo, 1ull << 40, 0);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(1ull << 40)), ZX_ERR_NO_MEMORY);
    assert_int_equal(committed(&vmo), 0);
    vmo_poke(&vmo, 3, 9);
    uint64_t pages = page_total_bytes() >> PAGE_SHIFT;
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(pages)), ZX_ERR_NO_MEMORY);
    assert_int_equal(committed(&vmo), 1);
    assert_int_equal(vmo_peek(&vmo, 3), 9);
    vmo_drop(&vmo);
}

static void test_vmo_cache_op_ranges(void **state)
{
    const uint64_t size = 0x8000;

    (void)state;
    vmo_new(&vmo, 8, 0);
    for (uint32_t op = ZX_VMO_OP_CACHE_SYNC; op <= ZX_VMO_OP_CACHE_CLEAN_INVALIDATE; op++) {
        assert_int_equal(vmo_cache_op(&vmo.v, op, 0, size), ZX_OK);
        assert_int_equal(vmo_cache_op(&vmo.v, op, 0x1001, 7), ZX_OK);
        assert_int_equal(vmo_cache_op(&vmo.v, op, 0, 0), ZX_ERR_INVALID_ARGS);
        assert_int_equal(vmo_cache_op(&vmo.v, op, 1, size), ZX_ERR_OUT_OF_RANGE);
        assert_int_equal(vmo_cache_op(&vmo.v, op, size, 1), ZX_ERR_OUT_OF_RANGE);
        assert_int_equal(vmo_cache_op(&vmo.v, op, size + 1, 1), ZX_ERR_OUT_OF_RANGE);
        assert_int_equal(vmo_cache_op(&vmo.v, op, UINT64_MAX - 1, 1), ZX_ERR_OUT_OF_RANGE);
        assert_int_equal(vmo_cache_op(&vmo.v, op, UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
        assert_int_equal(vmo_cache_op(&vmo.v, op, UINT64_MAX, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
        vmo_poke(&vmo, op % 8, op);
    }
    vmo_drop(&vmo);
}

static void test_vmo_set_cache_policy_states(void **state)
{
    struct test_as t;
    uint64_t word = 1;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 1, 0);
    for (uint32_t policy = 0; policy < 4; policy++)
        assert_int_equal(vmo_set_cache_policy(&vmo.v, policy), ZX_OK);
    assert_int_equal(vmo_read(&vmo.v, &word, 0, 8), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_write(&vmo.v, &word, 0, 8), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_init_clone(&other.v, &vmo.v, 0, 4096, 0, &test_vmo_ops), ZX_ERR_BAD_STATE);
    vaddr_t va = map_any(&t.root.r, RW | ZX_VM_MAP_RANGE, &vmo, 0, 1);
    assert_true(poke(va, 4));
    assert_int_equal(vmo_set_cache_policy(&vmo.v, 3), ZX_ERR_BAD_STATE);
    assert_int_equal(vmar_unmap(&t.root.r, va, 1), ZX_OK);
    assert_int_equal(vmo_set_cache_policy(&vmo.v, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_decommit(&vmo.v, 0, 4096), ZX_OK);
    assert_int_equal(vmo_set_cache_policy(&vmo.v, 0), ZX_OK);
    vmo_poke(&vmo, 0, 8);
    as_destroy(&t);
    vmo_drop(&vmo);
}

static void test_vmo_physical_refuses_data_calls(void **state)
{
    uint64_t word;

    (void)state;
    vmo.freed = false;
    assert_int_equal(vmo_init_physical(&vmo.v, 0x40000001, 4096, &test_vmo_ops),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_physical(&vmo.v, 0x40000000, 0, &test_vmo_ops), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_physical(&vmo.v, -PAGE_SIZE, 4096, &test_vmo_ops),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_physical(&vmo.v, 0x40000000, 5000, &test_vmo_ops), ZX_OK);
    assert_int_equal(vmo_size(&vmo.v), PAGES(2));
    assert_int_equal(vmo_cache_policy(&vmo.v), ZX_CACHE_POLICY_UNCACHED);
    assert_int_equal(vmo_read(&vmo.v, &word, 0, 8), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_set_size(&vmo.v, 4096), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_commit(&vmo.v, 0, 1), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_decommit(&vmo.v, 0, 1), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_cache_op(&vmo.v, ZX_VMO_OP_CACHE_CLEAN, 0, 1), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_init_clone(&other.v, &vmo.v, 0, 1, 0, &test_vmo_ops),
                     ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_set_cache_policy(&vmo.v, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
    paddr_t pa;
    assert_int_equal(vmo_lookup(&vmo.v, 4097, &pa), ZX_OK);
    assert_int_equal(pa, 0x40001001);
    vmo_drop(&vmo);
    assert_true(vmo.freed);
}

static void test_vmo_contiguous(void **state)
{
    paddr_t first, pa;

    (void)state;
    vmo.freed = false;
    assert_int_equal(vmo_init_contiguous(&vmo.v, 0, 0, &test_vmo_ops), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_contiguous(&vmo.v, 1, 11, &test_vmo_ops), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_contiguous(&vmo.v, 1, 64, &test_vmo_ops), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_contiguous(&vmo.v, PAGES(1ull << 40), 0, &test_vmo_ops),
                     ZX_ERR_NO_MEMORY);
    assert_int_equal(vmo_init_contiguous(&vmo.v, PAGES(33) - 1, 16, &test_vmo_ops), ZX_OK);
    assert_int_equal(committed(&vmo), 33);
    assert_int_equal(vmo_lookup(&vmo.v, 0, &first), ZX_OK);
    assert_int_equal(first % 0x10000, 0);
    for (unsigned i = 0; i < 33; i++) {
        assert_int_equal(vmo_lookup(&vmo.v, PAGES(i), &pa), ZX_OK);
        assert_int_equal(pa, first + PAGES(i));
        assert_int_equal(vmo_peek(&vmo, i), 0);
    }
    assert_int_equal(vmo_decommit(&vmo.v, 0, 1), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(vmo_set_size(&vmo.v, 0), ZX_ERR_UNAVAILABLE);
    vmo_drop(&vmo);
}

static void test_vmo_wired_takes_pages_over(void **state)
{
    (void)state;
    struct page *run = page_alloc_contiguous(3, PAGE_SHIFT, PAGE_STATE_WIRED, PAGE_ALLOC_ZERO);
    assert_non_null(run);
    strcpy(page_to_virt(&run[1]), "initrd");
    vmo.freed = false;
    assert_int_equal(vmo_init_wired(&vmo.v, page_to_paddr(run) + 1, 4096, &test_vmo_ops),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_wired(&vmo.v, 0x1000, 4096, &test_vmo_ops), ZX_ERR_NOT_FOUND);
    assert_int_equal(vmo_init_wired(&vmo.v, page_to_paddr(run), PAGES(3), &test_vmo_ops), ZX_OK);
    char text[8];
    assert_int_equal(vmo_read(&vmo.v, text, PAGE_SIZE, 7), ZX_OK);
    assert_string_equal(text, "initrd");
    vmo_drop(&vmo); // frees them: the leak check sees it
}

static void test_vmo_pin_holds_pages(void **state)
{
    (void)state;
    vmo_new(&vmo, 4, VMO_RESIZABLE);
    assert_int_equal(vmo_pin(&vmo.v, 0, PAGES(1)), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(2)), ZX_OK);
    assert_int_equal(vmo_pin(&vmo.v, 0, PAGES(3)), ZX_ERR_BAD_STATE); // and pinned nothing
    assert_int_equal(vmo_decommit(&vmo.v, 0, PAGES(2)), ZX_OK);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(4)), ZX_OK);
    assert_int_equal(vmo_pin(&vmo.v, PAGES(1), PAGES(2)), ZX_OK);
    assert_int_equal(vmo_pin(&vmo.v, PAGES(2), PAGES(1)), ZX_OK);
    assert_int_equal(vmo_pin(&vmo.v, PAGES(2), PAGES(3)), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_decommit(&vmo.v, 0, PAGES(4)), ZX_ERR_BAD_STATE);
    assert_int_equal(committed(&vmo), 4);
    assert_int_equal(vmo_set_size(&vmo.v, PAGES(2)), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_set_size(&vmo.v, PAGES(3)), ZX_OK);
    vmo_unpin(&vmo.v, PAGES(1), PAGES(2));
    assert_int_equal(vmo_decommit(&vmo.v, PAGES(1), 1), ZX_OK);
    assert_int_equal(vmo_set_size(&vmo.v, 0), ZX_ERR_BAD_STATE);
    vmo_unpin(&vmo.v, PAGES(2), PAGES(1));
    assert_int_equal(vmo_set_size(&vmo.v, 0), ZX_OK);
    vmo_drop(&vmo);
}

// The buffer is a mapping of the VMO itself, and its page is committed by the very call.
static void test_vmo_copy_through_own_mapping(void **state)
{
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 4, 0);
    vaddr_t va = map_any(&t.root.r, RW, &vmo, 0, 4);
    assert_int_equal(vmo_read_user(&vmo.v, va, 0, PAGES(2)), ZX_OK); // page on itself
    assert_int_equal(vmo_write_user(&vmo.v, va, 0, PAGES(2)), ZX_OK);
    vmo_poke(&vmo, 0, 77);
    assert_int_equal(vmo_write_user(&vmo.v, va, PAGES(2), PAGES(2)), ZX_OK);
    assert_int_equal(at(va + PAGES(2)), 77);
    vmo_poke(&vmo, 3, 99);
    assert_int_equal(vmo_read_user(&vmo.v, va + PAGES(1), PAGES(3), PAGES(1)), ZX_OK);
    assert_int_equal(vmo_peek(&vmo, 1), 99);
    assert_int_equal(vmo_read_user(&vmo.v, va + PAGES(3), 0, PAGES(2)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_write_user(&vmo.v, HOST_BAD_PTR, 0, 1), ZX_ERR_INVALID_ARGS);
    as_destroy(&t);
    vmo_drop(&vmo);
}

VM_GROUP(vmo, VM_TEST(test_vmo_init_sizes_round_up), VM_TEST(test_vmo_read_write_ranges),
         VM_TEST(test_vmo_set_size_frees_and_zeroes), VM_TEST(test_vmo_commit_decommit_ranges),
         VM_TEST(test_vmo_commit_more_than_there_is), VM_TEST(test_vmo_cache_op_ranges),
         VM_TEST(test_vmo_set_cache_policy_states), VM_TEST(test_vmo_physical_refuses_data_calls),
         VM_TEST(test_vmo_contiguous), VM_TEST(test_vmo_wired_takes_pages_over),
         VM_TEST(test_vmo_pin_holds_pages), VM_TEST(test_vmo_copy_through_own_mapping));
