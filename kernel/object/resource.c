// SPDX-License-Identifier: MIT
// Resources (object/resource.h).
//
//   S1 Every live resource of a ranged kind is in live[kind], from before its first handle to its end.
//      An exclusive one there overlaps no other.
//   S2 The tree is ordered by base. `reach` of a node is the largest end of a range in the subtree of
//      which it is the root, `exclusive_reach` that of the exclusive ones (0: there is none).
// Locks: live_lock for the trees; nothing nests in it.
#include <object/resource.h>

#include <hal/irq.h>
#include <lib/string.h>
#include <object/kernel_range.h>
#include <account/account.h>

LOCK_CLASS(resource_live_class, RANK_HANDLE_TABLE, LOCK_MUTEX);

#define IRQ_FIRST   16u   // below: software-generated
#define IRQ_PRIVATE 32u   // below: every CPU has its own, of every controller
#define SMC_COUNT   0x40u // service numbers

static struct mutex live_lock = MUTEX_INIT(resource_live_class);
static struct rb_tree live[ZX_RSRC_KIND_COUNT]; // [live_lock] of struct resource, S2

static ACCOUNT_CACHE(resource_cache, sizeof(struct resource), _Alignof(struct resource));

static void resource_zero_handles(struct object *obj)
{
    (void)obj;
}

// Not above UINT64_MAX: resource_create() has seen to that.
static uint64_t end_of(const struct resource *r)
{
    return r->base + r->size;
}

static uint64_t reach_of(struct rb_node *n, bool exclusive)
{
    const struct resource *r = rb_entry_or_null(n, const struct resource, live_node);
    if (r == NULL)
        return 0;
    return exclusive ? r->exclusive_reach : r->reach;
}

static void augment(struct rb_node *n)
{
    struct resource *r = rb_entry(n, struct resource, live_node);
    r->reach = MAX(end_of(r), MAX(reach_of(n->left, false), reach_of(n->right, false)));
    r->exclusive_reach = MAX(reach_of(n->left, true), reach_of(n->right, true));
    if (r->flags & ZX_RSRC_FLAG_EXCLUSIVE)
        r->exclusive_reach = MAX(r->exclusive_reach, end_of(r));
}

static void resource_destroy(struct object *obj)
{
    struct resource *r = resource_from_object(obj);
    if (resource_kind_ranged(r->kind)) {
        mutex_lock(&live_lock);
        rb_remove(&live[r->kind], &r->live_node, augment);
        mutex_unlock(&live_lock);
    }
    account_free(resource_cache, r);
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
    OBJECT_TYPE(ZX_OBJ_TYPE_RESOURCE),
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
        // All but the very last byte, which no range reaches, and what the kernel has as if exclusively.
        inside = !kernel_range_touches(base, last - base + 1);
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

static bool base_less(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, const struct resource, live_node)->base <
           rb_entry(b, const struct resource, live_node)->base;
}

// S1: any of the resources that `r` may not overlap. If the left subtree reaches as far as r's base and
// has none, what reaches so far begins behind r; so does everything to the right.
static bool conflicts_locked(const struct resource *r) REQUIRES(live_lock)
{
    const bool only_exclusive = !(r->flags & ZX_RSRC_FLAG_EXCLUSIVE);
    struct rb_node *n = live[r->kind].root;
    while (n != NULL) {
        const struct resource *other = rb_entry(n, const struct resource, live_node);
        bool matters = !only_exclusive || (other->flags & ZX_RSRC_FLAG_EXCLUSIVE);
        if (matters && other->base < end_of(r) && r->base < end_of(other))
            return true;
        n = n->left != NULL && reach_of(n->left, only_exclusive) > r->base ? n->left : n->right;
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
        rb_insert(&live[r->kind], &r->live_node, base_less, augment);
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
    struct resource *r = account_zalloc(resource_cache);
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
        account_free(resource_cache, r);
        return status;
    }
    object_init(&r->obj, &resource_ops, &r->lock, 0);
    *out = &r->obj;
    return ZX_OK;
}
