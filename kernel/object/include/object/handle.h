// SPDX-License-Identifier: MIT
// Handle tables: a process's map from handle values to {object, rights}.
//
// A value has bit 0 set and bit 31 clear; in between are a slot number and a generation, mixed with
// a per-process secret. A slot's generation grows on every reuse, so a stale value fails for 4096
// reuses. Look-up is O(1) under the table's own mutex (rank HANDLE_TABLE); objects' locks nest in it.
#pragma once

#include <object/object.h>
#include <sched/mutex.h>

#define HANDLE_CHUNK_SLOTS 64u
#define HANDLE_MAX_SYSTEM 262144u // live handles in tables, system-wide (spec 00 section 8)

// Locks: [T] the table's mutex; [L] the lock of `object`.
struct handle_slot {
    struct object *object;      // [T] NULL: free
    uint32_t rights;            // [T] of a free slot: index of the next free one + 1
    uint32_t generation;        // [T] 12 bits, and one more while the slot is not live
    struct observer *observers; // [L] begun through this handle; grows only under [T] and [L]
};

struct handle_chunk {
    struct handle_slot slot[HANDLE_CHUNK_SLOTS];
};

struct handle_table {
    struct mutex lock;
    struct handle_chunk **chunks; // [T] directory of `chunk_capacity` entries
    uint32_t chunk_count;         // [T]
    uint32_t chunk_capacity;      // [T]
    uint32_t free_head;           // [T] slot index + 1 of the first free slot; 0 = none
    uint32_t count;               // [T] live handles
    _Atomic int64_t spare;        // [a] the account's reservoir of handles; negative while one is claimed
    struct account *account;      // [I] charged for each handle
    uint32_t secret;              // [I] mixed into values
    atomic_uint paged;            // [T] to write: memory of the process may come from a pager
    uint32_t unpaged_chunks;      // [T] chunk_count, and 0 once `paged` is set
    bool closed;                  // [T] the process is dead: nothing can be installed
};

void handle_table_init(struct handle_table *t, struct account *account);
// Closes everything; nothing can be installed afterwards. No lock held.
void handle_table_close_all(struct handle_table *t);
// `table`: that of a process that is about to have memory which a pager serves. From now on its look-ups
// with handle_hold_unpaged() fail. Locks below RANK_HANDLE_TABLE may be held.
void handle_table_set_paged(void *table);
ALWAYS_INLINE bool handle_table_paged(const struct handle_table *t)
{
    return atomic_load_explicit(&((struct handle_table *)t)->paged, memory_order_relaxed) != 0;
}
// Frees the memory of a closed table.
void handle_table_destroy(struct handle_table *t);

// What a look-up gives, in two registers: a referenced object and the handle's rights, or the error.
struct handle_ref {
    struct object *object;
    uint64_t rights; // object NULL: the error instead (no union: that would go through memory)
};

// Looks `value` up and takes a reference. `ops` NULL: any type. In order: ZX_ERR_BAD_HANDLE,
// ZX_ERR_ACCESS_DENIED (some bit of `rights` missing), ZX_ERR_WRONG_TYPE.
struct handle_ref handle_get(struct handle_table *t, zx_handle_t value,
                             const struct object_ops *ops, zx_rights_t rights) MUST_CHECK;

// The same for calls that take something away and then write to user memory, `ops` given. For these a process
// with memory that a pager serves (process_memory_paged) has a slower way: ZX_ERR_NEXT. To ask costs
// nothing here: such a process's handles are beyond the bound.
struct handle_ref handle_get_unpaged(struct handle_table *t, zx_handle_t value,
                                     const struct object_ops *ops, zx_rights_t rights) MUST_CHECK;

// The same as handle_get() with results through pointers; *out_rights may be NULL.
ALWAYS_INLINE MUST_CHECK zx_status_t handle_lookup(struct handle_table *t, zx_handle_t value,
                                                   const struct object_ops *ops,
                                                   zx_rights_t rights, struct object **out,
                                                   zx_rights_t *out_rights)
{
    struct handle_ref r = handle_get(t, value, ops, rights);
    if (unlikely(r.object == NULL)) {
        if ((zx_status_t)r.rights == ZX_OK)
            __builtin_unreachable(); // so the caller's test of the status is this test
        return (zx_status_t)r.rights;
    }
    *out = r.object;
    if (out_rights != NULL)
        *out_rights = (zx_rights_t)r.rights;
    return ZX_OK;
}
// Only tells whether the value is live; never counts as a policy violation.
bool handle_valid(struct handle_table *t, zx_handle_t value);

// Installs a handle; on success *h is consumed and *out_value is live at once.
// ZX_ERR_NO_MEMORY: h stays the caller's.
zx_status_t handle_install(struct handle_table *t, struct handle h, zx_handle_t *out_value) MUST_CHECK;

// Two steps, for results whose value must reach the user before the handle exists: reserve gives the
// value, then commit (cannot fail) or cancel.
zx_status_t handle_reserve(struct handle_table *t, zx_handle_t *out_value) MUST_CHECK;
void handle_commit(struct handle_table *t, zx_handle_t value, struct handle h);
void handle_cancel(struct handle_table *t, zx_handle_t value);

// Takes a handle out of the table, with `rights` required; waits begun through it end. In order:
// ZX_ERR_BAD_HANDLE; ZX_ERR_ACCESS_DENIED (then the handle stays).
zx_status_t handle_remove(struct handle_table *t, zx_handle_t value, zx_rights_t rights,
                          struct handle *out) MUST_CHECK;

// zx_handle_duplicate in the calling process; the new value is stored at the user address `ptr`. In
// order: ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED, ZX_ERR_INVALID_ARGS (rights that `value` has not),
// ZX_ERR_NO_MEMORY, ZX_ERR_INVALID_ARGS (ptr).
zx_status_t handle_duplicate(zx_handle_t value, zx_rights_t rights, uintptr_t ptr) MUST_CHECK;

// Exchanges a handle of the calling process for one with the rights that `rule` leaves in `h`; the new value is stored
// at the user address `ptr`. `rule` runs with the table's lock held and must not block. Waits begun through the handle
// end. It uses nothing more than before, so no limit refuses it. The handle is gone unless the error is
// ZX_ERR_BAD_HANDLE because it is none, or that of handle_taken_prepare(ptr), which comes first. Then: the rule's
// errors, ZX_ERR_INVALID_ARGS (ptr).
typedef zx_status_t handle_rule(struct handle *h, uint32_t arg);
zx_status_t handle_replace(zx_handle_t value, handle_rule *rule, uint32_t arg, uintptr_t ptr) MUST_CHECK;

// zx_handle_close in the calling process: 0 is ZX_OK.
zx_status_t handle_close(zx_handle_t value) MUST_CHECK;
// The source's rights, or the subset asked for. ZX_ERR_INVALID_ARGS.
ALWAYS_INLINE MUST_CHECK zx_status_t handle_rights_reduce(zx_rights_t have, zx_rights_t want,
                                                          zx_rights_t *out)
{
    if (want == ZX_RIGHT_SAME_RIGHTS)
        want = have;
    else if ((want & ~have) != 0)
        return ZX_ERR_INVALID_ARGS;
    *out = want;
    return ZX_OK;
}

// A handle in a message. What was begun through it in the sender's table goes on until the message is
// received or destroyed (spec 10 section 3).
struct transit {
    struct handle handle;
    struct observer *observers; // [L] of handle.object; the address is where it hangs
};

// Takes a handle out of the table with what was begun through it, whatever its rights. ZX_ERR_BAD_HANDLE.
zx_status_t handle_remove_for_share(struct handle_table *t, zx_handle_t value,
                                    struct transit *out) MUST_CHECK;
// Moves it on; `from` is empty afterwards. The lock of an object may be held that comes before the handle's
// in the order of LOCKING.md.
void transit_move(struct transit *to, struct transit *from);
// The handle has arrived, or its message dies: waits begun through it end. The handle stays valid.
struct handle transit_end(struct transit *t);

// For a channel message: takes `count` handles out at once; TRANSFER is required, `self` refused
// with ZX_ERR_NOT_SUPPORTED. All are consumed whatever happens: on failure the good ones are closed.
// The first failing entry decides the status.
zx_status_t handle_remove_for_message(struct handle_table *t, const zx_handle_t *values,
                                      uint32_t count, const struct object *self,
                                      struct transit *out) MUST_CHECK;
// Consumes what of `values` is live (failure paths of calls that always consume).
void handle_discard(struct handle_table *t, const zx_handle_t *values, uint32_t count);

// The handle's slot for registering an observer: called with the table's lock held.
struct handle_slot *handle_slot_locked(struct handle_table *t, zx_handle_t value);

// Calls fn for every live handle in slot order, in batches with the lock held: fn must not block.
void handle_for_each(struct handle_table *t,
                     void (*fn)(void *ctx, struct object *obj, zx_rights_t rights), void *ctx);

// Walks the live handles to objects of one type in slot order with nothing held in between; *cursor
// starts as 0. True: *out is referenced for the caller. What changes meanwhile is seen or not.
bool handle_next(struct handle_table *t, uint32_t *cursor, const struct object_ops *ops,
                 struct object **out, zx_rights_t *out_rights) MUST_CHECK;

uint32_t handle_table_count(struct handle_table *t);
// Handles that all tables have claimed: live, reserved, and up to a few dozen spare ones in each table
// of a process that is not dead yet.
uint32_t handle_system_count(void);
