// SPDX-License-Identifier: MIT
// IOMMUs, BTIs and PMTs (object/bti.h).
//
//   B1 A PMT that is pinned keeps its VMO and its BTI. It is in its BTI's quarantine, which then owns
//      a reference to it, from the moment its handle is closed without pmt_unpin().
//   B2 When the last handle of a BTI is closed, what is in quarantine, and what comes there later,
//      stays pinned for ever: the device may be writing to it. That is told in the log.
// Locks: [L] the BTI's mutex. No VMO lock is taken under it.
#include <object/bti.h>

#include <account/account.h>
#include <debug/assert.h>
#include <debug/log.h>
#include <object/vmo_object.h>

// Others may decommit between committing and pinning; so often it is tried again.
#define PIN_TRIES 100

struct iommu {
    struct object obj;
};

struct bti {
    struct object obj;
    struct mutex lock;
    uint64_t id;            // [I]
    struct list quarantine; // [L] of pmt.node
    bool closed;            // [L] B2
};

struct pmt {
    struct object obj;
    struct bti *bti;       // [I] referenced
    struct vmo *vmo;       // [I] referenced
    uint64_t offset, size; // [I] bytes, whole pages
    struct list_node node; // [L] the BTI's
    atomic_bool pinned;    // [a] whoever clears it unpins
};

static ACCOUNT_CACHE(iommu_cache, sizeof(struct iommu), _Alignof(struct iommu));
static ACCOUNT_CACHE(bti_cache, sizeof(struct bti), _Alignof(struct bti));
static ACCOUNT_CACHE(pmt_cache, sizeof(struct pmt), _Alignof(struct pmt));

static struct bti *bti_from_object(struct object *obj)
{
    return container_of(obj, struct bti, obj);
}

static struct pmt *pmt_from_object(struct object *obj)
{
    return container_of(obj, struct pmt, obj);
}

static zx_koid_t no_relation(const struct object *obj)
{
    (void)obj;
    return 0;
}

// ---- IOMMU --------------------------------------------------------------------------------------

static void iommu_destroy(struct object *obj)
{
    account_free(iommu_cache, container_of(obj, struct iommu, obj));
}

const struct object_ops iommu_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_IOMMU),
    .rights = ZX_DEFAULT_IOMMU_RIGHTS,
    .destroy = iommu_destroy,
    .related = no_relation,
};

zx_status_t iommu_create_dummy(struct object **out)
{
    struct iommu *iommu = account_alloc(iommu_cache);
    if (iommu == NULL)
        return ZX_ERR_NO_MEMORY;
    object_init(&iommu->obj, &iommu_ops, NULL, 0);
    *out = &iommu->obj;
    return ZX_OK;
}

// ---- BTI ----------------------------------------------------------------------------------------

static void tell_leak(const struct bti *bti, uint64_t pages, uint64_t pmts)
{
    klog(LOG_WARN, "bti 0x%lx: closed with %lu pages of %lu pins in quarantine: leaked",
         (unsigned long)bti->id, (unsigned long)pages, (unsigned long)pmts);
}

static void bti_zero_handles(struct object *obj)
{
    struct bti *bti = bti_from_object(obj);
    uint64_t pages = 0, pmts = 0;
    struct pmt *pmt;
    mutex_lock(&bti->lock);
    bti->closed = true;
    list_for_each_entry(pmt, &bti->quarantine, node) {
        pages += pmt->size >> PAGE_SHIFT;
        pmts++;
    }
    mutex_unlock(&bti->lock);
    if (pmts != 0)
        tell_leak(bti, pages, pmts);
}

static void bti_destroy(struct object *obj)
{
    account_free(bti_cache, bti_from_object(obj)); // the quarantine is empty: B1
}

const struct object_ops bti_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_BTI),
    .rights = ZX_DEFAULT_BTI_RIGHTS,
    .on_zero_handles = bti_zero_handles,
    .destroy = bti_destroy,
    .related = no_relation,
};

zx_status_t bti_create(uint64_t id, struct object **out)
{
    struct bti *bti = account_alloc(bti_cache);
    if (bti == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&bti->lock, &object_lock_class);
    bti->id = id;
    list_init(&bti->quarantine);
    bti->closed = false;
    object_init(&bti->obj, &bti_ops, NULL, 0);
    *out = &bti->obj;
    return ZX_OK;
}

void bti_release_quarantine(struct object *obj)
{
    struct bti *bti = bti_from_object(obj);
    for (;;) {
        mutex_lock(&bti->lock);
        struct pmt *pmt = list_pop_head_entry(&bti->quarantine, struct pmt, node);
        mutex_unlock(&bti->lock);
        if (pmt == NULL)
            return;
        pmt_abandon(&pmt->obj);
    }
}

// ---- PMT ----------------------------------------------------------------------------------------

void pmt_unpin(struct object *obj)
{
    struct pmt *pmt = pmt_from_object(obj);
    if (atomic_exchange_explicit(&pmt->pinned, false, memory_order_relaxed))
        vmo_unpin(pmt->vmo, pmt->offset, pmt->size);
}

void pmt_abandon(struct object *obj)
{
    pmt_unpin(obj);
    object_unref(obj);
}

// Closed without pmt_unpin().
static void pmt_zero_handles(struct object *obj)
{
    struct pmt *pmt = pmt_from_object(obj);
    if (!atomic_load_explicit(&pmt->pinned, memory_order_relaxed))
        return;
    object_ref(obj); // the quarantine's
    mutex_lock(&pmt->bti->lock);
    list_add_tail(&pmt->bti->quarantine, &pmt->node);
    bool leaked = pmt->bti->closed;
    mutex_unlock(&pmt->bti->lock);
    if (leaked)
        tell_leak(pmt->bti, pmt->size >> PAGE_SHIFT, 1);
}

static void pmt_destroy(struct object *obj)
{
    struct pmt *pmt = pmt_from_object(obj);
    pmt_unpin(obj); // one that never had a handle
    vmo_release(pmt->vmo);
    object_unref(&pmt->bti->obj);
    account_free(pmt_cache, pmt);
}

const struct object_ops pmt_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_PMT),
    .rights = ZX_DEFAULT_PMT_RIGHTS,
    .on_zero_handles = pmt_zero_handles,
    .destroy = pmt_destroy,
    .related = no_relation,
};

// Commits and pins. Physical memory has nothing to commit.
static zx_status_t commit_and_pin(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    const uint64_t end = vmo_size(vmo);
    zx_status_t status = ZX_ERR_BAD_STATE;
    if (offset > end || size > end - offset)
        return ZX_ERR_OUT_OF_RANGE;
    if (vmo->flags & VMO_PAGED)
        return ZX_ERR_NOT_SUPPORTED; // a driver would wait for a pager that may never answer
    for (int i = 0; i < PIN_TRIES && status == ZX_ERR_BAD_STATE; i++) {
        status = vmo_is_physical(vmo) ? ZX_OK : vmo_commit(vmo, offset, size);
        if (status != ZX_OK)
            return status;
        status = vmo_pin(vmo, offset, size);
    }
    return status;
}

zx_status_t bti_pin(struct object *obj, struct object *vmo_obj, uint64_t offset, uint64_t size,
                    struct object **out_pmt)
{
    struct bti *bti = bti_from_object(obj);
    struct vmo *vmo = vmo_from_object(vmo_obj);
    struct pmt *pmt = account_alloc(pmt_cache);
    if (pmt == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = commit_and_pin(vmo, offset, size);
    if (status != ZX_OK) {
        account_free(pmt_cache, pmt);
        return status;
    }
    object_ref(obj);
    vmo_acquire(vmo);
    pmt->bti = bti;
    pmt->vmo = vmo;
    pmt->offset = offset;
    pmt->size = size;
    list_node_init(&pmt->node);
    atomic_init(&pmt->pinned, true);
    object_init(&pmt->obj, &pmt_ops, NULL, 0);
    mutex_lock(&bti->lock);
    bool closed = bti->closed;
    mutex_unlock(&bti->lock);
    if (closed) {
        pmt_abandon(&pmt->obj);
        return ZX_ERR_BAD_STATE;
    }
    *out_pmt = &pmt->obj;
    return ZX_OK;
}

paddr_t pmt_address(struct object *obj, uint64_t index)
{
    struct pmt *pmt = pmt_from_object(obj);
    const uint64_t offset = pmt->offset + (index << PAGE_SHIFT);
    paddr_t result = 0;
    if (vmo_is_physical(pmt->vmo))
        return pmt->vmo->paddr + offset;
    zx_status_t status = vmo_lookup(pmt->vmo, offset, &result);
    DEBUG_ASSERT(status == ZX_OK); // pinned pages stay
    (void)status;
    return result;
}
