// SPDX-License-Identifier: MIT
// Memory calls that have several things to complain of tell the first in the order of spec 23; and what each option
// bit is worth to each call of VMARs.
#include "object_test.h"

#include <zircon/syscalls/iommu.h>

#define PAGE     ((uint64_t)ZX_PAGE_SIZE)
#define R        ZX_VM_PERM_READ
#define W        ZX_VM_PERM_WRITE
#define X        ZX_VM_PERM_EXECUTE
#define SPECIFIC ZX_VM_SPECIFIC
#define FIXED    ZX_VM_REQUIRE_NON_RESIZABLE
#define UNKNOWN  (1u << 31)
#define CAN_R    ZX_VM_CAN_MAP_READ
#define CAN_W    ZX_VM_CAN_MAP_WRITE
#define CAN_X    ZX_VM_CAN_MAP_EXECUTE
#define COW      ZX_VMO_CLONE_COPY_ON_WRITE
#define PHYSICAL 0x40000000ul // only named, never touched

// Everything that these calls can be about, of which the tables below name some.
static struct things {
    zx_handle_t none, event;
    zx_handle_t
        region; // eight pages that may be read and written; a mapping at 0, one that stays read-only
                // at 2, a sub-region at 4
    zx_handle_t sub, dead;                             // that sub-region; one that was destroyed
    zx_handle_t read_only;                             // the region with READ alone
    zx_handle_t anywhere;                              // a region without CAN_MAP_SPECIFIC
    zx_handle_t vmo;                                   // two pages, resizable
    zx_handle_t unmapped, unread, unwritten;           // without MAP, READ, WRITE
    zx_handle_t contiguous, physical, uncached, stiff; // `stiff`: a clone that cannot be resized
    zx_handle_t bti;
    zx_vaddr_t base, gone; // of the region; of the dead one
} t;

static zx_handle_t allocate(zx_handle_t parent, zx_vm_option_t options, uint64_t pages,
                            zx_vaddr_t *base)
{
    zx_handle_t region;
    assert_ok(zx_vmar_allocate(parent, options, 0, pages * PAGE, &region, base));
    return region;
}

static void make_regions(void)
{
    zx_handle_t read_only = duplicate_without(t.vmo, ZX_RIGHT_WRITE);
    zx_vaddr_t at;

    t.region = allocate(lab.vmar, CAN_R | CAN_W | ZX_VM_CAN_MAP_SPECIFIC, 8, &t.base);
    assert_ok(zx_vmar_map(t.region, R | W | SPECIFIC, 0, t.vmo, 0, PAGE, &at));
    assert_ok(zx_vmar_map(t.region, R | SPECIFIC, 2 * PAGE, read_only, 0, PAGE, &at));
    assert_ok(zx_vmar_allocate(t.region, CAN_R | SPECIFIC, 4 * PAGE, PAGE, &t.sub, &at));
    t.dead = allocate(lab.vmar, CAN_R | CAN_W | ZX_VM_CAN_MAP_SPECIFIC, 8, &t.gone);
    assert_ok(zx_vmar_destroy(t.dead));
    t.anywhere = allocate(lab.vmar, CAN_R | CAN_W, 8, &at);
    t.read_only = duplicate_without(t.region, ZX_RIGHT_WRITE);
    close_handle(read_only);
}

static void make_things(void)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu;

    t = (struct things){.event = make_event()};
    assert_ok(zx_vmo_create(2 * PAGE, 0, &t.vmo));
    t.unmapped = duplicate_without(t.vmo, ZX_RIGHT_MAP);
    t.unread = duplicate_without(t.vmo, ZX_RIGHT_READ);
    t.unwritten = duplicate_without(t.vmo, ZX_RIGHT_WRITE);
    make_regions();
    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
    assert_ok(zx_bti_create(iommu, 0, 7, &t.bti));
    close_handle(iommu);
    assert_ok(zx_vmo_create_contiguous(t.bti, 2 * PAGE, 0, &t.contiguous));
    assert_ok(zx_vmo_create_physical(lab.resource, PHYSICAL, 2 * PAGE, &t.physical));
    assert_ok(zx_vmo_create(PAGE, 0, &t.uncached));
    assert_ok(zx_vmo_set_cache_policy(t.uncached, ZX_CACHE_POLICY_UNCACHED));
    assert_ok(zx_vmo_clone(t.vmo, COW | ZX_VMO_CLONE_NON_RESIZEABLE, 0, PAGE, &t.stiff));
}

static void drop_things(void)
{
    const zx_handle_t all[] = {t.event,    t.region,   t.sub,        t.dead,     t.read_only,
                               t.anywhere, t.vmo,      t.unmapped,   t.unread,   t.unwritten,
                               t.bti,      t.physical, t.contiguous, t.uncached, t.stiff};

    assert_ok(zx_vmar_destroy(t.region));
    assert_ok(zx_vmar_destroy(t.anywhere));
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// CALLS(zx_vmar_map): section 10.
SCENARIO(map_tells_the_first_thing_that_is_wrong)
{
    zx_vaddr_t at = 77;

    make_things();
    const struct {
        zx_handle_t vmar;
        zx_vm_option_t options;
        uint64_t vmar_offset;
        zx_handle_t vmo;
        uint64_t vmo_offset, len;
        zx_status_t status;
    } cases[] = {
        {t.none, W, 1, t.event, 1, 0, ZX_ERR_BAD_HANDLE},
        {t.vmo, W, 1, t.none, 1, 0, ZX_ERR_WRONG_TYPE},
        {t.dead, W, 1, t.none, 1, 0, ZX_ERR_BAD_HANDLE},
        {t.dead, W, 1, t.region, 1, 0, ZX_ERR_WRONG_TYPE},
        {t.dead, W, 1, t.unmapped, 1, 0, ZX_ERR_ACCESS_DENIED},
        {t.region, W, 0, t.unwritten, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, R | X | CAN_R, 0, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, R | X | ZX_VM_MAP_RANGE | ZX_VM_SPECIFIC_OVERWRITE, 0, t.vmo, 0, PAGE,
         ZX_ERR_INVALID_ARGS},
        {t.region, R | X | UNKNOWN, 0, t.vmo, 1, PAGE, ZX_ERR_ACCESS_DENIED},
        {t.region, R | W | UNKNOWN, 0, t.unwritten, 1, PAGE, ZX_ERR_ACCESS_DENIED},
        {t.read_only, R | W | UNKNOWN, 0, t.vmo, 1, PAGE, ZX_ERR_ACCESS_DENIED},
        {t.region, R | FIXED | UNKNOWN, 0, t.vmo, 1, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, R | FIXED | ZX_VM_COMPACT, 0, t.vmo, 1, PAGE, ZX_ERR_NOT_SUPPORTED},
        {t.dead, R | ZX_VM_COMPACT, 0, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, R | ZX_VM_CAN_MAP_SPECIFIC, 0, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, R, 0, t.vmo, 1, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, R, 0, t.vmo, -PAGE, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, R, PAGE, t.vmo, 0, 0, ZX_ERR_BAD_STATE},
        {t.anywhere, R | SPECIFIC, 0, t.vmo, 0, 0, ZX_ERR_INVALID_ARGS},
        {t.anywhere, R, PAGE, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.anywhere, R | SPECIFIC, 99 * PAGE + 1, t.vmo, 0, PAGE, ZX_ERR_ACCESS_DENIED},
        {t.anywhere, R | ZX_VM_SPECIFIC_OVERWRITE, 99 * PAGE + 1, t.vmo, 0, PAGE,
         ZX_ERR_ACCESS_DENIED},
        {t.region, R | SPECIFIC, 8 * PAGE, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, R | SPECIFIC, 1, t.vmo, 0, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, R | SPECIFIC, 0, t.vmo, 0, PAGE, ZX_ERR_NO_MEMORY},
        {t.region, R, 0, t.vmo, 0, 4 * PAGE, ZX_ERR_NO_MEMORY}, // no gap of four
        {t.region, R | ZX_VM_SPECIFIC_OVERWRITE, 3 * PAGE, t.vmo, 0, 2 * PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, R | SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE, 3 * PAGE, t.vmo, 0, 2 * PAGE,
         ZX_ERR_INVALID_ARGS},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_status(zx_vmar_map(cases[i].vmar, cases[i].options, cases[i].vmar_offset,
                                  cases[i].vmo, cases[i].vmo_offset, cases[i].len, &at),
                      cases[i].status);
        // Where to put the address is looked at last.
        assert_status(zx_vmar_map(cases[i].vmar, cases[i].options, cases[i].vmar_offset,
                                  cases[i].vmo, cases[i].vmo_offset, cases[i].len, LAB_BAD_PTR),
                      cases[i].status);
    }
    assert_int_equal(at, 77);
    // Both bits together act as the second.
    assert_ok(
        zx_vmar_map(t.region, R | SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE, 0, t.vmo, PAGE, PAGE, &at));
    assert_int_equal(at, t.base);
    const zx_handle_t fixed[] = {t.contiguous, t.physical, t.stiff};
    for (unsigned i = 0; i < countof(fixed); i++) {
        assert_ok(zx_vmar_map(t.anywhere, R | FIXED, 0, fixed[i], 0, PAGE, &at));
        assert_ok(zx_vmar_unmap(t.anywhere, at, PAGE));
    }
    drop_things();
}

// CALLS(zx_vmar_allocate): section 9.
SCENARIO(allocate_tells_the_first_thing_that_is_wrong)
{
    zx_handle_t child = 77;
    zx_vaddr_t at = 78;

    make_things();
    const struct {
        zx_handle_t parent;
        zx_vm_option_t options;
        uint64_t offset, size;
        zx_status_t status;
    } cases[] = {
        {t.none, UNKNOWN, 1, 1, ZX_ERR_BAD_HANDLE},
        {t.event, CAN_R | UNKNOWN, 1, 1, ZX_ERR_ACCESS_DENIED},
        {t.event, UNKNOWN, 1, 1, ZX_ERR_WRONG_TYPE},
        {t.read_only, CAN_W | UNKNOWN, 1, 1, ZX_ERR_ACCESS_DENIED},
        {t.region, CAN_X, 1, 1, ZX_ERR_ACCESS_DENIED},
        {t.dead, R, 1, PAGE, ZX_ERR_INVALID_ARGS},
        {t.dead, 0, 1, PAGE - 1, ZX_ERR_INVALID_ARGS},
        {t.dead, 0, 1, 0, ZX_ERR_BAD_STATE},
        {t.anywhere, SPECIFIC, 0, 0, ZX_ERR_INVALID_ARGS},
        {t.anywhere, 0, PAGE, PAGE, ZX_ERR_INVALID_ARGS},
        {t.anywhere, SPECIFIC, 99 * PAGE + 1, PAGE, ZX_ERR_ACCESS_DENIED},
        {t.region, SPECIFIC, 8 * PAGE, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, SPECIFIC, 7 * PAGE, 2 * PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, SPECIFIC, 1, PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, 0, 0, 9 * PAGE, ZX_ERR_INVALID_ARGS},
        {t.region, SPECIFIC, 0, PAGE, ZX_ERR_NO_MEMORY},
        {t.region, 0, 0, 4 * PAGE, ZX_ERR_NO_MEMORY},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_status(zx_vmar_allocate(cases[i].parent, cases[i].options, cases[i].offset,
                                       cases[i].size, &child, &at),
                      cases[i].status);
        assert_status(zx_vmar_allocate(cases[i].parent, cases[i].options, cases[i].offset,
                                       cases[i].size, &child, LAB_BAD_PTR),
                      cases[i].status);
    }
    assert_int_equal(child, 77);
    assert_int_equal(at, 78);
    drop_things();
}

// CALLS(zx_vmar_unmap, zx_vmar_protect, zx_vmar_destroy): sections 11 and 12.
SCENARIO(unmap_and_protect_tell_the_first_thing_that_is_wrong)
{
    make_things();
    const struct {
        zx_handle_t vmar;
        zx_vm_option_t options;
        zx_vaddr_t addr;
        uint64_t len;
        zx_status_t unmap, protect;
    } cases[] = {
        {t.none, R | W | UNKNOWN, 1, 0, ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE},
        {t.event, R | UNKNOWN, 1, 0, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED},
        {t.vmo, R | UNKNOWN, 1, 0, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
        {t.read_only, W | UNKNOWN, 1, PAGE, ZX_ERR_INVALID_ARGS, ZX_ERR_ACCESS_DENIED},
        {t.dead, W, t.gone, PAGE, ZX_ERR_BAD_STATE, ZX_ERR_INVALID_ARGS},
        {t.dead, R, t.gone + 1, PAGE, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.dead, R, t.gone, 0, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.dead, R, t.gone, UINT64_MAX, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.dead, R | UNKNOWN, t.gone, PAGE, ZX_ERR_BAD_STATE, ZX_ERR_INVALID_ARGS},
        {t.dead, R, t.gone - PAGE, PAGE, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE},
        {t.region, R, t.base - PAGE, 2 * PAGE, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        // A part of the sub-region at 4, with a gap before it.
        {t.sub, R, t.base + 4 * PAGE, PAGE, ZX_OK, ZX_ERR_NOT_FOUND},
        {t.region, R, t.base + 3 * PAGE, PAGE, ZX_OK, ZX_ERR_NOT_FOUND},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_status(zx_vmar_unmap(cases[i].vmar, cases[i].addr, cases[i].len), cases[i].unmap);
        assert_status(zx_vmar_protect(cases[i].vmar, cases[i].options, cases[i].addr, cases[i].len),
                      cases[i].protect);
    }
    // Of what stands in the range the lowest tells: a gap, what may not be written, a region.
    assert_status(zx_vmar_protect(t.region, R | W, t.base, 8 * PAGE), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmar_protect(t.region, R | W, t.base + 2 * PAGE, 6 * PAGE),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmar_protect(t.region, R, t.base + 2 * PAGE, 6 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_destroy(t.none), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_destroy(t.vmo), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmar_destroy(t.dead), ZX_ERR_BAD_STATE);
    drop_things();
}

// CALLS(zx_vmo_op_range): section 4.
SCENARIO(ranges_tell_the_first_thing_that_is_wrong)
{
    const uint64_t far = 1ul << 40;

    make_things();
    const struct {
        zx_handle_t vmo;
        uint32_t op;
        uint64_t offset, size;
        zx_status_t status;
    } cases[] = {
        {t.none, 0, far, 0, ZX_ERR_BAD_HANDLE},
        {t.event, 0, far, 0, ZX_ERR_WRONG_TYPE},
        {t.vmo, 0, far, 0, ZX_ERR_INVALID_ARGS},
        {t.vmo, 5, far, 0, ZX_ERR_INVALID_ARGS},
        {t.vmo, 10, far, 0, ZX_ERR_INVALID_ARGS},
        {t.vmo, ZX_VMO_OP_LOCK, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.vmo, ZX_VMO_OP_UNLOCK, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.unwritten, ZX_VMO_OP_COMMIT, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unwritten, ZX_VMO_OP_DECOMMIT, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unwritten, ZX_VMO_OP_CACHE_INVALIDATE, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unwritten, ZX_VMO_OP_CACHE_SYNC, 0, 1, ZX_OK},
        {t.unwritten, ZX_VMO_OP_CACHE_CLEAN, 0, 1, ZX_OK},
        {t.unwritten, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, 0, 1, ZX_OK},
        {t.unread, ZX_VMO_OP_CACHE_SYNC, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unread, ZX_VMO_OP_CACHE_CLEAN, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unread, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, far, 0, ZX_ERR_ACCESS_DENIED},
        {t.unread, ZX_VMO_OP_CACHE_INVALIDATE, 0, 1, ZX_OK},
        {t.unread, ZX_VMO_OP_COMMIT, 0, 1, ZX_OK},
        {t.unread, ZX_VMO_OP_DECOMMIT, 0, 1, ZX_OK},
        {t.physical, ZX_VMO_OP_COMMIT, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.physical, ZX_VMO_OP_DECOMMIT, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.physical, ZX_VMO_OP_CACHE_SYNC, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.physical, ZX_VMO_OP_CACHE_INVALIDATE, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.contiguous, ZX_VMO_OP_DECOMMIT, far, 0, ZX_ERR_NOT_SUPPORTED},
        {t.contiguous, ZX_VMO_OP_COMMIT, far, 0, ZX_ERR_OUT_OF_RANGE},
        {t.contiguous, ZX_VMO_OP_COMMIT, 1, far, ZX_OK},
        {t.vmo, ZX_VMO_OP_COMMIT, 1, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
        {t.vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE + 1, 0, ZX_ERR_OUT_OF_RANGE},
        {t.vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE, far, ZX_OK},
        {t.vmo, ZX_VMO_OP_CACHE_CLEAN, far, 0, ZX_ERR_INVALID_ARGS},
        {t.vmo, ZX_VMO_OP_CACHE_CLEAN, 1, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
    };
    for (unsigned i = 0; i < countof(cases); i++)
        assert_status(zx_vmo_op_range(cases[i].vmo, cases[i].op, cases[i].offset, cases[i].size,
                                      LAB_BAD_PTR, 99),
                      cases[i].status);
    drop_things();
}

// CALLS(zx_vmo_read, zx_vmo_write, zx_vmo_set_size, zx_vmo_set_cache_policy): sections 3 and 6.
SCENARIO(data_calls_tell_the_first_thing_that_is_wrong)
{
    uint64_t word = 0;

    make_things();
    const struct {
        zx_handle_t vmo;
        void *buffer;
        uint64_t offset;
        size_t size;
        zx_status_t read, write;
    } cases[] = {
        {t.none, LAB_BAD_PTR, 99 * PAGE, 8, ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE},
        {t.bti, LAB_BAD_PTR, 99 * PAGE, 8, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
        {t.unread, LAB_BAD_PTR, 99 * PAGE, 0, ZX_ERR_ACCESS_DENIED, ZX_ERR_OUT_OF_RANGE},
        {t.unwritten, LAB_BAD_PTR, 99 * PAGE, 0, ZX_ERR_OUT_OF_RANGE, ZX_ERR_ACCESS_DENIED},
        {t.physical, LAB_BAD_PTR, 99 * PAGE, 8, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.uncached, LAB_BAD_PTR, 99 * PAGE, 8, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.vmo, LAB_BAD_PTR, 99 * PAGE, 8, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
        {t.vmo, &word, -4ul, 8, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
        {t.physical, &word, 99 * PAGE, 8, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
        {t.uncached, &word, 99 * PAGE, 8, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE},
        {t.vmo, NULL, 2 * PAGE, 0, ZX_OK, ZX_OK},
        {t.vmo, NULL, 2 * PAGE + 1, 0, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_status(zx_vmo_read(cases[i].vmo, cases[i].buffer, cases[i].offset, cases[i].size),
                      cases[i].read);
        assert_status(zx_vmo_write(cases[i].vmo, cases[i].buffer, cases[i].offset, cases[i].size),
                      cases[i].write);
    }
    assert_status(zx_vmo_set_size(t.none, UINT64_MAX), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_set_size(t.unwritten, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_set_size(t.physical, UINT64_MAX), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmo_set_size(t.stiff, UINT64_MAX), ZX_ERR_UNAVAILABLE);
    assert_status(zx_vmo_set_size(t.contiguous, 2 * PAGE), ZX_ERR_UNAVAILABLE);
    assert_status(zx_vmo_set_size(t.vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_set_size(t.vmo, UINT64_MAX - PAGE + 2), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_set_cache_policy(t.none, 4), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_set_cache_policy(t.unmapped, 4), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_set_cache_policy(t.unmapped, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_set_cache_policy(t.contiguous, 0), ZX_ERR_BAD_STATE); // it has pages
    assert_status(zx_vmo_set_cache_policy(t.stiff, 0), ZX_ERR_BAD_STATE);      // it is a clone
    assert_status(zx_vmo_set_cache_policy(t.vmo, 0), ZX_ERR_BAD_STATE);        // it has one
    drop_things();
}

// CALLS(zx_vmo_create, zx_vmo_create_contiguous, zx_vmo_create_physical, zx_vmo_clone)
// CALLS(zx_vmo_replace_as_executable): sections 2, 5 and 7.
SCENARIO(creation_tells_the_first_thing_that_is_wrong)
{
    zx_handle_t out = 77;

    make_things();
    assert_status(zx_vmo_create(UINT64_MAX, 2, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create(UINT64_MAX, 0, LAB_BAD_PTR), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_contiguous(t.none, 0, 12, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(t.none, 1, 11, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(t.none, 1, 64, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(t.none, UINT64_MAX, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_create_contiguous(t.vmo, UINT64_MAX, 0, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_create_contiguous(t.bti, UINT64_MAX, 0, &out), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_contiguous(t.bti, 1ul << 50, 0, &out), ZX_ERR_NO_MEMORY);
    assert_status(zx_vmo_create_physical(t.none, 1, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_create_physical(t.vmo, 1, 0, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_create_physical(lab.resource, PHYSICAL, UINT64_MAX, &out),
                  ZX_ERR_INVALID_ARGS);
    const struct {
        zx_handle_t vmo;
        uint32_t options;
        uint64_t offset, size;
        zx_status_t status;
    } cases[] = {
        {t.none, 0, 1, UINT64_MAX, ZX_ERR_BAD_HANDLE},
        {t.unread, 0, 1, UINT64_MAX, ZX_ERR_ACCESS_DENIED},
        {t.physical, ZX_VMO_CLONE_NON_RESIZEABLE, 1, UINT64_MAX, ZX_ERR_INVALID_ARGS},
        {t.physical, COW | 4, 1, UINT64_MAX, ZX_ERR_INVALID_ARGS},
        {t.physical, COW, 1, UINT64_MAX, ZX_ERR_NOT_SUPPORTED},
        {t.uncached, COW, 1, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
        {t.uncached, COW, 1, PAGE, ZX_ERR_BAD_STATE},
        {t.vmo, COW, -PAGE + 1, 2 * PAGE, ZX_ERR_INVALID_ARGS},
        {t.vmo, COW, -PAGE, 2 * PAGE, ZX_ERR_OUT_OF_RANGE},
    };
    for (unsigned i = 0; i < countof(cases); i++)
        assert_status(zx_vmo_clone(cases[i].vmo, cases[i].options, cases[i].offset, cases[i].size,
                                   LAB_BAD_PTR),
                      cases[i].status);
    // A live handle is gone whatever comes of it.
    zx_handle_t taken = make_event();
    assert_status(zx_vmo_replace_as_executable(t.none, t.vmo, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_replace_as_executable(taken, t.vmo, &out), ZX_ERR_WRONG_TYPE);
    assert_false(alive(taken));
    taken = duplicate_without(t.vmo, ZX_RIGHT_EXECUTE);
    assert_status(zx_vmo_replace_as_executable(taken, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_false(alive(taken));
    assert_int_equal(out, 77);
    drop_things();
}

// What bit `bit`, beside what makes the call a valid one, comes to: section 8's table.
static zx_status_t with_bit(uint32_t allowed, unsigned bit)
{
    return allowed & 1u << bit ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

// CALLS(zx_vmar_map, zx_vmar_allocate, zx_vmar_protect)
SCENARIO(every_option_bit_is_judged_by_each_call)
{
    const uint32_t perms = R | W | X, places = SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE;
    const uint32_t can = CAN_R | CAN_W | CAN_X | ZX_VM_CAN_MAP_SPECIFIC;
    zx_handle_t region, child, vmo;
    zx_vaddr_t base, at;

    assert_ok(zx_vmo_create(PAGE, ZX_VMO_NON_RESIZABLE, &vmo));
    region = allocate(lab.vmar, can, 4, &base);
    for (unsigned bit = 0; bit < 32; bit++) {
        zx_status_t status = with_bit(perms | places | ZX_VM_MAP_RANGE | FIXED, bit);
        assert_status(zx_vmar_map(region, R | 1u << bit, 0, vmo, 0, PAGE, &at), status);
        if (status == ZX_OK) {
            for (unsigned more = 0; more < 32; more++)
                assert_status(zx_vmar_protect(region, R | 1u << more, at, PAGE),
                              with_bit(perms, more));
            assert_ok(zx_vmar_unmap(region, at, PAGE));
        }
        status = with_bit(can | SPECIFIC | ZX_VM_COMPACT, bit);
        assert_status(zx_vmar_allocate(region, 1u << bit, 0, PAGE, &child, &at), status);
        if (status != ZX_OK)
            continue;
        zx_rights_t rights = ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT;
        rights |= (1u << bit & CAN_R ? ZX_RIGHT_READ : 0) |
                  (1u << bit & CAN_W ? ZX_RIGHT_WRITE : 0) |
                  (1u << bit & CAN_X ? ZX_RIGHT_EXECUTE : 0);
        assert_int_equal(basic(child).rights, rights);
        assert_ok(zx_vmar_destroy(child));
        close_handle(child);
    }
    assert_ok(zx_vmar_destroy(region));
    close_handle(region);
    close_handle(vmo);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest memory_order_tests[] = {
    T(map_tells_the_first_thing_that_is_wrong),
    T(allocate_tells_the_first_thing_that_is_wrong),
    T(unmap_and_protect_tell_the_first_thing_that_is_wrong),
    T(ranges_tell_the_first_thing_that_is_wrong),
    T(data_calls_tell_the_first_thing_that_is_wrong),
    T(creation_tells_the_first_thing_that_is_wrong),
    T(every_option_bit_is_judged_by_each_call),
};
const size_t memory_order_test_count = countof(memory_order_tests);
