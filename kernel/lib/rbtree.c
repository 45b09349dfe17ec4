// SPDX-License-Identifier: MIT
// Intrusive red-black tree (interface: lib/rbtree.h).
//
// Invariants: R1 the root is black; R2 a red node has black children; R3 every path from a node down
// to a missing child passes the same number of black nodes; R4 with augmentation, every node's value
// is right for its subtree whenever a public function returns.
//
// R4 is kept thus: after a node was unlinked, the values from there up to the root are recomputed once;
// each rotation, which leaves the set of nodes below it as it was, recomputes the two nodes that it
// turns, lower one first. After a node was linked the tree gets its shape first; then the nodes that
// have come down beside the new one's way to the root are recomputed, and then that way, once.
//
// Locks: the owner's. No allocation, no recursion but in rb_validate's walk, which is iterative too.

#include <lib/rbtree.h>

#define BLACK ((uintptr_t)1)

static bool is_red(const struct rb_node *n)
{
    return n && !(n->parent_color & BLACK);
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
    n->parent_color = (uintptr_t)parent | (n->parent_color & BLACK);
}

static void set_black(struct rb_node *n)
{
    n->parent_color |= BLACK;
}

static void set_red(struct rb_node *n)
{
    n->parent_color &= ~BLACK;
}

// Makes `parent` (or the root slot) point at `fresh` where it pointed at `old`.
static void replace_child(struct rb_tree *t, struct rb_node *parent, struct rb_node *old,
                          struct rb_node *fresh)
{
    if (!parent)
        t->root = fresh;
    else if (parent->left == old)
        parent->left = fresh;
    else
        parent->right = fresh;
}

// Turns the edge between n and its right (left) child round: the child becomes n's parent.
static void rotate_left(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment)
{
    struct rb_node *up = n->right;
    struct rb_node *parent = rb_parent(n);
    n->right = up->left;
    if (up->left)
        set_parent(up->left, n);
    up->left = n;
    set_parent(up, parent);
    replace_child(t, parent, n, up);
    set_parent(n, up);
    if (augment) {
        augment(n);
        augment(up);
    }
}

static void rotate_right(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment)
{
    struct rb_node *up = n->left;
    struct rb_node *parent = rb_parent(n);
    n->left = up->right;
    if (up->right)
        set_parent(up->right, n);
    up->right = n;
    set_parent(up, parent);
    replace_child(t, parent, n, up);
    set_parent(n, up);
    if (augment) {
        augment(n);
        augment(up);
    }
}

struct rb_node *rb_first(const struct rb_tree *t)
{
    struct rb_node *n = t->root;
    while (n && n->left)
        n = n->left;
    return n;
}

struct rb_node *rb_last(const struct rb_tree *t)
{
    struct rb_node *n = t->root;
    while (n && n->right)
        n = n->right;
    return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
    if (n->right) {
        n = n->right;
        while (n->left)
            n = n->left;
        return (struct rb_node *)n;
    }
    struct rb_node *parent = rb_parent(n);
    while (parent && n == parent->right) {
        n = parent;
        parent = rb_parent(n);
    }
    return parent;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
    if (n->left) {
        n = n->left;
        while (n->right)
            n = n->right;
        return (struct rb_node *)n;
    }
    struct rb_node *parent = rb_parent(n);
    while (parent && n == parent->left) {
        n = parent;
        parent = rb_parent(n);
    }
    return parent;
}

void rb_augment_path(struct rb_node *n, rb_augment_fn augment)
{
    for (; n; n = rb_parent(n))
        augment(n);
}

// Restores R1 and R2 after the red node n was linked. R4 then holds again once the way from n to the root
// is recomputed.
static void insert_fixup(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment)
{
    struct rb_node *parent, *lower = NULL;
    while (is_red(parent = rb_parent(n))) {
        struct rb_node *grand = rb_parent(parent); // exists: a red parent is not the root
        bool left = parent == grand->left;
        struct rb_node *uncle = left ? grand->right : grand->left;
        if (is_red(uncle)) {
            set_black(parent);
            set_black(uncle);
            set_red(grand);
            n = grand;
            continue;
        }
        if (left) {
            if (n == parent->right) {
                rotate_left(t, parent, NULL);
                lower = parent;
                parent = n;
            }
            rotate_right(t, grand, NULL);
        } else {
            if (n == parent->left) {
                rotate_right(t, parent, NULL);
                lower = parent;
                parent = n;
            }
            rotate_left(t, grand, NULL);
        }
        set_black(parent);
        set_red(grand);
        // One of these is on n's way if n is below both; then it is recomputed once more.
        if (augment && lower)
            augment(lower);
        if (augment)
            augment(grand);
        break;
    }
    set_black(t->root);
}

void rb_insert_general(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
                       struct rb_node **link, rb_augment_fn augment)
{
    n->left = NULL;
    n->right = NULL;
    n->parent_color = (uintptr_t)parent; // red
    *link = n;
    insert_fixup(t, n, augment);
    if (augment)
        rb_augment_path(n, augment);
}

// Restores R3 where the subtree `n` (may be NULL) below `parent` has one black node too few.
static void remove_fixup(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
                         rb_augment_fn augment)
{
    while (parent && !is_red(n)) {
        bool left = n == parent->left;
        struct rb_node *sib = left ? parent->right : parent->left; // exists, by R3
        if (is_red(sib)) {
            set_black(sib);
            set_red(parent);
            if (left)
                rotate_left(t, parent, augment);
            else
                rotate_right(t, parent, augment);
            sib = left ? parent->right : parent->left;
        }
        struct rb_node *near = left ? sib->left : sib->right;
        struct rb_node *far = left ? sib->right : sib->left;
        if (!is_red(near) && !is_red(far)) {
            set_red(sib);
            n = parent;
            parent = rb_parent(n);
            continue;
        }
        if (!is_red(far)) {
            set_black(near);
            set_red(sib);
            if (left)
                rotate_right(t, sib, augment);
            else
                rotate_left(t, sib, augment);
            far = sib;
            sib = near;
        }
        sib->parent_color = (sib->parent_color & ~BLACK) | (parent->parent_color & BLACK);
        set_black(parent);
        set_black(far);
        if (left)
            rotate_left(t, parent, augment);
        else
            rotate_right(t, parent, augment);
        return;
    }
    if (n)
        set_black(n);
}

void rb_remove_general(struct rb_tree *t, struct rb_node *n, rb_augment_fn augment)
{
    struct rb_node *child, *parent = rb_parent(n);
    bool lost_black;

    if (n->left && n->right) {
        // The successor, which has no left child, takes n's place and colour.
        struct rb_node *next = n->right;
        while (next->left)
            next = next->left;
        lost_black = !is_red(next);
        child = next->right;
        struct rb_node *hole = rb_parent(next);
        if (hole == n) {
            hole = next;
        } else {
            hole->left = child;
            if (child)
                set_parent(child, hole);
            next->right = n->right;
            set_parent(next->right, next);
        }
        next->left = n->left;
        set_parent(next->left, next);
        next->parent_color = n->parent_color;
        replace_child(t, parent, n, next);
        parent = hole;
    } else {
        lost_black = !is_red(n);
        child = n->left ? n->left : n->right;
        if (child)
            set_parent(child, parent);
        replace_child(t, parent, n, child);
    }
    *n = (struct rb_node){0};
    if (augment)
        rb_augment_path(parent, augment);
    if (lost_black)
        remove_fixup(t, child, parent, augment);
}

void rb_replace(struct rb_tree *t, struct rb_node *old, struct rb_node *fresh,
                rb_augment_fn augment)
{
    *fresh = *old;
    replace_child(t, rb_parent(old), old, fresh);
    if (fresh->left)
        set_parent(fresh->left, fresh);
    if (fresh->right)
        set_parent(fresh->right, fresh);
    *old = (struct rb_node){0};
    if (augment)
        rb_augment_path(fresh, augment);
}

// Black nodes from n up to the root.
static size_t black_depth(const struct rb_node *n)
{
    size_t depth = 0;
    for (; n; n = rb_parent(n))
        depth += !is_red(n);
    return depth;
}

size_t rb_validate(const struct rb_tree *t)
{
    size_t count = 0, depth = 0;
    if (is_red(t->root) || (t->root && rb_parent(t->root)))
        return SIZE_MAX;
    for (const struct rb_node *n = rb_first(t); n; n = rb_next(n)) {
        count++;
        if (n->left && rb_parent(n->left) != n)
            return SIZE_MAX;
        if (n->right && rb_parent(n->right) != n)
            return SIZE_MAX;
        if (is_red(n) && (is_red(n->left) || is_red(n->right)))
            return SIZE_MAX;
        if (n->left && n->right)
            continue;
        size_t d = black_depth(n);
        if (depth && d != depth)
            return SIZE_MAX;
        depth = d;
    }
    return count;
}
