// SPDX-License-Identifier: MIT
// zx_object_get_info(): address spaces and VMOs (sys_info.h). The walks give one entry at a time and
// hold nothing in between, so each record goes out before the next is looked for.
#include "sys_info.h"

#include <lib/printf.h>
#include <lib/string.h>
#include <object/vmar_object.h>
#include <object/vmo_object.h>

zx_status_t info_vmar(struct object *obj, zx_rights_t rights, void *record)
{
    const struct vmar *r = vmar_from_object(obj);
    (void)rights;
    *(zx_info_vmar_t *)record = (zx_info_vmar_t){.base = vmar_base(r), .len = vmar_size(r)};
    return ZX_OK;
}

static uint8_t state_of(struct process *p)
{
    return atomic_load_explicit(&p->state, memory_order_acquire);
}

zx_status_t info_task_stats(struct object *obj, zx_rights_t rights, void *record)
{
    struct process *p = process_from_object(obj);
    struct vm_usage usage;
    (void)rights;
    if (state_of(p) == PROCESS_DEAD)
        return ZX_ERR_BAD_STATE;
    vm_aspace_usage(p->aspace, &usage);
    *(zx_info_task_stats_t *)record = (zx_info_task_stats_t){
        .mem_mapped_bytes = usage.mapped,
        .mem_private_bytes = usage.private_bytes,
        .mem_shared_bytes = usage.shared,
        .mem_scaled_shared_bytes = usage.scaled_shared,
    };
    return ZX_OK;
}

static void copy_vmo_name(struct vmo *vmo, char out[ZX_MAX_NAME_LEN])
{
    struct vmo_object *v = vmo_object_of(vmo);
    mutex_lock(&v->lock);
    memcpy(out, v->name, ZX_MAX_NAME_LEN);
    mutex_unlock(&v->lock);
}

// --- PROCESS_MAPS ------------------------------------------------------------------------------

static void fill_map(const struct process *p, const struct vm_walk_entry *e, zx_info_maps_t *out)
{
    *out = (zx_info_maps_t){
        .base = e->base,
        .size = e->size,
        .depth = e->depth,
        .type = e->type,
    };
    if (e->vmo != NULL) {
        copy_vmo_name(e->vmo, out->name);
        out->u.mapping.mmu_flags = e->mmu_flags;
        out->u.mapping.vmo_koid = vmo_object_of(e->vmo)->obj.koid;
        out->u.mapping.vmo_offset = e->vmo_offset;
        out->u.mapping.committed_pages = e->committed_pages;
    } else if (e->depth == 0) {
        ksnprintf(out->name, sizeof(out->name), "proc:%llu", (unsigned long long)p->obj.koid);
    } else {
        strlcpy(out->name, e->depth == 1 ? "root" : "vmar", sizeof(out->name));
    }
}

zx_status_t info_process_maps(struct object *obj, const struct info_request *req)
{
    struct process *p = process_from_object(obj);
    struct vm_walk walk = {.begun = false};
    struct vm_walk_entry e;
    zx_status_t status = ZX_OK;
    size_t total = 0;
    if (p == process_current())
        return ZX_ERR_ACCESS_DENIED;
    if (state_of(p) == PROCESS_DEAD)
        return ZX_ERR_BAD_STATE;
    while (status == ZX_OK && vm_aspace_walk(p->aspace, &walk, &e)) {
        zx_info_maps_t record;
        fill_map(p, &e, &record);
        if (e.vmo != NULL)
            vmo_release(e.vmo);
        status = info_put(req, total++, &record, sizeof(record));
    }
    return status == ZX_OK ? info_end(req, total, sizeof(zx_info_maps_t)) : status;
}

// --- VMOs --------------------------------------------------------------------------------------

// `via`: ZX_INFO_VMO_VIA_*.
static void fill_vmo(struct vmo *vmo, uint32_t via, zx_rights_t rights, zx_info_vmo_t *out)
{
    const struct vmo_object *v = vmo_object_of(vmo);
    struct vmo_stats stats;
    vmo_get_stats(vmo, &stats);
    *out = (zx_info_vmo_t){
        .koid = v->obj.koid,
        .size_bytes = stats.size,
        .parent_koid = v->parent_koid,
        .num_children = stats.children,
        .num_mappings = stats.mappings,
        .share_count = stats.share_count,
        .flags = via | (vmo_is_physical(vmo) ? ZX_INFO_VMO_TYPE_PHYSICAL : ZX_INFO_VMO_TYPE_PAGED) |
                 (stats.flags & VMO_CLONE ? ZX_INFO_VMO_IS_COW_CLONE : 0),
        .committed_bytes = stats.committed_pages << PAGE_SHIFT,
        .handle_rights = rights,
        .create_options = v->create_options,
        .cache_policy = stats.cache_policy,
    };
    copy_vmo_name(vmo, out->name);
}

// One record, but unlike with other topics of that kind `avail` is 0 (spec 22 section 1).
zx_status_t info_vmo(struct object *obj, const struct info_request *req)
{
    zx_info_vmo_t record;
    zx_status_t status;
    if (req->size < sizeof(record)) {
        status = info_counts(req, 0, 1);
        return status == ZX_OK ? ZX_ERR_BUFFER_TOO_SMALL : status;
    }
    fill_vmo(vmo_from_object(obj), ZX_INFO_VMO_VIA_HANDLE, 0, &record);
    status = info_put(req, 0, &record, sizeof(record));
    return status == ZX_OK ? info_counts(req, 1, 0) : status;
}

static zx_status_t put_handle_vmos(struct process *p, const struct info_request *req, size_t *total)
{
    struct object *obj;
    zx_rights_t rights;
    uint32_t cursor = 0;
    zx_status_t status = ZX_OK;
    while (status == ZX_OK && handle_next(&p->handles, &cursor, &vmo_object_ops, &obj, &rights)) {
        zx_info_vmo_t record;
        fill_vmo(vmo_from_object(obj), ZX_INFO_VMO_VIA_HANDLE, rights, &record);
        object_unref(obj);
        status = info_put(req, (*total)++, &record, sizeof(record));
    }
    return status;
}

static zx_status_t put_mapped_vmos(struct process *p, const struct info_request *req, size_t *total)
{
    struct vm_walk walk = {.begun = false};
    struct vm_walk_entry e;
    zx_status_t status = ZX_OK;
    while (status == ZX_OK && vm_aspace_walk(p->aspace, &walk, &e)) {
        zx_info_vmo_t record;
        if (e.vmo == NULL)
            continue;
        fill_vmo(e.vmo, ZX_INFO_VMO_VIA_MAPPING, 0, &record);
        vmo_release(e.vmo);
        status = info_put(req, (*total)++, &record, sizeof(record));
    }
    return status;
}

zx_status_t info_process_vmos(struct object *obj, const struct info_request *req)
{
    struct process *p = process_from_object(obj);
    size_t total = 0;
    zx_status_t status;
    if (p == process_current())
        return ZX_ERR_ACCESS_DENIED;
    if (state_of(p) != PROCESS_RUNNING) {
        status = info_counts(req, 0, 0);
        return status == ZX_OK ? ZX_ERR_BAD_STATE : status;
    }
    status = put_handle_vmos(p, req, &total);
    if (status == ZX_OK)
        status = put_mapped_vmos(p, req, &total);
    return status == ZX_OK ? info_end(req, total, sizeof(zx_info_vmo_t)) : status;
}
