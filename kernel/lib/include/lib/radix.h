// SPDX-License-Identifier: MIT
// Radix tree: u64 index (below 2^52) -> non-NULL pointer, sparse, 64 entries a node. Index 0 alone
// needs no node at all. Made for the pages of a VMO. No locks: the owner protects it. No recursion;
// the stack use is bounded by RADIX_MAX_HEIGHT.
#pragma once

#include <hal/types.h>

#define RADIX_BITS       6u
#define RADIX_SLOTS      (1u << RADIX_BITS)
#define RADIX_INDEX_BITS 52u
#define RADIX_MAX_HEIGHT ((RADIX_INDEX_BITS + RADIX_BITS - 1) / RADIX_BITS)
#define RADIX_INDEX_END  (1ull << RADIX_INDEX_BITS) // first index that cannot be stored

struct radix_node {
    uint64_t present; // bit i set: slot[i] is not NULL
    void *slot[RADIX_SLOTS];
};

// Where nodes come from. alloc, which gets the ops it is one of, returns uninitialised memory for a struct
// radix_node, or NULL.
struct radix_ops {
    struct radix_node *(*alloc)(const struct radix_ops *ops);
    void (*free)(struct radix_node *node);
};

struct radix_tree {
    void *root;      // height 0: the value of index 0; else a struct radix_node
    uint32_t height; // levels of nodes
    uint64_t count;  // values stored
};

#define RADIX_TREE_INIT                       \
    {                                         \
        .root = NULL, .height = 0, .count = 0 \
    }

ALWAYS_INLINE void radix_init(struct radix_tree *t)
{
    t->root = NULL;
    t->height = 0;
    t->count = 0;
}

ALWAYS_INLINE bool radix_is_empty(const struct radix_tree *t)
{
    return t->count == 0;
}

// The value at `index`, NULL if there is none.
ALWAYS_INLINE void *radix_get(const struct radix_tree *t, uint64_t index)
{
    uint32_t shift = t->height * RADIX_BITS;
    if (unlikely(index >> shift))
        return NULL;
    void *p = t->root;
    while (shift && p) {
        shift -= RADIX_BITS;
        p = ((struct radix_node *)p)->slot[(index >> shift) & (RADIX_SLOTS - 1)];
    }
    return p;
}

// The lowest-level node that has the slot of `index` (slot[index % RADIX_SLOTS]); NULL if there is
// none, or the tree is so low that its root is the value of index 0.
ALWAYS_INLINE struct radix_node *radix_leaf(const struct radix_tree *t, uint64_t index)
{
    uint32_t shift = t->height * RADIX_BITS;
    if (unlikely(shift == 0 || index >> shift))
        return NULL;
    struct radix_node *node = (struct radix_node *)t->root;
    while ((shift -= RADIX_BITS) != 0 && node)
        node = (struct radix_node *)node->slot[(index >> shift) & (RADIX_SLOTS - 1)];
    return node;
}

// Stores a non-NULL value in an empty slot of a leaf; cannot fail.
ALWAYS_INLINE void radix_leaf_put(struct radix_tree *t, struct radix_node *leaf, uint64_t index,
                                  void *value)
{
    leaf->slot[index & (RADIX_SLOTS - 1)] = value;
    leaf->present |= 1ull << (index & (RADIX_SLOTS - 1));
    t->count++;
}

// Stores a non-NULL value. If one was there it is replaced and given out through *out_old, else
// *out_old is NULL (out_old may be NULL when the caller knows the slot is empty).
// ZX_ERR_NO_MEMORY: nothing changed. ZX_ERR_OUT_OF_RANGE: index >= RADIX_INDEX_END.
zx_status_t radix_set(struct radix_tree *t, uint64_t index, void *value, void **out_old,
                      const struct radix_ops *ops) MUST_CHECK;

// How many nodes storing at `index` takes: those that raise the tree, and those below the deepest node
// that is there already.
unsigned radix_nodes_missing(const struct radix_tree *t, uint64_t index);

// Removes and returns the value at `index` (NULL if none); nodes that become empty are freed.
void *radix_remove(struct radix_tree *t, uint64_t index, const struct radix_ops *ops);

// The last value at an index in [start, *index), or NULL. On success *index receives its index.
// Cost: the height of the tree, whatever the size of the gap.
void *radix_prev(const struct radix_tree *t, uint64_t start, uint64_t *index);

// The first value at an index in [*index, end), or NULL. On success *index receives its index.
// Cost: the height of the tree, whatever the size of the gap.
void *radix_next(const struct radix_tree *t, uint64_t *index, uint64_t end);

// Removes and returns the first value in [*index, end); *index receives its index. NULL: none left.
void *radix_remove_next(struct radix_tree *t, uint64_t *index, uint64_t end,
                        const struct radix_ops *ops);

// Number of nodes in use, by walking; for accounting and tests.
size_t radix_node_count(const struct radix_tree *t);

// Visits values in [start, end) in rising order; `index` (a uint64_t variable) is the index of
// `value`. The body may replace or remove the current value.
#define radix_for_each(t, index, value, start, end) \
    for (index = (start); (value = radix_next((t), &(index), (end))) != NULL; index++)
