// SPDX-License-Identifier: MIT
// An index of objects by koid, for who has many children and is asked for one: each child carries a
// node. Finding, adding and removing are logarithmic. No locks: whatever guards the children does.
#pragma once

#include <lib/rbtree.h>
#include <object/object.h>

struct koid_index {
    struct rb_tree tree;
};

struct koid_node {
    struct rb_node node;
    struct object *object; // borrowed, from being added on
};

ALWAYS_INLINE void koid_index_init(struct koid_index *index)
{
    rb_tree_init(&index->tree);
}

// The object is not in the index.
void koid_index_add(struct koid_index *index, struct koid_node *n, struct object *object);
// n is in the index.
void koid_index_remove(struct koid_index *index, struct koid_node *n);
// Borrowed: it is as alive as what the index is of. NULL if there is none.
struct object *koid_index_find(const struct koid_index *index, zx_koid_t koid);
