// SPDX-License-Identifier: MIT
// Handle tables (interface and locks in object/handle.h).
//
// A value is (((generation << 18 | slot) ^ secret) << 1) | 1: 12 + 18 bits between bit 31 (clear) and
// bit 0 (set). Slots come in chunks that never move or go away before the table does, so an observer
// may point at its slot's list head.
//   H1 A live slot is one of the handles that its object counts.
//   H2 A reserved slot has object RESERVED: look-ups fail, it is not free either.
//   H3 `observers` of a slot grows only with the table's lock held; so a slot seen empty of them
//      under that lock can be closed without the object's lock.
//   H4 The generation of a slot that is not live has NOT_LIVE set, so that no value matches it.
#include <object/handle.h>
#include <object/handle_out.h>

#include "handle_slot.h"

#include <account/account.h>
#include <debug/assert.h>
#include <hal/usercopy.h>
#include <object/random.h>
#include <lib/string.h>
#include <object/process.h>

LOCK_CLASS(handle_table_class, RANK_HANDLE_TABLE, LOCK_MUTEX);

static ACCOUNT_CACHE(chunk_cache, sizeof(struct handle_chunk), _Alignof(struct handle_chunk));

_Static_assert(1u << SLOT_BITS == HANDLE_MAX_SYSTEM, "a table can hold them all");
_Static_assert(sizeof(struct handle_slot) == 24, "memory overhead of a handle");

// Spare claims of the account (account/account.h) that a table keeps.
#define SPARE_KEPT 16
#define SPARE_MAX  (2 * SPARE_KEPT) // with more, some are given back

uint32_t handle_system_count(void)
{
    struct account_usage usage[ACCOUNT_KINDS];
    account_usage(&account_root, usage);
    return (uint32_t)usage[ACCOUNT_HANDLES].used;
}

void handle_table_init(struct handle_table *t, struct account *account)
{
    memset(t, 0, sizeof(*t));
    mutex_init(&t->lock, &handle_table_class);
    t->account = account;
    account_keep_handles_at(account, &t->spare);
    random_draw(&t->secret, sizeof(t->secret));
    t->secret = (t->secret & SECRET_MASK) | SECRET_FIXED;
}

void handle_table_set_paged(void *table)
{
    struct handle_table *t = table;
    mutex_lock(&t->lock);
    atomic_store_explicit(&t->paged, 1, memory_order_relaxed);
    t->unpaged_chunks = 0;
    mutex_unlock(&t->lock);
}

static zx_handle_t value_of(const struct handle_table *t, uint32_t index, uint32_t generation)
{
    return ((((generation << SLOT_BITS) | index) ^ t->secret) << 1) | 1u;
}

// The slot that was reserved as `value`; NULL if it is not reserved any more.
static struct handle_slot *slot_reserved(const struct handle_table *t, zx_handle_t value,
                                         uint32_t *out_index)
{
    uint32_t index = *out_index = index_of(t, value);
    if ((index >> CHUNK_SHIFT) >= t->chunk_count)
        return NULL;
    struct handle_slot *slot = slot_at(t, index);
    if (slot->object != RESERVED || value_of(t, index, slot->generation) != value)
        return NULL;
    return slot;
}

struct handle_slot *handle_slot_locked(struct handle_table *t, zx_handle_t value)
{
    return slot_live(t, value);
}

// Adds a chunk of free slots. Table lock held.
static NO_INLINE zx_status_t grow_locked(struct handle_table *t)
{
    if (t->chunk_count == t->chunk_capacity) {
        uint32_t capacity = t->chunk_capacity == 0 ? 4 : t->chunk_capacity * 2;
        if (capacity > HANDLE_MAX_SYSTEM / HANDLE_CHUNK_SLOTS)
            return ZX_ERR_NO_MEMORY;
        struct handle_chunk **chunks = account_kzalloc(capacity * sizeof(*chunks));
        if (chunks == NULL)
            return ZX_ERR_NO_MEMORY;
        if (t->chunk_count != 0)
            memcpy(chunks, t->chunks, t->chunk_count * sizeof(*chunks));
        account_kfree(t->chunks);
        t->chunks = chunks;
        t->chunk_capacity = capacity;
    }
    struct handle_chunk *chunk = account_zalloc(chunk_cache);
    if (chunk == NULL)
        return ZX_ERR_NO_MEMORY;
    uint32_t first = t->chunk_count * HANDLE_CHUNK_SLOTS;
    for (uint32_t i = 0; i < HANDLE_CHUNK_SLOTS; i++) {
        chunk->slot[i].rights = i + 1 < HANDLE_CHUNK_SLOTS ? first + i + 2 : t->free_head;
        chunk->slot[i].generation = NOT_LIVE;
    }
    t->chunks[t->chunk_count++] = chunk;
    t->unpaged_chunks = handle_table_paged(t) ? 0 : t->chunk_count;
    t->free_head = first + 1;
    return ZX_OK;
}

// Takes a claim out of the reservoir, which others may empty at any time. False: there is none.
ALWAYS_INLINE bool claim_spare(struct handle_table *t)
{
    int64_t left = atomic_fetch_sub_explicit(&t->spare, 1, memory_order_relaxed) - 1;
    if (likely(left >= 0))
        return true;
    atomic_fetch_add_explicit(&t->spare, 1, memory_order_relaxed);
    return false;
}

// Claims one handle from the account, and has a free slot. Table lock held.
static NO_INLINE zx_status_t make_room_locked(struct handle_table *t)
{
    if (t->closed)
        return ZX_ERR_NO_MEMORY;
    if (t->free_head == 0) {
        zx_status_t status = grow_locked(t);
        if (status != ZX_OK)
            return status;
    }
    atomic_fetch_sub_explicit(&t->spare, 1, memory_order_relaxed);
    return account_charge_slow(t->account, ACCOUNT_HANDLES, 1);
}

// Takes a free slot; it has no object yet. NULL: *status says why (ZX_ERR_NO_MEMORY, also if the process
// is dead; ZX_ERR_NO_RESOURCES). Table lock held.
ALWAYS_INLINE struct handle_slot *take_slot_locked(struct handle_table *t, zx_handle_t *out_value,
                                                   zx_status_t *status)
{
    if (unlikely(t->free_head == 0 || t->closed || !claim_spare(t))) {
        *status = make_room_locked(t);
        if (*status != ZX_OK)
            return NULL;
    }
    uint32_t index = t->free_head - 1;
    struct handle_slot *slot = slot_at(t, index);
    *out_value = value_of(t, index, slot->generation);
    t->free_head = slot->rights;
    t->count++;
    return slot;
}

// Frees a slot. Returns how many spare claims there were.
ALWAYS_INLINE int64_t put_slot_locked(struct handle_table *t, struct handle_slot *slot,
                                      uint32_t index, uint32_t generation)
{
    slot->object = NULL;
    slot->generation = ((generation + 1) & GENERATION_MASK) | NOT_LIVE;
    slot->rights = t->free_head;
    t->free_head = index + 1;
    t->count--;
    return atomic_fetch_add_explicit(&t->spare, 1, memory_order_relaxed);
}

ALWAYS_INLINE void free_slot_locked(struct handle_table *t, struct handle_slot *slot,
                                    uint32_t index)
{
    if (unlikely(put_slot_locked(t, slot, index, slot->generation) >= SPARE_MAX))
        account_trim(t->account, ACCOUNT_HANDLES, SPARE_KEPT);
}

// Makes a taken slot live (H1, H4). `generation`: what it has.
ALWAYS_INLINE void fill_slot_of_locked(struct handle_slot *slot, uint32_t generation,
                                       struct handle h)
{
    slot->generation = generation & GENERATION_MASK;
    slot->rights = h.rights;
    slot->object = h.object;
}

ALWAYS_INLINE void fill_slot_locked(struct handle_slot *slot, struct handle h)
{
    fill_slot_of_locked(slot, slot->generation, h);
}

// Waits begun through a live slot end.
ALWAYS_INLINE void cancel_observers_locked(struct handle_slot *slot)
{
    // A look without the object's lock (H3): it shrinks under that lock alone, but once it is empty
    // nobody touches the slot any more.
    if (unlikely(__atomic_load_n(&slot->observers, __ATOMIC_ACQUIRE) != NULL))
        object_cancel_observers(slot->object, &slot->observers);
}

// Empties a live slot; waits begun through it end.
ALWAYS_INLINE struct handle clear_slot_locked(struct handle_table *t, struct handle_slot *slot,
                                              uint32_t index)
{
    struct handle h = { .object = slot->object, .rights = slot->rights };
    cancel_observers_locked(slot);
    free_slot_locked(t, slot, index);
    return h;
}

// --- Look-up: what is rare is out of line, so that no register has to be saved --------------------

// handle_slot.h
NO_INLINE struct handle_ref handle_get_failed(struct handle_table *t, zx_handle_t value,
                                              zx_rights_t rights) NO_TSA
{
    zx_status_t status = ZX_ERR_WRONG_TYPE;
    struct handle_slot *slot = slot_live(t, value);
    if (slot == NULL)
        status = ZX_ERR_BAD_HANDLE;
    else if ((slot->rights & rights) != rights)
        status = ZX_ERR_ACCESS_DENIED;
    mutex_unlock(&t->lock);
    if (status == ZX_ERR_BAD_HANDLE)
        policy_bad_handle();
    return (struct handle_ref){ .object = NULL, .rights = (uint32_t)status };
}

// handle_slot.h
NO_INLINE zx_status_t handle_hold_failed(struct handle_table *t, zx_handle_t value,
                                         const struct object_ops *ops, zx_rights_t rights) NO_TSA
{
    struct handle_slot *slot = slot_live(t, value);
    if (slot == NULL || (rights & ~slot->rights) != 0 || slot->object->ops != ops)
        return (zx_status_t)handle_get_failed(t, value, rights).rights;
    mutex_unlock(&t->lock);
    return ZX_ERR_NEXT;
}

static NO_INLINE struct handle_ref get_unlock_slow(struct object *object, uint64_t rights,
                                                   struct handle_table *t) NO_TSA
{
    mutex_unlock(&t->lock);
    return (struct handle_ref){ .object = object, .rights = rights };
}

static NO_INLINE struct handle_ref get_failed_unpaged(struct handle_table *t, zx_handle_t value,
                                                      const struct object_ops *ops,
                                                      zx_rights_t rights) NO_TSA
{
    zx_status_t status = handle_hold_failed(t, value, ops, rights);
    return (struct handle_ref){ .object = NULL, .rights = (uint32_t)status };
}

// What a look-up asks of a slot. Table lock held.
ALWAYS_INLINE bool slot_serves(const struct handle_slot *slot, const struct object_ops *ops,
                               zx_rights_t rights)
{
    return likely(slot != NULL && (rights & ~slot->rights) == 0 &&
                  (unlikely(ops == NULL) || slot->object->ops == ops));
}

// The look-up proper, step by step. `unpaged`: as handle_get_unpaged().
ALWAYS_INLINE struct handle_ref get_slow(struct handle_table *t, zx_handle_t value,
                                         const struct object_ops *ops, zx_rights_t rights,
                                         bool unpaged) NO_TSA
{
    mutex_lock(&t->lock);
    struct handle_slot *slot =
        slot_live_below(t, unpaged ? t->unpaged_chunks : t->chunk_count, value);
    if (!slot_serves(slot, ops, rights))
        return unpaged ? get_failed_unpaged(t, value, ops, rights)
                       : handle_get_failed(t, value, rights);
    struct handle_ref ref = { .object = slot->object, .rights = slot->rights };
    object_ref(ref.object);
    mutex_unlock(&t->lock);
    return ref;
}

static NO_INLINE struct handle_ref get_contended(struct handle_table *t, zx_handle_t value,
                                                 const struct object_ops *ops, zx_rights_t rights)
{
    return get_slow(t, value, ops, rights, false);
}

static NO_INLINE struct handle_ref get_contended_unpaged(struct handle_table *t, zx_handle_t value,
                                                         const struct object_ops *ops,
                                                         zx_rights_t rights)
{
    return get_slow(t, value, ops, rights, true);
}

// These two are written out, because results of a function in line would not be tail calls.
struct handle_ref handle_get(struct handle_table *t, zx_handle_t value,
                             const struct object_ops *ops, zx_rights_t rights) NO_TSA
{
    if (unlikely(!mutex_lock_at_once(&t->lock)))
        return get_contended(t, value, ops, rights);
    struct handle_slot *slot = slot_live(t, value);
    if (!slot_serves(slot, ops, rights))
        return handle_get_failed(t, value, rights);
    struct object *object = slot->object;
    uint64_t have = slot->rights;
    object_ref(object);
    if (unlikely(!mutex_unlock_at_once(&t->lock)))
        return get_unlock_slow(object, have, t);
    return (struct handle_ref){ .object = object, .rights = have };
}

struct handle_ref handle_get_unpaged(struct handle_table *t, zx_handle_t value,
                                     const struct object_ops *ops, zx_rights_t rights) NO_TSA
{
    if (unlikely(!mutex_lock_at_once(&t->lock)))
        return get_contended_unpaged(t, value, ops, rights);
    struct handle_slot *slot = slot_live_below(t, t->unpaged_chunks, value);
    if (!slot_serves(slot, ops, rights))
        return get_failed_unpaged(t, value, ops, rights);
    struct object *object = slot->object;
    uint64_t have = slot->rights;
    object_ref(object);
    if (unlikely(!mutex_unlock_at_once(&t->lock)))
        return get_unlock_slow(object, have, t);
    return (struct handle_ref){ .object = object, .rights = have };
}

bool handle_valid(struct handle_table *t, zx_handle_t value)
{
    mutex_lock(&t->lock);
    bool valid = handle_slot_locked(t, value) != NULL;
    mutex_unlock(&t->lock);
    return valid;
}

zx_status_t handle_install(struct handle_table *t, struct handle h, zx_handle_t *out_value)
{
    mutex_lock(&t->lock);
    zx_status_t status = ZX_OK;
    struct handle_slot *slot = take_slot_locked(t, out_value, &status);
    if (likely(slot != NULL))
        fill_slot_locked(slot, h);
    mutex_unlock(&t->lock);
    return status;
}

zx_status_t handle_reserve(struct handle_table *t, zx_handle_t *out_value)
{
    mutex_lock(&t->lock);
    zx_status_t status = ZX_OK;
    struct handle_slot *slot = take_slot_locked(t, out_value, &status);
    if (slot != NULL)
        slot->object = RESERVED;
    mutex_unlock(&t->lock);
    return status;
}

void handle_commit(struct handle_table *t, zx_handle_t value, struct handle h)
{
    uint32_t index;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_reserved(t, value, &index);
    bool closed = slot == NULL; // the process died meanwhile and its table was closed
    if (!closed)
        fill_slot_locked(slot, h);
    mutex_unlock(&t->lock);
    if (closed)
        handle_drop(h);
}

void handle_cancel(struct handle_table *t, zx_handle_t value)
{
    uint32_t index;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_reserved(t, value, &index);
    if (slot != NULL)
        free_slot_locked(t, slot, index);
    mutex_unlock(&t->lock);
}

// New handles on their way to the caller, with the user addresses that receive their values.
struct installation {
    struct handle_table *table;
    const struct handle_out *outs;
    const uintptr_t *ptrs;
    unsigned count;
};

// The handle that becomes of an out: its count is made here if none came along.
ALWAYS_INLINE struct handle handle_of_out(struct object *object, zx_rights_t rights)
{
    struct handle h = { .object = object, .rights = rights & ~HANDLE_OUT_COUNTED };
    if (rights == h.rights)
        h = handle_adopt(object, h.rights);
    return h;
}

static NO_INLINE zx_status_t install_no_room(const struct installation *in, zx_status_t status)
{
    for (unsigned i = 0; i < in->count; i++)
        handle_drop(handle_of_out(in->outs[i].object, in->outs[i].rights));
    return status;
}

// A store did not go through at once: the slots are reserved, now it may fault.
static NO_INLINE zx_status_t install_faulting(const struct installation *in,
                                              const zx_handle_t *values)
{
    zx_status_t status = ZX_OK;
    for (unsigned i = 0; i < in->count && status == ZX_OK; i++)
        status = hal_user_write_u32(in->ptrs[i], values[i]);
    for (unsigned i = 0; i < in->count && status != ZX_OK; i++)
        handle_cancel(in->table, values[i]);
    for (unsigned i = 0; i < in->count; i++) {
        struct handle h = handle_of_out(in->outs[i].object, in->outs[i].rights);
        if (status == ZX_OK)
            handle_commit(in->table, values[i], h);
        else
            handle_drop(h);
    }
    return status;
}

// Takes the slots, stores the values, then makes the handles live: all under one hold of the lock,
// where the stores must not fault.
static zx_status_t install(const struct installation *in)
{
    struct handle_table *t = in->table;
    struct handle_slot *slots[HANDLE_OUT_MAX];
    zx_handle_t values[HANDLE_OUT_MAX];
    zx_status_t status = ZX_OK;
    mutex_lock(&t->lock);
    for (unsigned i = 0; i < in->count; i++) {
        slots[i] = take_slot_locked(t, &values[i], &status);
        if (unlikely(slots[i] == NULL)) {
            while (i-- > 0)
                free_slot_locked(t, slots[i], index_of(t, values[i]));
            mutex_unlock(&t->lock);
            return install_no_room(in, status);
        }
    }
    for (unsigned i = 0; i < in->count && likely(status == ZX_OK); i++)
        status = hal_user_write_u32_at_once(in->ptrs[i], values[i]);
    for (unsigned i = 0; i < in->count; i++) {
        if (unlikely(status != ZX_OK)) {
            slots[i]->object = RESERVED;
            continue;
        }
        fill_slot_locked(slots[i], handle_of_out(in->outs[i].object, in->outs[i].rights));
    }
    mutex_unlock(&t->lock);
    return likely(status == ZX_OK) ? ZX_OK : install_faulting(in, values);
}

// install() of one, for what is rare.
static NO_INLINE zx_status_t install_one(struct object *object, zx_rights_t rights, uintptr_t ptr)
{
    struct handle_out out = { .object = object, .rights = rights };
    return install(&(struct installation){ &process_current()->handles, &out, &ptr, 1 });
}

static NO_INLINE zx_status_t unlock_slow(struct handle_table *t) NO_TSA
{
    mutex_unlock(&t->lock);
    return ZX_OK;
}

static NO_INLINE zx_status_t unlock_install_one(struct object *object, zx_rights_t rights,
                                                uintptr_t ptr, struct handle_table *t) NO_TSA
{
    mutex_unlock(&t->lock);
    return install_one(object, rights, ptr);
}

// Stores the value that the next handle will have for the user, without a fault. NULL: that did not
// work, or there is no free slot just so. Nothing has been taken yet. Table lock held.
ALWAYS_INLINE struct handle_slot *announce_locked(struct handle_table *t, uintptr_t ptr,
                                                  uint32_t *generation)
{
    uint32_t index = t->free_head - 1;
    if (unlikely(index == UINT32_MAX || t->closed || !claim_spare(t)))
        return NULL;
    struct handle_slot *slot = slot_at(t, index);
    *generation = slot->generation;
    if (likely(hal_user_write_u32_at_once(ptr, value_of(t, index, *generation)) == ZX_OK))
        return slot;
    atomic_fetch_add_explicit(&t->spare, 1, memory_order_relaxed);
    return NULL;
}

// Takes the slot that has been announced.
ALWAYS_INLINE void take_announced_locked(struct handle_table *t, struct handle_slot *slot,
                                         uint32_t generation, struct handle h)
{
    t->free_head = slot->rights;
    t->count++;
    fill_slot_of_locked(slot, generation, h);
}

// What is rare is out of line and called last, so that no register has to be saved.
zx_status_t handle_out_finish_one(struct object *object, zx_rights_t rights, uintptr_t ptr) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    if (unlikely(!mutex_lock_at_once(&t->lock)))
        return install_one(object, rights, ptr);
    uint32_t generation;
    struct handle_slot *slot = announce_locked(t, ptr, &generation);
    if (unlikely(slot == NULL))
        return unlock_install_one(object, rights, ptr, t);
    take_announced_locked(t, slot, generation, handle_of_out(object, rights));
    return likely(mutex_unlock_at_once(&t->lock)) ? ZX_OK : unlock_slow(t);
}

// zx_handle_duplicate step by step.
static NO_INLINE zx_status_t duplicate_slow(struct handle_table *t, zx_handle_t value,
                                            zx_rights_t rights, uintptr_t ptr) NO_TSA
{
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_live(t, value);
    if (slot == NULL || !(slot->rights & ZX_RIGHT_DUPLICATE))
        return (zx_status_t)handle_get_failed(t, value, ZX_RIGHT_DUPLICATE).rights;
    zx_status_t status = handle_rights_reduce(slot->rights, rights, &rights);
    // It counts from before a close of `value` can, so the object does not become abandoned meanwhile.
    struct object *object = slot->object;
    if (status == ZX_OK)
        (void)handle_make(object, rights);
    mutex_unlock(&t->lock);
    return status == ZX_OK ? install_one(object, rights | HANDLE_OUT_COUNTED, ptr) : status;
}

static NO_INLINE zx_status_t unlock_duplicate(struct handle_table *t, zx_handle_t value,
                                              zx_rights_t rights, uintptr_t ptr) NO_TSA
{
    mutex_unlock(&t->lock);
    return duplicate_slow(t, value, rights, ptr);
}

zx_status_t handle_duplicate(zx_handle_t value, zx_rights_t rights, uintptr_t ptr) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    if (unlikely(!mutex_lock_at_once(&t->lock)))
        return duplicate_slow(t, value, rights, ptr);
    struct handle_slot *from = slot_live(t, value), *slot;
    zx_rights_t reduced;
    uint32_t generation;
    if (unlikely(from == NULL || !(from->rights & ZX_RIGHT_DUPLICATE) ||
                 handle_rights_reduce(from->rights, rights, &reduced) != ZX_OK ||
                 (slot = announce_locked(t, ptr, &generation)) == NULL))
        return unlock_duplicate(t, value, rights, ptr);
    take_announced_locked(t, slot, generation, handle_make(from->object, reduced));
    return likely(mutex_unlock_at_once(&t->lock)) ? ZX_OK : unlock_slow(t);
}

zx_status_t handle_out_finish_more(struct handle_out *outs, const uintptr_t *ptrs, unsigned count)
{
    DEBUG_ASSERT(count <= HANDLE_OUT_MAX);
    return install(&(struct installation){ &process_current()->handles, outs, ptrs, count });
}

zx_status_t handle_remove(struct handle_table *t, zx_handle_t value, zx_rights_t rights,
                          struct handle *out) NO_TSA
{
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_live(t, value);
    if (unlikely(slot == NULL || (rights & ~slot->rights) != 0))
        return (zx_status_t)handle_get_failed(t, value, rights).rights;
    *out = clear_slot_locked(t, slot, index_of(t, value));
    mutex_unlock(&t->lock);
    return ZX_OK;
}

// --- Replacing ------------------------------------------------------------------------------------

// The value of a handle that was replaced could not be stored at once: its slot is reserved, now the store may fault.
static NO_INLINE zx_status_t replace_faulting(struct handle_table *t, zx_handle_t value,
                                              struct handle h, uintptr_t ptr)
{
    zx_status_t status = hal_user_write_u32(ptr, value);
    if (status == ZX_OK) {
        handle_commit(t, value, h);
    } else {
        handle_cancel(t, value);
        handle_drop(h);
    }
    return status;
}

// The slot stays taken throughout, and so does its claim: over a limit that was lowered there would be no other one.
zx_status_t handle_replace(zx_handle_t value, handle_rule *rule, uint32_t arg, uintptr_t ptr) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    zx_status_t status = handle_taken_prepare(ptr);
    if (unlikely(status != ZX_OK))
        return status;
    mutex_lock(&t->lock);
    const uint32_t index = index_of(t, value);
    struct handle_slot *slot = slot_live(t, value);
    if (unlikely(slot == NULL))
        return (zx_status_t)handle_get_failed(t, value, 0).rights;
    struct handle h = { .object = slot->object, .rights = slot->rights };
    status = rule(&h, arg);
    if (unlikely(status != ZX_OK)) {
        h = clear_slot_locked(t, slot, index);
        mutex_unlock(&t->lock);
        handle_drop(h);
        return status;
    }
    cancel_observers_locked(slot);
    const uint32_t generation = (slot->generation + 1) & GENERATION_MASK;
    const zx_handle_t fresh = value_of(t, index, generation);
    fill_slot_of_locked(slot, generation, h);
    const bool stored = likely(hal_user_write_u32_at_once(ptr, fresh) == ZX_OK);
    if (unlikely(!stored)) {
        slot->object = RESERVED;
        slot->generation |= NOT_LIVE;
    }
    mutex_unlock(&t->lock);
    return likely(stored) ? ZX_OK : replace_faulting(t, fresh, h, ptr);
}

// --- Closing: again, what is rare is out of line and called last ----------------------------------

static NO_INLINE zx_status_t close_slow(struct handle_table *t, zx_handle_t value)
{
    struct handle h;
    zx_status_t status = handle_remove(t, value, 0, &h);
    if (status == ZX_OK)
        handle_drop(h);
    return status;
}

static NO_INLINE zx_status_t unlock_close(struct handle_table *t, zx_handle_t value) NO_TSA
{
    mutex_unlock(&t->lock);
    return close_slow(t, value);
}

// Some of the spare claims are given back, if there are many.
static NO_INLINE zx_status_t unlock_drop(struct handle_table *t, struct object *object) NO_TSA
{
    if (atomic_load_explicit(&t->spare, memory_order_relaxed) > SPARE_MAX)
        account_trim(t->account, ACCOUNT_HANDLES, SPARE_KEPT);
    mutex_unlock(&t->lock);
    handle_drop((struct handle){ .object = object });
    return ZX_OK;
}

zx_status_t handle_close(zx_handle_t value) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    if (value == ZX_HANDLE_INVALID)
        return ZX_OK;
    if (unlikely(!mutex_lock_at_once(&t->lock)))
        return close_slow(t, value);
    uint32_t raw = raw_of(t, value);
    struct handle_slot *slot = slot_live_raw(t, raw);
    if (unlikely(slot == NULL ||
                 __atomic_load_n(&slot->observers, __ATOMIC_ACQUIRE) != NULL)) // H3
        return unlock_close(t, value);
    struct object *object = slot->object;
    int64_t spare = put_slot_locked(t, slot, raw & SLOT_MASK, raw >> SLOT_BITS);
    if (unlikely(spare >= SPARE_MAX || !mutex_unlock_at_once(&t->lock)))
        return unlock_drop(t, object);
    return likely(hal_count_down(&object->counts, OBJECT_HANDLE)) ? ZX_OK : object_last_handle(object);
}

// Moves a live slot's handle, with what was begun through it, into a message.
static void move_to_transit_locked(struct handle_table *t, struct handle_slot *slot, uint32_t index,
                                   struct transit *to)
{
    to->handle = (struct handle){ .object = slot->object, .rights = slot->rights };
    to->observers = NULL;
    if (unlikely(__atomic_load_n(&slot->observers, __ATOMIC_ACQUIRE) != NULL)) // H3
        object_move_observers(slot->object, &slot->observers, &to->observers);
    free_slot_locked(t, slot, index);
}

struct handle transit_end(struct transit *t)
{
    if (unlikely(__atomic_load_n(&t->observers, __ATOMIC_ACQUIRE) != NULL))
        object_cancel_observers(t->handle.object, &t->observers);
    return t->handle;
}

void transit_move(struct transit *to, struct transit *from)
{
    to->handle = from->handle;
    to->observers = NULL;
    from->handle.object = NULL;
    if (unlikely(__atomic_load_n(&from->observers, __ATOMIC_ACQUIRE) != NULL))
        object_move_observers_nested(to->handle.object, &from->observers, &to->observers);
}

zx_status_t handle_remove_for_share(struct handle_table *t, zx_handle_t value, struct transit *out)
{
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_live(t, value);
    if (slot != NULL)
        move_to_transit_locked(t, slot, index_of(t, value), out);
    mutex_unlock(&t->lock);
    if (slot != NULL)
        return ZX_OK;
    policy_bad_handle();
    return ZX_ERR_BAD_HANDLE;
}

// --- Handles that are taken and given out ---------------------------------------------------------

zx_status_t handle_taken_prepare(uintptr_t ptr)
{
    return process_memory_paged() ? vm_user_page_in(ptr, sizeof(zx_handle_t)) : ZX_OK;
}

void handle_taken_from(struct handle_out *out, struct transit *from)
{
    struct handle_taken *taken = container_of(out, struct handle_taken, out);
    transit_move(&taken->from, from);
    handle_out_move(out, taken->from.handle);
}

// handle_commit() of a handle with what was begun through it.
static void commit_transit(struct handle_table *t, zx_handle_t value, struct transit *from)
{
    uint32_t index;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_reserved(t, value, &index);
    if (slot != NULL) {
        fill_slot_locked(slot, from->handle);
        object_move_observers(from->handle.object, &from->observers, &slot->observers);
    }
    mutex_unlock(&t->lock);
    if (slot == NULL)
        handle_drop(transit_end(from));
}

static NO_INLINE zx_status_t finish_transit(struct transit *from, uintptr_t ptr)
{
    struct handle_table *t = &process_current()->handles;
    zx_handle_t value;
    zx_status_t status = handle_reserve(t, &value);
    if (status == ZX_OK) {
        status = hal_user_write_u32(ptr, value);
        if (status != ZX_OK)
            handle_cancel(t, value);
    }
    if (status == ZX_OK)
        commit_transit(t, value, from);
    else
        handle_drop(transit_end(from));
    return status;
}

zx_status_t handle_taken_finish(struct handle_taken *taken, uintptr_t ptr)
{
    if (unlikely(__atomic_load_n(&taken->from.observers, __ATOMIC_ACQUIRE) != NULL))
        return finish_transit(&taken->from, ptr);
    return handle_out_finish_one(taken->out.object, taken->out.rights, ptr);
}

zx_status_t handle_remove_for_message(struct handle_table *t, const zx_handle_t *values,
                                      uint32_t count, const struct object *self,
                                      struct transit *out)
{
    zx_status_t status = ZX_OK;
    uint32_t taken = 0;
    mutex_lock(&t->lock);
    for (uint32_t i = 0; i < count; i++) {
        zx_status_t bad = ZX_OK;
        struct handle_slot *slot = slot_live(t, values[i]);
        if (slot == NULL) {
            bad = ZX_ERR_BAD_HANDLE;
        } else {
            if (!(slot->rights & ZX_RIGHT_TRANSFER))
                bad = ZX_ERR_ACCESS_DENIED;
            else if (slot->object == self)
                bad = ZX_ERR_NOT_SUPPORTED;
            move_to_transit_locked(t, slot, index_of(t, values[i]), &out[taken++]);
        }
        if (status == ZX_OK)
            status = bad;
    }
    mutex_unlock(&t->lock);
    if (likely(status == ZX_OK))
        return ZX_OK;
    for (uint32_t i = 0; i < taken; i++)
        handle_drop(transit_end(&out[i]));
    if (status == ZX_ERR_BAD_HANDLE)
        policy_bad_handle();
    return status;
}

void handle_discard(struct handle_table *t, const zx_handle_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct handle h = { .object = NULL };
        mutex_lock(&t->lock);
        struct handle_slot *slot = slot_live(t, values[i]);
        if (slot != NULL)
            h = clear_slot_locked(t, slot, index_of(t, values[i]));
        mutex_unlock(&t->lock);
        if (h.object != NULL)
            handle_drop(h);
    }
}

void handle_for_each(struct handle_table *t,
                     void (*fn)(void *ctx, struct object *obj, zx_rights_t rights), void *ctx)
{
    for (uint32_t chunk = 0;; chunk++) {
        mutex_lock(&t->lock);
        bool more = chunk < t->chunk_count;
        for (uint32_t i = 0; more && i < HANDLE_CHUNK_SLOTS; i++) {
            struct handle_slot *slot = &t->chunks[chunk]->slot[i];
            if (slot->object != NULL && slot->object != RESERVED)
                fn(ctx, slot->object, slot->rights);
        }
        mutex_unlock(&t->lock);
        if (!more)
            return;
    }
}

// The first slot at or after `index` whose object is of the type; false at the end. Table lock held.
static bool find_from_locked(struct handle_table *t, const struct object_ops *ops, uint32_t *index)
{
    for (uint32_t end = t->chunk_count * HANDLE_CHUNK_SLOTS; *index < end; (*index)++) {
        struct object *obj = slot_at(t, *index)->object;
        if (obj != NULL && obj != RESERVED && obj->ops == ops)
            return true;
    }
    return false;
}

bool handle_next(struct handle_table *t, uint32_t *cursor, const struct object_ops *ops,
                 struct object **out, zx_rights_t *out_rights)
{
    mutex_lock(&t->lock);
    bool found = find_from_locked(t, ops, cursor);
    if (found) {
        struct handle_slot *slot = slot_at(t, (*cursor)++);
        object_ref(slot->object);
        *out = slot->object;
        *out_rights = slot->rights;
    }
    mutex_unlock(&t->lock);
    return found;
}

uint32_t handle_table_count(struct handle_table *t)
{
    mutex_lock(&t->lock);
    uint32_t count = t->count;
    mutex_unlock(&t->lock);
    return count;
}

// Handles that are closed for each time that the table is locked.
#define CLOSE_BATCH 16u

// Empties slots of a closed table from *index on, and stops behind the last one that is not free, at the
// end of the chunk, or with CLOSE_BATCH handles in `out`. Returns how many there are. Table lock held.
static uint32_t clear_some_locked(struct handle_table *t, uint32_t *index,
                                  struct handle out[CLOSE_BATCH])
{
    const uint32_t end = ROUND_DOWN(*index, HANDLE_CHUNK_SLOTS) + HANDLE_CHUNK_SLOTS;
    uint32_t n = 0;

    for (; t->count != 0 && *index < end && n < CLOSE_BATCH; ++*index) {
        struct handle_slot *slot = slot_at(t, *index);
        if (slot->object == RESERVED)
            free_slot_locked(t, slot, *index);
        else if (slot->object != NULL)
            out[n++] = clear_slot_locked(t, slot, *index);
    }
    return n;
}

void handle_table_close_all(struct handle_table *t)
{
    struct handle batch[CLOSE_BATCH];

    mutex_lock(&t->lock);
    t->closed = true; // no slot is taken from now on: all that are not free are at `index` or behind it
    for (uint32_t index = 0; t->count != 0;) {
        uint32_t n = clear_some_locked(t, &index, batch);
        mutex_unlock(&t->lock);
        for (uint32_t i = 0; i < n; i++)
            handle_drop(batch[i]);
        mutex_lock(&t->lock);
    }
    mutex_unlock(&t->lock);
    account_trim(t->account, ACCOUNT_HANDLES, 0);
}

void handle_table_destroy(struct handle_table *t)
{
    DEBUG_ASSERT(t->count == 0);
    account_trim(t->account, ACCOUNT_HANDLES, 0); // of one that was never closed
    account_keep_handles_at(t->account, NULL);
    for (uint32_t i = 0; i < t->chunk_count; i++)
        account_free(chunk_cache, t->chunks[i]);
    account_kfree(t->chunks);
    t->chunks = NULL;
    t->chunk_count = t->chunk_capacity = 0;
}
