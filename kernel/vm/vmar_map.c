// SPDX-License-Identifier: MIT
// Mapping, unmapping and protecting ranges of a region. Each operation checks everything, allocates
// everything, and then changes things by functions that cannot fail.
//
// Locks: the address space's over the whole operation; references and memory that come free are put on
// a list and let go after it.

#include <vm/vmar.h>

#include <vm/aspace.h>

#include "vm_priv.h"

#define PERM_MASK  (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define BLOCK_SIZE (2ul << 20) // of a large translation, where both sides are aligned

// Rounds len up to pages; 0 if it is 0 or does not fit.
static uint64_t round_len(uint64_t len)
{
    return len > UINT64_MAX - PAGE_MASK ? 0 : ROUND_UP(len, PAGE_SIZE);
}

static bool inside(const struct vmar *r, vaddr_t addr, uint64_t len)
{
    return addr >= r->node.base && addr - r->node.base < r->node.size &&
           len <= r->node.size - (addr - r->node.base);
}

// True if [addr, addr+len) overlaps the vDSO's code mapping.
static bool hits_vdso_code_locked(const struct vm_aspace *as, vaddr_t addr, uint64_t len)
    REQUIRES(as->lock)
{
    const struct vm_mapping *m = as->vdso_code;
    return m != NULL && m->node.base < addr + len && addr < vm_node_end(&m->node);
}

// Clearing [addr, addr+len) needs a spare mapping if the first child n from addr on has the range in
// its middle: true and *out_spare, or false if there is no memory.
static bool get_spare(const struct vm_node *n, vaddr_t addr, uint64_t len,
                      struct vm_mapping **out_spare)
{
    if (n == NULL || n->is_region || n->base >= addr || vm_node_end(n) <= addr + len)
        return true;
    *out_spare = mapping_alloc();
    return *out_spare != NULL;
}

// Empties [addr, addr+len), whose first child is n, from below, while there is room: mappings are removed, cut or
// split (then `*spare` is used and nulled), regions, which lie fully inside, destroyed. Returns where the rest
// begins.
static vaddr_t clear_range(struct vm_node *n, vaddr_t addr, uint64_t len, struct vm_mapping **spare,
                           struct list *dead, size_t *room)
{
    const vaddr_t end = addr + len;
    struct vm_node *next;

    for (; n != NULL && n->base < end; n = next) {
        next = vm_node_end(n) < end ? region_next(n) : NULL;
        vaddr_t lo = MAX(addr, n->base), hi = MIN(end, vm_node_end(n));
        if (*room == 0)
            return lo;
        if (n->is_region) {
            struct vmar *sub = vm_node_region(n);
            mutex_assert_held(&sub->as->lock);
            if (!region_destroy_some_locked(sub, dead, room))
                return lo;
            continue;
        }
        struct vm_mapping *m = vm_node_mapping(n);
        mutex_assert_held(&m->as->lock);
        vaddr_t reach = mapping_remove_some_locked(m, lo, hi, spare, dead, room);
        if (reach < hi)
            return reach;
    }
    return end;
}

// One hold of it; returns where the rest of [at, end) begins.
static vaddr_t shed_piece_locked(struct vmar *r, vaddr_t at, vaddr_t end) REQUIRES(r->as->lock)
{
    struct vm_node *n = region_child_from_locked(r, at);
    size_t room = UNMAP_PIECE;

    for (; n != NULL && n->base < end; n = region_next(n)) {
        const vaddr_t lo = MAX(at, n->base), hi = MIN(end, vm_node_end(n));
        if (room < MAPPING_WORK)
            return lo;
        room -= MAPPING_WORK;
        if (n->is_region)
            continue;
        struct vm_mapping *m = vm_node_mapping(n);
        mutex_assert_held(&m->as->lock);
        if (m->vmo->flags & VMO_RUN)
            continue; // M4; mostly blocks, of which there are few
        const vaddr_t reach = mapping_drop_some_locked(m, lo, hi, &room);
        if (reach < hi)
            return reach;
    }
    return end;
}

// Before mappings in a large range [addr, addr+len) change, which has to be at once: takes their translations away,
// piece by piece, so that few are left for that. What somebody uses comes back by faults; nothing else is to be seen.
static void shed_translations(struct vmar *r, vaddr_t addr, uint64_t len)
{
    vaddr_t at = addr;

    if (likely(len >> PAGE_SHIFT <= UNMAP_PIECE))
        return;
    do {
        mutex_lock(&r->as->lock);
        at = r->alive && inside(r, addr, len) ? shed_piece_locked(r, at, addr + len) : addr + len;
        mutex_unlock(&r->as->lock);
    } while (at != addr + len);
}

// ---- map -----------------------------------------------------------------------------------------

// OVERWRITE: may what is in the range go?
static zx_status_t check_overwrite_locked(struct vmar *r, vaddr_t addr, uint64_t len)
    REQUIRES(r->as->lock)
{
    if (hits_vdso_code_locked(r->as, addr, len))
        return ZX_ERR_ACCESS_DENIED;
    for (struct vm_node *n = region_child_from_locked(r, addr); n != NULL && n->base < addr + len;
         n = region_next(n)) {
        if (n->is_region)
            return ZX_ERR_INVALID_ARGS;
    }
    return ZX_OK;
}

static bool is_vdso_code(const struct vmo *v, uint32_t options)
{
    return (v->flags & VMO_VDSO) != 0 && (options & ZX_VM_PERM_EXECUTE) != 0;
}

// All checks of vmar_map from BAD_STATE on; *out_base receives the place.
static zx_status_t place_mapping_locked(struct vmar *r, uint32_t options, uint64_t vmar_offset,
                                        const struct vmo *vmo, uint64_t vmo_offset, uint64_t size,
                                        vaddr_t *out_base) REQUIRES(r->as->lock)
{
    const bool specific = (options & (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)) != 0;
    zx_status_t status = ZX_OK;

    mutex_assert_held(&r->as->lock);
    if (!r->alive)
        return ZX_ERR_BAD_STATE;
    if (size == 0)
        return ZX_ERR_INVALID_ARGS;
    if (!specific && vmar_offset != 0)
        return ZX_ERR_INVALID_ARGS;
    if (specific && (r->options & ZX_VM_CAN_MAP_SPECIFIC) == 0)
        return ZX_ERR_ACCESS_DENIED;
    if (vmar_offset >= r->node.size || size > r->node.size - vmar_offset)
        return ZX_ERR_INVALID_ARGS;
    if (vmar_offset & PAGE_MASK)
        return ZX_ERR_INVALID_ARGS;

    *out_base = r->node.base + vmar_offset;
    if (options & ZX_VM_SPECIFIC_OVERWRITE) {
        status = check_overwrite_locked(r, *out_base, size);
    } else if (specific) {
        status = region_occupied_locked(r, *out_base, size) ? ZX_ERR_NO_MEMORY : ZX_OK;
    } else {
        // A large run of memory is placed so that blocks can translate it.
        bool blocks = (vmo->flags & VMO_RUN) != 0 && size >= BLOCK_SIZE;
        size_t phase = blocks ? (vmo->paddr + vmo_offset) & (BLOCK_SIZE - 1) : 0;
        if (!region_place_locked(r, size, blocks ? BLOCK_SIZE : PAGE_SIZE, phase, out_base))
            status = ZX_ERR_NO_MEMORY;
    }
    if (status != ZX_OK)
        return status;
    // A5: nor may it come into a region that is being taken apart from further up.
    for (const struct vmar *up = r; is_vdso_code(vmo, options) && up != NULL; up = up->node.parent) {
        if (!up->alive)
            return ZX_ERR_BAD_STATE;
    }
    if (is_vdso_code(vmo, options) &&
        (r->as->vdso_code != NULL || vmo_offset != vmo->vdso_code_offset ||
         size != vmo->vdso_code_size))
        return ZX_ERR_ACCESS_DENIED;
    return ZX_OK;
}

// MAP_RANGE, piece by piece. The mapping stands already, and may have gone again meanwhile. What a pager has to
// give is waited for first; what does not come is left to faults.
static void map_range(struct vm_aspace *as, vaddr_t base, struct vmo *vmo, uint64_t offset,
                      uint64_t size)
{
    vaddr_t va = base;

    if (unlikely(vmo_has_pager(vmo)))
        (void)!vmo_page_in_range(vmo, offset, size);
    while (va < base + size) {
        mutex_lock(&as->lock);
        struct vm_mapping *m = vm_find_mapping_locked(as, va);
        if (m != NULL && m->vmo == vmo) {
            mutex_assert_held(&m->as->lock);
            va = mapping_populate_locked(m, va);
        } else {
            va = base + size;
        }
        mutex_unlock(&as->lock);
    }
}

zx_status_t vmar_map(struct vmar *r, uint32_t options, uint64_t vmar_offset, struct vmo *vmo,
                     uint64_t vmo_offset, uint64_t len, unsigned ceiling, vaddr_t *out_base)
{
    struct vm_mapping *m = NULL, *spare = NULL;
    const uint64_t size = round_len(len);
    size_t room = SIZE_MAX; // one mapping takes the place of others at once
    vaddr_t base = 0;
    struct list dead;

    if ((vmo_offset & PAGE_MASK) || size > UINT64_MAX - vmo_offset)
        return ZX_ERR_INVALID_ARGS;
    if (unlikely(options & ZX_VM_SPECIFIC_OVERWRITE))
        shed_translations(r, r->node.base + vmar_offset, size);
    list_init(&dead);
    mutex_lock(&r->as->lock);
    zx_status_t status =
        place_mapping_locked(r, options, vmar_offset, vmo, vmo_offset, size, &base);
    if (status != ZX_OK)
        goto out;

    status = ZX_ERR_NO_MEMORY;
    m = mapping_alloc();
    if (m == NULL)
        goto out;
    if (options & ZX_VM_SPECIFIC_OVERWRITE) {
        struct vm_node *first = region_child_from_locked(r, base);
        if (!get_spare(first, base, size, &spare))
            goto out;
        (void)clear_range(first, base, size, &spare, &dead, &room);
    }
    m->node.base = base;
    m->node.size = size;
    m->vmo = vmo;
    m->vmo_offset = vmo_offset;
    m->prot = vm_prot_of_options(options);
    m->ceiling = (ceiling | m->prot) & PERM_MASK;
    mapping_insert_locked(r, m);
    if (is_vdso_code(vmo, options)) {
        r->as->vdso_code = m;
        atomic_store_explicit(&r->as->vdso_base, base, memory_order_relaxed);
    }
    m = NULL;
    *out_base = base;
    status = ZX_OK;
out:
    mutex_unlock(&r->as->lock);
    DEBUG_ASSERT(spare == NULL);
    if (unlikely(m != NULL))
        mapping_free(m);
    if (unlikely(!list_is_empty(&dead)))
        vm_dead_free(&dead);
    if (unlikely(status == ZX_OK && (options & ZX_VM_MAP_RANGE)))
        map_range(r->as, base, vmo, vmo_offset, size);
    return status;
}

// ---- unmap ---------------------------------------------------------------------------------------

// Is [addr, addr+len) in r, and may it be unmapped? *out_first: its first child.
static zx_status_t check_unmap_locked(struct vmar *r, vaddr_t addr, uint64_t len,
                                      struct vm_node **out_first) REQUIRES(r->as->lock)
{
    if (!r->alive)
        return ZX_ERR_BAD_STATE;
    if (!inside(r, addr, len))
        return ZX_ERR_INVALID_ARGS;
    if (hits_vdso_code_locked(r->as, addr, len))
        return ZX_ERR_ACCESS_DENIED;
    // Only the lowest and the highest child in the range can stick out of it.
    struct vm_node *low = region_child_from_locked(r, addr);
    *out_first = low;
    if (low == NULL || low->base >= addr + len)
        return ZX_OK;
    if (low->is_region && (low->base < addr || vm_node_end(low) > addr + len))
        return ZX_ERR_INVALID_ARGS;
    if (vm_node_end(low) >= addr + len)
        return ZX_OK;
    struct vm_node *high = region_child_from_locked(r, addr + len - 1);
    if (high != NULL && high->is_region && high->base < addr + len &&
        vm_node_end(high) > addr + len)
        return ZX_ERR_INVALID_ARGS;
    return ZX_OK;
}

// The usual case: the range is that of one mapping, with few translations.
static bool is_one_mapping(const struct vm_node *n, vaddr_t addr, uint64_t len)
{
    return n != NULL && n->base == addr && n->size == len && !n->is_region && len <= BLOCK_SIZE;
}

// Whether [at, end) takes so much off the upper end of n that the piece may stop before that: then what it has not
// come to is a mapping of its own until the next piece.
static bool may_stop_in_tail(const struct vm_node *n, vaddr_t at, vaddr_t end)
{
    return n != NULL && !n->is_region && n->base < at && MIN(vm_node_end(n), end) - at > BLOCK_SIZE;
}

// One piece of an unmap of [*at, end), under one hold of the lock; *at is where the rest begins.
static zx_status_t unmap_piece_locked(struct vmar *r, vaddr_t *at, vaddr_t end, struct list *dead)
    REQUIRES(r->as->lock)
{
    const uint64_t rest = end - *at;
    struct vm_mapping *spare = NULL;
    struct vm_node *first = NULL;
    size_t room = UNMAP_PIECE;

    mutex_assert_held(&r->as->lock);
    zx_status_t status = check_unmap_locked(r, *at, rest, &first);
    if (unlikely(status != ZX_OK))
        return status;
    if (likely(is_one_mapping(first, *at, rest))) {
        struct vm_mapping *m = vm_node_mapping(first);
        mutex_assert_held(&m->as->lock);
        mapping_remove_locked(m, dead);
        *at = end;
        return ZX_OK;
    }
    if (!get_spare(first, *at, rest, &spare))
        return ZX_ERR_NO_MEMORY;
    if (spare == NULL && may_stop_in_tail(first, *at, end)) {
        spare = mapping_alloc();
        if (spare == NULL)
            room = SIZE_MAX; // then all at once
    }
    *at = clear_range(first, *at, rest, &spare, dead, &room);
    mapping_free(spare);
    return ZX_OK;
}

zx_status_t vmar_unmap(struct vmar *r, vaddr_t addr, uint64_t len)
{
    const uint64_t size = round_len(len);
    vaddr_t at = addr;
    zx_status_t status;

    if ((addr & PAGE_MASK) || size == 0)
        return ZX_ERR_INVALID_ARGS;
    do {
        struct list dead;
        list_init(&dead);
        mutex_lock(&r->as->lock);
        status = unmap_piece_locked(r, &at, addr + size, &dead);
        mutex_unlock(&r->as->lock);
        vm_dead_free(&dead);
    } while (status == ZX_OK && at != addr + size);
    return status;
}

// ---- protect -------------------------------------------------------------------------------------

// May this child, whose turn it is at `pos`, get the protection?
static zx_status_t check_protect_child(const struct vm_aspace *as, struct vm_node *n, vaddr_t pos,
                                       unsigned prot)
{
    if (n->is_region)
        return ZX_ERR_INVALID_ARGS;
    if (n->base > pos)
        return ZX_ERR_NOT_FOUND;
    struct vm_mapping *m = vm_node_mapping(n);
    if ((prot & ~m->ceiling) || m == as->vdso_code)
        return ZX_ERR_ACCESS_DENIED;
    // Code of the vDSO comes to be mapped by vmar_map alone (spec 23 section 13).
    if ((prot & HAL_PROT_EXEC) && (m->vmo->flags & VMO_VDSO))
        return ZX_ERR_ACCESS_DENIED;
    return ZX_OK;
}

// Scans [addr, end) upward. *out_first: the first mapping in it; *out_splits: how many mappings stick
// out of it and must be split.
static zx_status_t check_protect_locked(struct vmar *r, vaddr_t addr, uint64_t len, unsigned prot,
                                        struct vm_node **out_first, unsigned *out_splits)
    REQUIRES(r->as->lock)
{
    const vaddr_t end = addr + len;
    vaddr_t pos = addr;

    if (!r->alive)
        return ZX_ERR_BAD_STATE;
    if (!inside(r, addr, len))
        return ZX_ERR_INVALID_ARGS;
    struct vm_node *n = region_child_from_locked(r, addr);
    if (n == NULL || n->base > addr)
        return ZX_ERR_NOT_FOUND;
    *out_first = n;
    *out_splits = n->base < addr;
    for (; n != NULL && n->base < end; n = region_next(n)) {
        zx_status_t status = check_protect_child(r->as, n, pos, prot);
        if (status != ZX_OK)
            return status;
        pos = vm_node_end(n);
        if (pos > end)
            (*out_splits)++;
    }
    return pos >= end ? ZX_OK : ZX_ERR_NOT_FOUND;
}

// Protects [addr, end), which mappings from `first` on cover; takes from spare[] what splits need.
static void protect_range_locked(struct vm_node *first, vaddr_t addr, vaddr_t end, unsigned prot,
                                 struct vm_mapping *spare[2])
{
    unsigned used = 0;
    struct vm_node *n = first;

    if (n->base < addr) {
        struct vm_mapping *lower = vm_node_mapping(n);
        mutex_assert_held(&lower->as->lock);
        mapping_split_locked(lower, addr, spare[used]);
        n = &spare[used]->node;
        spare[used++] = NULL;
    }
    for (; n != NULL && n->base < end; n = region_next(n)) {
        struct vm_mapping *m = vm_node_mapping(n);
        mutex_assert_held(&m->as->lock);
        if (vm_node_end(n) > end) {
            mapping_split_locked(m, end, spare[used]);
            spare[used++] = NULL;
        }
        mapping_set_prot_locked(m, prot);
    }
}

zx_status_t vmar_protect(struct vmar *r, uint32_t options, vaddr_t addr, uint64_t len)
{
    struct vm_mapping *spare[2] = {NULL, NULL};
    struct vm_node *first = NULL;
    const unsigned prot = vm_prot_of_options(options);
    const uint64_t size = round_len(len);
    unsigned splits = 0;

    if ((prot & (HAL_PROT_WRITE | HAL_PROT_EXEC)) && !(prot & HAL_PROT_READ))
        return ZX_ERR_INVALID_ARGS;
    if ((addr & PAGE_MASK) || (options & ~PERM_MASK) || size == 0)
        return ZX_ERR_INVALID_ARGS;
    shed_translations(r, addr, size);
    mutex_lock(&r->as->lock);
    zx_status_t status = check_protect_locked(r, addr, size, prot, &first, &splits);
    for (unsigned i = 0; status == ZX_OK && i < splits; i++) {
        spare[i] = mapping_alloc();
        if (spare[i] == NULL)
            status = ZX_ERR_NO_MEMORY;
    }
    if (status == ZX_OK)
        protect_range_locked(first, addr, addr + size, prot, spare);
    mutex_unlock(&r->as->lock);
    mapping_free(spare[0]);
    mapping_free(spare[1]);
    return status;
}
