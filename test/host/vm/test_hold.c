// SPDX-License-Identifier: MIT
// How much is done in one hold of a tree lock: what works on many pages lets others have their turn after each
// piece. The linker puts these functions in the way of the lock checker's.
#include "hold.h"
#include "tests.h"

#include <account/account.h>
#include <hal/lock_class.h>
#include <mem/alloc_fail.h>
#include <vm/source.h>

#define MANY 3000u // pages
#define MOST 512u  // that one hold may give, take or move

static struct test_vmo root, mid, leaf;

// Whose pages are counted, and what they were when the lock was taken.
static const struct vmo *watched[3];
static uint64_t before[3];
static uint64_t worst; // change of one hold, over all that are watched
static unsigned holds; // in which something changed

struct meddling meddling;
void (*hold_taken)(const void *lock);
void (*hold_given)(const void *lock);

void __real_lock_debug_acquire(const struct lock_debug *d, const void *lock);
void __real_lock_debug_release(const struct lock_debug *d, const void *lock);
void __real_lock_debug_acquire_nested(const struct lock_debug *d, const void *lock);
void __wrap_lock_debug_acquire(const struct lock_debug *d, const void *lock);
void __wrap_lock_debug_acquire_nested(const struct lock_debug *d, const void *lock);
void __wrap_lock_debug_release(const struct lock_debug *d, const void *lock);
void __real_hal_preempt_point(void);
void __wrap_hal_preempt_point(void);

static void lock_taken(const void *lock)
{
    for (unsigned i = 0; i < countof(watched) && watched[i] != NULL; i++)
        if (watched[i]->lock == lock)
            before[i] = watched[i]->pages.count;
    if (hold_taken != NULL)
        hold_taken(lock);
}

void __wrap_lock_debug_acquire(const struct lock_debug *d, const void *lock)
{
    __real_lock_debug_acquire(d, lock);
    lock_taken(lock);
}

void __wrap_lock_debug_acquire_nested(const struct lock_debug *d, const void *lock)
{
    __real_lock_debug_acquire_nested(d, lock);
    lock_taken(lock);
}

void __wrap_lock_debug_release(const struct lock_debug *d, const void *lock)
{
    uint64_t change = 0;

    for (unsigned i = 0; i < countof(watched) && watched[i] != NULL; i++) {
        const uint64_t now = watched[i]->pages.count;
        if (watched[i]->lock == lock)
            change += now > before[i] ? now - before[i] : before[i] - now;
    }
    holds += change > 0;
    worst = MAX(worst, change);
    if (hold_given != NULL)
        hold_given(lock);
    __real_lock_debug_release(d, lock);
    if (meddling.act != NULL && lock == meddling.lock)
        meddling.after--;
}

// The first that is done once a lock is free.
void __wrap_hal_preempt_point(void)
{
    __real_hal_preempt_point();
    if (meddling.act != NULL && meddling.after == 0) {
        void (*act)(void) = meddling.act;
        meddling.act = NULL;
        act();
    }
}

static void watch(const struct test_vmo *a, const struct test_vmo *b, const struct test_vmo *c)
{
    watched[0] = a != NULL ? &a->v : NULL;
    watched[1] = b != NULL ? &b->v : NULL;
    watched[2] = c != NULL ? &c->v : NULL;
    worst = holds = 0;
}

// `pages` were given, taken or moved since watch(), in pieces.
static void expect_pieces(unsigned pages)
{
    assert_in_range(worst, 1, MOST);
    assert_true(holds >= pages / MOST);
    watch(NULL, NULL, NULL);
}

static void clone_new(struct test_vmo *t, struct test_vmo *parent, uint64_t pages)
{
    *t = (struct test_vmo){.has_children = -1};
    assert_int_equal(
        vmo_init_clone(&t->v, &parent->v, 0, PAGES(pages), VMO_RESIZABLE, &test_vmo_ops), ZX_OK);
}

static void test_hold_of_commit_and_decommit(void **state)
{
    (void)state;
    vmo_new(&root, MANY, VMO_RESIZABLE);
    for (unsigned round = 0; round < 2; round++) {
        watch(&root, NULL, NULL);
        assert_int_equal(vmo_commit(&root.v, 0, PAGES(MANY)), ZX_OK);
        assert_int_equal(committed(&root), MANY);
        expect_pieces(MANY);
        watch(&root, NULL, NULL);
        assert_int_equal(round == 0 ? vmo_decommit(&root.v, 0, PAGES(MANY))
                                    : vmo_set_size(&root.v, 0),
                         ZX_OK);
        assert_int_equal(committed(&root), 0);
        expect_pieces(MANY);
    }
    vmo_drop(&root);
}

static void test_hold_of_clones(void **state)
{
    (void)state;
    vmo_new(&root, MANY, 0);
    clone_new(&mid, &root, MANY);
    clone_new(&leaf, &mid, MANY);
    for (unsigned page = 0; page < MANY; page += 3)
        vmo_poke(&root, page, page);
    watch(&root, &mid, &leaf);
    assert_int_equal(vmo_commit(&leaf.v, 0, PAGES(MANY)), ZX_OK);
    assert_int_equal(committed(&leaf), MANY);
    expect_pieces(MANY);
    for (unsigned page = 0; page < MANY; page++)
        assert_int_equal(vmo_peek(&leaf, page), page % 3 == 0 ? page : 0);
    // A merge, and the end of a clone that has relatives.
    watch(&root, &mid, NULL);
    vmo_drop(&root);
    vmo_drop(&mid);
    expect_pieces(MANY / 3);
    watch(&leaf, NULL, NULL);
    vmo_drop(&leaf);
    expect_pieces(MANY);
}

static void never_complete(struct vmo_source *s)
{
    (void)s;
}

static struct test_vmo paged;
static struct vmo_source source;

static void paged_freed(struct vmo *v)
{
    vmo_source_end(v);
    paged.freed = true;
}

static const struct vmo_source_ops source_ops = {.complete = never_complete,
                                                 .free = never_complete};
static const struct vmo_ops paged_ops = {.free = paged_freed};

static void paged_new(void)
{
    source = (struct vmo_source){.ops = &source_ops};
    paged = (struct test_vmo){.freed = false};
    assert_int_equal(vmo_init_pager(&paged.v, PAGES(2 * MANY), 0, &source, &paged_ops), ZX_OK);
}

static void test_hold_of_supply(void **state)
{
    (void)state;
    paged_new();
    vmo_new(&root, MANY, 0);
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(MANY)), ZX_OK);
    watch(&paged, NULL, NULL);
    assert_int_equal(vmo_supply_pages(&paged.v, PAGES(77), PAGES(MANY), &root.v, 0), ZX_OK);
    assert_int_equal(committed(&paged), MANY);
    assert_int_equal(committed(&root), 0);
    expect_pieces(MANY);
    vmo_drop(&root);
    vmo_drop(&paged);
    assert_true(paged.freed);
}

static uint64_t pages_in_use(void)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(&account_root, usage);
    return usage[ACCOUNT_PAGES].used;
}

#define SOME 1500u // pages, several pieces

// From whichever allocation of `call` on there is no memory, `same` is true after it and nothing stays charged.
#define FAIL_EACH(call, same)                                 \
    do {                                                      \
        const uint64_t charged_ = pages_in_use();             \
        unsigned failures_ = 0;                               \
        for (uint64_t k = 1;; k += 1 + k / 16) {              \
            alloc_fail_set(k, true);                          \
            const zx_status_t status_ = (call);               \
            const bool hit_ = alloc_fail_hit();               \
            alloc_fail_set(0, false);                         \
            assert_int_equal(status_, hit_ ? ZX_ERR_NO_MEMORY : ZX_OK); \
            if (!hit_)                                        \
                break;                                        \
            failures_++;                                      \
            assert_true(same);                                \
            assert_int_equal(pages_in_use(), charged_);       \
        }                                                     \
        assert_true(failures_ > 10);                          \
    } while (0)

static void test_pieces_of_a_commit_are_done_all_or_none(void **state)
{
    (void)state;
    vmo_new(&root, SOME, 0);
    clone_new(&mid, &root, SOME);
    clone_new(&leaf, &mid, SOME);
    vmo_poke(&root, 700, 7);
    FAIL_EACH(vmo_commit(&leaf.v, 0, PAGES(SOME)), committed(&leaf) == 0 && committed(&mid) == 0);
    assert_int_equal(committed(&leaf), SOME);
    assert_int_equal(committed(&mid), 1);
    FAIL_EACH(vmo_commit(&root.v, 0, PAGES(SOME)), committed(&root) == 1);
    assert_int_equal(committed(&root), SOME);
    assert_int_equal(vmo_peek(&leaf, 700), 7);
    vmo_drop(&leaf);
    vmo_drop(&mid);
    vmo_drop(&root);
}

static void test_pieces_of_a_supply_are_done_all_or_none(void **state)
{
    (void)state;
    paged_new();
    vmo_new(&root, SOME, 0);
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(SOME)), ZX_OK);
    FAIL_EACH(vmo_supply_pages(&paged.v, PAGES(100), PAGES(SOME), &root.v, 0),
              committed(&root) == SOME && committed(&paged) == 0);
    assert_int_equal(committed(&paged), SOME);
    vmo_drop(&root);
    vmo_drop(&paged);
}

static struct account *maker, *supplier;

static uint64_t charged_to(struct account *a)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(a, usage);
    return usage[ACCOUNT_PAGES].used;
}

static void limit_pages(struct account *a, uint64_t pages)
{
    uint64_t limits[ACCOUNT_KINDS];

    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        limits[kind] = ACCOUNT_KEEP_LIMIT;
    limits[ACCOUNT_PAGES] = pages;
    assert_int_equal(account_set_limits(a, limits), ZX_OK);
}

// root is maker's, with SOME pages, and the paged VMO supplier's; both accounts are below `above`.
static void two_makers(struct account *above)
{
    assert_int_equal(account_create(above, NULL, NULL, &maker), ZX_OK);
    assert_int_equal(account_create(above, NULL, NULL, &supplier), ZX_OK);
    thread_current()->account = supplier;
    paged_new();
    thread_current()->account = maker;
    vmo_new(&root, SOME, 0);
    thread_current()->account = NULL;
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(SOME)), ZX_OK);
    assert_int_equal(charged_to(maker), SOME);
}

static void two_makers_end(void)
{
    vmo_drop(&root);
    vmo_drop(&paged);
    assert_int_equal(charged_to(maker), 0);
    assert_int_equal(charged_to(supplier), 0);
    account_disown(maker);
    account_disown(supplier);
    account_sweep();
}

// Maker lets the pages go, and its account gives back what it does not use.
static void pages_go(void)
{
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(SOME)), ZX_OK);
    limit_pages(maker, SOME);
    assert_int_equal(charged_to(maker), 0);
}

// The pages that a supply has looked at go, after each hold of the lock in which it looks or moves: who had
// them stays charged for exactly what is left, and so does who got some.
static void test_pages_go_while_they_are_supplied(void **state)
{
    const unsigned pieces = (SOME + MOST - 1) / MOST;

    (void)state;
    for (unsigned after = 1; after < 2 * pieces; after++) {
        const unsigned moved = after > pieces ? (after - pieces) * MOST : 0;
        two_makers(&account_root);
        meddling = (struct meddling){.act = pages_go, .lock = root.v.lock, .after = after};
        assert_int_equal(vmo_supply_pages(&paged.v, 0, PAGES(SOME), &root.v, 0), ZX_ERR_BAD_STATE);
        assert_null(meddling.act);
        assert_int_equal(committed(&paged), moved);
        assert_int_equal(charged_to(supplier), moved);
        assert_int_equal(charged_to(maker), 0);
        limit_pages(supplier, SOME);
        assert_int_equal(vmo_decommit(&root.v, 0, PAGES(SOME)), ZX_OK);
        two_makers_end();
    }
}

// A limit of what is above both is no obstacle, however full; the supplier's own is, with nothing done.
static void test_supply_within_a_full_limit(void **state)
{
    struct account *above;

    (void)state;
    assert_int_equal(account_create(&account_root, NULL, NULL, &above), ZX_OK);
    two_makers(above);
    limit_pages(above, SOME);
    limit_pages(supplier, SOME - 1);
    assert_int_equal(vmo_supply_pages(&paged.v, 0, PAGES(SOME), &root.v, 0), ZX_ERR_NO_MEMORY);
    assert_int_equal(committed(&root), SOME);
    assert_int_equal(charged_to(maker), SOME);
    assert_int_equal(charged_to(supplier), 0);
    limit_pages(supplier, SOME);
    assert_int_equal(vmo_supply_pages(&paged.v, 0, PAGES(SOME), &root.v, 0), ZX_OK);
    assert_int_equal(charged_to(maker), 0);
    assert_int_equal(charged_to(supplier), SOME);
    assert_int_equal(charged_to(above), SOME);
    two_makers_end();
    account_disown(above);
    account_sweep();
}

static void somebody_grows_it_on(void)
{
    assert_int_equal(vmo_set_size(&root.v, PAGES(10)), ZX_OK);
    assert_int_equal(vmo_commit(&root.v, PAGES(8), PAGES(1)), ZX_OK);
    assert_int_equal(vmo_pin(&root.v, PAGES(8), PAGES(1)), ZX_OK);
}

// A VMO with a pin grows, and before the call returns somebody grows it on and pins what is beyond: nothing
// was cut off, so nothing was in the way.
static void test_grow_answers_what_it_did(void **state)
{
    (void)state;
    vmo_new(&root, 1, VMO_RESIZABLE);
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(1)), ZX_OK);
    assert_int_equal(vmo_pin(&root.v, 0, PAGES(1)), ZX_OK);
    meddling = (struct meddling){.act = somebody_grows_it_on, .lock = root.v.lock, .after = 1};
    assert_int_equal(vmo_set_size(&root.v, PAGES(5)), ZX_OK);
    assert_null(meddling.act);
    assert_int_equal(vmo_size(&root.v), PAGES(10));
    vmo_unpin(&root.v, PAGES(8), PAGES(1));
    vmo_unpin(&root.v, 0, PAGES(1));
    vmo_drop(&root);
}

// Pins of many pages: all or none, and one page in the middle keeps all from going.
static void test_pieces_of_a_pin_are_done_all_or_none(void **state)
{
    (void)state;
    vmo_new(&root, SOME, VMO_RESIZABLE);
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(SOME)), ZX_OK);
    assert_int_equal(vmo_decommit(&root.v, PAGES(SOME - 5), PAGES(1)), ZX_OK);
    assert_int_equal(vmo_pin(&root.v, 0, PAGES(SOME)), ZX_ERR_BAD_STATE);
    assert_int_equal(root.v.pin_count, 0);
    assert_int_equal(vmo_pin(&root.v, PAGES(SOME / 2), PAGES(1)), ZX_OK);
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(SOME)), ZX_ERR_BAD_STATE);
    assert_int_equal(vmo_set_size(&root.v, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(committed(&root), SOME - 1);
    assert_int_equal(vmo_set_size(&root.v, PAGES(SOME / 2 + 1)), ZX_OK);
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(SOME / 2)), ZX_OK);
    assert_int_equal(committed(&root), 1);
    vmo_unpin(&root.v, PAGES(SOME / 2), PAGES(1));
    assert_int_equal(vmo_commit(&root.v, 0, PAGES(SOME)), ZX_OK);
    assert_int_equal(vmo_pin(&root.v, 0, PAGES(SOME / 2)), ZX_OK);
    assert_int_equal(root.v.pin_count, SOME / 2);
    assert_int_equal(vmo_pin(&root.v, 0, PAGES(SOME)), ZX_ERR_OUT_OF_RANGE);
    vmo_unpin(&root.v, 0, PAGES(SOME / 2));
    assert_int_equal(vmo_set_size(&root.v, 0), ZX_OK);
    vmo_drop(&root);
}

VM_GROUP(hold, VM_TEST(test_hold_of_commit_and_decommit), VM_TEST(test_hold_of_clones),
         VM_TEST(test_hold_of_supply), VM_TEST(test_pieces_of_a_commit_are_done_all_or_none),
         VM_TEST(test_pieces_of_a_supply_are_done_all_or_none),
         VM_TEST(test_pages_go_while_they_are_supplied), VM_TEST(test_supply_within_a_full_limit),
         VM_TEST(test_grow_answers_what_it_did),
         VM_TEST(test_pieces_of_a_pin_are_done_all_or_none));
