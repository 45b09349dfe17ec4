// SPDX-License-Identifier: MIT
// lib/rbtree.h against a model: an array of flags. The tree is augmented with the largest gap between
// neighbours and the node count, as the vm layer uses it.
#include "suites.h"

#include <lib/rbtree.h>
#include <string.h>

#define KEYS 512u

struct entry {
    uint32_t key;
    struct rb_node node;
    uint32_t low, high; // augmented: smallest and largest key of the subtree
    uint32_t gap;       // augmented: largest distance between neighbours in the subtree
    uint32_t size;      // augmented: nodes in the subtree
};

static struct entry *entry_of(const struct rb_node *n)
{
    return rb_entry((struct rb_node *)n, struct entry, node);
}

static void augment(struct rb_node *n)
{
    struct entry *e = entry_of(n);
    e->low = e->high = e->key;
    e->gap = 0;
    e->size = 1;
    if (n->left) {
        struct entry *l = entry_of(n->left);
        e->low = l->low;
        e->size += l->size;
        e->gap = MAX(l->gap, e->key - l->high);
    }
    if (n->right) {
        struct entry *r = entry_of(n->right);
        e->high = r->high;
        e->size += r->size;
        e->gap = MAX(e->gap, MAX(r->gap, r->low - e->key));
    }
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
    return entry_of(a)->key < entry_of(b)->key;
}

static int compare(const void *key, const struct rb_node *n)
{
    uint32_t k = *(const uint32_t *)key, m = entry_of(n)->key;
    return k < m ? -1 : k > m;
}

static struct entry entries[KEYS];
static bool model[KEYS];

// Compares the whole tree with the model.
static void check(const struct rb_tree *t)
{
    uint32_t count = 0, gap = 0, last = 0;
    struct rb_node *n = rb_first(t);
    for (uint32_t key = 0; key < KEYS; key++) {
        if (!model[key])
            continue;
        assert_non_null(n);
        assert_int_equal(entry_of(n)->key, key);
        if (count++)
            gap = MAX(gap, key - last);
        last = key;
        n = rb_next(n);
    }
    assert_null(n);
    assert_int_equal(rb_validate(t), count);
    if (count) {
        assert_int_equal(entry_of(t->root)->size, count);
        assert_int_equal(entry_of(t->root)->gap, gap);
        assert_int_equal(entry_of(rb_last(t))->key, last);
    }
}

// Looks `key` up in every way.
static void check_lookup(const struct rb_tree *t, uint32_t key)
{
    uint32_t at_or_after = key, at_or_before = key;
    while (at_or_after < KEYS && !model[at_or_after])
        at_or_after++;
    while (at_or_before < KEYS && !model[at_or_before])
        at_or_before--; // wraps round to a large value when there is none
    struct entry *found = rb_entry_or_null(rb_find(t, &key, compare), struct entry, node);
    struct entry *lower = rb_entry_or_null(rb_lower_bound(t, &key, compare), struct entry, node);
    struct entry *floor = rb_entry_or_null(rb_floor(t, &key, compare), struct entry, node);
    assert_ptr_equal(found, model[key] ? &entries[key] : NULL);
    assert_ptr_equal(lower, at_or_after < KEYS ? &entries[at_or_after] : NULL);
    assert_ptr_equal(floor, at_or_before < KEYS ? &entries[at_or_before] : NULL);
}

static void test_rbtree_random_operations_match_model(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    uint64_t seed = 1;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t key = test_random(&seed) % KEYS;
        // Phases of growth and shrinking, so that the tree is empty and full now and then.
        bool grow = (step / 2500) % 2 == 0;
        if (!model[key] && (grow || test_random(&seed) % 4 == 0)) {
            entries[key].key = key;
            rb_insert(&t, &entries[key].node, less, augment);
            model[key] = true;
            assert_true(rb_node_linked(&entries[key].node));
        } else if (model[key] && (!grow || test_random(&seed) % 4 == 0)) {
            rb_remove(&t, &entries[key].node, augment);
            model[key] = false;
            assert_false(rb_node_linked(&entries[key].node));
        }
        check_lookup(&t, test_random(&seed) % KEYS);
        if (step % 16 == 0)
            check(&t);
    }
    while (!rb_is_empty(&t)) {
        struct entry *e = entry_of(t.root);
        rb_remove(&t, t.root, augment);
        model[e->key] = false;
        check(&t);
    }
}

static void test_rbtree_ordered_insertion_stays_balanced(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    for (uint32_t key = 0; key < KEYS; key++) {
        entries[key].key = key;
        rb_insert(&t, &entries[key].node, less, augment);
        model[key] = true;
    }
    check(&t);
    for (uint32_t key = 0; key < KEYS; key++) {
        unsigned depth = 0;
        for (struct rb_node *n = &entries[key].node; n; n = rb_parent(n))
            depth++;
        assert_true(depth <= 2 * 10); // 2 log2(n + 1)
        struct rb_node *prev = rb_prev(&entries[key].node);
        assert_ptr_equal(prev, key ? &entries[key - 1].node : NULL);
    }
    for (uint32_t key = 0; key < KEYS; key++) {
        rb_remove(&t, &entries[key].node, augment);
        model[key] = false;
    }
    assert_true(rb_is_empty(&t));
    assert_null(rb_first(&t));
    assert_null(rb_last(&t));
}

static void test_rbtree_replace_takes_the_place(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    static struct entry fresh[KEYS];
    for (uint32_t key = 0; key < 64; key++) {
        entries[key].key = fresh[key].key = key;
        rb_insert(&t, &entries[key].node, less, augment);
    }
    for (uint32_t key = 0; key < 64; key++) {
        rb_replace(&t, &entries[key].node, &fresh[key].node, augment);
        assert_false(rb_node_linked(&entries[key].node));
        assert_int_equal(rb_validate(&t), 64);
        assert_ptr_equal(rb_find(&t, &key, compare), &fresh[key].node);
    }
    assert_int_equal(entry_of(t.root)->size, 64);
}

static void test_rbtree_equal_keys_keep_insertion_order(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    for (uint32_t i = 0; i < 32; i++) {
        entries[i].key = 7;
        rb_insert(&t, &entries[i].node, less, NULL);
    }
    struct rb_node *n;
    uint32_t i = 0;
    rb_for_each(n, &t) assert_ptr_equal(n, &entries[i++].node);
    assert_int_equal(i, 32);
    uint32_t key = 7;
    assert_ptr_equal(rb_lower_bound(&t, &key, compare), &entries[0].node);
    assert_ptr_equal(rb_floor(&t, &key, compare), &entries[31].node);
}

// The forms for trees that mostly have one node do what the others do, whatever the tree has.
static void test_rbtree_short_forms_do_the_same(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    uint64_t seed = 3;
    memset(model, 0, sizeof(model));
    unsigned count = 0;
    for (unsigned step = 0; step < 5000; step++) {
        uint32_t key = test_random(&seed) % 4;
        struct rb_node *n = &entries[key].node;
        entries[key].key = key;
        if (model[key])
            rb_remove_mostly_last(&t, n);
        else if (rb_is_empty(&t))
            rb_insert_first(&t, n);
        else
            rb_insert(&t, n, less, NULL);
        count += model[key] ? -1u : 1u;
        model[key] = !model[key];
        assert_int_equal(rb_node_linked(n), model[key]);
        assert_int_equal(rb_validate(&t), count);
        assert_ptr_equal(rb_find(&t, &key, compare), model[key] ? n : NULL);
    }
}

// So do the forms for trees whose edge comes and goes.
static void test_rbtree_leaf_forms_do_the_same(void **state)
{
    (void)state;
    struct rb_tree t = RB_TREE_INIT;
    uint64_t seed = 4;
    memset(model, 0, sizeof(model));
    unsigned count = 0;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t key = test_random(&seed) % (step < 10000 ? 4 : 40);
        struct rb_node *n = &entries[key].node, *parent = NULL, **link = &t.root;
        entries[key].key = key;
        if (model[key]) {
            rb_remove_leaf(&t, n);
        } else {
            while (*link != NULL) {
                parent = *link;
                link = less(n, parent) ? &parent->left : &parent->right;
            }
            rb_insert_leaf(&t, n, parent, link);
        }
        count += model[key] ? -1u : 1u;
        model[key] = !model[key];
        assert_int_equal(rb_node_linked(n), model[key]);
        assert_int_equal(rb_validate(&t), count);
        assert_ptr_equal(rb_find(&t, &key, compare), model[key] ? n : NULL);
    }
}

int run_rbtree_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rbtree_random_operations_match_model),
        cmocka_unit_test(test_rbtree_ordered_insertion_stays_balanced),
        cmocka_unit_test(test_rbtree_replace_takes_the_place),
        cmocka_unit_test(test_rbtree_equal_keys_keep_insertion_order),
        cmocka_unit_test(test_rbtree_short_forms_do_the_same),
        cmocka_unit_test(test_rbtree_leaf_forms_do_the_same),
    };
    return cmocka_run_group_tests_name("rbtree", tests, NULL, NULL);
}
