// SPDX-License-Identifier: MIT
// Mappings: their place in the region's tree and in the VMO's, and their translations.
//
// Locks: every function with a mapping of an address space is called with that space's lock held and
// takes the VMO's tree lock and the page-table lock itself. So geometry and protection change under
// both locks (A3), and whoever holds just the tree lock (a VMO that loses pages) may read them.
// Invariants:
//   M1  A mapping is in its VMO's tree exactly while it is in its region's tree.
//   M2  mapping_remove_locked and mapping_cut_locked leave no translation in the removed range.
//   M3  A mapping without READ has no translations at all.
//   M4  Of the mapping of a VMO_RUN, the pages of each 2 MiB window of addresses are translated all
//       or not at all (fault.c makes them so; a platform that must break a block may drop it).

#include "vm_priv.h"

#include <lib/rbtree.h>
#include <vm/trace.h>

static ACCOUNT_CACHE(vm_mapping_cache, sizeof(struct vm_mapping), alignof(struct vm_mapping));

#define POPULATE_BATCH 16u         // pages handed to the HAL at a time
#define WINDOW_SIZE    (2ul << 20) // M4

struct vm_mapping *mapping_alloc(void)
{
    return account_alloc(vm_mapping_cache);
}

void mapping_free(struct vm_mapping *m)
{
    account_free(vm_mapping_cache, m);
}

// ---- the VMO's side: an interval tree by offset --------------------------------------------------

static struct vm_mapping *mapping_of(struct rb_node *rb)
{
    return rb != NULL ? rb_entry(rb, struct vm_mapping, vmo_rb) : NULL;
}

static uint64_t offset_end(const struct vm_mapping *m)
{
    return m->vmo_offset + m->node.size;
}

static void vmo_side_augment(struct rb_node *rb)
{
    struct vm_mapping *m = mapping_of(rb);
    struct vm_mapping *left = mapping_of(rb->left), *right = mapping_of(rb->right);
    uint64_t end = offset_end(m);

    if (left != NULL)
        end = MAX(end, left->vmo_subtree_end);
    if (right != NULL)
        end = MAX(end, right->vmo_subtree_end);
    m->vmo_subtree_end = end;
}

static bool vmo_side_less(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, const struct vm_mapping, vmo_rb)->vmo_offset <
           rb_entry(b, const struct vm_mapping, vmo_rb)->vmo_offset;
}

static void vmo_side_insert(struct vm_mapping *m) REQUIRES(m->vmo->lock)
{
    rb_insert(&m->vmo->mappings, &m->vmo_rb, vmo_side_less, vmo_side_augment);
    m->vmo->mapping_count++;
}

static void vmo_side_remove(struct vm_mapping *m) REQUIRES(m->vmo->lock)
{
    rb_remove(&m->vmo->mappings, &m->vmo_rb, vmo_side_augment);
    m->vmo->mapping_count--;
}

// The lowest mapping in the subtree of m that overlaps [lo, hi).
static struct vm_mapping *overlap_within(struct vm_mapping *m, uint64_t lo, uint64_t hi)
{
    while (m != NULL && m->vmo_subtree_end > lo) {
        struct vm_mapping *left = mapping_of(m->vmo_rb.left);
        if (left != NULL && left->vmo_subtree_end > lo) {
            m = left;
            continue;
        }
        // Nothing to the left ends above lo; from m on, starts only rise.
        if (m->vmo_offset >= hi)
            return NULL;
        if (offset_end(m) > lo)
            return m;
        m = mapping_of(m->vmo_rb.right);
    }
    return NULL;
}

struct vm_mapping *mapping_first_overlap(const struct vmo *v, uint64_t lo, uint64_t hi)
{
    return overlap_within(mapping_of(v->mappings.root), lo, hi);
}

struct vm_mapping *mapping_next_overlap(struct vm_mapping *m, uint64_t lo, uint64_t hi)
{
    for (;;) {
        struct vm_mapping *found = overlap_within(mapping_of(m->vmo_rb.right), lo, hi);
        if (found != NULL)
            return found;
        struct rb_node *child = &m->vmo_rb, *up = rb_parent(child);
        while (up != NULL && up->right == child) {
            child = up;
            up = rb_parent(child);
        }
        m = mapping_of(up);
        if (m == NULL || m->vmo_offset >= hi)
            return NULL;
        if (offset_end(m) > lo)
            return m;
    }
}

// ---- translations --------------------------------------------------------------------------------

static void drop_translations(struct vm_mapping *m, vaddr_t lo, vaddr_t hi)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    if (m->prot == 0)
        return; // M3
    mutex_lock(&m->as->pt_lock);
    hal_aspace_unmap(&m->as->hal, lo, (hi - lo) >> PAGE_SHIFT);
    mutex_unlock(&m->as->pt_lock);
}

// One window, as far as table memory reaches.
static vaddr_t populate_run(struct vm_mapping *m, vaddr_t va) REQUIRES(m->as->lock, m->vmo->lock)
{
    if (vm_fault_run_locked(m, va) != ZX_OK)
        return vm_node_end(&m->node);
    return MIN(ROUND_DOWN(va, WINDOW_SIZE) + WINDOW_SIZE, vm_node_end(&m->node));
}

// Translates the next pages that the VMO has. What is missing then comes by faults, or fails there.
static vaddr_t populate_paged(struct vm_mapping *m, vaddr_t va) REQUIRES(m->as->lock, m->vmo->lock)
{
    struct vmo *v = m->vmo;
    unsigned prot = m->prot | m->memory, room = VMO_PIECE_PAGES;
    const uint64_t shift = vmo_page_index(m->vmo_offset);
    uint64_t first = shift + vmo_page_index(va - m->node.base);
    uint64_t end = MIN(vmo_page_index(offset_end(m)), vmo_page_index(v->size));
    paddr_t run[POPULATE_BATCH];
    uint64_t run_first = 0, index;
    size_t run_len = 0;
    zx_status_t status = ZX_OK;
    struct page *page;

    mutex_lock(&m->as->pt_lock);
    radix_for_each(&v->pages, index, page, first, end)
    {
        if (run_len > 0 && (run_len == POPULATE_BATCH || index != run_first + run_len)) {
            status = hal_aspace_map(&m->as->hal, m->node.base + ((run_first - shift) << PAGE_SHIFT),
                                    run, run_len, prot);
            run_len = 0;
        }
        if (status != ZX_OK || room-- == 0)
            break;
        if (run_len == 0)
            run_first = index;
        if (m->prot & HAL_PROT_EXEC)
            vmo_make_fetchable_locked(page);
        run[run_len++] = page_to_paddr(page);
    }
    if (run_len > 0)
        status = hal_aspace_map(&m->as->hal, m->node.base + ((run_first - shift) << PAGE_SHIFT),
                                run, run_len, prot);
    mutex_unlock(&m->as->pt_lock);
    return page != NULL && status == ZX_OK ? m->node.base + ((index - shift) << PAGE_SHIFT)
                                           : vm_node_end(&m->node);
}

// Translations of v may have this protection from now on. Executable ones show pages of v's ancestors too,
// and writes to any of these keep fetches coherent: who has that mark has given it to all above.
static void mark_protection(struct vmo *v, unsigned prot) REQUIRES(v->lock)
{
    if (prot & HAL_PROT_WRITE)
        v->marks |= VMO_MARK_WRITTEN;
    if (!(prot & HAL_PROT_EXEC))
        return;
    for (; v != NULL && !(v->marks & VMO_MARK_EXEC); v = v->parent)
        v->marks |= VMO_MARK_EXEC;
}

// ---- operations ----------------------------------------------------------------------------------

static unsigned memory_of_policy(unsigned policy)
{
    switch (policy) {
    case ZX_CACHE_POLICY_UNCACHED: return HAL_MEM_UNCACHED;
    case ZX_CACHE_POLICY_UNCACHED_DEVICE: return HAL_MEM_DEVICE;
    case ZX_CACHE_POLICY_WRITE_COMBINING: return HAL_MEM_WRITE_COMBINE;
    default: return HAL_MEM_CACHED;
    }
}

void mapping_insert_locked(struct vmar *r, struct vm_mapping *m)
{
    struct vm_aspace *as = r->as;
    struct vmo *v = m->vmo;

    mutex_assert_held(&as->lock);
    m->as = as;
    m->node.is_region = false;
    vmo_acquire(v);
    region_insert_locked(r, &m->node);
    as->mapping_count++;
    as->mapped_bytes += m->node.size;
    if (likely(!vm_faults_watched()))
        as->last = m; // what is mapped is soon touched

    mutex_assert_held(&m->as->lock);
    vmo_lock(m->vmo);
    m->memory = memory_of_policy(v->cache_policy);
    mark_protection(m->vmo, m->prot);
    if (unlikely(v->marks & VMO_MARK_SPECIAL) && vmo_has_pager(v) && as->paged != NULL)
        as->paged(as->owner); // A6
    vmo_side_insert(m);
    vmo_unlock(m->vmo);
}

vaddr_t mapping_populate_locked(struct vm_mapping *m, vaddr_t va)
{
    vaddr_t next = vm_node_end(&m->node);

    mutex_assert_held(&m->as->lock);
    vmo_lock(m->vmo);
    // M3; and nothing is behind the end of the VMO.
    if (m->prot != 0 && m->vmo_offset + (va - m->node.base) < m->vmo->size)
        next = m->vmo->flags & VMO_RUN ? populate_run(m, va) : populate_paged(m, va);
    vmo_unlock(m->vmo);
    return next;
}

void mapping_remove_locked(struct vm_mapping *m, struct list *dead)
{
    struct vm_aspace *as = m->as;
    struct vmar *r = m->node.parent;

    mutex_assert_held(&r->as->lock);
    vmo_lock(m->vmo);
    drop_translations(m, m->node.base, vm_node_end(&m->node));
    vmo_side_remove(m);
    vmo_unlock(m->vmo);

    as->mapping_count--;
    as->mapped_bytes -= m->node.size;
    if (as->last == m)
        as->last = NULL;
    region_remove_locked(r, &m->node);
    list_add_tail(dead, &m->node.dead);
}

// Gives m the range [lo, hi), a part of what it has; translations are left alone.
static void set_range_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi)
    REQUIRES(m->as->lock, m->vmo->lock)
{
    vmo_side_remove(m);
    m->vmo_offset += lo - m->node.base;
    m->node.base = lo;
    m->node.size = hi - lo;
    vmo_side_insert(m);
    region_resized_locked(&m->node);
}

// Fills in `upper` as the part [at, end) of m's range; not in any tree yet.
static void make_upper(struct vm_mapping *upper, const struct vm_mapping *m, vaddr_t at)
{
    *upper = (struct vm_mapping){
        .node = {.base = at, .size = vm_node_end(&m->node) - at, .is_region = false},
        .vmo_offset = m->vmo_offset + (at - m->node.base),
        .vmo = m->vmo,
        .as = m->as,
        .prot = m->prot,
        .ceiling = m->ceiling,
        .memory = m->memory,
    };
    vmo_acquire(m->vmo);
}

bool mapping_cut_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi, struct vm_mapping *spare)
{
    const vaddr_t base = m->node.base, end = vm_node_end(&m->node);
    const bool middle = lo > base && hi < end;
    struct vmar *r = m->node.parent;

    mutex_assert_held(&r->as->lock);
    DEBUG_ASSERT(base <= lo && lo < hi && hi <= end && hi - lo < end - base);
    if (middle)
        make_upper(spare, m, hi);
    vmo_lock(m->vmo);
    drop_translations(m, lo, hi);
    if (lo > base)
        set_range_locked(m, base, lo);
    else
        set_range_locked(m, hi, end);
    if (middle) {
        mutex_assert_held(spare->vmo->lock);
        vmo_side_insert(spare);
    }
    vmo_unlock(m->vmo);
    m->as->mapped_bytes -= hi - lo;
    if (middle) {
        region_insert_locked(r, &spare->node);
        m->as->mapping_count++;
    }
    return middle;
}

vaddr_t mapping_drop_some_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi, size_t *room)
{
    const size_t pages = (hi - lo) >> PAGE_SHIFT;

    mutex_assert_held(&m->as->lock);
    if (m->prot == 0)
        return hi; // M3
    *room = MAX(*room, 1u);
    vmo_lock(m->vmo);
    mutex_lock(&m->as->pt_lock);
    const size_t done = hal_aspace_unmap_some(&m->as->hal, lo, pages, room);
    mutex_unlock(&m->as->pt_lock);
    vmo_unlock(m->vmo);
    return lo + (done << PAGE_SHIFT);
}

vaddr_t mapping_remove_some_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi,
                                   struct vm_mapping **spare, struct list *dead, size_t *room)
{
    vaddr_t reach = hi;

    mutex_assert_held(&m->as->lock);
    *room -= MIN(*room, MAPPING_WORK);
    if (hi - lo > WINDOW_SIZE)
        reach = mapping_drop_some_locked(m, lo, hi, room);
    else if (m->prot != 0) // M3
        *room -= MIN(*room, (hi - lo) >> PAGE_SHIFT);
    // The space's lock has been held, so no translation has come back.
    if (lo == m->node.base && reach == vm_node_end(&m->node))
        mapping_remove_locked(m, dead);
    else if (mapping_cut_locked(m, lo, reach, *spare))
        *spare = NULL;
    return reach;
}

void mapping_split_locked(struct vm_mapping *m, vaddr_t at, struct vm_mapping *upper)
{
    struct vmar *r = m->node.parent;

    mutex_assert_held(&r->as->lock);
    DEBUG_ASSERT(at > m->node.base && at < vm_node_end(&m->node));
    make_upper(upper, m, at);
    vmo_lock(m->vmo);
    set_range_locked(m, m->node.base, at);
    mutex_assert_held(upper->vmo->lock);
    vmo_side_insert(upper);
    vmo_unlock(m->vmo);
    region_insert_locked(r, &upper->node);
    m->as->mapping_count++;
}

void mapping_set_prot_locked(struct vm_mapping *m, unsigned prot)
{
    struct vmo *v = m->vmo;

    mutex_assert_held(&m->as->lock);
    if (prot == m->prot)
        return;
    vmo_lock(m->vmo);
    // What becomes executable is faulted in again, which keeps instruction fetch coherent; so is
    // what becomes writable where a translation may show a page that is not the VMO's own (A4).
    bool refault = prot == 0 || (prot & ~m->prot & HAL_PROT_EXEC) != 0 ||
                   ((prot & HAL_PROT_WRITE) != 0 && (v->marks & VMO_MARK_FOREIGN) != 0);
    if (refault) {
        drop_translations(m, m->node.base, vm_node_end(&m->node));
    } else if (m->prot != 0) {
        mutex_lock(&m->as->pt_lock);
        hal_aspace_protect(&m->as->hal, m->node.base, m->node.size >> PAGE_SHIFT, prot | m->memory);
        mutex_unlock(&m->as->pt_lock);
    }
    m->prot = prot;
    mark_protection(m->vmo, prot);
    vmo_unlock(m->vmo);
}

void vm_dead_free(struct list *dead)
{
    struct list_node *ln;

    while ((ln = list_pop_head(dead)) != NULL) {
        struct vm_node *n = list_entry(ln, struct vm_node, dead);
        if (n->is_region) {
            vmar_release(vm_node_region(n));
        } else {
            struct vm_mapping *m = vm_node_mapping(n);
            vmo_release(m->vmo);
            mapping_free(m);
        }
    }
}
