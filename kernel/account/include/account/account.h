// SPDX-License-Identifier: MIT
// Accounts: what a job or a process uses, counted exactly, and how much of it it may use.
//
// Accounts form a tree: the root's is account_root, each job has one below its parent job's, each
// process one below its job's. A process's account is charged for what the process makes. What is
// charged counts for every account above as well, and must fit into the limits of them all.
//
// The tree is not walked for each charge. An account claims amounts ahead, in batches, and keeps them
// in a reservoir, one word for each kind: charging takes from it, uncharging puts back. When a limit
// is near, the reservoirs below it are emptied first, so a limit refuses exactly what does not fit.
//
//   C1 Of each kind: claimed = what is charged to the account + its reservoir + what the accounts
//      below have claimed. Without the pin of C4 a reservoir is negative only while a charge of its owner is
//      under way.
//      What a move has been prepared for counts as charged to its target, and to what is above that and
//      not above its source too.
//   C2 claimed <= limit, unless the limit was lowered later, or a move was not checked.
//   C3 An account outlives its job or process until nothing is charged to it any more. Nobody who
//      uncharges touches it after the addition to the reservoir; whoever finds C1 balanced may free it.
//   C4 Where C2 does not hold, the account is `over`, and the reservoirs of it and of all below are
//      pinned: they lie so far below zero that each charge comes to account_charge_slow, which refuses it
//      or finds that enough has been given back. account.pins counts those that are over, from it upward.
//
// Locks: account_lock (rank ACCOUNT, a mutex) for all fields but the reservoirs; those are atomic.
// Charging and uncharging may be done with any mutex held, and never in an interrupt.
#pragma once

#include <hal/types.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mem/slab.h>
#include <sched/thread.h>
#include <zircon/types.h>

enum account_kind {
    ACCOUNT_PAGES,     // committed pages of VMOs
    ACCOUNT_KMEM,      // bytes of kernel memory: objects, messages, stacks, tables
    ACCOUNT_HANDLES,   // in handle tables
    ACCOUNT_THREADS,   // threads that are not dead
    ACCOUNT_PROCESSES, // processes that are not dead
    ACCOUNT_KINDS,
};

#define ACCOUNT_KEEP_LIMIT UINT64_MAX // account_set_limits: as it is
#define ACCOUNT_NO_LIMIT   (UINT64_MAX - 1)

// [a] atomic; [A] account_lock.
struct account_meter {
    _Atomic int64_t reservoir; // [a]
    uint64_t claimed;          // [A]
    uint64_t limit;            // [A] its own, besides those above
    uint64_t refused;          // [A] charges that this limit has turned down
};

struct account {
    struct account_meter meter[ACCOUNT_KINDS];
    _Atomic int64_t *handles;       // [A] the reservoir of handles, if it lies elsewhere
    uint8_t pins[ACCOUNT_KINDS];    // [A] C4; the tree of jobs is 33 high at most
    bool over[ACCOUNT_KINDS];       // [A] C4
    struct account *parent;         // [I] NULL: the root
    struct list children;           // [A] of account.sibling
    struct list_node sibling;       // [A]
    struct list_node ghost;         // [A] linked: job or process are gone
    void *owner;                    // [A] to be told when this account's limit refuses; or NULL
    const struct account_owner_ops *owner_ops; // [I]
    struct list_node telling;       // [A] on the list of those to be told
    bool told;                      // [A] refused since limits were last set: the owner has been told, or will be
};

struct account_owner_ops {
    // account_lock is held: keeps the owner alive until `refused` is called. False: it is going away.
    bool (*hold)(void *owner);
    // A limit of the owner's account has refused something: the first time, and the first time after each
    // account_set_limits, which may have come in between: account_has_refused tells. No lock is held; ends the
    // hold.
    void (*refused)(void *owner);
};

// What a usage query gives for one kind.
struct account_usage {
    uint64_t used;    // here and below
    uint64_t limit;   // the lowest of this account's and those above
    uint64_t refused; // by this account's own limit
};

extern struct account account_root;

// The account of the current thread's process; the root's for the kernel's own threads.
ALWAYS_INLINE struct account *account_current(void)
{
    struct account *a = thread_current()->account;
    if (unlikely(a == NULL)) {
        a = &account_root;
        __asm__("" : "+r"(a)); // a branch of its own: not computed for everybody and then selected
    }
    return a;
}

// The reservoir has gone below zero by `n`: claims, or takes the charge back.
zx_status_t account_charge_slow(struct account *a, enum account_kind kind, int64_t n) MUST_CHECK;

// ZX_ERR_NO_MEMORY (pages, memory, and the system's own limits), ZX_ERR_NO_RESOURCES (other kinds).
ALWAYS_INLINE MUST_CHECK zx_status_t account_charge(struct account *a, enum account_kind kind,
                                                    int64_t n)
{
    int64_t left =
        atomic_fetch_sub_explicit(&a->meter[kind].reservoir, n, memory_order_relaxed) - n;
    return likely(left >= 0) ? ZX_OK : account_charge_slow(a, kind, n);
}

// The last access to `a` by whoever was charged (C3).
ALWAYS_INLINE void account_uncharge(struct account *a, enum account_kind kind, int64_t n)
{
    atomic_fetch_add_explicit(&a->meter[kind].reservoir, n, memory_order_release);
}

// Charged without a claim: false if that takes account_charge, and nothing has happened.
ALWAYS_INLINE MUST_CHECK bool account_charge_at_once(struct account *a, enum account_kind kind,
                                                     int64_t n)
{
    int64_t left =
        atomic_fetch_sub_explicit(&a->meter[kind].reservoir, n, memory_order_relaxed) - n;
    if (likely(left >= 0))
        return true;
    atomic_fetch_add_explicit(&a->meter[kind].reservoir, n, memory_order_relaxed);
    return false;
}

// What is charged to `from` becomes charged to `to`; what is above both stays as it is, and its limits do
// not matter. Errors as account_charge.
zx_status_t account_move(struct account *from, struct account *to, enum account_kind kind,
                         int64_t n) MUST_CHECK;
// The same whatever the limits say, for what must not fail.
void account_move_unchecked(struct account *from, struct account *to, enum account_kind kind,
                            int64_t n);

// A move in pieces, each of which the caller makes while it knows that so much is charged to `from`: first
// room for all of it is had in `to` (errors as account_charge; the limits of what is above both do not
// matter), then n after n goes over, and what did not is given up. Both accounts stay until then.
zx_status_t account_move_prepare(struct account *from, struct account *to, enum account_kind kind,
                                 uint64_t n) MUST_CHECK;
void account_move_prepared(struct account *from, struct account *to, enum account_kind kind,
                           uint64_t n);
void account_move_give_up(struct account *from, struct account *to, enum account_kind kind,
                          uint64_t n);

// An account below `parent`, charged to whoever calls. `owner` NULL: nobody wants to be told.
// ZX_ERR_NO_MEMORY.
zx_status_t account_create(struct account *parent, const struct account_owner_ops *ops,
                           void *owner, struct account **out) MUST_CHECK;
// Its job or process is gone: nobody charges it or calls with it any more.
void account_disown(struct account *a);
// The reservoir of handles lies at `word` from now on (in the table, which saves an access); NULL:
// no longer. The word moves with what is in it.
void account_keep_handles_at(struct account *a, _Atomic int64_t *word);
// Gives back what a reservoir has beyond `keep`.
void account_trim(struct account *a, enum account_kind kind, int64_t keep);

// Changes limits, all or none; ACCOUNT_KEEP_LIMIT leaves one as it is. A limit may be set below what is
// in use: nothing more is had until it is met again. ZX_ERR_ACCESS_DENIED: the caller itself is under
// this account, and a limit would go up. With success, what was refused before is over and done with: the owner is
// told of the next refusal.
zx_status_t account_set_limits(struct account *a, const uint64_t limits[ACCOUNT_KINDS]) MUST_CHECK;
// Whether the account's own limits have refused something since they were last set.
bool account_has_refused(struct account *a);
void account_usage(struct account *a, struct account_usage out[ACCOUNT_KINDS]);
// Frees the accounts of jobs and processes that are gone if nothing is charged to them. Happens by
// itself as others come and go; this is for whoever counts memory.
void account_sweep(void);

// --- Charged memory ------------------------------------------------------------------------------

// A slab cache whose objects are charged to the account of who allocates them. The account is kept
// behind the object. The size is a constant, so that the fast paths need not look it up.
#define ACCOUNT_CACHE(ident, size_, align_)                                         \
    SLAB_CACHE(ident, ACCOUNT_CACHE_BYTES(size_, align_), align_); \
    enum { ident##_bytes = ACCOUNT_CACHE_BYTES(size_, align_) }
// What an object takes, its alignment included.
#define ACCOUNT_CACHE_BYTES(size, align) \
    ROUND_UP(ROUND_UP(size, sizeof(void *)) + sizeof(struct account *), align)

ALWAYS_INLINE struct account **account_mark(void *object, size_t bytes)
{
    return (struct account **)((char *)object + bytes - sizeof(struct account *));
}

ALWAYS_INLINE void *account_alloc_bytes(struct slab_cache *c, size_t bytes)
{
    struct account *a = account_current();
    if (unlikely(account_charge(a, ACCOUNT_KMEM, (int64_t)bytes) != ZX_OK))
        return NULL;
    void *object = slab_alloc(c);
    if (likely(object != NULL))
        *account_mark(object, bytes) = a;
    else
        account_uncharge(a, ACCOUNT_KMEM, (int64_t)bytes);
    return object;
}

ALWAYS_INLINE void *account_zalloc_bytes(struct slab_cache *c, size_t bytes)
{
    void *object = account_alloc_bytes(c, bytes);
    if (likely(object != NULL))
        memset(object, 0, bytes - sizeof(struct account *));
    return object;
}

ALWAYS_INLINE void account_free_object_bytes(struct slab_cache *c, size_t bytes, void *object)
{
    struct account *a = *account_mark(object, bytes);
    slab_free_object(c, object);
    account_uncharge(a, ACCOUNT_KMEM, (int64_t)bytes);
}

ALWAYS_INLINE void account_free_bytes(struct slab_cache *c, size_t bytes, void *object)
{
    if (likely(object != NULL))
        account_free_object_bytes(c, bytes, object);
}

// One object of a charged cache, contents undefined, or zeroed. NULL: out of memory, or over a limit.
#define account_alloc(cache)  account_alloc_bytes(&(cache), cache##_bytes)
#define account_zalloc(cache) account_zalloc_bytes(&(cache), cache##_bytes)
// Gives an object back.
#define account_free_object(cache, object) \
    account_free_object_bytes(&(cache), cache##_bytes, object)
// The same; NULL is allowed.
#define account_free(cache, object) account_free_bytes(&(cache), cache##_bytes, object)

// The same of any size, at 16 bytes more; what is charged is what kmalloc takes for that.
void *account_kmalloc(size_t size) MUST_CHECK;
void *account_kzalloc(size_t size) MUST_CHECK;
// `beside` bytes more are charged until it is freed: for what hangs on it.
void *account_kmalloc_beside(size_t size, uint32_t beside) MUST_CHECK;
void account_kfree(void *p); // NULL is allowed
