// SPDX-License-Identifier: MIT
// Accounts (account/account.h): claiming, limits, and the end of accounts.
#include <account/account.h>

#include <debug/assert.h>
#include <sched/cpu.h>
#include <sched/mutex.h>

LOCK_CLASS(account_class, RANK_ACCOUNT, LOCK_MUTEX);

static struct mutex account_lock = MUTEX_INIT(account_class);

static ACCOUNT_CACHE(account_cache, sizeof(struct account), _Alignof(struct account));

// Accounts whose job or process is gone. [account_lock]
static struct list ghosts = LIST_INIT(ghosts);
#define SWEEP_STEPS 4u // looked at whenever an account comes or goes

// Accounts whose owners are to be told that something was refused. [account_lock]
static struct list to_tell = LIST_INIT(to_tell);
static void tell_all(struct work *w);
static struct work tell_work = {.fn = tell_all};

struct account account_root = {
    .children = LIST_INIT(account_root.children),
    .meter = {[0 ... ACCOUNT_KINDS - 1] = {.limit = ACCOUNT_NO_LIMIT}},
};

// What is claimed ahead. Threads and processes are dear enough to be counted one by one.
static const int64_t batch[ACCOUNT_KINDS] = {
    [ACCOUNT_PAGES] = 32,
    [ACCOUNT_KMEM] = 16384,
    [ACCOUNT_HANDLES] = 16,
};

static _Atomic int64_t *reservoir(struct account *a, enum account_kind kind)
{
    return kind == ACCOUNT_HANDLES && a->handles != NULL ? a->handles : &a->meter[kind].reservoir;
}

// How far below zero a pinned reservoir lies (C4): more than all that is ever charged.
#define PIN (INT64_C(1) << 62)

// What is in a reservoir in which `have` was found.
ALWAYS_INLINE int64_t beyond_pin(const struct account *a, enum account_kind kind, int64_t have)
{
    return unlikely(have < 0) && a->pins[kind] != 0 ? have + PIN : have;
}

static int64_t in_reservoir(struct account *a, enum account_kind kind)
{
    return beyond_pin(a, kind, atomic_load_explicit(reservoir(a, kind), memory_order_acquire));
}

// Depth first: the account after `a` in the tree under `top`; NULL at the end.
static struct account *next_below(const struct account *top, struct account *a)
{
    struct list_node *n = list_peek_head(&a->children);
    while (n == NULL && a != top) {
        n = list_next(&a->parent->children, &a->sibling);
        a = a->parent;
    }
    return n != NULL ? list_entry(n, struct account, sibling) : NULL;
}

// True if `a` is `top` or below it.
static bool below(const struct account *a, const struct account *top)
{
    while (a != NULL && a != top)
        a = a->parent;
    return a != NULL;
}

// Of how many accounts, and of how many kinds of each, `over` is true. [account_lock]
static int over_count;

// --- Claims --------------------------------------------------------------------------------------

// The lowest account from `a` upward, below `top`, that has no room for n more; NULL: all have.
static struct account *without_room(struct account *a, const struct account *top,
                                    enum account_kind kind, uint64_t n)
{
    for (; a != top; a = a->parent) {
        const struct account_meter *m = &a->meter[kind];
        if (m->claimed >= m->limit || m->limit - m->claimed < n)
            return a;
    }
    return NULL;
}

// In `a` and what is above it, below `top`.
static void claim_below(struct account *a, const struct account *top, enum account_kind kind,
                        uint64_t n)
{
    for (; a != top; a = a->parent)
        a->meter[kind].claimed += n;
}

static void claim(struct account *a, enum account_kind kind, uint64_t n)
{
    claim_below(a, NULL, kind, n);
}

static void unclaim_below(struct account *a, const struct account *top, enum account_kind kind,
                          uint64_t n)
{
    for (; n != 0 && a != top; a = a->parent) {
        DEBUG_ASSERT(a->meter[kind].claimed >= n);
        a->meter[kind].claimed -= n;
    }
}

static void unclaim(struct account *a, enum account_kind kind, uint64_t n)
{
    unclaim_below(a, NULL, kind, n);
}

// Takes what the reservoir has beyond `keep` out of it.
static uint64_t drain(struct account *a, enum account_kind kind, int64_t keep)
{
    _Atomic int64_t *word = reservoir(a, kind);
    int64_t have = atomic_load_explicit(word, memory_order_relaxed);
    const int64_t left = keep + have - beyond_pin(a, kind, have);
    while (have > left) {
        if (atomic_compare_exchange_weak_explicit(word, &have, left, memory_order_acquire,
                                                  memory_order_relaxed))
            return (uint64_t)(have - left);
    }
    return 0;
}

// Gives the reservoirs of all accounts under `top` back. True if there was anything in them.
static bool drain_tree(struct account *top, enum account_kind kind)
{
    bool any = false;
    for (struct account *a = top; a != NULL; a = next_below(top, a)) {
        uint64_t n = drain(a, kind, 0);
        unclaim(a, kind, n);
        any = any || n != 0;
    }
    return any;
}

// C4 for what lies below `top`, of which `over` is to become true or false.
static void set_over(struct account *top, enum account_kind kind, bool over)
{
    top->over[kind] = over;
    over_count += over ? 1 : -1;
    for (struct account *a = top; a != NULL; a = next_below(top, a)) {
        if (over ? a->pins[kind]++ == 0 : --a->pins[kind] == 0)
            atomic_fetch_add_explicit(reservoir(a, kind), over ? -PIN : PIN, memory_order_relaxed);
    }
}

// C2, C4: the limit of `top` or what is claimed there has changed. What is not in use does not hold
// room.
static void fit(struct account *top, enum account_kind kind)
{
    (void)drain_tree(top, kind);
    const bool over = top->meter[kind].claimed > top->meter[kind].limit;
    if (over != top->over[kind])
        set_over(top, kind, over);
}

// `a` is pinned: enough may have been given back meanwhile for some limits to be met again.
static void fit_again(struct account *a, enum account_kind kind)
{
    for (; a != NULL; a = a->parent) {
        if (a->over[kind])
            fit(a, kind);
    }
}

// Takes n out of the reservoir if it has that much.
static bool take(struct account *a, enum account_kind kind, int64_t n)
{
    _Atomic int64_t *word = reservoir(a, kind);
    int64_t have = atomic_load_explicit(word, memory_order_relaxed);
    while (have >= n) {
        if (atomic_compare_exchange_weak_explicit(word, &have, have - n, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

// Has the owner told, by a worker: who is refused may hold any mutex. Once only: whoever goes on to ask for what
// he does not get must not have a worker, which comes before everybody else, run for each time.
static void tell_owner(struct account *a)
{
    if (a->owner == NULL || a->told)
        return;
    a->told = true;
    list_add_tail(&to_tell, &a->telling);
    if (list_peek_head(&to_tell) == &a->telling)
        work_queue(&tell_work);
}

static void tell_all(struct work *w)
{
    struct account *a;
    (void)w;
    do {
        void *owner = NULL;
        const struct account_owner_ops *ops = NULL;
        mutex_lock(&account_lock);
        a = list_pop_head_entry(&to_tell, struct account, telling);
        if (a != NULL && a->owner_ops->hold(a->owner)) {
            owner = a->owner;
            ops = a->owner_ops;
        }
        mutex_unlock(&account_lock);
        if (owner != NULL)
            ops->refused(owner);
    } while (a != NULL);
}

bool account_has_refused(struct account *a)
{
    mutex_lock(&account_lock);
    bool told = a->told;
    mutex_unlock(&account_lock);
    return told;
}

static zx_status_t refuse(struct account *full, enum account_kind kind)
{
    full->meter[kind].refused++;
    tell_owner(full);
    bool memory = kind == ACCOUNT_PAGES || kind == ACCOUNT_KMEM;
    return memory || full->parent == NULL ? ZX_ERR_NO_MEMORY : ZX_ERR_NO_RESOURCES;
}

// Has room for n more made from `a` upward, below `top`: what lies unused below a limit does not count
// against it.
static zx_status_t make_room(struct account *a, const struct account *top, enum account_kind kind,
                             uint64_t n)
{
    const struct account *drained = NULL;
    struct account *full;

    while ((full = without_room(a, top, kind, n)) != NULL) {
        if (full == drained || !drain_tree(full, kind))
            return refuse(full, kind);
        drained = full;
    }
    return ZX_OK;
}

static zx_status_t charge_locked(struct account *a, enum account_kind kind, int64_t n)
{
    if (unlikely(a->pins[kind] != 0))
        fit_again(a, kind);
    if (take(a, kind, n))
        return ZX_OK; // somebody has put it back meanwhile
    if (batch[kind] != 0 && without_room(a, NULL, kind, (uint64_t)(n + batch[kind])) == NULL) {
        claim(a, kind, (uint64_t)(n + batch[kind]));
        atomic_fetch_add_explicit(reservoir(a, kind), batch[kind], memory_order_relaxed);
        return ZX_OK;
    }
    zx_status_t status = make_room(a, NULL, kind, (uint64_t)n);
    if (status == ZX_OK)
        claim(a, kind, (uint64_t)n);
    return status;
}

zx_status_t account_charge_slow(struct account *a, enum account_kind kind, int64_t n)
{
    mutex_lock(&account_lock);
    atomic_fetch_add_explicit(reservoir(a, kind), n, memory_order_relaxed);
    zx_status_t status = charge_locked(a, kind, n);
    mutex_unlock(&account_lock);
    return status;
}

// The lowest account that both are, or are under.
static struct account *common(struct account *a, const struct account *b)
{
    while (!below(b, a))
        a = a->parent;
    return a;
}

// Has room made for n in `to` and what is above it below `top`, and claims it.
static zx_status_t claim_room(struct account *to, const struct account *top,
                              enum account_kind kind, uint64_t n)
{
    zx_status_t status = make_room(to, top, kind, n);
    if (status == ZX_OK)
        claim_below(to, top, kind, n);
    return status;
}

zx_status_t account_move(struct account *from, struct account *to, enum account_kind kind, int64_t n)
{
    if (from == to)
        return ZX_OK;
    mutex_lock(&account_lock);
    const struct account *top = common(from, to);
    zx_status_t status = claim_room(to, top, kind, (uint64_t)n);
    if (status == ZX_OK)
        unclaim_below(from, top, kind, (uint64_t)n);
    mutex_unlock(&account_lock);
    return status;
}

void account_move_unchecked(struct account *from, struct account *to, enum account_kind kind,
                            int64_t n)
{
    if (from == to)
        return;
    mutex_lock(&account_lock);
    const struct account *top = common(from, to);
    unclaim_below(from, top, kind, (uint64_t)n);
    claim_below(to, top, kind, (uint64_t)n);
    for (struct account *a = to; a != top; a = a->parent) {
        if (a->meter[kind].claimed > a->meter[kind].limit)
            fit(a, kind);
    }
    mutex_unlock(&account_lock);
}

zx_status_t account_move_prepare(struct account *from, struct account *to, enum account_kind kind,
                                 uint64_t n)
{
    mutex_lock(&account_lock);
    zx_status_t status = claim_room(to, common(from, to), kind, n);
    mutex_unlock(&account_lock);
    return status;
}

void account_move_prepared(struct account *from, struct account *to, enum account_kind kind,
                           uint64_t n)
{
    mutex_lock(&account_lock);
    unclaim_below(from, common(from, to), kind, n);
    mutex_unlock(&account_lock);
}

void account_move_give_up(struct account *from, struct account *to, enum account_kind kind,
                          uint64_t n)
{
    mutex_lock(&account_lock);
    unclaim_below(to, common(from, to), kind, n);
    mutex_unlock(&account_lock);
}

void account_trim(struct account *a, enum account_kind kind, int64_t keep)
{
    mutex_lock(&account_lock);
    unclaim(a, kind, drain(a, kind, keep));
    mutex_unlock(&account_lock);
}

void account_keep_handles_at(struct account *a, _Atomic int64_t *word)
{
    mutex_lock(&account_lock);
    int64_t moved = (int64_t)drain(a, ACCOUNT_HANDLES, 0);
    if (unlikely(a->pins[ACCOUNT_HANDLES] != 0)) {
        atomic_fetch_add_explicit(reservoir(a, ACCOUNT_HANDLES), PIN, memory_order_relaxed);
        moved -= PIN;
    }
    a->handles = word;
    atomic_fetch_add_explicit(reservoir(a, ACCOUNT_HANDLES), moved, memory_order_relaxed);
    mutex_unlock(&account_lock);
}

// --- Life ----------------------------------------------------------------------------------------

// It goes; nothing is below it.
static NO_INLINE void forget_over(struct account *a)
{
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        over_count -= a->over[kind];
}

// C1 with nothing charged and nothing below: gives everything back and takes the account out.
static bool end_locked(struct account *a)
{
    if (!list_is_empty(&a->children))
        return false;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        if ((int64_t)a->meter[kind].claimed != in_reservoir(a, kind))
            return false;
    }
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        unclaim(a, kind, a->meter[kind].claimed);
    if (unlikely(over_count != 0))
        forget_over(a);
    list_remove(&a->ghost);
    list_remove(&a->sibling);
    return true;
}

// Looks at up to `steps` ghosts; those that can go are put on `dead` (by `sibling`).
static void sweep_locked(unsigned steps, struct list *dead)
{
    while (steps-- > 0 && !list_is_empty(&ghosts)) {
        struct account *a = list_pop_head_entry(&ghosts, struct account, ghost);
        list_add_tail(&ghosts, &a->ghost);
        // The ghost above may have waited for this one only.
        for (; list_node_linked(&a->ghost) && end_locked(a); a = a->parent)
            list_add_tail(dead, &a->sibling);
    }
}

static void free_all(struct list *dead)
{
    struct account *a;
    while ((a = list_pop_head_entry(dead, struct account, sibling)) != NULL)
        account_free_object(account_cache, a);
}

// C4, for a new account.
static NO_INLINE void inherit_pins(struct account *a)
{
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        a->pins[kind] = a->parent->pins[kind];
        if (a->pins[kind] != 0)
            atomic_store_explicit(&a->meter[kind].reservoir, -PIN, memory_order_relaxed);
    }
}

zx_status_t account_create(struct account *parent, const struct account_owner_ops *ops,
                           void *owner, struct account **out)
{
    struct account *a = account_zalloc(account_cache);
    if (a == NULL)
        return ZX_ERR_NO_MEMORY;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        a->meter[kind].limit = ACCOUNT_NO_LIMIT;
    a->parent = parent;
    a->owner_ops = ops;
    a->owner = owner;
    list_init(&a->children);
    struct list dead;
    list_init(&dead);
    mutex_lock(&account_lock);
    if (unlikely(over_count != 0))
        inherit_pins(a);
    list_add_tail(&parent->children, &a->sibling);
    sweep_locked(SWEEP_STEPS, &dead);
    mutex_unlock(&account_lock);
    free_all(&dead);
    *out = a;
    return ZX_OK;
}

void account_disown(struct account *a)
{
    struct list dead;
    list_init(&dead);
    mutex_lock(&account_lock);
    a->owner = NULL;
    list_remove_if_linked(&a->telling);
    DEBUG_ASSERT(a->handles == NULL);
    list_add_head(&ghosts, &a->ghost);
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        unclaim(a, kind, drain(a, kind, 0));
    sweep_locked(SWEEP_STEPS, &dead);
    mutex_unlock(&account_lock);
    free_all(&dead);
}

void account_sweep(void)
{
    struct list dead;
    bool any;
    do { // who paid for one that goes may have waited for that
        unsigned count = 0;
        struct list_node *n;
        list_init(&dead);
        mutex_lock(&account_lock);
        list_for_each (n, &ghosts)
            count++;
        sweep_locked(count, &dead);
        mutex_unlock(&account_lock);
        any = !list_is_empty(&dead);
        free_all(&dead);
    } while (any);
}

// --- Limits and usage ----------------------------------------------------------------------------

zx_status_t account_set_limits(struct account *a, const uint64_t limits[ACCOUNT_KINDS])
{
    zx_status_t status = ZX_OK;
    mutex_lock(&account_lock);
    const bool bound = thread_current()->user && below(account_current(), a);
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        if (bound && limits[kind] != ACCOUNT_KEEP_LIMIT && limits[kind] > a->meter[kind].limit)
            status = ZX_ERR_ACCESS_DENIED;
    }
    for (unsigned kind = 0; status == ZX_OK && kind < ACCOUNT_KINDS; kind++) {
        if (limits[kind] == ACCOUNT_KEEP_LIMIT)
            continue;
        a->meter[kind].limit = limits[kind];
        fit(a, (enum account_kind)kind);
    }
    if (status == ZX_OK) {
        a->told = false; // in this same hold: who is refused from now on is refused by the new limits
        list_remove_if_linked(&a->telling);
    }
    mutex_unlock(&account_lock);
    return status;
}

void account_usage(struct account *a, struct account_usage out[ACCOUNT_KINDS])
{
    account_sweep(); // accounts of the dead are charged to somebody, too
    mutex_lock(&account_lock);
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        out[kind].used = a->meter[kind].claimed;
        out[kind].limit = ACCOUNT_NO_LIMIT;
        out[kind].refused = a->meter[kind].refused;
        for (struct account *at = a; at != NULL; at = next_below(a, at)) {
            int64_t spare = in_reservoir(at, (enum account_kind)kind);
            if (spare > 0)
                out[kind].used -= (uint64_t)spare;
        }
        for (const struct account *at = a; at != NULL; at = at->parent)
            out[kind].limit = MIN(out[kind].limit, at->meter[kind].limit);
    }
    mutex_unlock(&account_lock);
}
