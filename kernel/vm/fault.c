// SPDX-License-Identifier: MIT
// Page faults: find the mapping, find or make the page, translate. One pass, no retry: the address
// space's lock and the VMO's tree lock are held together, so nothing found can change. Only a page that a
// pager must supply first is waited for, without any lock, and then all starts over.
//
// Locks: address space -> VMO tree -> page table. Invariants A3, A4, M3, M4, V5.

#include <vm/aspace.h>

#include <sched/cpu.h>
#include <vm/trace.h>

#include "vm_priv.h"

#define WINDOW_SIZE (2ul << 20) // M4; what one table of pages translates

// Pages that one fault may translate. A divisor of RADIX_SLOTS.
#define AROUND_PAGES 16u
_Static_assert(RADIX_SLOTS % AROUND_PAGES == 0, "a window of neighbours lies in one leaf");

// How far up neighbours are looked for: a long chain must not cost each fault its length so many times.
#define AROUND_LEVELS 4u

// Kinds of access and protections are the same bits, one place apart.
_Static_assert(HAL_FAULT_WRITE << 1 == HAL_PROT_WRITE && HAL_FAULT_EXEC << 1 == HAL_PROT_EXEC,
               "protection needed by a fault");

static unsigned prot_needed(unsigned flags)
{
    return HAL_PROT_READ | ((flags & (HAL_FAULT_WRITE | HAL_FAULT_EXEC)) << 1);
}

// Makes instruction fetches from physical memory coherent, where the kernel reaches it. What lies outside
// the direct map (no-map reservations, devices) nobody but its users writes; they have zx_cache_flush.
static void sync_physical(paddr_t pa, uint64_t len)
{
    for (const paddr_t end = pa + len; pa < end; pa += PAGE_SIZE) {
        if (hal_direct_mapped(pa))
            hal_cache_sync_icache(hal_phys_to_virt(pa), PAGE_SIZE);
    }
}

// Translates the 2 MiB window around va, as far as mapping and VMO reach (M4).
zx_status_t vm_fault_run_locked(struct vm_mapping *m, vaddr_t va)
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
        if (m->prot & HAL_PROT_EXEC)
            sync_physical(v->paddr + offset, hi - lo);
        status = hal_aspace_map_range(&m->as->hal, lo, v->paddr + offset, (hi - lo) >> PAGE_SHIFT,
                                      m->prot | m->memory);
    }
    mutex_unlock(&m->as->pt_lock);
    return status;
}

// The VMO has no page of its own at `index`: what to translate instead, for reading alone (A4).
static NO_INLINE zx_status_t foreign_page_locked(struct vmo *v, uint64_t index, struct page **out)
    REQUIRES(v->lock)
{
    bool own;
    struct page *page = NULL;
    if (v->parent != NULL || v->kind == VMO_PAGER) {
        zx_status_t status = vmo_visible_page_locked(v, index, &page, &own);
        if (status != ZX_OK)
            return status;
    }
    *out = page != NULL ? page : vm_zero_page;
    v->marks |= VMO_MARK_FOREIGN;
    return ZX_OK;
}

ALWAYS_INLINE zx_status_t translate_locked(struct vm_mapping *m, vaddr_t va, struct page *page,
                                           unsigned prot) REQUIRES(m->as->lock, m->vmo->lock)
{
    if (unlikely(prot & HAL_PROT_EXEC))
        vmo_make_fetchable_locked(page);
    mutex_lock(&m->as->pt_lock);
    zx_status_t status = hal_aspace_map_one(&m->as->hal, va, page_to_paddr(page), prot);
    mutex_unlock(&m->as->pt_lock);
    return status;
}

// Pages [lo, hi) of the VMO around `index`, shown at va, that one fault may translate: those of the same
// block, the same table and the mapping.
struct window {
    uint64_t lo, hi;
};

ALWAYS_INLINE struct window window_around(const struct vm_mapping *m, vaddr_t va, uint64_t index)
    REQUIRES(m->as->lock)
{
    const uint64_t block = ROUND_DOWN(index, AROUND_PAGES);
    const vaddr_t table = ROUND_DOWN(va, WINDOW_SIZE); // addresses of one table
    const vaddr_t from = MAX(table, m->node.base), to = MIN(table + WINDOW_SIZE, vm_node_end(&m->node));

    return (struct window){
        .lo = index - MIN(index - block, (va - from) >> PAGE_SHIFT),
        .hi = index + MIN(block + AROUND_PAGES - index, (to - va) >> PAGE_SHIFT),
    };
}

static zx_status_t translate_run_locked(struct vm_mapping *m, vaddr_t va, const paddr_t *run,
                                        size_t count, unsigned prot)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    mutex_lock(&m->as->pt_lock);
    zx_status_t status = hal_aspace_map(&m->as->hal, va, run, count, prot);
    mutex_unlock(&m->as->pt_lock);
    return status;
}

static NO_INLINE void make_fetchable_locked(const struct radix_node *leaf, struct window w)
{
    for (uint64_t i = w.lo; i < w.hi; i++) {
        struct page *page = leaf->slot[i % RADIX_SLOTS];
        if (page != NULL)
            vmo_make_fetchable_locked(page);
    }
}

// Translates the page that v itself has at `index`, and those of its neighbours that v has too and that
// share `leaf` and the table: what is touched is soon followed by what lies beside it. V5 and A4 hold for
// these translations as for any other.
static zx_status_t map_around_locked(struct vm_mapping *m, vaddr_t va, uint64_t index,
                                     const struct radix_node *leaf, unsigned prot)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    paddr_t run[AROUND_PAGES];
    size_t count = 0;

    const struct window w = window_around(m, va, index);
    const uint64_t present =
        leaf->present >> w.lo % RADIX_SLOTS & ~0ull >> (RADIX_SLOTS - (w.hi - w.lo));
    if ((present & (present - 1)) == 0)
        return translate_locked(m, va, leaf->slot[index % RADIX_SLOTS], prot); // no neighbours
    if (unlikely(prot & HAL_PROT_EXEC))
        make_fetchable_locked(leaf, w);
    for (uint64_t i = w.lo; i < w.hi; i++) {
        const struct page *page = leaf->slot[i % RADIX_SLOTS];
        run[count++] = page != NULL ? page_to_paddr(page) : HAL_NO_PAGE;
    }
    return translate_run_locked(m, va - ((index - w.lo) << PAGE_SHIFT), run, count, prot);
}

// The page of an ancestor, few levels up, that v shows at `index` and that may be translated with `prot` before
// it is asked for; NULL: there is none, or zeros, or v has its own.
static struct page *near_ancestors_page_locked(const struct vmo *v, uint64_t index, unsigned prot)
    REQUIRES(v->lock)
{
    if (index >= vmo_page_index(v->size) || radix_get(&v->pages, index) != NULL)
        return NULL;
    for (unsigned level = 0; level < AROUND_LEVELS && v->parent != NULL; level++) {
        if (index >= vmo_page_index(v->parent_limit))
            return NULL;
        index += vmo_page_index(v->parent_offset);
        v = v->parent;
        struct page *page = radix_get(&v->pages, index);
        if (page != NULL)
            return (prot & HAL_PROT_EXEC) && (v->marks & VMO_MARK_WRITTEN) ? NULL : page;
        if (index >= vmo_page_index(v->size))
            return NULL;
    }
    return NULL;
}

// The same for `page`, an ancestor's, and the neighbours that are ancestors' too; `prot` is without WRITE.
static zx_status_t map_ancestors_around_locked(struct vm_mapping *m, vaddr_t va, uint64_t index,
                                               struct page *page, unsigned prot)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    paddr_t run[AROUND_PAGES];
    size_t count = 0;

    const struct window w = window_around(m, va, index);
    for (uint64_t i = w.lo; i < w.hi; i++) {
        struct page *near = i == index ? page : near_ancestors_page_locked(m->vmo, i, prot);
        if (near != NULL && (prot & HAL_PROT_EXEC))
            vmo_make_fetchable_locked(near);
        run[count++] = near != NULL ? page_to_paddr(near) : HAL_NO_PAGE;
    }
    return translate_run_locked(m, va - ((index - w.lo) << PAGE_SHIFT), run, count, prot);
}

// The VMO has no page at `index`, and this is not the plain case of giving it one.
static NO_INLINE zx_status_t fault_absent_locked(struct vm_mapping *m, vaddr_t va, uint64_t index,
                                                 unsigned flags) REQUIRES(m->as->lock, m->vmo->lock)
{
    const unsigned prot = m->prot | m->memory;
    struct page *page = NULL;

    mutex_assert_held(m->vmo->lock);
    if (flags & HAL_FAULT_WRITE) {
        zx_status_t status = vmo_add_page_locked(m->vmo, index, &page);
        return unlikely(status != ZX_OK) ? status : translate_locked(m, va, page, prot);
    }
    zx_status_t status = foreign_page_locked(m->vmo, index, &page);
    if (status != ZX_OK)
        return status;
    if (page != vm_zero_page && !(flags & HAL_FAULT_PRESENT))
        return map_ancestors_around_locked(m, va, index, page, prot & ~HAL_PROT_WRITE);
    return translate_locked(m, va, page, prot & ~HAL_PROT_WRITE);
}

// The VMO has the page, in this leaf.
static NO_INLINE zx_status_t fault_resident_locked(struct vm_mapping *m, vaddr_t va, uint64_t index,
                                                   const struct radix_node *leaf, unsigned flags)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    const unsigned prot = m->prot | m->memory;

    // An entry that is present stands in the way. What others may write and execute without our help is
    // made fetchable when it is asked for, not before.
    if (likely(!(flags & HAL_FAULT_PRESENT) &&
               !((prot & HAL_PROT_EXEC) && (m->vmo->marks & VMO_MARK_WRITTEN))))
        return map_around_locked(m, va, index, leaf, prot);
    return translate_locked(m, va, leaf->slot[index % RADIX_SLOTS], prot);
}

// v is m's VMO.
static zx_status_t fault_paged_locked(struct vm_mapping *m, struct vmo *v, vaddr_t va, uint64_t index,
                                      unsigned flags) REQUIRES(m->as->lock, m->vmo->lock)
{
    struct radix_node *leaf = radix_leaf(&v->pages, index);
    struct page *page =
        likely(leaf != NULL) ? leaf->slot[index % RADIX_SLOTS] : radix_get(&v->pages, index);

    mutex_assert_held(v->lock);
    if (page == NULL) {
        if (likely(flags & HAL_FAULT_WRITE))
            page = vmo_add_plain_page_locked(v, leaf, index);
        if (unlikely(page == NULL))
            return fault_absent_locked(m, va, index, flags);
    } else if (leaf != NULL) {
        return fault_resident_locked(m, va, index, leaf, flags);
    }
    return translate_locked(m, va, page, m->prot | m->memory);
}

static zx_status_t fault_mapping_locked(struct vm_mapping *m, vaddr_t va, unsigned flags)
    REQUIRES(m->as->lock)
{
    const uint64_t offset = m->vmo_offset + (va - m->node.base);
    struct vmo *v = m->vmo;
    zx_status_t status;

    mutex_assert_held(&m->as->lock);
    if (unlikely(prot_needed(flags) & ~m->prot))
        return ZX_ERR_ACCESS_DENIED;
    vmo_lock(m->vmo);
    if (unlikely(offset >= v->size))
        status = ZX_ERR_OUT_OF_RANGE;
    else if (unlikely(v->flags & VMO_RUN))
        status = vm_fault_run_locked(m, va);
    else
        status = fault_paged_locked(m, v, va, vmo_page_index(offset), flags);
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

// ---- who hears of faults --------------------------------------------------------------------------

const struct vm_fault_watcher *_Atomic vm_fault_watcher;

#define FAULT_TOLD (1u << 31) // with HAL_FAULT_*: the watcher knows of it
_Static_assert(HAL_FAULT_USER < FAULT_TOLD, "a bit of ours");

void vm_watch_faults(const struct vm_fault_watcher *watcher)
{
    atomic_store_explicit(&vm_fault_watcher, watcher, memory_order_release);
}

void vm_aspace_watch_faults(struct vm_aspace *as)
{
    mutex_lock(&as->lock);
    as->last = NULL; // and from now on who holds the lock sees the watcher
    mutex_unlock(&as->lock);
}

// A fault that the watcher is told of before and after.
static NO_INLINE zx_status_t fault_told(struct vm_aspace *as, vaddr_t va, unsigned flags)
{
    const struct vm_fault_watcher *watcher =
        atomic_load_explicit(&vm_fault_watcher, memory_order_acquire);
    if (watcher != NULL)
        watcher->begins(va, flags);
    zx_status_t status = vm_aspace_fault(as, va, flags | FAULT_TOLD);
    if (watcher != NULL)
        watcher->ended(va, flags);
    return status;
}

// ---- the fault itself -----------------------------------------------------------------------------

// ZX_ERR_SHOULD_WAIT: the page has to be paged in.
ALWAYS_INLINE zx_status_t fault_once(struct vm_aspace *as, vaddr_t va, unsigned flags)
{
    zx_status_t status = ZX_ERR_NOT_FOUND;

    mutex_lock(&as->lock);
    struct vm_mapping *m = as->last;
    if (unlikely(m == NULL || va - m->node.base >= m->node.size)) {
        const bool watched = vm_faults_watched();
        if (unlikely(watched) && !(flags & FAULT_TOLD)) {
            mutex_unlock(&as->lock);
            return fault_told(as, va, flags);
        }
        m = vm_find_mapping_locked(as, va);
        if (likely(!watched))
            as->last = m;
    }
    if (likely(m != NULL)) {
        mutex_assert_held(&m->as->lock);
        status = fault_mapping_locked(m, va & ~PAGE_MASK, flags);
    }
    mutex_unlock(&as->lock);
    return status;
}

// Waits until the page at va has come from its pager, or something else has changed.
static NO_INLINE zx_status_t wait_for_pager(struct vm_aspace *as, vaddr_t va, bool user)
{
    uint64_t offset;
    struct vmo *v;
    size_t len;

    if (vm_aspace_find(as, va, &v, &offset, &len) != ZX_OK)
        return ZX_OK; // not mapped any more: the fault will tell
    uint64_t index = vmo_page_index(offset);
    zx_status_t status = vmo_page_in(v, &index, index + 1, user);
    vmo_release(v);
    return status;
}

zx_status_t vm_user_page_in(vaddr_t va, size_t len)
{
    zx_status_t status = ZX_OK;
    uint64_t offset;
    struct vmo *v;
    size_t there;

    while (len > 0 && status == ZX_OK) {
        if (vm_aspace_find(vm_aspace_current(), va, &v, &offset, &there) != ZX_OK) {
            there = PAGE_SIZE - (va & PAGE_MASK); // a hole, at least up to the next page
        } else {
            if (vmo_has_pager(v))
                status = vmo_page_in_range(v, offset, MIN(len, there));
            vmo_release(v);
        }
        if (status == ZX_ERR_OUT_OF_RANGE)
            status = ZX_OK; // past the end of the VMO
        there = MIN(len, there);
        va += there;
        len -= there;
    }
    return status;
}

zx_status_t vm_aspace_fault(struct vm_aspace *as, vaddr_t va, unsigned flags)
{
    for (;;) {
        zx_status_t status = fault_once(as, va, flags);
        if (likely(status == ZX_OK) || status != ZX_ERR_SHOULD_WAIT)
            return status;
        const bool user = (flags & HAL_FAULT_USER) != 0;
        status = wait_for_pager(as, va, user);
        // Killed or suspended on the way to user mode: the boundary sees to it. Whoever comes back from
        // there makes the access again.
        if (user && (status == ZX_ERR_CANCELED || status == ZX_ERR_INTERNAL_INTR_RETRY))
            return ZX_OK;
        if (status != ZX_OK)
            return status;
    }
}

zx_status_t kernel_user_fault(vaddr_t va, unsigned flags)
{
    struct vm_aspace *as = vm_aspace_current();

    CPU_STAT_INC(page_faults);
    return likely(as != NULL) ? vm_aspace_fault(as, va, flags) : ZX_ERR_NOT_FOUND;
}
