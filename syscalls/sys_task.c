// SPDX-License-Identifier: MIT
// System calls on any task: job, process or thread (spec 20 section 7).
#include "sys_priv.h"

#include <object/job.h>
#include <object/suspend.h>

zx_status_t sys_task_kill(zx_handle_t handle)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, NULL, ZX_RIGHT_DESTROY, &obj);
    if (status != ZX_OK)
        return status;
    if (obj->ops == &uthread_ops)
        uthread_kill(uthread_from_object(obj));
    else if (obj->ops == &process_ops)
        process_kill(process_from_object(obj), -1);
    else if (obj->ops == &job_ops)
        job_kill(job_from_object(obj));
    else
        status = ZX_ERR_WRONG_TYPE;
    object_unref(obj);
    return status;
}

zx_status_t sys_task_suspend(zx_handle_t handle, struct handle_out *token)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, NULL, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    token->rights = ZX_DEFAULT_SUSPEND_TOKEN_RIGHTS;
    status = suspend_token_create(obj, &token->object);
    object_unref(obj);
    return status;
}

zx_status_t sys_task_suspend_token(zx_handle_t handle, struct handle_out *token)
{
    return sys_task_suspend(handle, token);
}
