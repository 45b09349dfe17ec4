// SPDX-License-Identifier: MIT
// zx_object_get_info(): resources, CPUs and kernel memory (sys_info.h).
#include "sys_info.h"

#include <hal/time.h>
#include <lib/string.h>
#include <mem/page.h>
#include <mem/slab.h>
#include <object/bti.h>
#include <sched/cpu.h>

static zx_status_t need_root(struct object *obj)
{
    return resource_from_object(obj)->kind == ZX_RSRC_KIND_ROOT ? ZX_OK : ZX_ERR_WRONG_TYPE;
}

zx_status_t info_resource(struct object *obj, zx_rights_t rights, void *record)
{
    struct resource *r = resource_from_object(obj);
    zx_info_resource_t *info = record;
    (void)rights;
    info->kind = r->kind;
    info->flags = r->flags;
    info->base = r->base;
    info->size = r->size;
    mutex_lock(&r->lock);
    memcpy(info->name, r->name, sizeof(info->name));
    mutex_unlock(&r->lock);
    return ZX_OK;
}

zx_status_t info_bti(struct object *obj, zx_rights_t rights, void *record)
{
    (void)obj;
    (void)rights;
    *(zx_info_bti_t *)record = (zx_info_bti_t){
        .minimum_contiguity = BTI_MINIMUM_CONTIGUITY,
        .aspace_size = BTI_ASPACE_SIZE,
    };
    return ZX_OK;
}

static void fill_cpu(unsigned num, zx_info_cpu_stats_t *out)
{
    struct cpu *cpu = cpu_get(num);
    struct cpu_stats s = { .ints = 0 };
    bool online = atomic_load_explicit(&cpu->online, memory_order_acquire);
    if (online || cpu->takes_part)
        cpu_stats_read(cpu, &s);
    *out = (zx_info_cpu_stats_t){
        .cpu_number = num,
        .flags = online ? ZX_INFO_CPU_STATS_FLAG_ONLINE : 0,
        .idle_time = hal_ticks_to_ns(s.idle_ticks),
        .reschedules = s.context_switches + s.reschedules_in_vain,
        .context_switches = s.context_switches,
        .irq_preempts = s.irq_preempts,
        .preempts = s.preempts,
        .yields = s.yields,
        .ints = s.ints,
        .timer_ints = s.timer_ints,
        .timers = s.timers,
        .page_faults = s.page_faults,
        .syscalls = s.syscalls,
        .reschedule_ipis = s.reschedule_ipis,
        .generic_ipis = s.generic_ipis,
    };
}

zx_status_t info_cpu_stats(struct object *obj, const struct info_request *req)
{
    const unsigned count = hal_cpu_count();
    zx_status_t status = need_root(obj);
    for (unsigned num = 0; status == ZX_OK && num < count; num++) {
        zx_info_cpu_stats_t record;
        fill_cpu(num, &record);
        status = info_put(req, num, &record, sizeof(record));
    }
    return status == ZX_OK ? info_end(req, count, sizeof(zx_info_cpu_stats_t)) : status;
}

zx_status_t info_kmem_stats(struct object *obj, zx_rights_t rights, void *record)
{
    struct page_stats pages;
    struct slab_stats slabs;
    zx_info_kmem_stats_t *info = record;
    (void)rights;
    zx_status_t status = need_root(obj);
    if (status != ZX_OK)
        return status;
    page_stats_get(&pages);
    slab_stats_get(&slabs);
    info->free_bytes = pages.pages[PAGE_STATE_FREE] << PAGE_SHIFT;
    info->wired_bytes = pages.pages[PAGE_STATE_WIRED] << PAGE_SHIFT;
    info->total_heap_bytes = pages.pages[PAGE_STATE_HEAP] << PAGE_SHIFT;
    // What is in use of the slabs may be counted a moment later than their pages.
    info->free_heap_bytes = slabs.total_bytes - MIN(slabs.outstanding_bytes, slabs.total_bytes);
    info->free_heap_bytes = MIN(info->free_heap_bytes, info->total_heap_bytes);
    info->vmo_bytes = pages.pages[PAGE_STATE_VMO] << PAGE_SHIFT;
    info->mmu_overhead_bytes = pages.pages[PAGE_STATE_MMU] << PAGE_SHIFT;
    info->ipc_bytes = pages.pages[PAGE_STATE_IPC] << PAGE_SHIFT;
    info->other_bytes = pages.pages[PAGE_STATE_OTHER] << PAGE_SHIFT;
    info->total_bytes = pages.total_pages << PAGE_SHIFT;
    return ZX_OK;
}
