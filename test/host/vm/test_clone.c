// SPDX-License-Identifier: MIT
// Copy-on-write clones: live look-through, spec 23 section 5, and the invariant of decisions.md about
// descendants' mappings (V5 in vm/vmo.h).
#include "tests.h"

#include <account/account.h>
#include <mem/alloc_fail.h>
#include <mem/page.h>

static struct test_vmo root, mid, leaf, other;

static void clone_new(struct test_vmo *t, struct test_vmo *parent, uint64_t page, uint64_t pages)
{
    t->freed = false;
    t->has_children = -1;
    assert_int_equal(
        vmo_init_clone(&t->v, &parent->v, PAGES(page), PAGES(pages), VMO_RESIZABLE, &test_vmo_ops),
        ZX_OK);
}

static void fill(struct test_vmo *t, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++)
        vmo_poke(t, i, i);
}

static void expect_pages(struct test_vmo *t, const uint64_t *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(vmo_peek(t, i), values[i]);
}

// The example of the spec.
static void test_clone_spec_example(void **state)
{
    (void)state;
    vmo_new(&root, 4, VMO_RESIZABLE);
    fill(&root, 4);
    clone_new(&mid, &root, 1, 4);
    expect_pages(&mid, (uint64_t[]){1, 2, 3, 0}, 4);
    assert_int_equal(vmo_set_size(&root.v, PAGES(5)), ZX_OK);
    vmo_poke(&root, 4, 99);
    assert_int_equal(vmo_peek(&mid, 3), 99);
    vmo_poke(&mid, 0, 7);
    assert_int_equal(vmo_peek(&root, 1), 1);
    vmo_poke(&root, 1, 8);
    assert_int_equal(vmo_peek(&mid, 0), 7);
    assert_int_equal(vmo_set_size(&root.v, 0), ZX_OK);
    expect_pages(&mid, (uint64_t[]){7, 0, 0, 0}, 4);
    vmo_drop(&mid);
    vmo_drop(&root);
}

static void test_clone_checks(void **state)
{
    (void)state;
    vmo_new(&root, 1, 0);
    assert_int_equal(vmo_init_clone(&mid.v, &root.v, 1, 4096, 0, &test_vmo_ops),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmo_init_clone(&mid.v, &root.v, 1, UINT64_MAX, 0, &test_vmo_ops),
                     ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(vmo_init_clone(&mid.v, &root.v, -PAGE_SIZE, PAGES(2), 0, &test_vmo_ops),
                     ZX_ERR_OUT_OF_RANGE);
    clone_new(&mid, &root, 5, 0); // beyond the parent, empty
    assert_int_equal(vmo_set_cache_policy(&mid.v, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_set_cache_policy(&root.v, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_set_size(&mid.v, PAGES(1)), ZX_OK);
    assert_int_equal(vmo_peek(&mid, 0), 0);
    vmo_drop(&mid);
    assert_int_equal(vmo_set_cache_policy(&root.v, 0), ZX_OK);
    vmo_drop(&root);
}

static void test_clone_decommit_brings_parent_back(void **state)
{
    (void)state;
    vmo_new(&root, 2, 0);
    fill(&root, 2);
    clone_new(&mid, &root, 0, 2);
    vmo_poke(&mid, 1, 50);
    assert_int_equal(vmo_decommit(&mid.v, PAGE_SIZE + 3, 1), ZX_OK);
    assert_int_equal(vmo_peek(&mid, 1), 1);
    vmo_poke(&mid, 1, 51);
    assert_int_equal(vmo_peek(&root, 1), 1);
    assert_int_equal(vmo_commit(&mid.v, 0, PAGES(2)), ZX_OK);
    assert_int_equal(committed(&mid), 2);
    vmo_poke(&root, 0, 60);
    assert_int_equal(vmo_peek(&mid, 0), 0);
    vmo_drop(&mid);
    vmo_drop(&root);
}

// The rest of the page is copied too, and the one between gets it as well and keeps it.
static void test_clone_write_through_grandchild(void **state)
{
    uint64_t tail = 0x1234;

    (void)state;
    vmo_new(&root, 2, VMO_RESIZABLE);
    fill(&root, 2);
    assert_int_equal(vmo_write(&root.v, &tail, PAGES(2) - 8, 8), ZX_OK);
    clone_new(&mid, &root, 0, 2);
    clone_new(&leaf, &mid, 1, 1);
    vmo_poke(&leaf, 0, 70);
    tail = 0;
    assert_int_equal(vmo_read(&leaf.v, &tail, PAGE_SIZE - 8, 8), ZX_OK);
    assert_int_equal(tail, 0x1234);
    assert_int_equal(committed(&mid), 1);
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(2)), ZX_OK);
    assert_int_equal(vmo_peek(&mid, 1), 1);
    assert_int_equal(vmo_peek(&leaf, 0), 70);
    vmo_drop(&root); // the clones keep it
    assert_false(root.freed);
    vmo_drop(&mid);
    assert_true(mid.freed); // one will do for both
    assert_int_equal(vmo_peek(&leaf, 0), 70);
    vmo_drop(&leaf);
    assert_true(root.freed && mid.freed && leaf.freed);
}

static void test_clone_children_signal(void **state)
{
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&root, 1, 0);
    for (unsigned i = 0; i < 10; i++) {
        clone_new(&mid, &root, 0, 1);
        assert_int_equal(root.has_children, 1);
        clone_new(&leaf, &mid, 0, 1);
        assert_int_equal(mid.has_children, 1);
        vmo_drop(&mid);
        assert_int_equal(root.has_children, 1); // the grandchild lives
        vaddr_t va = map_any(&t.root.r, RW, &leaf, 0, 1);
        vmo_drop(&leaf);
        assert_int_equal(root.has_children, 1); // mapped
        assert_true(poke(va, i));
        assert_int_equal(vmar_unmap(&t.root.r, va, 1), ZX_OK);
        assert_int_equal(root.has_children, 0);
        assert_true(mid.freed && leaf.freed);
    }
    vmo_drop(&root);
    as_destroy(&t);
}

// Every way in which an ancestor's page can come, go or change under a descendant's mapping.
static void test_clone_mappings_follow_ancestors(void **state)
{
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&root, 4, VMO_RESIZABLE);
    clone_new(&mid, &root, 1, 3);
    clone_new(&leaf, &mid, 1, 2); // page i is page i + 2 of the root
    clone_new(&other, &root, 3, 1);
    vaddr_t va = map_any(&t.root.r, RW, &leaf, 0, 2);
    vaddr_t ov = map_any(&t.root.r, RO, &other, 0, 1);
    assert_int_equal(at(va), 0); // the zero page
    assert_int_equal(at(va + PAGES(1)), 0);
    assert_int_equal(at(ov), 0);

    vmo_poke(&root, 3, 5); // first commit in the root
    assert_int_equal(at(va + PAGES(1)), 5);
    assert_int_equal(at(ov), 5);
    vmo_poke(&mid, 2, 6); // first commit in the middle hides it
    assert_int_equal(at(va + PAGES(1)), 6);
    assert_int_equal(at(ov), 5);
    vmo_poke(&root, 3, 7);
    assert_int_equal(at(va + PAGES(1)), 6);
    assert_int_equal(vmo_decommit(&mid.v, 0, PAGES(3)), ZX_OK);
    assert_int_equal(at(va + PAGES(1)), 7);
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(4)), ZX_OK);
    assert_int_equal(at(va), 0);
    vmo_poke(&root, 2, 8);
    assert_int_equal(at(va), 8);
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(4)), ZX_OK);
    assert_int_equal(at(va), 0);
    assert_int_equal(at(ov), 0);
    vmo_poke(&root, 3, 9);
    assert_int_equal(at(va + PAGES(1)), 9);
    assert_int_equal(vmo_set_size(&root.v, PAGES(3)), ZX_OK); // shrink
    assert_int_equal(at(va + PAGES(1)), 0);
    assert_int_equal(at(ov), 0);
    assert_int_equal(vmo_set_size(&root.v, PAGES(4)), ZX_OK);
    assert_int_equal(at(va + PAGES(1)), 0);
    // Shrinking the middle hides the root; growing it again shows it.
    vmo_poke(&root, 3, 11);
    assert_int_equal(at(va + PAGES(1)), 11);
    assert_int_equal(vmo_set_size(&mid.v, PAGES(1)), ZX_OK);
    assert_int_equal(at(va + PAGES(1)), 0);
    assert_int_equal(vmo_set_size(&mid.v, PAGES(3)), ZX_OK);
    assert_int_equal(at(va + PAGES(1)), 11);
    // A write by the mapping itself: COW down to the leaf.
    assert_true(poke(va + PAGES(1), 12));
    assert_int_equal(vmo_peek(&root, 3), 11);
    assert_int_equal(vmo_peek(&mid, 2), 11);
    vmo_poke(&root, 3, 13);
    assert_int_equal(at(va + PAGES(1)), 12);
    assert_int_equal(at(ov), 13);
    // Shrinking the leaf makes its mapping fault.
    assert_int_equal(vmo_set_size(&leaf.v, PAGES(1)), ZX_OK);
    assert_false(poke(va + PAGES(1), 1));

    vmo_drop(&root);
    vmo_drop(&mid);
    vmo_drop(&leaf);
    vmo_drop(&other);
    as_destroy(&t);
}

static void test_clone_parent_truncated_clone_still_writable(void **state)
{
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&root, 1, VMO_RESIZABLE);
    vmo_poke(&root, 0, 3);
    clone_new(&mid, &root, 0, 1);
    vaddr_t va = map_any(&t.root.r, RW, &mid, 0, 1);
    assert_int_equal(at(va), 3);
    assert_int_equal(vmo_set_size(&root.v, 0), ZX_OK);
    assert_int_equal(at(va), 0);
    assert_true(poke(va, 4));
    assert_int_equal(at(va), 4);
    vmo_drop(&root);
    vmo_drop(&mid);
    as_destroy(&t);
}

// Cache operations find the pages of ancestors, and do not walk through every page of a sparse clone.
static void test_clone_cache_op_sparse(void **state)
{
    const uint64_t pages = 1ull << 35;

    (void)state;
    vmo_new(&root, pages, VMO_RESIZABLE);
    clone_new(&mid, &root, 1, pages);
    clone_new(&leaf, &mid, 1, pages);
    vmo_poke(&root, pages - 3, 1);
    vmo_poke(&mid, 5, 2);
    vmo_poke(&leaf, pages / 2, 3);
    for (uint32_t op = ZX_VMO_OP_CACHE_SYNC; op <= ZX_VMO_OP_CACHE_CLEAN_INVALIDATE; op++)
        assert_int_equal(vmo_cache_op(&leaf.v, op, 7, PAGES(pages) - 9), ZX_OK);
    assert_int_equal(vmo_set_size(&root.v, PAGES(8)), ZX_OK);
    assert_int_equal(vmo_cache_op(&leaf.v, ZX_VMO_OP_CACHE_CLEAN, 0, PAGES(pages)), ZX_OK);
    vmo_drop(&leaf);
    vmo_drop(&mid);
    vmo_drop(&root);
}

#define CHAIN 1000
static struct test_vmo chain[CHAIN];

// A long chain: linear, no recursion, freed from the far end.
static void test_clone_chain_of_1000(void **state)
{
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&chain[0], 2, 0);
    for (unsigned i = 1; i < CHAIN; i++)
        clone_new(&chain[i], &chain[i - 1], 0, 2);
    struct test_vmo *last = &chain[CHAIN - 1];
    vaddr_t va = map_any(&t.root.r, RW, last, 0, 2);
    assert_int_equal(at(va), 0);
    vmo_poke(&chain[0], 0, 42);
    assert_int_equal(at(va), 42);
    vmo_poke(&chain[CHAIN / 2], 0, 43); // copied into half of them
    assert_int_equal(at(va), 43);
    assert_int_equal(vmo_peek(&chain[CHAIN / 2 - 1], 0), 42);
    assert_int_equal(committed(&chain[1]), 1);
    for (unsigned i = 0; i < CHAIN; i++)
        vmo_drop(&chain[i]);
    assert_false(chain[0].freed);
    as_destroy(&t);
    for (unsigned i = 0; i < CHAIN; i++)
        assert_true(chain[i].freed);
}

// ---- merging of the dead (V7) --------------------------------------------------------------------

static unsigned count_alive(void)
{
    unsigned alive = 0;

    for (unsigned i = 0; i < CHAIN; i++)
        alive += !chain[i].freed;
    return alive;
}

static uint64_t vmo_pages_in_use(void)
{
    struct page_stats stats;

    page_stats_get(&stats);
    return stats.pages[PAGE_STATE_VMO];
}

// Clone, write, close the one before, again and again: neither the chain nor its memory grows.
static void test_clone_chain_of_the_dead_stays_short(void **state)
{
    uint64_t expected[4] = {0, 1, 2, 3};
    const uint64_t before = vmo_pages_in_use();
    struct test_as t;

    (void)state;
    as_create(&t);
    vmo_new(&chain[0], 4, 0);
    fill(&chain[0], 4);
    for (unsigned i = 1; i < CHAIN; i++)
        chain[i].freed = true;
    for (unsigned i = 1; i < CHAIN; i++) {
        clone_new(&chain[i], &chain[i - 1], 0, 4);
        vaddr_t va = map_any(&t.root.r, RO, &chain[i], 0, 4);
        for (unsigned page = 0; page < 4; page++)
            assert_int_equal(at(va + PAGES(page)), expected[page]);
        vmo_poke(&chain[i], i % 4, i);
        expected[i % 4] = i;
        vmo_drop(&chain[i - 1]);
        for (unsigned page = 0; page < 4; page++) // by the same translations
            assert_int_equal(at(va + PAGES(page)), expected[page]);
        assert_int_equal(vmar_unmap(&t.root.r, va, PAGES(4)), ZX_OK);
        assert_true(count_alive() <= 2);
        assert_true(vmo_pages_in_use() <= before + 8);
    }
    expect_pages(&chain[CHAIN - 1], expected, 4);
    vmo_drop(&chain[CHAIN - 1]);
    assert_int_equal(count_alive(), 0);
    as_destroy(&t);
}

#define MAKERS 3
static struct account *maker[MAKERS];

static uint64_t pages_of(unsigned n)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(maker[n], usage);
    return usage[ACCOUNT_PAGES].used;
}

// What is made from now on is charged to this one; MAKERS: to the system.
static void charge_to(unsigned n)
{
    thread_current()->account = n < MAKERS ? maker[n] : NULL;
}

// The same by clones of which each has another account than the one before: the chain is as short, and each
// maker pays for what it wrote and can still be seen, to the page.
static void test_clone_chain_of_many_makers_stays_short(void **state)
{
    uint64_t expected[5] = {0, 1, 2, 3, 4}, wrote[5] = {0};

    (void)state;
    for (unsigned n = 0; n < MAKERS; n++)
        assert_int_equal(account_create(&account_root, NULL, NULL, &maker[n]), ZX_OK);
    for (unsigned i = 0; i < CHAIN; i++)
        chain[i].freed = true;
    charge_to(0);
    chain[0].freed = false;
    vmo_new(&chain[0], 5, 0);
    fill(&chain[0], 5);
    for (unsigned i = 1; i < CHAIN; i++) {
        charge_to(i % MAKERS);
        clone_new(&chain[i], &chain[i - 1], 0, 5);
        vmo_poke(&chain[i], i % 5, i);
        expected[i % 5] = i;
        wrote[i % 5] = i % MAKERS;
        charge_to(MAKERS);
        vmo_drop(&chain[i - 1]);
        assert_true(count_alive() <= 2);
        expect_pages(&chain[i], expected, 5);
        uint64_t pages[MAKERS] = {0};
        for (unsigned page = 0; page < 5; page++)
            pages[wrote[page]]++;
        // What the living one hides, the dead one below it still has.
        for (unsigned n = 0; n < MAKERS; n++)
            assert_in_range(pages_of(n), pages[n], pages[n] + 1);
    }
    vmo_drop(&chain[CHAIN - 1]);
    assert_int_equal(count_alive(), 0);
    for (unsigned n = 0; n < MAKERS; n++) {
        assert_int_equal(pages_of(n), 0);
        account_disown(maker[n]);
    }
    account_sweep();
}

// A long chain that dies from either end, or from the middle outwards.
static void test_clone_chain_dies_in_any_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 3; order++) {
        vmo_new(&chain[0], 2, 0);
        vmo_poke(&chain[0], 1, 42);
        for (unsigned i = 1; i < CHAIN; i++)
            clone_new(&chain[i], &chain[i - 1], 0, 2);
        for (unsigned i = 0; i < CHAIN - 1; i++) {
            static const unsigned half = (CHAIN - 1) / 2;
            unsigned out = i % 2 ? half - 1 - i / 2 : half + i / 2;
            vmo_drop(&chain[order == 0 ? i : order == 1 ? CHAIN - 2 - i : out]);
        }
        assert_int_equal(count_alive(), 2); // the last and one for all the dead
        assert_int_equal(vmo_peek(&chain[CHAIN - 1], 1), 42);
        vmo_drop(&chain[CHAIN - 1]);
        assert_int_equal(count_alive(), 0);
    }
}

// Four VMOs with windows that begin and end anywhere, each with pages of its own.
static void make_windows(struct test_vmo v[4])
{
    vmo_new(&v[0], 6, VMO_RESIZABLE);
    clone_new(&v[1], &v[0], 1, 8); // past the root's end
    clone_new(&v[2], &v[1], 2, 3); // and short: hides what follows
    clone_new(&v[3], &v[2], 1, 7); // past that
    for (unsigned n = 0; n < 4; n++)
        for (uint64_t page = n; page < vmo_size(&v[n].v) >> PAGE_SHIFT; page += n + 2)
            vmo_poke(&v[n], page, 100 * n + page + 1);
}

static void test_clone_merge_keeps_every_window(void **state)
{
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static struct test_vmo v[4];

    (void)state;
    for (unsigned n = 0; n < countof(orders); n++) {
        uint64_t seen[7], own[7];
        make_windows(v);
        for (unsigned page = 0; page < 7; page++)
            own[page] = vmo_peek(&v[3], page);
        uint64_t pages = committed(&v[3]);
        assert_int_equal(vmo_decommit(&v[3].v, 0, PAGES(7)), ZX_OK);
        for (unsigned page = 0; page < 7; page++)
            seen[page] = vmo_peek(&v[3], page);
        for (unsigned page = 3; page < 7; page += 5)
            vmo_poke(&v[3], page, own[page]);
        assert_int_equal(committed(&v[3]), pages);
        for (unsigned i = 0; i < 3; i++) {
            vmo_drop(&v[orders[n][i]]);
            expect_pages(&v[3], own, 7);
        }
        assert_int_equal(v[0].freed + v[1].freed + v[2].freed, 2);
        assert_int_equal(vmo_decommit(&v[3].v, 0, PAGES(7)), ZX_OK);
        expect_pages(&v[3], seen, 7); // what its ancestors had is still behind its own pages
        assert_int_equal(vmo_set_size(&v[3].v, PAGES(12)), ZX_OK);
        for (unsigned page = 7; page < 12; page++)
            assert_int_equal(vmo_peek(&v[3], page), 0);
        vmo_drop(&v[3]);
        assert_true(v[0].freed && v[1].freed && v[2].freed && v[3].freed);
    }
}

// More than one piece of work, with pages to drop on all sides.
static void test_clone_merge_of_many_pages(void **state)
{
    (void)state;
    vmo_new(&root, 1500, 0);
    fill(&root, 1500);
    clone_new(&mid, &root, 400, 700);
    for (unsigned page = 0; page < 700; page += 2)
        vmo_poke(&mid, page, 10000 + page);
    clone_new(&leaf, &mid, 300, 600);
    vmo_drop(&root);
    vmo_drop(&mid);
    assert_true(mid.freed && !root.freed);
    for (unsigned page = 0; page < 600; page++)
        assert_int_equal(vmo_peek(&leaf, page), page >= 400      ? 0
                                                : page % 2 == 0 ? 10300 + page
                                                                : 700 + page);
    assert_int_equal(committed(&root), 400); // what the leaf can see, and no more
    vmo_drop(&leaf);
    assert_true(root.freed);
}

// A merge that gets no memory leaves everything as it is, and is made up for later.
static void test_clone_merge_without_memory(void **state)
{
    const uint64_t far = 1ull << 30; // pages; needs nodes of its own

    (void)state;
    for (uint64_t k = 1;; k++) {
        vmo_new(&root, far + 2, 0);
        vmo_poke(&root, 3, 5);
        clone_new(&mid, &root, 1, far);
        for (uint64_t page = 64; page < far; page *= 16)
            vmo_poke(&mid, page, page);
        clone_new(&leaf, &mid, 0, far);
        vmo_drop(&root);
        alloc_fail_set(k, true);
        vmo_drop(&mid);
        bool hit = alloc_fail_hit();
        alloc_fail_set(0, false);
        assert_int_equal(mid.freed, !hit);
        assert_int_equal(vmo_peek(&leaf, 2), 5);
        for (uint64_t page = 64; page < far; page *= 16)
            assert_int_equal(vmo_peek(&leaf, page), page);
        clone_new(&other, &leaf, 0, 1);
        assert_true(mid.freed);
        assert_int_equal(vmo_peek(&leaf, 2), 5);
        vmo_drop(&other);
        vmo_drop(&leaf);
        assert_true(root.freed && leaf.freed);
        if (!hit)
            return;
    }
}

VM_GROUP(clone, VM_TEST(test_clone_spec_example), VM_TEST(test_clone_checks),
         VM_TEST(test_clone_decommit_brings_parent_back),
         VM_TEST(test_clone_write_through_grandchild), VM_TEST(test_clone_children_signal),
         VM_TEST(test_clone_mappings_follow_ancestors),
         VM_TEST(test_clone_parent_truncated_clone_still_writable),
         VM_TEST(test_clone_cache_op_sparse), VM_TEST(test_clone_chain_of_1000),
         VM_TEST(test_clone_chain_of_the_dead_stays_short),
         VM_TEST(test_clone_chain_of_many_makers_stays_short),
         VM_TEST(test_clone_chain_dies_in_any_order), VM_TEST(test_clone_merge_keeps_every_window),
         VM_TEST(test_clone_merge_of_many_pages), VM_TEST(test_clone_merge_without_memory));
