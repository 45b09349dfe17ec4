// SPDX-License-Identifier: MIT
// Indexes by koid (object/koid_index.h).
#include <object/koid_index.h>

static zx_koid_t koid_of(const struct rb_node *n)
{
    return rb_entry(n, const struct koid_node, node)->object->koid;
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
    return koid_of(a) < koid_of(b);
}

static int compare(const void *key, const struct rb_node *n)
{
    zx_koid_t koid = *(const zx_koid_t *)key, other = koid_of(n);
    return koid < other ? -1 : koid > other;
}

void koid_index_add(struct koid_index *index, struct koid_node *n, struct object *object)
{
    n->object = object;
    if (likely(rb_is_empty(&index->tree)))
        rb_insert_first(&index->tree, &n->node);
    else
        rb_insert(&index->tree, &n->node, less, NULL);
}

void koid_index_remove(struct koid_index *index, struct koid_node *n)
{
    rb_remove_mostly_last(&index->tree, &n->node);
}

struct object *koid_index_find(const struct koid_index *index, zx_koid_t koid)
{
    struct rb_node *n = rb_find(&index->tree, &koid, compare);
    return n != NULL ? rb_entry(n, struct koid_node, node)->object : NULL;
}
