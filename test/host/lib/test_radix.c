// SPDX-License-Identifier: MIT
// lib/radix.h against a model: a sorted array of indices.
#include "suites.h"

#include <stdlib.h>

#include <lib/radix.h>

#define MODEL_MAX 600u

struct pair {
    uint64_t index;
    void *value;
};

static struct pair model[MODEL_MAX];
static size_t model_count;

static size_t nodes_live;
static long alloc_budget = -1; // nodes that may still be had, -1: any number

static struct radix_node *node_alloc(const struct radix_ops *ops_)
{
    (void)ops_;
    if (alloc_budget == 0)
        return NULL;
    if (alloc_budget > 0)
        alloc_budget--;
    nodes_live++;
    return malloc(sizeof(struct radix_node));
}

static void node_free(struct radix_node *node)
{
    nodes_live--;
    free(node);
}

static const struct radix_ops ops = {.alloc = node_alloc, .free = node_free};

// First position in the model with an index >= `index`.
static size_t model_lower(uint64_t index)
{
    size_t i = 0;
    while (i < model_count && model[i].index < index)
        i++;
    return i;
}

static void model_set(uint64_t index, void *value)
{
    size_t i = model_lower(index);
    if (i == model_count || model[i].index != index) {
        for (size_t j = model_count++; j > i; j--)
            model[j] = model[j - 1];
    }
    model[i] = (struct pair){index, value};
}

static void model_remove(size_t i)
{
    model_count--;
    for (; i < model_count; i++)
        model[i] = model[i + 1];
}

static void check(const struct radix_tree *t, uint64_t start, uint64_t end)
{
    size_t i = model_lower(start);
    uint64_t index;
    void *value;
    radix_for_each(t, index, value, start, end)
    {
        assert_true(i < model_count);
        assert_true(index == model[i].index);
        assert_ptr_equal(value, model[i].value);
        i++;
    }
    assert_int_equal(i, model_lower(end));
    for (index = end; (value = radix_prev(t, start, &index)) != NULL;) {
        assert_true(i-- > 0);
        assert_true(index == model[i].index);
        assert_ptr_equal(value, model[i].value);
    }
    assert_int_equal(i, model_lower(start));
    assert_int_equal(t->count, model_count);
    assert_int_equal(radix_node_count(t), nodes_live);
}

// Indices in clusters at very different heights, so that nodes are shared and not.
static uint64_t random_index(uint64_t *seed)
{
    static const uint64_t base[] = {
        0, 0, 60, 1ull << 12, 1ull << 30, (1ull << 51) + 77, RADIX_INDEX_END - 200};
    return base[test_random(seed) % countof(base)] + test_random(seed) % 100;
}

static void test_radix_random_operations_match_model(void **state)
{
    (void)state;
    struct radix_tree t = RADIX_TREE_INIT;
    uint64_t seed = 42;
    static char values[64];
    for (unsigned step = 0; step < 30000; step++) {
        uint64_t index = random_index(&seed);
        size_t i = model_lower(index);
        bool there = i < model_count && model[i].index == index;
        assert_ptr_equal(radix_get(&t, index), there ? model[i].value : NULL);
        bool grow = (step / 3000) % 2 == 0;
        if (test_random(&seed) % 4 < (grow ? 3 : 1)) {
            void *value = &values[test_random(&seed) % sizeof(values)], *old;
            assert_int_equal(radix_set(&t, index, value, &old, &ops), ZX_OK);
            assert_ptr_equal(old, there ? model[i].value : NULL);
            model_set(index, value);
        } else {
            void *old = radix_remove(&t, index, &ops);
            assert_ptr_equal(old, there ? model[i].value : NULL);
            if (there)
                model_remove(i);
        }
        if (step % 64 == 0) {
            uint64_t a = random_index(&seed), b = random_index(&seed);
            check(&t, MIN(a, b), MAX(a, b));
            check(&t, 0, RADIX_INDEX_END);
        }
    }
    uint64_t index = 0;
    while (model_count) {
        void *value = radix_remove_next(&t, &index, UINT64_MAX, &ops);
        assert_ptr_equal(value, model[0].value);
        assert_true(index == model[0].index);
        model_remove(0);
    }
    assert_null(radix_remove_next(&t, &index, UINT64_MAX, &ops));
    assert_true(radix_is_empty(&t));
    assert_int_equal(nodes_live, 0);
    assert_null(t.root);
    assert_int_equal(t.height, 0);
}

static void test_radix_index_zero_needs_no_node(void **state)
{
    (void)state;
    struct radix_tree t = RADIX_TREE_INIT;
    int v;
    void *old;
    assert_null(radix_get(&t, 0));
    assert_int_equal(radix_set(&t, 0, &v, &old, &ops), ZX_OK);
    assert_null(old);
    assert_ptr_equal(radix_get(&t, 0), &v);
    assert_null(radix_get(&t, 1));
    assert_int_equal(nodes_live, 0);
    uint64_t index = 0;
    assert_ptr_equal(radix_next(&t, &index, 1), &v);
    assert_null(radix_next(&t, &index, 0));
    // With a far index the tree grows, and falls back to nothing afterwards.
    assert_int_equal(radix_set(&t, RADIX_INDEX_END - 1, &v, NULL, &ops), ZX_OK);
    assert_int_equal(nodes_live, 2 * RADIX_MAX_HEIGHT - 1);
    assert_ptr_equal(radix_remove(&t, RADIX_INDEX_END - 1, &ops), &v);
    assert_int_equal(nodes_live, 0);
    assert_ptr_equal(radix_get(&t, 0), &v);
    assert_ptr_equal(radix_remove(&t, 0, &ops), &v);
    assert_null(radix_remove(&t, 0, &ops));
}

// What radix_leaf and radix_leaf_put do by themselves radix_get and radix_remove must see.
static void test_radix_leaf_is_where_values_are(void **state)
{
    struct radix_tree t = RADIX_TREE_INIT;
    static int values[RADIX_SLOTS];

    (void)state;
    assert_null(radix_leaf(&t, 0));
    assert_int_equal(radix_set(&t, 0, &values[0], NULL, &ops), ZX_OK);
    assert_null(radix_leaf(&t, 0)); // the root is the value
    assert_null(radix_leaf(&t, 64));
    assert_int_equal(radix_set(&t, 64 * 5 + 3, &values[3], NULL, &ops), ZX_OK);
    assert_null(radix_leaf(&t, 64 * 4));
    assert_null(radix_leaf(&t, 64 * 64));
    struct radix_node *leaf = radix_leaf(&t, 64 * 5);
    assert_non_null(leaf);
    assert_ptr_equal(leaf->slot[3], &values[3]);
    assert_ptr_equal(radix_leaf(&t, 7)->slot[0], &values[0]);
    for (uint64_t i = 0; i < RADIX_SLOTS; i++) {
        if (i != 3)
            radix_leaf_put(&t, leaf, 64 * 5 + i, &values[i]);
    }
    assert_int_equal(t.count, RADIX_SLOTS + 1);
    for (uint64_t i = 0; i < RADIX_SLOTS; i++)
        assert_ptr_equal(radix_remove(&t, 64 * 5 + i, &ops), &values[i]);
    assert_ptr_equal(radix_remove(&t, 0, &ops), &values[0]);
    assert_int_equal(nodes_live, 0);
}

static void test_radix_set_out_of_range_is_refused(void **state)
{
    (void)state;
    struct radix_tree t = RADIX_TREE_INIT;
    int v;
    assert_int_equal(radix_set(&t, RADIX_INDEX_END, &v, NULL, &ops), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(radix_set(&t, UINT64_MAX, &v, NULL, &ops), ZX_ERR_OUT_OF_RANGE);
    assert_null(radix_get(&t, UINT64_MAX));
    assert_null(radix_remove(&t, UINT64_MAX, &ops));
}

static void test_radix_set_without_memory_changes_nothing(void **state)
{
    (void)state;
    static const uint64_t first[] = {0, 1, 70, 1ull << 20};
    static const uint64_t second[] = {1, 64, 5000, (1ull << 20) + 1, 1ull << 40};
    int v, w;
    for (size_t i = 0; i < countof(first); i++) {
        for (size_t j = 0; j < countof(second); j++) {
            for (long budget = 0;; budget++) {
                struct radix_tree t = RADIX_TREE_INIT;
                alloc_budget = -1;
                assert_int_equal(radix_set(&t, first[i], &v, NULL, &ops), ZX_OK);
                size_t nodes = nodes_live;
                alloc_budget = budget;
                zx_status_t status = radix_set(&t, second[j], &w, NULL, &ops);
                if (status != ZX_OK) {
                    assert_int_equal(status, ZX_ERR_NO_MEMORY);
                    assert_int_equal(nodes_live, nodes);
                    assert_int_equal(t.count, 1);
                    assert_ptr_equal(radix_get(&t, first[i]), &v);
                }
                (void)radix_remove(&t, first[i], &ops);
                (void)radix_remove(&t, second[j], &ops);
                assert_int_equal(nodes_live, 0);
                if (status == ZX_OK)
                    break;
            }
        }
    }
    alloc_budget = -1;
}

int run_radix_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radix_random_operations_match_model),
        cmocka_unit_test(test_radix_index_zero_needs_no_node),
        cmocka_unit_test(test_radix_leaf_is_where_values_are),
        cmocka_unit_test(test_radix_set_out_of_range_is_refused),
        cmocka_unit_test(test_radix_set_without_memory_changes_nothing),
    };
    return cmocka_run_group_tests_name("radix", tests, NULL, NULL);
}
