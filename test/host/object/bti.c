// SPDX-License-Identifier: MIT
// IOMMUs, BTIs and PMTs: spec 30 section 3, in its order of checks, and what pins mean for a VMO.
#include "object_test.h"

#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>

#define PAGE 4096u

// A BTI of the dummy IOMMU.
static zx_handle_t make_bti(void)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu, bti;

    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
    assert_ok(zx_bti_create(iommu, 0, 7, &bti));
    close_handle(iommu); // a BTI does not need it any more
    return bti;
}

static zx_handle_t make_vmo(uint64_t pages)
{
    zx_handle_t vmo;

    assert_ok(zx_vmo_create(pages * PAGE, 0, &vmo));
    return vmo;
}

#define PERMISSIONS (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE)

static zx_status_t pin(zx_handle_t bti, zx_handle_t vmo, uint64_t first, uint64_t pages,
                       zx_handle_t *out)
{
    zx_paddr_t addresses[64];

    return zx_bti_pin(bti, PERMISSIONS, vmo, first * PAGE, pages * PAGE, addresses, pages, out);
}

static zx_status_t decommit(zx_handle_t vmo, uint64_t first, uint64_t pages)
{
    return zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, first * PAGE, pages * PAGE, NULL, 0);
}

// CALLS(zx_iommu_create)
SCENARIO(iommus_are_of_the_dummy_kind)
{
    uint8_t desc[ZX_IOMMU_MAX_DESC_LEN + 1] = {0};
    zx_handle_t event = make_event(), smc, iommu;

    assert_status(zx_iommu_create(0, 0, desc, 1, &iommu), ZX_ERR_BAD_HANDLE);
    assert_status(zx_iommu_create(event, 0, desc, 1, &iommu), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_SMC, 0, 1, NULL, 0, &smc));
    assert_status(zx_iommu_create(smc, 0, desc, 1, &iommu), ZX_ERR_WRONG_TYPE);
    assert_status(zx_iommu_create(lab.resource, 0, desc, sizeof(desc), &iommu),
                  ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(iommu_create, lab.resource, 0, 8, 1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_iommu_create(lab.resource, 0, desc, 0, &iommu), ZX_ERR_INVALID_ARGS);
    assert_status(zx_iommu_create(lab.resource, 0, desc, 2, &iommu), ZX_ERR_INVALID_ARGS);
    assert_status(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_INTEL, desc, 16, &iommu),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_iommu_create(lab.resource, 2, desc, 1, &iommu), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_iommu_create(lab.resource, 0, desc, 1, &iommu));
    assert_int_equal(basic(iommu).type, ZX_OBJ_TYPE_IOMMU);
    assert_int_equal(basic(iommu).rights, 0x8003);
    close_handle(iommu);
    close_handle(smc);
    close_handle(event);
}

// CALLS(zx_bti_create, zx_object_get_info)
SCENARIO(btis_of_any_number)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu, bti, event = make_event();
    zx_info_bti_t info;

    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
    assert_status(zx_bti_create(0, 1, 0, &bti), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_create(0, 0, 0, &bti), ZX_ERR_BAD_HANDLE);
    assert_status(zx_bti_create(event, 0, 0, &bti), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_bti_create(iommu, 0, UINT64_MAX, &bti));
    assert_int_equal(basic(bti).type, ZX_OBJ_TYPE_BTI);
    assert_int_equal(basic(bti).rights, 0x802f);
    assert_ok(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.minimum_contiguity, PAGE);
    assert_int_equal(info.aspace_size, UINT64_MAX);
    assert_status(zx_object_wait_one(bti, ZX_USER_SIGNAL_0, 0, NULL), ZX_ERR_ACCESS_DENIED);
    close_handle(bti);
    close_handle(iommu);
    close_handle(event);
}

// CALLS(zx_bti_pin): the order of its checks.
SCENARIO(pins_are_checked_in_order)
{
    zx_handle_t bti = make_bti(), vmo = make_vmo(4), event = make_event(), pmt;
    zx_handle_t no_map = duplicate_without(bti, ZX_RIGHT_MAP);
    zx_handle_t not_mapped = duplicate_without(vmo, ZX_RIGHT_MAP);
    zx_handle_t unread = duplicate_without(vmo, ZX_RIGHT_READ);
    zx_handle_t unwritten = duplicate_without(vmo, ZX_RIGHT_WRITE);
    zx_paddr_t out[8];
    const uint32_t rw = PERMISSIONS;

    assert_status(zx_bti_pin(0, rw, 0, 1, 1, out, 1, &pmt), ZX_ERR_BAD_HANDLE);
    assert_status(zx_bti_pin(no_map, rw, 0, 1, 1, out, 1, &pmt), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(event, rw, 0, 1, 1, out, 1, &pmt), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(vmo, rw, 0, 1, 1, out, 1, &pmt), ZX_ERR_WRONG_TYPE);
    assert_status(zx_bti_pin(bti, rw, 0, 1, PAGE, out, 1, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, rw, 0, 0, 1, out, 1, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, rw, 0, 0, PAGE, out, 1, &pmt), ZX_ERR_BAD_HANDLE);
    assert_status(zx_bti_pin(bti, rw, event, 0, PAGE, out, 1, &pmt), ZX_ERR_WRONG_TYPE);
    assert_status(zx_bti_pin(bti, 64, not_mapped, 0, PAGE, out, 1, &pmt), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(bti, rw | 64, unread, 0, PAGE, out, 1, &pmt), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(bti, rw | 64, unwritten, 0, PAGE, out, 1, &pmt), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(bti, ZX_BTI_PERM_EXECUTE, unread, 0, PAGE, out, 1, &pmt),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_pin(bti, rw | 64, vmo, 0, PAGE, out, 1, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(
        zx_bti_pin(bti, rw | ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS, vmo, 0, PAGE, out, 1, &pmt),
        ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, rw | ZX_BTI_CONTIGUOUS, vmo, 0, PAGE, out, 1, &pmt),
                  ZX_ERR_INVALID_ARGS);
    zx_handle_t pager, port, paged;
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_pager_create(0, &pager));
    assert_ok(zx_pager_create_vmo(pager, port, 1, PAGE, 0, &paged));
    assert_status(zx_bti_pin(bti, rw, paged, 0, PAGE, out, 1, &pmt), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){pager, port, paged}, 3));
    assert_status(zx_bti_pin(bti, rw, vmo, 0, 0, out, SIZE_MAX, &pmt), ZX_ERR_NO_MEMORY);
    assert_status(zx_bti_pin(bti, rw, vmo, 0, 0, out, 0, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, 0, vmo, 0, 5 * PAGE, out, 5, &pmt), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_bti_pin(bti, 0, vmo, 4 * PAGE, PAGE, out, 1, &pmt), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_bti_pin(bti, 0, vmo, PAGE, -(uint64_t)PAGE, out, 1, &pmt),
                  ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_bti_pin(bti, 0, vmo, 0, PAGE, out, 1, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, rw, vmo, 0, 2 * PAGE, out, 1, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(zx_bti_pin(bti, rw, vmo, 0, 2 * PAGE, out, 3, &pmt), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(bti_pin, bti, rw, vmo, 0, PAGE, 8, 1, (uintptr_t)&pmt),
                  ZX_ERR_INVALID_ARGS);
    // Nothing is left pinned.
    assert_ok(decommit(vmo, 0, 4));
    close_handle(unwritten);
    close_handle(unread);
    close_handle(not_mapped);
    close_handle(no_map);
    close_handle(event);
    close_handle(vmo);
    close_handle(bti);
}

// CALLS(zx_bti_pin, zx_pmt_unpin): what is pinned stays, counted by pages.
SCENARIO(pinned_pages_stay_until_they_are_unpinned)
{
    zx_handle_t bti = make_bti(), vmo = make_vmo(4), first, second, event = make_event();

    assert_ok(pin(bti, vmo, 0, 2, &first));
    assert_int_equal(basic(first).type, ZX_OBJ_TYPE_PMT);
    assert_int_equal(basic(first).rights, ZX_RIGHT_INSPECT);
    assert_ok(pin(bti, vmo, 1, 1, &second));
    assert_status(decommit(vmo, 0, 4), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_BAD_STATE);
    assert_ok(decommit(vmo, 2, 2));
    assert_ok(zx_pmt_unpin(first));
    assert_false(alive(first));
    assert_ok(decommit(vmo, 0, 1));
    assert_status(decommit(vmo, 1, 1), ZX_ERR_BAD_STATE);
    assert_ok(zx_pmt_unpin(second));
    assert_ok(zx_vmo_set_size(vmo, 0));
    // The handle is consumed even if it is none of a PMT.
    assert_status(zx_pmt_unpin(event), ZX_ERR_WRONG_TYPE);
    assert_false(alive(event));
    assert_status(zx_pmt_unpin(event), ZX_ERR_BAD_HANDLE);
    close_handle(vmo);
    close_handle(bti);
}

// CALLS(zx_bti_pin)
SCENARIO(a_page_is_pinned_31_times_at_most)
{
    zx_handle_t bti = make_bti(), vmo = make_vmo(2), pmts[31], more;

    for (unsigned i = 0; i < countof(pmts); i++)
        assert_ok(pin(bti, vmo, 0, 1, &pmts[i]));
    assert_status(pin(bti, vmo, 0, 2, &more), ZX_ERR_UNAVAILABLE);
    assert_ok(decommit(vmo, 1, 1)); // the second was let go again
    for (unsigned i = 0; i < countof(pmts); i++)
        assert_ok(zx_pmt_unpin(pmts[i]));
    assert_ok(decommit(vmo, 0, 2));
    close_handle(vmo);
    close_handle(bti);
}

// CALLS(zx_bti_pin): a pinned clone has pages of its own, and addresses are those of its bytes.
SCENARIO(a_pinned_clone_has_pages_of_its_own)
{
    zx_handle_t bti = make_bti(), vmo = make_vmo(1), clone, first, second;
    zx_paddr_t of_parent, of_clone, again;
    uint8_t byte = 1;

    assert_ok(zx_vmo_write(vmo, &byte, 0, 1));
    assert_ok(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &clone));
    assert_ok(zx_bti_pin(bti, PERMISSIONS, vmo, 0, PAGE, &of_parent, 1, &first));
    assert_ok(
        zx_bti_pin(bti, PERMISSIONS | ZX_BTI_COMPRESS, clone, 0, PAGE, &of_clone, 1, &second));
    assert_int_not_equal(of_parent, of_clone);
    assert_int_equal(of_parent % PAGE, 0);
    assert_ok(zx_pmt_unpin(second));
    assert_ok(zx_bti_pin(bti, PERMISSIONS, clone, 0, PAGE, &again, 1, &second));
    assert_int_equal(again, of_clone);
    assert_ok(zx_pmt_unpin(second));
    assert_ok(zx_pmt_unpin(first));
    close_handle(clone);
    close_handle(vmo);
    close_handle(bti);
}

// CALLS(zx_bti_release_quarantine): a PMT that is closed keeps its pages until its driver comes
// back.
SCENARIO(closed_pmts_wait_in_quarantine)
{
    zx_handle_t bti = make_bti(), vmo = make_vmo(2), pmt;
    zx_handle_t reader = duplicate_without(bti, ZX_RIGHT_WRITE);

    assert_ok(zx_bti_release_quarantine(bti));
    for (uint64_t page = 0; page < 2; page++) {
        assert_ok(pin(bti, vmo, page, 1, &pmt));
        close_handle(pmt);
    }
    assert_status(decommit(vmo, 0, 1), ZX_ERR_BAD_STATE);
    assert_status(decommit(vmo, 1, 1), ZX_ERR_BAD_STATE);
    assert_status(zx_bti_release_quarantine(reader), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_bti_release_quarantine(vmo), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_bti_release_quarantine(bti));
    assert_ok(decommit(vmo, 0, 2));
    close_handle(reader);
    close_handle(vmo);
    close_handle(bti);
}

// Pinning and closing against releasing: each page ends unpinned.
static void pin_and_close(void *arg)
{
    zx_handle_t *handles = arg, pmt;

    for (unsigned i = 0; i < 4; i++) {
        assert_ok(pin(handles[0], handles[1], 0, 2, &pmt));
        if (i % 2 == 0)
            close_handle(pmt);
        else
            assert_ok(zx_pmt_unpin(pmt));
    }
}

static void release(void *arg)
{
    zx_handle_t *handles = arg;

    for (unsigned i = 0; i < 6; i++)
        assert_ok(zx_bti_release_quarantine(handles[0]));
}

// CALLS(zx_vmo_create_contiguous, zx_bti_pin)
SCENARIO(contiguous_memory_is_one_run)
{
    zx_handle_t bti = make_bti(), vmo = 77, pmt;
    zx_paddr_t at[3];

    assert_status(zx_vmo_create_contiguous(0, 0, 0, &vmo), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(0, PAGE, 11, &vmo), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(0, PAGE, 64, &vmo), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_contiguous(0, PAGE, 12, &vmo), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_create_contiguous(bti, UINT64_MAX, 0, &vmo), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_contiguous(bti, 1ul << 50, 0, &vmo), ZX_ERR_NO_MEMORY);
    assert_int_equal(vmo, 77);
    assert_ok(zx_vmo_create_contiguous(bti, 2 * PAGE + 1, 14, &vmo));
    assert_ok(zx_bti_pin(bti, PERMISSIONS | ZX_BTI_CONTIGUOUS, vmo, 0, 3 * PAGE, at, 1, &pmt));
    assert_ok(zx_pmt_unpin(pmt));
    zx_paddr_t base = at[0];
    assert_int_equal(base % (1u << 14), 0);
    assert_ok(zx_bti_pin(bti, PERMISSIONS, vmo, 0, 3 * PAGE, at, 3, &pmt));
    assert_ok(zx_pmt_unpin(pmt));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(at[i], base + i * PAGE);
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
    assert_status(decommit(vmo, 0, 1), ZX_ERR_NOT_SUPPORTED);
    close_handle(vmo);
    close_handle(bti);
}

// CALLS(zx_bti_pin, zx_bti_release_quarantine, zx_pmt_unpin)
SCENARIO_ON(pins_race_with_releases, 2, 10)
{
    zx_handle_t handles[2] = {make_bti(), make_vmo(2)};

    RACE(handles, pin_and_close, release, pin_and_close);
    assert_ok(zx_bti_release_quarantine(handles[0]));
    assert_ok(decommit(handles[1], 0, 2));
    close_handle(handles[1]);
    close_handle(handles[0]);
}

static void decommit_always(void *arg)
{
    zx_handle_t *handles = arg;

    for (unsigned i = 0; i < 8; i++)
        (void)decommit(handles[1], 0, 2);
}

static void pin_or_not(void *arg)
{
    zx_handle_t *handles = arg, pmt;

    for (unsigned i = 0; i < 4; i++) {
        assert_ok(pin(handles[0], handles[1], 0, 2, &pmt));
        assert_status(decommit(handles[1], 0, 2), ZX_ERR_BAD_STATE);
        assert_ok(zx_pmt_unpin(pmt));
    }
}

// CALLS(zx_bti_pin): others decommit between its two steps.
SCENARIO_ON(pins_race_with_decommit, 2, 10)
{
    zx_handle_t handles[2] = {make_bti(), make_vmo(2)};

    RACE(handles, pin_or_not, decommit_always);
    close_handle(handles[1]);
    close_handle(handles[0]);
}

// CALLS(zx_iommu_create, zx_bti_create, zx_bti_pin)
SWEEP(a_failing_allocation_leaves_nothing_pinned, 4)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu, bti, vmo, pmt;
    zx_paddr_t addresses[2];

    if (!got(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu)))
        return;
    if (got(zx_bti_create(iommu, 0, 0, &bti))) {
        if (got(zx_vmo_create(2 * PAGE, 0, &vmo))) {
            if (got(zx_bti_pin(bti, PERMISSIONS, vmo, 0, 2 * PAGE, addresses, 2, &pmt)))
                assert_ok(zx_pmt_unpin(pmt));
            else
                (void)zx_bti_release_quarantine(bti); // the handle was what could not be had
            assert_ok(decommit(vmo, 0, 2));
            close_handle(vmo);
        }
        close_handle(bti);
    }
    close_handle(iommu);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest bti_tests[] = {
    T(iommus_are_of_the_dummy_kind),      T(btis_of_any_number),
    T(pins_are_checked_in_order),         T(pinned_pages_stay_until_they_are_unpinned),
    T(a_page_is_pinned_31_times_at_most), T(a_pinned_clone_has_pages_of_its_own),
    T(contiguous_memory_is_one_run),      T(closed_pmts_wait_in_quarantine),
    T(pins_race_with_releases),           T(pins_race_with_decommit),
    T(a_failing_allocation_leaves_nothing_pinned),
};
const size_t bti_test_count = countof(bti_tests);
