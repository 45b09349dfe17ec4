// SPDX-License-Identifier: MIT
// System calls of profiles (spec 20 section 8).
#include "sys_priv.h"

#include <object/job.h>
#include <object/profile.h>
#include <zircon/syscalls/profile.h>

zx_status_t sys_profile_create(zx_handle_t root_job, user_in_zx_profile_info_t profile,
                               struct handle_out *out)
{
    struct object *job;
    zx_profile_info_t info;
    zx_status_t status = sys_lookup(root_job, &job_ops, ZX_RIGHT_MANAGE_PROCESS, &job);
    if (status != ZX_OK)
        return status;
    // The user-visible root job is the super-root's child.
    bool is_root = job_from_object(job)->parent == job_super_root();
    object_unref(job);
    if (!is_root)
        return ZX_ERR_ACCESS_DENIED;
    status = user_read_one(&info, profile);
    if (status != ZX_OK)
        return status;
    if (info.type != ZX_PROFILE_INFO_SCHEDULER)
        return ZX_ERR_NOT_SUPPORTED;
    if (info.scheduler.priority < PRIORITY_LOWEST || info.scheduler.priority > PRIORITY_HIGHEST)
        return ZX_ERR_INVALID_ARGS;
    out->rights = ZX_DEFAULT_PROFILE_RIGHTS;
    return profile_create((unsigned)info.scheduler.priority, &out->object);
}

zx_status_t sys_object_set_profile(zx_handle_t handle, zx_handle_t profile, uint32_t options)
{
    struct object *thread, *p;
    (void)options; // ignored, as in the reference
    zx_status_t status = sys_lookup(handle, &uthread_ops, ZX_RIGHT_MANAGE_THREAD, &thread);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(profile, &profile_ops, ZX_RIGHT_APPLY_PROFILE, &p);
    if (status == ZX_OK) {
        status = uthread_set_priority(uthread_from_object(thread), profile_priority(p));
        object_unref(p);
    }
    object_unref(thread);
    return status;
}
