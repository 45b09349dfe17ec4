// SPDX-License-Identifier: MIT
// System calls on any object: waiting, signals, properties, cookies, children (spec 10 sections 3-6).
#include "sys_priv.h"

#include <lib/string.h>
#include <object/job.h>
#include <object/socket.h>
#include <vm/aspace.h>

zx_status_t sys_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
                                user_out_zx_signals_t observed)
{
    bool early;
    zx_signals_t seen;
    zx_status_t status = object_wait_one(&process_current()->handles, handle, signals, deadline,
                                         &seen, &early);
    if (unlikely(early)) {
        if (status == ZX_ERR_BAD_HANDLE)
            policy_bad_handle();
        return status;
    }
    if (status != ZX_ERR_INTERNAL_INTR_RETRY && user_write_optional(observed, seen) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return status;
}

zx_status_t sys_object_wait_many(user_inout_zx_wait_item_t items, size_t count, zx_time_t deadline)
{
    zx_wait_item_t local[ZX_WAIT_MANY_MAX_ITEMS];
    bool early;
    if (count > ZX_WAIT_MANY_MAX_ITEMS)
        return ZX_ERR_OUT_OF_RANGE;
    if (user_copy_in(local, items, count) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status =
        object_wait_many(&process_current()->handles, local, count, deadline, &early);
    if (early) {
        if (status == ZX_ERR_BAD_HANDLE)
            policy_bad_handle();
        return status;
    }
    if (status != ZX_ERR_INTERNAL_INTR_RETRY && user_copy_out(items, local, count) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return status;
}

zx_status_t sys_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
    return object_signal_handle(handle, clear_mask, set_mask);
}

zx_status_t sys_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, NULL, ZX_RIGHT_SIGNAL_PEER, &obj);
    if (unlikely(status != ZX_OK))
        return status;
    status = object_user_signal_peer(obj, clear_mask, set_mask);
    object_unref(obj);
    return status;
}

// --- Properties --------------------------------------------------------------------------------

static zx_status_t get_name(struct object *obj, user_out_void value)
{
    char name[ZX_MAX_NAME_LEN] = { 0 };
    if (obj->ops->name != NULL) {
        mutex_lock(obj->lock);
        memcpy(name, obj->ops->name(obj), sizeof(name));
        mutex_unlock(obj->lock);
    }
    return user_copy_out(value, (const void *)name, sizeof(name));
}

static zx_status_t set_name(struct object *obj, user_in_void value, size_t size)
{
    char name[ZX_MAX_NAME_LEN] = { 0 };
    if (obj->ops->name == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = user_copy_in((void *)name, value, MIN(size, sizeof(name) - 1));
    if (status != ZX_OK)
        return status;
    size_t len = strnlen(name, sizeof(name) - 1);
    memset(name + len, 0, sizeof(name) - len);
    mutex_lock(obj->lock);
    memcpy(obj->ops->name(obj), name, sizeof(name));
    mutex_unlock(obj->lock);
    return ZX_OK;
}

static zx_status_t get_debug_addr(struct object *obj, user_out_void value)
{
    uint64_t addr = atomic_load_explicit(&process_from_object(obj)->debug_addr,
                                         memory_order_relaxed);
    return user_copy_out(value, (const void *)&addr, sizeof(addr));
}

static zx_status_t set_debug_addr(struct object *obj, user_in_void value, size_t size)
{
    uint64_t addr;
    (void)size;
    struct process *p = process_from_object(obj);
    zx_status_t status = user_copy_in((void *)&addr, value, sizeof(addr));
    if (status != ZX_OK)
        return status;
    if (addr == 0)
        return ZX_ERR_INVALID_ARGS;
    uintptr_t old = atomic_load_explicit(&p->debug_addr, memory_order_relaxed);
    do {
        if (old != 0 && old != ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET)
            return ZX_ERR_ACCESS_DENIED;
    } while (!atomic_compare_exchange_weak(&p->debug_addr, &old, addr));
    return ZX_OK;
}

static zx_status_t get_vdso_base(struct object *obj, user_out_void value)
{
    uint64_t base = process_vdso_image_base(process_from_object(obj));
    return user_copy_out(value, (const void *)&base, sizeof(base));
}

static zx_status_t set_kill_on_oom(struct object *obj, user_in_void value, size_t size)
{
    uint64_t flag;
    (void)size;
    zx_status_t status = user_copy_in((void *)&flag, value, sizeof(flag));
    if (status != ZX_OK)
        return status;
    if (flag > 1)
        return ZX_ERR_INVALID_ARGS;
    job_set_kill_on_oom(job_from_object(obj), flag != 0);
    return ZX_OK;
}

static zx_status_t get_threshold(struct object *obj, user_out_void value, bool tx)
{
    uint64_t bytes = socket_threshold(obj, tx);
    return user_copy_out(value, (const void *)&bytes, sizeof(bytes));
}

static zx_status_t set_threshold(struct object *obj, user_in_void value, bool tx)
{
    uint64_t bytes;
    zx_status_t status = user_copy_in((void *)&bytes, value, sizeof(bytes));
    return status == ZX_OK ? socket_set_threshold(obj, tx, bytes) : status;
}

static zx_status_t get_rx_threshold(struct object *obj, user_out_void value)
{
    return get_threshold(obj, value, false);
}

static zx_status_t get_tx_threshold(struct object *obj, user_out_void value)
{
    return get_threshold(obj, value, true);
}

static zx_status_t set_rx_threshold(struct object *obj, user_in_void value, size_t size)
{
    (void)size;
    return set_threshold(obj, value, false);
}

static zx_status_t set_tx_threshold(struct object *obj, user_in_void value, size_t size)
{
    (void)size;
    return set_threshold(obj, value, true);
}

struct property {
    uint32_t id;
    const struct object_ops *ops; // NULL: any type
    size_t get_size, set_size;    // bytes the caller must offer
    zx_status_t (*get)(struct object *obj, user_out_void value);
    zx_status_t (*set)(struct object *obj, user_in_void value, size_t size);
};

static const struct property properties[] = {
    { ZX_PROP_NAME, NULL, ZX_MAX_NAME_LEN, 0, get_name, set_name },
    { ZX_PROP_PROCESS_DEBUG_ADDR, &process_ops, 8, 8, get_debug_addr, set_debug_addr },
    { ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &process_ops, 8, 0, get_vdso_base, NULL },
    { ZX_PROP_SOCKET_RX_THRESHOLD, &socket_ops, 8, 8, get_rx_threshold, set_rx_threshold },
    { ZX_PROP_SOCKET_TX_THRESHOLD, &socket_ops, 8, 8, get_tx_threshold, set_tx_threshold },
    { ZX_PROP_JOB_KILL_ON_OOM, &job_ops, 0, 0, NULL, set_kill_on_oom },
};

static const struct property *property_find(uint32_t id)
{
    for (size_t i = 0; i < countof(properties); i++) {
        if (properties[i].id == id)
            return &properties[i];
    }
    return NULL;
}

zx_status_t sys_object_get_property(zx_handle_t handle, uint32_t property, user_out_void value,
                                    size_t value_size)
{
    struct object *obj;
    if (user_is_null(value))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, NULL, ZX_RIGHT_GET_PROPERTY, &obj);
    if (status != ZX_OK)
        return status;
    const struct property *p = property_find(property);
    if (p == NULL || p->get == NULL)
        status = ZX_ERR_INVALID_ARGS;
    else if (value_size < p->get_size)
        status = ZX_ERR_BUFFER_TOO_SMALL;
    else if (p->ops != NULL && obj->ops != p->ops)
        status = ZX_ERR_WRONG_TYPE;
    else
        status = p->get(obj, value);
    object_unref(obj);
    return status;
}

zx_status_t sys_object_set_property(zx_handle_t handle, uint32_t property, user_in_void value,
                                    size_t value_size)
{
    struct object *obj;
    if (user_is_null(value))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, NULL, ZX_RIGHT_SET_PROPERTY, &obj);
    if (status != ZX_OK)
        return status;
    const struct property *p = property_find(property);
    if (p == NULL || p->set == NULL)
        status = ZX_ERR_INVALID_ARGS;
    else if (value_size < p->set_size)
        status = ZX_ERR_BUFFER_TOO_SMALL;
    else if (p->ops != NULL && obj->ops != p->ops)
        status = ZX_ERR_WRONG_TYPE;
    else
        status = p->set(obj, value, value_size);
    object_unref(obj);
    return status;
}

// --- Cookies -----------------------------------------------------------------------------------

// Looks up scope, then target (spec 10 section 5), and gives the target's cookie slot.
static zx_status_t cookie_lookup(zx_handle_t handle, zx_handle_t scope, struct object **out_obj,
                                 zx_koid_t *out_scope)
{
    struct object *scope_obj, *obj;
    zx_status_t status = sys_lookup(scope, NULL, 0, &scope_obj);
    if (status != ZX_OK)
        return status;
    *out_scope = scope_obj->koid;
    object_unref(scope_obj);
    status = sys_lookup(handle, NULL, 0, &obj);
    if (status != ZX_OK)
        return status;
    if (obj->ops->cookie == NULL) {
        object_unref(obj);
        return ZX_ERR_NOT_SUPPORTED;
    }
    *out_obj = obj;
    return ZX_OK;
}

zx_status_t sys_object_set_cookie(zx_handle_t handle, zx_handle_t scope, uint64_t cookie)
{
    struct object *obj;
    zx_koid_t koid;
    zx_status_t status = cookie_lookup(handle, scope, &obj, &koid);
    if (status != ZX_OK)
        return status;
    mutex_lock(obj->lock);
    struct object_cookie *slot = obj->ops->cookie(obj);
    if (slot->scope == 0 || slot->scope == koid)
        *slot = (struct object_cookie){ .scope = koid, .value = cookie };
    else
        status = ZX_ERR_ACCESS_DENIED;
    mutex_unlock(obj->lock);
    object_unref(obj);
    return status;
}

zx_status_t sys_object_get_cookie(zx_handle_t handle, zx_handle_t scope, user_out_uint64_t cookie)
{
    struct object *obj;
    zx_koid_t koid;
    uint64_t value = 0;
    zx_status_t status = cookie_lookup(handle, scope, &obj, &koid);
    if (status != ZX_OK)
        return status;
    mutex_lock(obj->lock);
    struct object_cookie *slot = obj->ops->cookie(obj);
    if (slot->scope == koid)
        value = slot->value;
    else
        status = ZX_ERR_ACCESS_DENIED;
    mutex_unlock(obj->lock);
    object_unref(obj);
    return status == ZX_OK ? user_write_one(cookie, value) : status;
}

// --- Children ----------------------------------------------------------------------------------

zx_status_t sys_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
                                 struct handle_out *out)
{
    struct object *obj, *child = NULL;
    zx_rights_t have;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, NULL,
                                       ZX_RIGHT_ENUMERATE, &obj, &have);
    if (status != ZX_OK)
        return status;
    if (handle_rights_reduce(have, rights, &out->rights) != ZX_OK) {
        status = ZX_ERR_ACCESS_DENIED;
    } else if (obj->ops == &process_ops) {
        struct uthread *t = process_find_thread(process_from_object(obj), koid);
        child = t != NULL ? &t->obj : NULL;
        status = child != NULL ? ZX_OK : ZX_ERR_NOT_FOUND;
    } else if (obj->ops == &job_ops) {
        child = job_find_child(job_from_object(obj), koid);
        status = child != NULL ? ZX_OK : ZX_ERR_NOT_FOUND;
    } else {
        status = ZX_ERR_WRONG_TYPE;
    }
    object_unref(obj);
    out->object = child;
    return status;
}
