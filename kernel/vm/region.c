// SPDX-License-Identifier: MIT
// The children of a region: a balanced tree of intervals by base, and placement in its gaps.
//
// Each node keeps, for the rb subtree below it, the lowest base, the highest end and the largest gap
// between neighbours (all three follow from the node and its two children, so that a change
// updates one path). Look-up, insertion and the search for a gap are logarithmic.
//
// Locks: the address space's, held by every caller.
// Invariants: R4 (vm/vmar.h); the gap before the first and after the last child is not in any
// subtree_gap and is looked at apart.

#include <vm/vmar.h>

#include <lib/rbtree.h>

#include "vm_priv.h"

#define COMPACT_GAP_PAGES 128u // most pages left free between children of a COMPACT region

static void node_augment(struct rb_node *rb)
{
    struct vm_node *n = vm_node_of(rb);
    struct vm_node *left = vm_node_or_null(rb->left);
    struct vm_node *right = vm_node_or_null(rb->right);
    vaddr_t first = n->base, end = vm_node_end(n);
    size_t gap = 0;

    if (left != NULL) {
        first = left->subtree_first;
        gap = MAX(left->subtree_gap, n->base - left->subtree_end);
    }
    if (right != NULL) {
        gap = MAX(gap, MAX(right->subtree_gap, right->subtree_first - end));
        end = right->subtree_end;
    }
    n->subtree_first = first;
    n->subtree_end = end;
    n->subtree_gap = gap;
}

static bool node_less(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, const struct vm_node, rb)->base <
           rb_entry(b, const struct vm_node, rb)->base;
}

void region_insert_locked(struct vmar *r, struct vm_node *n)
{
    mutex_assert_held(&r->as->lock);
    DEBUG_ASSERT(n->size > 0 && !region_occupied_locked(r, n->base, n->size));
    DEBUG_ASSERT(n->base >= r->node.base && n->size <= r->node.size &&
                 n->base - r->node.base <= r->node.size - n->size);
    n->parent = r;
    rb_insert(&r->children, &n->rb, node_less, node_augment);
}

void region_remove_locked(struct vmar *r, struct vm_node *n)
{
    mutex_assert_held(&r->as->lock);
    DEBUG_ASSERT(n->parent == r);
    rb_remove(&r->children, &n->rb, node_augment);
    n->parent = NULL;
}

void region_resized_locked(struct vm_node *n)
{
    rb_augment_path(&n->rb, node_augment);
}

struct vm_node *region_child_from_locked(const struct vmar *r, vaddr_t addr)
{
    struct vm_node *n = vm_node_or_null(r->children.root), *best = NULL;

    while (n != NULL) {
        if (vm_node_end(n) > addr) {
            best = n;
            n = vm_node_or_null(n->rb.left);
        } else {
            n = vm_node_or_null(n->rb.right);
        }
    }
    return best;
}

bool region_occupied_locked(const struct vmar *r, vaddr_t base, size_t size)
{
    struct vm_node *n = region_child_from_locked(r, base);
    return n != NULL && n->base < base + size;
}

// The subtree of n has a gap of `size` between two of its nodes: where the lowest such gap begins.
static vaddr_t lowest_gap_within(struct vm_node *n, size_t size)
{
    for (;;) {
        struct vm_node *left = vm_node_or_null(n->rb.left);
        struct vm_node *right = vm_node_or_null(n->rb.right);
        DEBUG_ASSERT(n->subtree_gap >= size);
        if (left != NULL && left->subtree_gap >= size) {
            n = left;
            continue;
        }
        if (left != NULL && n->base - left->subtree_end >= size)
            return left->subtree_end;
        DEBUG_ASSERT(right != NULL);
        if (right->subtree_first - vm_node_end(n) >= size)
            return vm_node_end(n);
        n = right;
    }
}

// The lowest gap of `size` between n and any later child: true and where it begins.
static bool lowest_gap_after(struct vm_node *n, size_t size, vaddr_t *out)
{
    for (;;) {
        struct vm_node *right = vm_node_or_null(n->rb.right);
        if (right != NULL) {
            if (right->subtree_first - vm_node_end(n) >= size) {
                *out = vm_node_end(n);
                return true;
            }
            if (right->subtree_gap >= size) {
                *out = lowest_gap_within(right, size);
                return true;
            }
        }
        // Everything below n is done: on to the next node, which is an ancestor.
        vaddr_t end = right != NULL ? right->subtree_end : vm_node_end(n);
        struct rb_node *child = &n->rb, *up = rb_parent(child);
        while (up != NULL && up->right == child) {
            child = up;
            up = rb_parent(child);
        }
        if (up == NULL)
            return false;
        n = vm_node_of(up);
        if (n->base - end >= size) {
            *out = end;
            return true;
        }
    }
}

bool region_find_gap_locked(const struct vmar *r, size_t size, vaddr_t min, vaddr_t *out)
{
    const vaddr_t region_end = vm_node_end(&r->node);
    vaddr_t gap_start;

    mutex_assert_held(&r->as->lock);
    min = MAX(min, r->node.base);
    if (size > region_end - r->node.base || min > region_end - size)
        return false;
    // Wanted: the lowest gap [start, end) with end - max(start, min) >= size. The gaps that end at
    // min + size or above begin with the one before the lowest child whose base is there.
    struct vm_node *n = vm_node_or_null(r->children.root), *edge = NULL;
    while (n != NULL) {
        if (n->base >= min + size) {
            edge = n;
            n = vm_node_or_null(n->rb.left);
        } else {
            n = vm_node_or_null(n->rb.right);
        }
    }
    if (edge != NULL) {
        struct vm_node *before = vm_node_or_null(rb_prev(&edge->rb));
        gap_start = before != NULL ? vm_node_end(before) : r->node.base;
        if (edge->base - gap_start >= size) {
            *out = MAX(gap_start, min);
            return true;
        }
        if (lowest_gap_after(edge, size, out))
            return true;
    }
    // The gap behind the last child.
    struct vm_node *last = vm_node_or_null(rb_last(&r->children));
    gap_start = MAX(last != NULL ? vm_node_end(last) : r->node.base, min);
    if (region_end - gap_start < size)
        return false;
    *out = gap_start;
    return true;
}

// A random page-aligned address in [lo, lo + room], room a page multiple.
static vaddr_t random_within(const struct vmar *r, vaddr_t lo, size_t room)
{
    uint64_t slots = (room >> PAGE_SHIFT) + 1;
    return lo + ((r->as->random() % slots) << PAGE_SHIFT);
}

// Any place, uniformly where the region is empty: a random address if it is free there, else a
// random place in the next gap that is large enough, going round once.
static bool place_random(const struct vmar *r, size_t size, vaddr_t *out) REQUIRES(r->as->lock)
{
    vaddr_t wanted = random_within(r, r->node.base, r->node.size - size), at;

    if (!region_find_gap_locked(r, size, wanted, &at) &&
        !region_find_gap_locked(r, size, r->node.base, &at))
        return false;
    if (at != wanted) {
        struct vm_node *next = region_child_from_locked(r, at);
        vaddr_t gap_end = next != NULL ? next->base : vm_node_end(&r->node);
        at = random_within(r, at, gap_end - at - size);
    }
    *out = at;
    return true;
}

// Close to the children there are: before the first or behind the last.
static bool place_compact(const struct vmar *r, size_t size, vaddr_t *out) REQUIRES(r->as->lock)
{
    struct vm_node *first = vm_node_or_null(rb_first(&r->children));
    struct vm_node *last = vm_node_or_null(rb_last(&r->children));
    if (first == NULL)
        return place_random(r, size, out);

    uint64_t random = r->as->random();
    size_t gap = ((random % COMPACT_GAP_PAGES) + 1) << PAGE_SHIFT;
    size_t below = first->base - r->node.base;
    size_t above = vm_node_end(&r->node) - vm_node_end(last);
    bool fits_below = below >= size, fits_above = above >= size;
    bool take_below = fits_below && (!fits_above || (random >> 63) != 0);

    if (take_below) {
        *out = first->base - size - MIN(gap, below - size);
        return true;
    }
    if (fits_above) {
        *out = vm_node_end(last) + MIN(gap, above - size);
        return true;
    }
    return region_find_gap_locked(r, size, r->node.base, out);
}

static bool place(const struct vmar *r, size_t size, vaddr_t *out) REQUIRES(r->as->lock)
{
    if (r->as->random == NULL)
        return region_find_gap_locked(r, size, r->node.base, out);
    if (r->options & ZX_VM_COMPACT)
        return place_compact(r, size, out);
    return place_random(r, size, out);
}

bool region_place_locked(const struct vmar *r, size_t size, size_t align, size_t phase,
                         vaddr_t *out)
{
    mutex_assert_held(&r->as->lock);
    DEBUG_ASSERT(size > 0 && size <= r->node.size);
    // Room for the worst misfit, then moved up to the wanted phase.
    size_t slack = align - PAGE_SIZE;
    if (slack > 0 && slack <= r->node.size - size && place(r, size + slack, out)) {
        *out += (phase - *out) & (align - 1);
        return true;
    }
    return place(r, size, out);
}
