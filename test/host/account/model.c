// SPDX-License-Identifier: MIT
// Accounts against a model: a tree that grows and dies, limits that go up and, below what is in use,
// down, charges and moves of all sizes. The model knows what is charged where and nothing of
// reservoirs: each charge must be granted or refused, by the right limit, as the sums say.
#include "account_test.h"

enum { NODES = 10, STEPS = 400, NOBODY = -1 };
enum state { FREE, LIVE, GHOST };

static struct node {
    struct account *account;
    enum state state;
    int parent;
    int64_t charged[ACCOUNT_KINDS]; // here, without those below
    uint64_t limit[ACCOUNT_KINDS];
    uint64_t refused[ACCOUNT_KINDS];
    bool elsewhere; // its reservoir of handles lies in `word`
    _Atomic int64_t word;
} node[NODES];

// About how much is charged at once: batches of account.c are less, about as much, and more.
static const unsigned size_of[ACCOUNT_KINDS] = {40, 20000, 20, 3, 2};

static enum account_kind any_kind(void)
{
    return (enum account_kind)host_random(ACCOUNT_KINDS);
}

static bool is_below(int i, int top)
{
    while (i != NOBODY && i != top)
        i = node[i].parent;
    return i != NOBODY;
}

static uint64_t used(int top, enum account_kind kind)
{
    int64_t sum = 0;

    for (int i = 0; i < NODES; i++)
        sum += node[i].state != FREE && is_below(i, top) ? node[i].charged[kind] : 0;
    return (uint64_t)sum;
}

// The lowest from `i` upward, below `top`, whose limit n more would break; or `top`.
static int refuses(int i, int top, enum account_kind kind, uint64_t n)
{
    while (i != top && used(i, kind) + n <= node[i].limit[kind])
        i = node[i].parent;
    return i;
}

static bool nothing_charged(const struct node *n)
{
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        if (n->charged[kind] != 0)
            return false;
    }
    return true;
}

// One that may be charged: a ghost may, as long as something else holds it.
static int any_node(void)
{
    for (;;) {
        int i = (int)host_random(NODES);
        if (node[i].state == LIVE || (node[i].state == GHOST && !nothing_charged(&node[i])))
            return i;
    }
}

static _Atomic int64_t *word_of(struct node *n, enum account_kind kind)
{
    return kind == ACCOUNT_HANDLES && n->elsewhere ? &n->word : &n->account->meter[kind].reservoir;
}

static zx_status_t charge(struct node *n, enum account_kind kind, int64_t amount)
{
    if (atomic_fetch_sub(word_of(n, kind), amount) >= amount)
        return ZX_OK;
    return account_charge_slow(n->account, kind, amount);
}

// What came of it is what the model says.
static void settle(int by, int top, enum account_kind kind, zx_status_t status)
{
    const bool memory = kind == ACCOUNT_PAGES || kind == ACCOUNT_KMEM;

    if (by == top) {
        assert_ok(status);
    } else {
        assert_status(status, memory ? ZX_ERR_NO_MEMORY : ZX_ERR_NO_RESOURCES);
        node[by].refused[kind]++;
    }
}

static void charge_some(int i, enum account_kind kind, int64_t n)
{
    const int by = refuses(i, NOBODY, kind, (uint64_t)n);

    settle(by, NOBODY, kind, charge(&node[i], kind, n));
    node[i].charged[kind] += by == NOBODY ? n : 0;
}

static void charge_at_once(int i, enum account_kind kind, int64_t n)
{
    if (node[i].elsewhere || !account_charge_at_once(node[i].account, kind, n))
        return; // which is always allowed
    assert_int_equal(refuses(i, NOBODY, kind, (uint64_t)n), NOBODY);
    node[i].charged[kind] += n;
}

static void uncharge_some(int i, enum account_kind kind, int64_t n)
{
    n = MIN(n, node[i].charged[kind]);
    atomic_fetch_add(word_of(&node[i], kind), n);
    node[i].charged[kind] -= n;
}

static void move_some(int from, int to, enum account_kind kind, int64_t n)
{
    int top = from, by;
    struct account *a = node[from].account, *b = node[to].account;

    n = MIN(n, node[from].charged[kind]);
    if (n == 0)
        return;
    while (!is_below(to, top))
        top = node[top].parent;
    by = refuses(to, top, kind, (uint64_t)n);
    switch (host_random(3)) {
    case 0:
        settle(by, top, kind, account_move(a, b, kind, n));
        break;
    case 1:
        account_move_unchecked(a, b, kind, n);
        by = top;
        break;
    default:
        settle(by, top, kind, account_move_prepare(a, b, kind, (uint64_t)n));
        if (by == top && host_random(3) == 0) {
            account_move_give_up(a, b, kind, (uint64_t)n);
            return;
        }
        if (by == top)
            account_move_prepared(a, b, kind, (uint64_t)n);
        break;
    }
    if (by == top) {
        node[from].charged[kind] -= n;
        node[to].charged[kind] += n;
    }
}

static void set_limit(int i, enum account_kind kind, uint64_t limit)
{
    uint64_t limits[ACCOUNT_KINDS];

    for (unsigned k = 0; k < ACCOUNT_KINDS; k++)
        limits[k] = k == kind ? limit : ACCOUNT_KEEP_LIMIT;
    assert_ok(account_set_limits(node[i].account, limits));
    node[i].limit[kind] = limit;
}

static void set_any_limit(int i)
{
    const enum account_kind kind = any_kind();
    const uint64_t now = used(i, kind);

    switch (host_random(4)) {
    case 0:
        set_limit(i, kind, ACCOUNT_NO_LIMIT);
        break;
    case 1:
        set_limit(i, kind, host_random(now + 1)); // below what is in use
        break;
    default:
        set_limit(i, kind, host_random(4 * size_of[kind]));
        break;
    }
}

static void make_node(int parent)
{
    for (int i = 0; i < NODES; i++) {
        if (node[i].state != FREE)
            continue;
        node[i] = (struct node){.state = LIVE, .parent = parent};
        for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
            node[i].limit[kind] = ACCOUNT_NO_LIMIT;
        assert_ok(account_create(parent == NOBODY ? &account_root : node[parent].account, NULL,
                                 NULL, &node[i].account));
        return;
    }
}

static bool has_child(int i, enum state state)
{
    for (int k = 0; k < NODES; k++) {
        if (node[k].state == state && node[k].parent == i)
            return true;
    }
    return false;
}

static void keep_handles(struct node *n, bool elsewhere)
{
    n->elsewhere = elsewhere;
    account_keep_handles_at(n->account, elsewhere ? &n->word : NULL);
    if (!elsewhere)
        assert_int_equal(atomic_load(&n->word), 0);
}

static void disown(int i)
{
    if (has_child(i, LIVE))
        return;
    keep_handles(&node[i], false);
    account_disown(node[i].account);
    node[i].state = GHOST;
}

// Ghosts that hold nothing may be gone at any time.
static void forget_ghosts(void)
{
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < NODES; i++) {
            if (node[i].state != GHOST || !nothing_charged(&node[i]) || has_child(i, GHOST))
                continue;
            node[i].state = FREE;
            again = true;
        }
    }
}

static void step(void)
{
    const int i = any_node();
    const enum account_kind kind = any_kind();
    const int64_t n = 1 + (int64_t)host_random(size_of[kind]);
    const bool live = node[i].state == LIVE;

    switch (host_random(16)) {
    case 0:
        if (live)
            set_any_limit(i);
        break;
    case 1:
        if (live)
            make_node(i);
        break;
    case 2:
        if (live && i != 0 && host_random(3) == 0)
            disown(i);
        break;
    case 3:
        if (live)
            keep_handles(&node[i], !node[i].elsewhere);
        break;
    case 4:
        account_trim(node[i].account, kind, (int64_t)host_random(size_of[kind]));
        break;
    case 5:
    case 6:
        move_some(i, any_node(), kind, n);
        break;
    case 7:
        charge_at_once(i, kind, n);
        break;
    case 8:
    case 9:
    case 10:
    case 11:
        uncharge_some(i, kind, n);
        break;
    default:
        charge_some(i, kind, n);
        break;
    }
}

static void check(void)
{
    struct account_usage usage[ACCOUNT_KINDS];

    for (int i = 0; i < NODES; i++) {
        if (node[i].state != LIVE)
            continue;
        account_usage(node[i].account, usage);
        for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
            uint64_t limit = account_root.meter[kind].limit; // far above what happens here
            for (int at = i; at != NOBODY; at = node[at].parent)
                limit = MIN(limit, node[at].limit[kind]);
            assert_int_equal(usage[kind].used, used(i, kind));
            assert_int_equal(usage[kind].limit, limit);
            assert_int_equal(usage[kind].refused, node[i].refused[kind]);
        }
    }
}

KERNEL_TEST_DET(charges_are_granted_exactly_as_the_sums_say, 1, 150)
{
    for (int i = 0; i < NODES; i++)
        node[i].state = FREE;
    make_node(NOBODY);
    for (unsigned s = 0; s < STEPS; s++) {
        step();
        check();
        forget_ghosts();
    }
    for (int i = 0; i < NODES; i++) {
        for (unsigned kind = 0; node[i].state != FREE && kind < ACCOUNT_KINDS; kind++)
            uncharge_some(i, kind, node[i].charged[kind]);
    }
    while (node[0].state == LIVE) {
        for (int i = NODES - 1; i >= 0; i--) {
            if (node[i].state == LIVE)
                disown(i);
        }
    }
}

// What the model comes to now and then, one by one.
KERNEL_TEST_DET(limit_below_use_gives_nothing_until_it_is_met_again, 1, 1)
{
    for (int i = 0; i < NODES; i++)
        node[i].state = FREE;
    make_node(NOBODY);
    make_node(0);
    make_node(1);
    charge_some(1, ACCOUNT_PAGES, 10);
    charge_some(2, ACCOUNT_PAGES, 10);
    set_limit(0, ACCOUNT_PAGES, 8);
    make_node(0); // under a limit that is not met
    const int made[] = {1, 2, 3};
    for (int left = 20; left > 0;) {
        uncharge_some(1 + left % 2, ACCOUNT_PAGES, 1);
        left--;
        for (unsigned k = 0; k < sizeof(made) / sizeof(made[0]); k++) {
            charge_some(made[k], ACCOUNT_PAGES, 1); // the model knows whether it may
            if (left < 8)
                uncharge_some(made[k], ACCOUNT_PAGES, 1);
        }
        check();
    }
    for (int i = 3; i >= 0; i--)
        disown(i);
}

const struct CMUnitTest model_tests[] = {
    cmocka_unit_test(test_charges_are_granted_exactly_as_the_sums_say),
    cmocka_unit_test(test_limit_below_use_gives_nothing_until_it_is_met_again),
};
const size_t model_test_count = sizeof(model_tests) / sizeof(model_tests[0]);
