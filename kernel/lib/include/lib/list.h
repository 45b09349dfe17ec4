// SPDX-License-Identifier: MIT
// Intrusive doubly linked list. A node that is in no list has next == NULL, so zeroed memory is an
// unlinked node. No locks: the owner of the list protects it.
#pragma once

#include <hal/types.h>

struct list_node {
    struct list_node *next; // NULL when in no list
    struct list_node *prev;
};

// A list; the head is a ring member that carries no entry.
struct list {
    struct list_node head;
};

#define LIST_INIT(name)                                       \
    {                                                         \
        .head = {.next = &(name).head, .prev = &(name).head } \
    }

#define list_entry(node, type, member) container_of(node, type, member)

ALWAYS_INLINE void list_init(struct list *l)
{
    l->head.next = &l->head;
    l->head.prev = &l->head;
}

ALWAYS_INLINE void list_node_init(struct list_node *n)
{
    n->next = NULL;
    n->prev = NULL;
}

ALWAYS_INLINE bool list_is_empty(const struct list *l)
{
    return l->head.next == &l->head;
}

// True while the node is in some list.
ALWAYS_INLINE bool list_node_linked(const struct list_node *n)
{
    return n->next != NULL;
}

// Puts `n` right after `pos`, which is in a list (or is its head).
ALWAYS_INLINE void list_insert_after(struct list_node *pos, struct list_node *n)
{
    n->prev = pos;
    n->next = pos->next;
    pos->next->prev = n;
    pos->next = n;
}

// Puts `n` right before `pos`.
ALWAYS_INLINE void list_insert_before(struct list_node *pos, struct list_node *n)
{
    list_insert_after(pos->prev, n);
}

ALWAYS_INLINE void list_add_head(struct list *l, struct list_node *n)
{
    list_insert_after(&l->head, n);
}

ALWAYS_INLINE void list_add_tail(struct list *l, struct list_node *n)
{
    list_insert_after(l->head.prev, n);
}

// Takes a linked node out of its list and leaves it unlinked.
ALWAYS_INLINE void list_remove(struct list_node *n)
{
    struct list_node *prev = n->prev, *next = n->next; // read once: the compiler takes prev for n, maybe
    prev->next = next;
    next->prev = prev;
    n->next = NULL;
    n->prev = NULL;
}

// Like list_remove, but does nothing for an unlinked node. Returns whether it was linked.
ALWAYS_INLINE bool list_remove_if_linked(struct list_node *n)
{
    if (!list_node_linked(n))
        return false;
    list_remove(n);
    return true;
}

// First or last node, NULL when the list is empty.
ALWAYS_INLINE struct list_node *list_peek_head(const struct list *l)
{
    return list_is_empty(l) ? NULL : l->head.next;
}

ALWAYS_INLINE struct list_node *list_peek_tail(const struct list *l)
{
    return list_is_empty(l) ? NULL : l->head.prev;
}

// Removes and returns the first or last node, NULL when the list is empty.
ALWAYS_INLINE struct list_node *list_pop_head(struct list *l)
{
    struct list_node *n = list_peek_head(l);
    if (n)
        list_remove(n);
    return n;
}

ALWAYS_INLINE struct list_node *list_pop_tail(struct list *l)
{
    struct list_node *n = list_peek_tail(l);
    if (n)
        list_remove(n);
    return n;
}

// Neighbours within a list, NULL at its ends.
ALWAYS_INLINE struct list_node *list_next(const struct list *l, const struct list_node *n)
{
    return n->next == &l->head ? NULL : n->next;
}

ALWAYS_INLINE struct list_node *list_prev(const struct list *l, const struct list_node *n)
{
    return n->prev == &l->head ? NULL : n->prev;
}

// Appends all nodes of `from` to `to` in O(1); `from` is empty afterwards.
ALWAYS_INLINE void list_splice_tail(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    struct list_node *first = from->head.next;
    struct list_node *last = from->head.prev;
    first->prev = to->head.prev;
    to->head.prev->next = first;
    last->next = &to->head;
    to->head.prev = last;
    list_init(from);
}

// Number of nodes, by walking.
static inline size_t list_count(const struct list *l)
{
    size_t count = 0;
    for (const struct list_node *n = l->head.next; n != &l->head; n = n->next)
        count++;
    return count;
}

// First or last entry as its type, NULL when empty; and the removing forms.
#define list_peek_head_entry(l, type, member)       \
    ({                                              \
        struct list_node *ln_ = list_peek_head(l);  \
        ln_ ? list_entry(ln_, type, member) : NULL; \
    })
#define list_peek_tail_entry(l, type, member)       \
    ({                                              \
        struct list_node *ln_ = list_peek_tail(l);  \
        ln_ ? list_entry(ln_, type, member) : NULL; \
    })
#define list_pop_head_entry(l, type, member)        \
    ({                                              \
        struct list_node *ln_ = list_pop_head(l);   \
        ln_ ? list_entry(ln_, type, member) : NULL; \
    })
#define list_pop_tail_entry(l, type, member)        \
    ({                                              \
        struct list_node *ln_ = list_pop_tail(l);   \
        ln_ ? list_entry(ln_, type, member) : NULL; \
    })

// `pos` is a struct list_node *; the list must not change under the walk.
#define list_for_each(pos, l) for (pos = (l)->head.next; pos != &(l)->head; pos = pos->next)

// `pos` is a pointer to the entry's type; the list must not change under the walk.
#define list_for_each_entry(pos, l, member)                                                    \
    for (struct list_node *pos##_n = (l)->head.next;                                           \
         pos##_n != &(l)->head && (pos = list_entry(pos##_n, __typeof__(*pos), member), true); \
         pos##_n = pos##_n->next)

// The body may remove (or free) the current entry, no other.
#define list_for_each_entry_safe(pos, l, member)                                               \
    for (struct list_node *pos##_n = (l)->head.next, *pos##_s = pos##_n->next;                 \
         pos##_n != &(l)->head && (pos = list_entry(pos##_n, __typeof__(*pos), member), true); \
         pos##_n = pos##_s, pos##_s = pos##_n->next)
