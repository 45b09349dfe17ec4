// SPDX-License-Identifier: MIT
// Address spaces: creation, references, teardown, look-up. Faults are in fault.c, the walk for object
// info in walk.c.
//
// Invariants A1..A6: vm/aspace.h.

#include <vm/aspace.h>

#include "vm_priv.h"

LOCK_CLASS(aspace_lock, RANK_ASPACE, LOCK_MUTEX);
LOCK_CLASS(page_table_lock, RANK_PAGE_TABLE, LOCK_MUTEX);

static ACCOUNT_CACHE(vm_aspace_cache, sizeof(struct vm_aspace), alignof(struct vm_aspace));

_Static_assert(offsetof(struct vm_aspace, hal) == 0, "thread->aspace is the address space");

zx_status_t vm_aspace_create(struct vmar *root, const struct vmar_ops *ops,
                             uint64_t (*random)(void), struct account *account,
                             struct vm_aspace **out)
{
    struct vm_aspace *as = account_zalloc(vm_aspace_cache);
    if (as == NULL)
        return ZX_ERR_NO_MEMORY;
    as->account = account;
    zx_status_t status = hal_aspace_init(&as->hal);
    if (status != ZX_OK) {
        account_free(vm_aspace_cache, as);
        return status;
    }
    mutex_init(&as->lock, &aspace_lock);
    mutex_init(&as->pt_lock, &page_table_lock);
    atomic_init(&as->refs, 1);
    as->random = random;

    vmar_init(root, as,
              ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
                  ZX_VM_CAN_MAP_SPECIFIC,
              ops);
    root->node.base = USER_BASE;
    root->node.size = USER_MAP_END - USER_BASE;
    root->alive = true;
    vmar_acquire(root);
    as->root = root;
    *out = as;
    return ZX_OK;
}

paddr_t kernel_user_table_alloc(struct hal_aspace *hal)
{
    struct account *a = container_of(hal, struct vm_aspace, hal)->account;
    if (account_charge(a, ACCOUNT_KMEM, PAGE_SIZE) != ZX_OK)
        return 0;
    paddr_t pa = kernel_table_page_alloc();
    if (pa == 0)
        account_uncharge(a, ACCOUNT_KMEM, PAGE_SIZE);
    return pa;
}

void kernel_user_table_free(struct hal_aspace *hal, paddr_t pa)
{
    kernel_table_page_free(pa);
    account_uncharge(container_of(hal, struct vm_aspace, hal)->account, ACCOUNT_KMEM, PAGE_SIZE);
}

void vm_aspace_acquire(struct vm_aspace *as)
{
    atomic_fetch_add_explicit(&as->refs, 1, memory_order_relaxed);
}

void vm_aspace_release(struct vm_aspace *as)
{
    unsigned old = atomic_fetch_sub_explicit(&as->refs, 1, memory_order_acq_rel);
    DEBUG_ASSERT(old > 0);
    if (old > 1)
        return;
    DEBUG_ASSERT(as->torn_down);
    account_free(vm_aspace_cache, as);
}

void vm_aspace_teardown(struct vm_aspace *as)
{
    bool first = false, done;

    do {
        size_t room = UNMAP_PIECE;
        struct list dead;
        list_init(&dead);
        mutex_lock(&as->lock);
        first = first || !as->torn_down;
        as->torn_down = true;
        as->vdso_code = NULL;
        atomic_store_explicit(&as->vdso_base, 0, memory_order_relaxed);
        done = as->root == NULL;
        if (!done) {
            mutex_assert_held(&as->root->as->lock);
            done = region_destroy_some_locked(as->root, &dead, &room);
        }
        if (done && first) {
            // Nothing is mapped any more, so no VMO knows the page tables.
            mutex_lock(&as->pt_lock);
            hal_aspace_destroy(&as->hal);
            mutex_unlock(&as->pt_lock);
        }
        mutex_unlock(&as->lock);
        vm_dead_free(&dead);
    } while (!done);
}

zx_status_t vm_aspace_find(struct vm_aspace *as, vaddr_t va, struct vmo **out_vmo,
                           uint64_t *out_offset, size_t *out_len)
{
    zx_status_t status = ZX_ERR_NOT_FOUND;

    mutex_lock(&as->lock);
    struct vm_mapping *m = vm_find_mapping_locked(as, va);
    if (m != NULL) {
        vmo_acquire(m->vmo);
        *out_vmo = m->vmo;
        *out_offset = m->vmo_offset + (va - m->node.base);
        *out_len = vm_node_end(&m->node) - va;
        status = ZX_OK;
    }
    mutex_unlock(&as->lock);
    return status;
}

size_t vm_aspace_table_pages(struct vm_aspace *as)
{
    size_t count = 0;

    mutex_lock(&as->lock);
    if (!as->torn_down) {
        mutex_lock(&as->pt_lock);
        count = hal_aspace_table_pages(&as->hal);
        mutex_unlock(&as->pt_lock);
    }
    mutex_unlock(&as->lock);
    return count;
}
