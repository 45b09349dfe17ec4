// SPDX-License-Identifier: MIT
// Resources (object/resource.h).
//
//   S1 Every live resource of a ranged kind is on `live`, from before its first handle to its end. An
//      exclusive one there overlaps no other of its kind.
// Locks: live_lock for the list; nothing nests in it.
#include <object/resource.h>

#include <hal/irq.h>
#include <lib/string.h>
#include <mem/slab.h>

LOCK_CLASS(resource_live_class, RANK_HANDLE_TABLE, LOCK_MUTEX);

#define IRQ_FIRST   16u   // below: software-generated
#define IRQ_PRIVATE 32u   // below: every CPU has its own, of every controller
#define SMC_COUNT   0x40u // service numbers

static struct mutex live_lock = MUTEX_INIT(resource_live_class);
static struct list live = LIST_INIT(live); // [live_lock] of struct resource

static SLAB_CACHE(resource_cache, sizeof(struct resource), _Alignof(struct resource));

static void resource_zero_handles(struct object *obj)
{
    (void)obj;
}

static void resource_destroy(struct object *obj)
{
    struct resource *r = resource_from_object(obj);
    if (resource_kind_ranged(r->kind)) {
        mutex_lock(&live_lock);
        list_remove(&r->live_node);
        mutex_unlock(&live_lock);
    }
    slab_free(&resource_cache, r);
}

static zx_koid_t resource_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

static char *resource_name(struct object *obj)
{
    return resource_from_object(obj)->name;
}

const struct object_ops resource_ops = {
    .type = ZX_OBJ_TYPE_RESOURCE,
    .rights = ZX_DEFAULT_RESOURCE_RIGHTS,
    .on_zero_handles = resource_zero_handles,
    .destroy = resource_destroy,
    .related = resource_related,
    .name = resource_name,
};

bool resource_kind_ranged(uint32_t kind)
{
    return kind == ZX_RSRC_KIND_MMIO || kind == ZX_RSRC_KIND_IRQ || kind == ZX_RSRC_KIND_IOPORT ||
           kind == ZX_RSRC_KIND_SMC;
}

// Does the machine have [base, last] of this kind?
static zx_status_t check_space(uint32_t kind, uint64_t base, uint64_t last)
{
    bool inside;
    switch (kind) {
    case ZX_RSRC_KIND_MMIO:
        inside = true; // all but the very last byte, which no range reaches
        break;
    case ZX_RSRC_KIND_IRQ:
        inside = base >= IRQ_FIRST && last <= UINT32_MAX &&
                 (last < IRQ_PRIVATE || hal_irq_valid((unsigned)last));
        break;
    case ZX_RSRC_KIND_SMC: inside = last < SMC_COUNT; break;
    default: return ZX_ERR_BAD_STATE; // ports for input and output: not on this architecture
    }
    return inside ? ZX_OK : ZX_ERR_NOT_FOUND;
}

// S1
static bool conflicts_locked(const struct resource *r) REQUIRES(live_lock)
{
    const uint64_t last = r->base + r->size - 1;
    const struct resource *other;
    list_for_each_entry(other, &live, live_node) {
        if (other->kind == r->kind && other->base <= last &&
            r->base <= other->base + other->size - 1 &&
            ((r->flags | other->flags) & ZX_RSRC_FLAG_EXCLUSIVE))
            return true;
    }
    return false;
}

// Takes the range of a new resource.
static zx_status_t claim_range(struct resource *r)
{
    zx_status_t status = ZX_OK;
    mutex_lock(&live_lock);
    if (conflicts_locked(r))
        status = ZX_ERR_NOT_FOUND;
    else
        list_add_tail(&live, &r->live_node);
    mutex_unlock(&live_lock);
    return status;
}

zx_status_t resource_create(uint32_t kind, uint32_t flags, uint64_t base, uint64_t size,
                            const char *name, struct object **out)
{
    const bool ranged = resource_kind_ranged(kind);
    if (ranged) {
        if (size == 0 || size > UINT64_MAX - base)
            return ZX_ERR_INVALID_ARGS;
        zx_status_t status = check_space(kind, base, base + size - 1);
        if (status != ZX_OK)
            return status;
    }
    struct resource *r = slab_zalloc(&resource_cache);
    if (r == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&r->lock, &object_lock_class);
    r->kind = kind;
    r->flags = flags;
    r->base = base;
    r->size = size;
    strlcpy(r->name, name, sizeof(r->name));
    zx_status_t status = ranged ? claim_range(r) : ZX_OK;
    if (status != ZX_OK) {
        slab_free(&resource_cache, r);
        return status;
    }
    object_init(&r->obj, &resource_ops, &r->lock, 0);
    *out = &r->obj;
    return ZX_OK;
}
