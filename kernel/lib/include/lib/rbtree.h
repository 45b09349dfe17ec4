// SPDX-License-Identifier: MIT
// Intrusive red-black tree. The caller orders nodes through small inline callbacks, which the
// compiler folds into the walk. No locks, no allocation, no recursion.
//
// Augmentation: a tree may keep in every node a value computed from the node and its two children
// (such as the largest gap below it). The owner passes an rb_augment_fn that recomputes ONE node
// from itself and its children's stored values; insertion and removal call it where the shape
// changed and up to the root. After changing a node's own contribution, call rb_augment_path.
// Trees without augmentation pass NULL.
#pragma once

#include <hal/types.h>

struct rb_node {
    uintptr_t parent_color; // parent pointer; bit 0 set = black
    struct rb_node *left;
    struct rb_node *right;
};

struct rb_tree {
    struct rb_node *root;
};

#define RB_TREE_INIT \
    {                \
        .root = NULL \
    }

#define rb_entry(node, type, member) container_of(node, type, member)
// Like rb_entry, but NULL stays NULL.
#define rb_entry_or_null(node, type, member)      \
    ({                                            \
        struct rb_node *rn_ = (node);             \
        rn_ ? rb_entry(rn_, type, member) : NULL; \
    })

// Recomputes the augmented value of one node from the node and its children.
typedef void (*rb_augment_fn)(struct rb_node *node);

ALWAYS_INLINE void rb_tree_init(struct rb_tree *t)
{
    t->root = NULL;
}

ALWAYS_INLINE bool rb_is_empty(const struct rb_tree *t)
{
    return t->root == NULL;
}

ALWAYS_INLINE struct rb_node *rb_parent(const struct rb_node *n)
{
    return (struct rb_node *)(n->parent_color & ~(uintptr_t)1);
}

// True while the node is in a tree, for nodes that were zeroed before their first use.
ALWAYS_INLINE bool rb_node_linked(const struct rb_node *n)
{
    return n->parent_color != 0; // a root is black, everything else has a parent
}

// Smallest and largest node, NULL when empty; successor and predecessor, NULL at the ends.
struct rb_node *rb_first(const struct rb_tree *t);
struct rb_node *rb_last(const struct rb_tree *t);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);

// The general halves of the two below.
void rb_insert_general(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
                       struct rb_node **link, rb_augment_fn augment);
void rb_remove_general(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment);

// Links `n` as the child that `link` (a child slot of `parent`, or &tree->root with parent NULL)
// stands for, then rebalances. `*link` must be NULL. The first node of a plain tree goes in in line.
ALWAYS_INLINE void rb_insert_at(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
                                struct rb_node **link, rb_augment_fn augment)
{
    if (parent != NULL || augment != NULL) {
        rb_insert_general(t, n, parent, link, augment);
        return;
    }
    *n = (struct rb_node){ .parent_color = 1 }; // black, no parent
    t->root = n;
}

// Unlinks `n`, which is in the tree, and zeroes it. The only node of a plain tree goes in line.
ALWAYS_INLINE void rb_remove(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment)
{
    if (augment != NULL || n->parent_color != 1 || n->left != NULL || n->right != NULL) {
        rb_remove_general(t, n, augment);
        return;
    }
    n->parent_color = 0;
    t->root = NULL;
}

// The same two for a tree without augmentation that mostly has one node at most: that case is in line.
// Insertion: the tree is empty.
ALWAYS_INLINE void rb_insert_first(struct rb_tree *t, struct rb_node *n)
{
    n->left = n->right = NULL;
    n->parent_color = 1; // a black root
    t->root = n;
}

ALWAYS_INLINE void rb_remove_mostly_last(struct rb_tree *t, struct rb_node *n)
{
    if (likely(n->parent_color == 1 && n->left == NULL && n->right == NULL)) {
        t->root = NULL;
        n->parent_color = 0;
    } else {
        rb_remove(t, n, NULL);
    }
}

// The same two for a tree without augmentation whose nodes often come and go at its edge: a red leaf,
// which disturbs nothing, is linked and unlinked in line.
ALWAYS_INLINE void rb_insert_leaf(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
                                  struct rb_node **link)
{
    if (unlikely(parent == NULL || (parent->parent_color & 1) == 0)) {
        rb_insert_general(t, n, parent, link, NULL);
        return;
    }
    n->left = n->right = NULL;
    n->parent_color = (uintptr_t)parent; // red
    *link = n;
}

ALWAYS_INLINE void rb_remove_leaf(struct rb_tree *t, struct rb_node *n)
{
    if (unlikely((n->parent_color & 1) != 0 || n->left != NULL || n->right != NULL)) {
        rb_remove_general(t, n, NULL);
        return;
    }
    struct rb_node *parent = (struct rb_node *)n->parent_color; // red: it has one
    if (parent->left == n)
        parent->left = NULL;
    else
        parent->right = NULL;
    n->parent_color = 0;
}

// Puts `fresh` exactly where `old` was (equal in order); `old` is unlinked.
void rb_replace(struct rb_tree *t, struct rb_node *old, struct rb_node *fresh,
                rb_augment_fn augment);

// Recomputes the augmented values from `n` up to the root.
void rb_augment_path(struct rb_node *n, rb_augment_fn augment);

// Checks colours, links and order-free invariants; returns the node count, or SIZE_MAX if the tree
// is broken. For tests and debug dumps; walks the whole tree.
size_t rb_validate(const struct rb_tree *t);

// True if node a sorts before node b.
typedef bool (*rb_less_fn)(const struct rb_node *a, const struct rb_node *b);
// Compares a key with a node: < 0 the key sorts before the node, 0 equal, > 0 after.
typedef int (*rb_cmp_fn)(const void *key, const struct rb_node *n);

// Inserts by order; equal nodes go after those already there.
ALWAYS_INLINE void rb_insert(struct rb_tree *t, struct rb_node *n, rb_less_fn less,
                             rb_augment_fn augment)
{
    struct rb_node *parent = NULL;
    struct rb_node **link = &t->root;
    while (*link) {
        parent = *link;
        link = less(n, parent) ? &parent->left : &parent->right;
    }
    rb_insert_at(t, n, parent, link, augment);
}

// The node equal to the key (the one nearest the root if there are several), or NULL.
ALWAYS_INLINE struct rb_node *rb_find(const struct rb_tree *t, const void *key, rb_cmp_fn cmp)
{
    struct rb_node *n = t->root;
    while (n) {
        int c = cmp(key, n);
        if (c == 0)
            return n;
        n = c < 0 ? n->left : n->right;
    }
    return NULL;
}

// The first node that does not sort before the key (node >= key), or NULL.
ALWAYS_INLINE struct rb_node *rb_lower_bound(const struct rb_tree *t, const void *key,
                                             rb_cmp_fn cmp)
{
    struct rb_node *n = t->root, *best = NULL;
    while (n) {
        if (cmp(key, n) <= 0) {
            best = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return best;
}

// The last node that does not sort after the key (node <= key), or NULL.
ALWAYS_INLINE struct rb_node *rb_floor(const struct rb_tree *t, const void *key, rb_cmp_fn cmp)
{
    struct rb_node *n = t->root, *best = NULL;
    while (n) {
        if (cmp(key, n) >= 0) {
            best = n;
            n = n->right;
        } else {
            n = n->left;
        }
    }
    return best;
}

// In order; the body must not remove nodes (use rb_next before removing instead).
#define rb_for_each(pos, t) for (pos = rb_first(t); pos; pos = rb_next(pos))
