// SPDX-License-Identifier: MIT
// Radix tree from page index to pointer (interface: lib/radix.h).
//
// Shape: `height` levels of nodes with 64 slots; a slot of the lowest level holds a value, of the
// others a node. With height 0 the root itself is the value of index 0.
// Invariants: X1 an empty tree has height 0 and no root; X2 no node is empty; X3 bit i of `present`
// is set exactly if slot i is not NULL; X4 the root node has a slot other than 0 in use (otherwise a
// lower tree would do), so the height is the least possible.
// Locks: the owner's.

#include <lib/radix.h>

#define SLOT_MASK (RADIX_SLOTS - 1)

static unsigned slot_of(uint64_t index, unsigned shift)
{
    return (unsigned)(index >> shift) & SLOT_MASK;
}

static unsigned height_for(uint64_t index)
{
    unsigned height = 0;
    while (index >> (height * RADIX_BITS))
        height++;
    return height;
}

static void node_put(struct radix_node *node, unsigned slot, void *p)
{
    node->slot[slot] = p;
    node->present |= 1ull << slot;
}

static void node_init(struct radix_node *node)
{
    node->present = 0;
    for (unsigned i = 0; i < RADIX_SLOTS; i++)
        node->slot[i] = NULL;
}

unsigned radix_nodes_missing(const struct radix_tree *t, uint64_t index)
{
    unsigned want = height_for(index);
    if (!t->root)
        return want;
    if (want > t->height)
        return (want - t->height) + (want - 1); // raised over slot 0; by X4 a whole branch is new
    unsigned levels = t->height;
    void *p = t->root;
    while (levels && p) {
        levels--;
        p = ((struct radix_node *)p)->slot[slot_of(index, levels * RADIX_BITS)];
    }
    return levels;
}

// Gets `count` initialised nodes or none.
static bool nodes_alloc(struct radix_node **nodes, unsigned count, const struct radix_ops *ops)
{
    for (unsigned i = 0; i < count; i++) {
        nodes[i] = ops->alloc(ops);
        if (!nodes[i]) {
            while (i)
                ops->free(nodes[--i]);
            return false;
        }
        node_init(nodes[i]);
    }
    return true;
}

// Makes the tree high enough for `index`, taking nodes from `fresh`. Returns the first unused one.
static struct radix_node **raise_tree(struct radix_tree *t, uint64_t index,
                                      struct radix_node **fresh)
{
    if (!t->root) {
        t->height = height_for(index);
        if (t->height)
            t->root = *fresh++;
        return fresh;
    }
    while (index >> (t->height * RADIX_BITS)) {
        struct radix_node *node = *fresh++;
        node_put(node, 0, t->root);
        t->root = node;
        t->height++;
    }
    return fresh;
}

zx_status_t radix_set(struct radix_tree *t, uint64_t index, void *value, void **out_old,
                      const struct radix_ops *ops)
{
    struct radix_node *nodes[2 * RADIX_MAX_HEIGHT];
    struct radix_node **fresh = nodes;
    void *old;

    if (index >= RADIX_INDEX_END)
        return ZX_ERR_OUT_OF_RANGE;
    if (!nodes_alloc(nodes, radix_nodes_missing(t, index), ops))
        return ZX_ERR_NO_MEMORY;

    fresh = raise_tree(t, index, fresh);
    if (t->height == 0) {
        old = t->root;
        t->root = value;
    } else {
        struct radix_node *node = t->root;
        for (unsigned shift = (t->height - 1) * RADIX_BITS; shift; shift -= RADIX_BITS) {
            unsigned slot = slot_of(index, shift);
            if (!node->slot[slot])
                node_put(node, slot, *fresh++);
            node = node->slot[slot];
        }
        old = node->slot[slot_of(index, 0)];
        node_put(node, slot_of(index, 0), value);
    }
    if (!old)
        t->count++;
    if (out_old)
        *out_old = old;
    return ZX_OK;
}

// Takes levels off the top that only lead to slot 0 (X4).
static void lower_tree(struct radix_tree *t, const struct radix_ops *ops)
{
    while (t->height) {
        struct radix_node *node = t->root;
        if (node->present != 1)
            return;
        t->root = node->slot[0];
        t->height--;
        ops->free(node);
    }
}

void *radix_remove(struct radix_tree *t, uint64_t index, const struct radix_ops *ops)
{
    struct radix_node *path[RADIX_MAX_HEIGHT]; // path[l]: the node l levels above the values
    void *p = t->root;

    if (!p || index >> (t->height * RADIX_BITS))
        return NULL;
    for (unsigned level = t->height; level--;) {
        path[level] = p;
        p = path[level]->slot[slot_of(index, level * RADIX_BITS)];
        if (!p)
            return NULL;
    }
    t->count--;
    unsigned level = 0;
    for (; level < t->height; level++) {
        unsigned slot = slot_of(index, level * RADIX_BITS);
        path[level]->slot[slot] = NULL;
        path[level]->present &= ~(1ull << slot);
        if (path[level]->present)
            break;
        ops->free(path[level]);
    }
    if (level == t->height) {
        radix_init(t);
        return p;
    }
    lower_tree(t, ops);
    return p;
}

void *radix_next(const struct radix_tree *t, uint64_t *index, uint64_t end)
{
    uint64_t i = *index;

    while (i < end && t->root && !(i >> (t->height * RADIX_BITS))) {
        void *p = t->root;
        unsigned shift = t->height * RADIX_BITS;
        while (shift) {
            const struct radix_node *node = p;
            shift -= RADIX_BITS;
            unsigned slot = slot_of(i, shift);
            uint64_t later = node->present & (~0ull << slot);
            if (!later) {
                // Nothing from here to the end of this node: go on behind it, from the root.
                shift += RADIX_BITS;
                i = ((i >> shift) + 1) << shift;
                p = NULL;
                break;
            }
            unsigned found = (unsigned)__builtin_ctzll(later);
            if (found != slot) {
                uint64_t below = (1ull << (shift + RADIX_BITS)) - 1;
                i = (i & ~below) | ((uint64_t)found << shift);
            }
            p = node->slot[found];
        }
        if (!p)
            continue;
        if (i >= end)
            return NULL;
        *index = i;
        return p;
    }
    return NULL;
}

void *radix_prev(const struct radix_tree *t, uint64_t start, uint64_t *index)
{
    uint64_t end = MIN(*index, 1ull << (t->height * RADIX_BITS)); // what lies before it is looked for

    while (end > start && t->root) {
        const uint64_t i = end - 1;
        void *p = t->root;
        unsigned shift = t->height * RADIX_BITS;
        uint64_t at = 0;
        while (shift) {
            const struct radix_node *node = p;
            shift -= RADIX_BITS;
            // Below a slot that lies before that of i, anything will do.
            bool edge = at == i >> (shift + RADIX_BITS);
            unsigned slot = edge ? slot_of(i, shift) : SLOT_MASK;
            uint64_t earlier = node->present & (~0ull >> (SLOT_MASK - slot));
            if (!earlier) {
                // Nothing from the start of this node to here: go on before it, from the root.
                end = at << (shift + RADIX_BITS);
                p = NULL;
                break;
            }
            unsigned found = SLOT_MASK - (unsigned)__builtin_clzll(earlier);
            at = at << RADIX_BITS | found;
            p = node->slot[found];
        }
        if (!p)
            continue;
        if (at < start)
            return NULL;
        *index = at;
        return p;
    }
    return NULL;
}

void *radix_remove_next(struct radix_tree *t, uint64_t *index, uint64_t end,
                        const struct radix_ops *ops)
{
    if (!radix_next(t, index, end))
        return NULL;
    return radix_remove(t, *index, ops);
}

size_t radix_node_count(const struct radix_tree *t)
{
    struct radix_node *path[RADIX_MAX_HEIGHT];
    unsigned next[RADIX_MAX_HEIGHT];
    size_t count = 0;

    if (t->height == 0)
        return 0;
    unsigned level = t->height - 1;
    path[level] = t->root;
    next[level] = 0;
    count++;
    for (;;) {
        uint64_t left = next[level] < RADIX_SLOTS ? path[level]->present >> next[level] : 0;
        if (level == 0 || !left) {
            if (++level >= t->height)
                return count;
            continue;
        }
        unsigned slot = next[level] + (unsigned)__builtin_ctzll(left);
        next[level] = slot + 1;
        level--;
        path[level] = path[level + 1]->slot[slot];
        next[level] = 0;
        count++;
    }
}
