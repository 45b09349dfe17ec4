// SPDX-License-Identifier: MIT
// System calls of jobs (spec 20 sections 3 and 4).
#include "sys_priv.h"

#include <object/job.h>

zx_status_t sys_job_create(zx_handle_t parent_job, uint32_t options, struct handle_out *out)
{
    struct object *parent;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup_either(parent_job, &job_ops, ZX_RIGHT_MANAGE_JOB,
                                           ZX_RIGHT_WRITE, &parent);
    if (status != ZX_OK)
        return status;
    out->rights = ZX_DEFAULT_JOB_RIGHTS;
    status = job_create(job_from_object(parent), &out->object);
    object_unref(parent);
    return status;
}

_Static_assert(sizeof(zx_job_limits_t) == ACCOUNT_KINDS * sizeof(uint64_t), "one number a kind");
_Static_assert(ZX_JOB_LIMIT_KEEP == ACCOUNT_KEEP_LIMIT && ZX_JOB_LIMIT_NONE == ACCOUNT_NO_LIMIT,
               "the same words");

zx_status_t sys_job_set_limits(zx_handle_t job, uint32_t options, user_in_void limits, size_t size)
{
    uint64_t values[ACCOUNT_KINDS];
    struct object *obj;
    if (options != 0 || size == 0 || size > sizeof(values) || size % sizeof(values[0]) != 0)
        return ZX_ERR_INVALID_ARGS;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        values[kind] = ACCOUNT_KEEP_LIMIT;
    if (user_copy_in((void *)values, limits, size) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(job, &job_ops, ZX_RIGHT_SET_POLICY, &obj);
    if (status != ZX_OK)
        return status;
    status = job_set_limits(job_from_object(obj), values);
    object_unref(obj);
    return status;
}

// An array that is longer is absurd; up to there it must be readable, and its length is judged only
// after the handle.
#define POLICY_READ_MAX 65536u

zx_status_t sys_job_set_policy(zx_handle_t handle, uint32_t options, uint32_t topic,
                               user_in_void policy, uint32_t count)
{
    struct object *job;
    zx_policy_basic_t entries[POLICY_COUNT];
    if (options != ZX_JOB_POL_RELATIVE && options != ZX_JOB_POL_ABSOLUTE)
        return ZX_ERR_INVALID_ARGS;
    if (user_is_null(policy) || count == 0 || topic != ZX_JOB_POL_BASIC)
        return ZX_ERR_INVALID_ARGS;
    if (count > POLICY_READ_MAX)
        return ZX_ERR_NO_MEMORY;
    uint32_t kept = MIN(count, POLICY_COUNT);
    if (user_copy_in((void *)entries, policy, kept * sizeof(entries[0])) != ZX_OK ||
        hal_user_fault_in(policy.addr, count * sizeof(entries[0]), false) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &job_ops, ZX_RIGHT_SET_POLICY, &job);
    if (status != ZX_OK)
        return status;
    status = job_set_policy(job_from_object(job), options == ZX_JOB_POL_ABSOLUTE, entries, count);
    object_unref(job);
    return status;
}
