// SPDX-License-Identifier: MIT
// System calls on any task: job, process or thread (spec 20 section 7).
#include "sys_priv.h"

#include <object/job.h>
#include <object/port.h>
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

static zx_status_t bind_port(zx_handle_t handle, zx_handle_t port, uint64_t key, bool debugger)
{
    struct object *task, *p;
    zx_status_t status = sys_lookup(port, &port_ops, 0, &p);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(handle, NULL, 0, &task);
    if (status == ZX_OK) {
        status = exception_bind(task, debugger, p, key);
        object_unref(task);
    }
    object_unref(p);
    return status;
}

zx_status_t sys_task_bind_exception_port(zx_handle_t handle, zx_handle_t port, uint64_t key,
                                         uint32_t options)
{
    struct object *task;
    bool debugger = (options & ZX_EXCEPTION_PORT_DEBUGGER) != 0;
    if (options & ~ZX_EXCEPTION_PORT_DEBUGGER)
        return ZX_ERR_INVALID_ARGS;
    if (port != ZX_HANDLE_INVALID)
        return bind_port(handle, port, key, debugger);
    zx_status_t status = sys_lookup(handle, NULL, 0, &task);
    if (status != ZX_OK)
        return status;
    status = exception_unbind(task, debugger);
    object_unref(task);
    return status;
}

zx_status_t sys_task_resume_from_exception(zx_handle_t handle, zx_handle_t port, uint32_t options)
{
    struct object *thread, *p;
    zx_status_t status = sys_lookup(handle, &uthread_ops, 0, &thread);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(port, &port_ops, 0, &p);
    if (status == ZX_OK) {
        status = ZX_ERR_INVALID_ARGS;
        if (options == 0 || options == ZX_RESUME_TRY_NEXT)
            status = exception_answer(uthread_from_object(thread), p, options != 0);
        object_unref(p);
    }
    object_unref(thread);
    return status;
}
