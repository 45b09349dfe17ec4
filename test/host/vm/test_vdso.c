// SPDX-License-Identifier: MIT
// Mapping rules of the system-call stubs: spec 23 section 13.
#include "tests.h"

static struct test_as t;
static struct test_vmar r1;
static struct test_vmo vdso, vmo;

#define CODE_PAGE  2
#define CODE_PAGES 1

static struct vmar *const root = &t.root.r;

static void test_vdso_rules(void **state)
{
    (void)state;
    as_create(&t);
    vmo_new(&vdso, 4, 0);
    vmo_new(&vmo, 4, 0);
    vmo_set_vdso(&vdso.v, PAGES(CODE_PAGE), PAGES(CODE_PAGES));
    assert_int_equal(region_new(root, &r1, 8, 8), ZX_OK);
    struct vmar *r = &r1.r;
    vaddr_t code = vmar_base(r) + PAGES(2);

    assert_int_equal(map_at(r, RO, 0, &vdso, 0, 2), ZX_OK); // without EXECUTE: free
    assert_int_equal(vmar_protect(r, RX, vmar_base(r), 4096), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(map_at(r, RX, 2, &vdso, 1, 1), ZX_ERR_ACCESS_DENIED); // not the code
    assert_int_equal(map_at(r, RX, 2, &vdso, 2, 2), ZX_ERR_ACCESS_DENIED); // more than it
    assert_int_equal(vm_aspace_vdso_base(t.as), 0);
    assert_int_equal(map_at(r, RX, 2, &vdso, CODE_PAGE, CODE_PAGES), ZX_OK);
    assert_int_equal(vm_aspace_vdso_base(t.as), code);
    assert_true(can_exec(code));
    assert_int_equal(map_at(r, RX, 4, &vdso, CODE_PAGE, CODE_PAGES), ZX_ERR_ACCESS_DENIED); // twice

    assert_int_equal(vmar_protect(r, RO, code, 4096), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_protect(r, RX, code, 4096), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_unmap(r, code, 4096), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_unmap(r, code - PAGE_SIZE, PAGES(2)), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_unmap(root, vmar_base(r), PAGES(8)), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(map_at(r, RW | OVERWRITE, 2, &vmo, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(map_at(r, RW | OVERWRITE, 1, &vmo, 0, 3), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(map_at(root, RW | OVERWRITE, 8, &vmo, 0, 8), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(map_at(r, RX | OVERWRITE, 2, &vdso, CODE_PAGE, 1), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_destroy(r), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_destroy(root), ZX_ERR_ACCESS_DENIED);
    assert_true(can_exec(code)); // after all this
    assert_int_equal(at(vmar_base(r)), 0);
    assert_int_equal(vmar_unmap(r, vmar_base(r), PAGES(2)), ZX_OK); // the data may go

    region_drop(&r1);
    as_destroy(&t); // it goes with the process
    vmo_drop(&vdso);
    vmo_drop(&vmo);
    assert_true(vdso.freed);
}

VM_GROUP(vdso, VM_TEST(test_vdso_rules));
