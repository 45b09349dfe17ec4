// SPDX-License-Identifier: MIT
// lib/list.h
#include "suites.h"

#include <lib/list.h>

struct item {
    int value;
    struct list_node node;
};

static struct list numbers = LIST_INIT(numbers);

static void expect_order(struct list *l, const int *want, size_t count)
{
    struct item *it;
    size_t i = 0;
    list_for_each_entry(it, l, node) {
        assert_true(i < count);
        assert_int_equal(it->value, want[i]);
        i++;
    }
    assert_int_equal(i, count);
    assert_int_equal(list_count(l), count);
    // And backwards.
    for (struct list_node *n = list_peek_tail(l); n; n = list_prev(l, n))
        assert_int_equal(list_entry(n, struct item, node)->value, want[--i]);
    assert_int_equal(i, 0);
}

static void test_list_add_remove_keeps_order(void **state)
{
    (void)state;
    struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}}, d = {4, {0}};
    assert_true(list_is_empty(&numbers));
    assert_null(list_peek_head(&numbers));
    assert_null(list_pop_tail(&numbers));
    list_add_tail(&numbers, &b.node);
    list_add_tail(&numbers, &d.node);
    list_add_head(&numbers, &a.node);
    list_insert_before(&d.node, &c.node);
    expect_order(&numbers, (int[]){1, 2, 3, 4}, 4);
    assert_true(list_node_linked(&c.node));
    list_remove(&c.node);
    assert_false(list_node_linked(&c.node));
    assert_false(list_remove_if_linked(&c.node));
    expect_order(&numbers, (int[]){1, 2, 4}, 3);
    list_insert_after(&a.node, &c.node);
    expect_order(&numbers, (int[]){1, 3, 2, 4}, 4);
    assert_ptr_equal(list_pop_head_entry(&numbers, struct item, node), &a);
    assert_ptr_equal(list_pop_tail_entry(&numbers, struct item, node), &d);
    assert_ptr_equal(list_peek_head_entry(&numbers, struct item, node), &c);
    assert_ptr_equal(list_peek_tail_entry(&numbers, struct item, node), &b);
    assert_ptr_equal(list_next(&numbers, &c.node), &b.node);
    assert_null(list_next(&numbers, &b.node));
    assert_true(list_remove_if_linked(&c.node));
    assert_true(list_remove_if_linked(&b.node));
    assert_true(list_is_empty(&numbers));
    assert_null(list_pop_head_entry(&numbers, struct item, node));
}

static void test_list_for_each_safe_allows_removal(void **state)
{
    (void)state;
    struct item items[6] = {{0}};
    struct item *it;
    for (int i = 0; i < 6; i++) {
        items[i].value = i;
        list_add_tail(&numbers, &items[i].node);
    }
    list_for_each_entry_safe(it, &numbers, node) {
        if (it->value % 2 == 0)
            list_remove(&it->node);
    }
    expect_order(&numbers, (int[]){1, 3, 5}, 3);
    list_for_each_entry_safe(it, &numbers, node)
        list_remove(&it->node);
    assert_true(list_is_empty(&numbers));
}

static void test_list_splice_appends_and_empties(void **state)
{
    (void)state;
    struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}};
    struct list other;
    list_init(&other);
    list_splice_tail(&numbers, &other);
    assert_true(list_is_empty(&numbers));
    list_add_tail(&other, &b.node);
    list_add_tail(&other, &c.node);
    list_add_tail(&numbers, &a.node);
    list_splice_tail(&numbers, &other);
    assert_true(list_is_empty(&other));
    expect_order(&numbers, (int[]){1, 2, 3}, 3);
    list_splice_tail(&other, &numbers);
    assert_true(list_is_empty(&numbers));
    expect_order(&other, (int[]){1, 2, 3}, 3);
}

int run_list_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_add_remove_keeps_order),
        cmocka_unit_test(test_list_for_each_safe_allows_removal),
        cmocka_unit_test(test_list_splice_appends_and_empties),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
