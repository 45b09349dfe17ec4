// SPDX-License-Identifier: MIT
// Page faults: find the mapping, find or make the page, translate. One pass, no retry: the address
// space's lock and the VMO's tree lock are held together, so nothing found can change.
//
// Locks: address space -> VMO tree -> page table. Invariants A3, A4, M3, M4, V5.

#include <vm/aspace.h>

#include <sched/cpu.h>

#include "vm_priv.h"

#define WINDOW_SIZE (2ul << 20) // M4

// Kinds of access and protections are the same bits, one place apart.
_Static_assert(HAL_FAULT_WRITE << 1 == HAL_PROT_WRITE && HAL_FAULT_EXEC << 1 == HAL_PROT_EXEC,
               "protection needed by a fault");

static unsigned prot_needed(unsigned flags)
{
    return HAL_PROT_READ | ((flags & (HAL_FAULT_WRITE | HAL_FAULT_EXEC)) << 1);
}

// A physical VMO: translates the 2 MiB window around va, as far as mapping and VMO reach (M4).
zx_status_t vm_fault_physical_locked(struct vm_mapping *m, vaddr_t va)
{
    const struct vmo *v = m->vmo;
    vaddr_t lo = MAX(ROUND_DOWN(va, WINDOW_SIZE), m->node.base);
    vaddr_t hi = MIN(ROUND_DOWN(va, WINDOW_SIZE) + WINDOW_SIZE, vm_node_end(&m->node));
    const uint64_t offset = m->vmo_offset + (lo - m->node.base);
    paddr_t present;
    unsigned prot;

    hi = MIN(hi, lo + (v->size - offset));
    mutex_lock(&m->as->pt_lock);
    // Another thread's fault may have done it by now.
    zx_status_t status = hal_aspace_query(&m->as->hal, va, &present, &prot);
    if (status != ZX_OK) {
        if (m->prot & HAL_PROT_EXEC) {
            struct page *page = page_from_paddr(v->paddr + offset);
            if (page != NULL)
                hal_cache_sync_icache(page_to_virt(page), hi - lo);
        }
        status = hal_aspace_map_range(&m->as->hal, lo, v->paddr + offset, (hi - lo) >> PAGE_SHIFT,
                                      m->prot | m->memory);
    }
    mutex_unlock(&m->as->pt_lock);
    return status;
}

// The VMO has no page of its own at `index`: what to translate instead, and with which protection.
static zx_status_t absent_page_locked(struct vmo *v, uint64_t index, bool write, struct page **out,
                                      unsigned *prot) REQUIRES(v->lock)
{
    bool own;

    if (write)
        return vmo_add_page_locked(v, index, out);
    struct page *page = v->parent != NULL ? vmo_visible_page_locked(v, index, &own) : NULL;
    *out = page != NULL ? page : vm_zero_page;
    *prot &= ~HAL_PROT_WRITE; // A4
    v->marks |= VMO_MARK_FOREIGN;
    return ZX_OK;
}

static zx_status_t fault_paged_locked(struct vm_mapping *m, vaddr_t va, uint64_t index, bool write)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    struct vmo *v = m->vmo;
    unsigned prot = m->prot | m->memory;
    struct radix_node *leaf = radix_leaf(&v->pages, index);
    struct page *page =
        likely(leaf != NULL) ? leaf->slot[index % RADIX_SLOTS] : radix_get(&v->pages, index);

    mutex_assert_held(v->lock);
    if (page == NULL && likely(write))
        page = vmo_add_plain_page_locked(v, leaf, index);
    if (unlikely(page == NULL)) {
        zx_status_t status = absent_page_locked(v, index, write, &page, &prot);
        if (unlikely(status != ZX_OK))
            return status;
    }
    if (unlikely(prot & HAL_PROT_EXEC))
        hal_cache_sync_icache(page_to_virt(page), PAGE_SIZE);
    mutex_lock(&m->as->pt_lock);
    zx_status_t status = hal_aspace_map_one(&m->as->hal, va, page_to_paddr(page), prot);
    mutex_unlock(&m->as->pt_lock);
    return status;
}

static zx_status_t fault_mapping_locked(struct vm_mapping *m, vaddr_t va, unsigned flags)
    REQUIRES(m->as->lock)
{
    const uint64_t offset = m->vmo_offset + (va - m->node.base);
    const struct vmo *v = m->vmo;
    zx_status_t status;

    mutex_assert_held(&m->as->lock);
    if (unlikely(prot_needed(flags) & ~m->prot))
        return ZX_ERR_ACCESS_DENIED;
    vmo_lock(m->vmo);
    if (unlikely(offset >= v->size))
        status = ZX_ERR_OUT_OF_RANGE;
    else if (unlikely(vmo_is_physical(v)))
        status = vm_fault_physical_locked(m, va);
    else
        status = fault_paged_locked(m, va, vmo_page_index(offset), flags & HAL_FAULT_WRITE);
    vmo_unlock(m->vmo);
    return status;
}

struct vm_mapping *vm_find_mapping_locked(struct vm_aspace *as, vaddr_t va)
{
    const struct vmar *r = as->root;

    while (r != NULL) {
        mutex_assert_held(&r->as->lock);
        struct vm_node *n = region_child_from_locked(r, va);
        if (n == NULL || n->base > va)
            return NULL;
        if (!n->is_region)
            return vm_node_mapping(n);
        r = vm_node_region(n);
    }
    return NULL;
}

zx_status_t vm_aspace_fault(struct vm_aspace *as, vaddr_t va, unsigned flags)
{
    zx_status_t status = ZX_ERR_NOT_FOUND;

    mutex_lock(&as->lock);
    struct vm_mapping *m = as->last;
    if (unlikely(m == NULL || va - m->node.base >= m->node.size)) {
        m = vm_find_mapping_locked(as, va);
        as->last = m;
    }
    if (likely(m != NULL)) {
        mutex_assert_held(&m->as->lock);
        status = fault_mapping_locked(m, va & ~PAGE_MASK, flags);
    }
    mutex_unlock(&as->lock);
    return status;
}

zx_status_t kernel_user_fault(vaddr_t va, unsigned flags)
{
    struct vm_aspace *as = vm_aspace_current();

    CPU_STAT_INC(page_faults);
    return likely(as != NULL) ? vm_aspace_fault(as, va, flags) : ZX_ERR_NOT_FOUND;
}
