// SPDX-License-Identifier: MIT
// What tests of limits and of memory that runs out share. Each helper asserts that what it does works, but those
// that return a status.
#pragma once

#include "object_test.h"

#define PAGE 4096u

static inline zx_info_job_limits_t usage_of(zx_handle_t job)
{
    zx_info_job_limits_t info;
    size_t actual, avail;

    assert_ok(zx_object_get_info(job, ZX_INFO_JOB_LIMITS, &info, sizeof(info), &actual, &avail));
    assert_int_equal(actual, 1);
    assert_int_equal(avail, 1);
    return info;
}

static const zx_job_limits_t keep = {ZX_JOB_LIMIT_KEEP, ZX_JOB_LIMIT_KEEP, ZX_JOB_LIMIT_KEEP,
                                     ZX_JOB_LIMIT_KEEP, ZX_JOB_LIMIT_KEEP};

static inline zx_status_t set_limits(zx_handle_t job, const zx_job_limits_t *limits)
{
    return zx_job_set_limits(job, 0, limits, sizeof(*limits));
}

static inline void limit_pages(zx_handle_t job, uint64_t pages)
{
    zx_job_limits_t limits = keep;

    limits.pages = pages;
    assert_ok(set_limits(job, &limits));
}

static inline zx_status_t commit(zx_handle_t vmo, uint64_t page, uint64_t count)
{
    return zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, page * PAGE, count * PAGE, NULL, 0);
}

static inline zx_handle_t make_vmo(uint64_t pages)
{
    zx_handle_t vmo;

    assert_ok(zx_vmo_create(pages * PAGE, 0, &vmo));
    return vmo;
}
