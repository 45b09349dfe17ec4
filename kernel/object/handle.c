// SPDX-License-Identifier: MIT
// Handle tables (interface and locks in object/handle.h).
//
// A value is (((generation << 18 | slot) ^ secret) << 1) | 1: 12 + 18 bits between bit 31 (clear) and
// bit 0 (set). Slots come in chunks that never move or go away before the table does, so an observer
// may point at its slot's list head.
//   H1 A live slot owns one reference and one handle count of its object.
//   H2 A reserved slot has object RESERVED: look-ups fail, it is not free either.
//   H3 `observers` of a slot grows only with the table's lock held; so a slot seen empty of them
//      under that lock can be closed without the object's lock.
#include <object/handle.h>
#include <object/handle_out.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <object/random.h>
#include <lib/string.h>
#include <mem/kmalloc.h>
#include <object/process.h>

LOCK_CLASS(handle_table_class, RANK_HANDLE_TABLE, LOCK_MUTEX);

#define SLOT_BITS 18u
#define SLOT_MASK ((1u << SLOT_BITS) - 1)
#define GENERATION_MASK 0xfffu
#define SECRET_MASK 0x3fffffffu
#define CHUNK_SHIFT 6u
_Static_assert(1u << CHUNK_SHIFT == HANDLE_CHUNK_SLOTS, "chunk size");
_Static_assert(1u << SLOT_BITS == HANDLE_MAX_SYSTEM, "a table can hold them all");
_Static_assert(sizeof(struct handle_slot) == 24, "memory overhead of a handle");

#define RESERVED ((struct object *)1)

// Live and reserved handles of all tables.
static atomic_uint system_count;

uint32_t handle_system_count(void)
{
    return atomic_load_explicit(&system_count, memory_order_relaxed);
}

void handle_table_init(struct handle_table *t)
{
    memset(t, 0, sizeof(*t));
    mutex_init(&t->lock, &handle_table_class);
    random_draw(&t->secret, sizeof(t->secret));
    t->secret &= SECRET_MASK;
}

static zx_handle_t value_of(const struct handle_table *t, uint32_t index, uint32_t generation)
{
    return ((((generation << SLOT_BITS) | index) ^ t->secret) << 1) | 1u;
}

static struct handle_slot *slot_at(const struct handle_table *t, uint32_t index)
{
    return &t->chunks[index >> CHUNK_SHIFT]->slot[index & (HANDLE_CHUNK_SLOTS - 1)];
}

// The slot that carries `value`, live or reserved; NULL if none does.
static struct handle_slot *slot_of(const struct handle_table *t, zx_handle_t value,
                                   uint32_t *out_index)
{
    uint32_t raw = (value >> 1) ^ t->secret;
    uint32_t index = raw & SLOT_MASK;
    if (unlikely((index >> CHUNK_SHIFT) >= t->chunk_count || !(value & 1u)))
        return NULL;
    struct handle_slot *slot = slot_at(t, index);
    if (unlikely(slot->generation != raw >> SLOT_BITS || slot->object == NULL))
        return NULL;
    *out_index = index;
    return slot;
}

struct handle_slot *handle_slot_locked(struct handle_table *t, zx_handle_t value)
{
    uint32_t index;
    struct handle_slot *slot = slot_of(t, value, &index);
    return slot == NULL || slot->object == RESERVED ? NULL : slot;
}

// Adds a chunk of free slots. Table lock held.
static zx_status_t grow_locked(struct handle_table *t)
{
    if (t->chunk_count == t->chunk_capacity) {
        uint32_t capacity = t->chunk_capacity == 0 ? 4 : t->chunk_capacity * 2;
        if (capacity > HANDLE_MAX_SYSTEM / HANDLE_CHUNK_SLOTS)
            return ZX_ERR_NO_MEMORY;
        struct handle_chunk **chunks = kcalloc(capacity, sizeof(*chunks));
        if (chunks == NULL)
            return ZX_ERR_NO_MEMORY;
        if (t->chunk_count != 0)
            memcpy(chunks, t->chunks, t->chunk_count * sizeof(*chunks));
        kfree(t->chunks);
        t->chunks = chunks;
        t->chunk_capacity = capacity;
    }
    struct handle_chunk *chunk = kzalloc(sizeof(*chunk));
    if (chunk == NULL)
        return ZX_ERR_NO_MEMORY;
    uint32_t first = t->chunk_count * HANDLE_CHUNK_SLOTS;
    for (uint32_t i = 0; i < HANDLE_CHUNK_SLOTS; i++)
        chunk->slot[i].rights = i + 1 < HANDLE_CHUNK_SLOTS ? first + i + 2 : t->free_head;
    t->chunks[t->chunk_count++] = chunk;
    t->free_head = first + 1;
    return ZX_OK;
}

// Takes a free slot; it has no object yet. Table lock held.
static zx_status_t take_slot_locked(struct handle_table *t, uint32_t *out_index)
{
    if (unlikely(t->closed))
        return ZX_ERR_NO_MEMORY;
    if (unlikely(atomic_fetch_add_explicit(&system_count, 1, memory_order_relaxed) >=
                 HANDLE_MAX_SYSTEM))
        goto full;
    if (unlikely(t->free_head == 0) && grow_locked(t) != ZX_OK)
        goto full;
    uint32_t index = t->free_head - 1;
    struct handle_slot *slot = slot_at(t, index);
    t->free_head = slot->rights;
    t->count++;
    *out_index = index;
    return ZX_OK;
full:
    atomic_fetch_sub_explicit(&system_count, 1, memory_order_relaxed);
    return ZX_ERR_NO_MEMORY;
}

static void free_slot_locked(struct handle_table *t, struct handle_slot *slot, uint32_t index)
{
    slot->object = NULL;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
    slot->rights = t->free_head;
    t->free_head = index + 1;
    t->count--;
    atomic_fetch_sub_explicit(&system_count, 1, memory_order_relaxed);
}

// Empties a live slot; waits begun through it end.
static struct handle clear_slot_locked(struct handle_table *t, struct handle_slot *slot,
                                       uint32_t index)
{
    struct handle h = { .object = slot->object, .rights = slot->rights };
    // A look without the object's lock (H3): it shrinks under that lock alone, but once it is empty
    // nobody touches the slot any more.
    if (unlikely(__atomic_load_n(&slot->observers, __ATOMIC_RELAXED) != NULL))
        object_cancel_observers(h.object, &slot->observers);
    free_slot_locked(t, slot, index);
    return h;
}

zx_status_t handle_lookup(struct handle_table *t, zx_handle_t value, const struct object_ops *ops,
                          zx_rights_t rights, struct object **out, zx_rights_t *out_rights)
{
    zx_status_t status = ZX_OK;
    mutex_lock(&t->lock);
    struct handle_slot *slot = handle_slot_locked(t, value);
    if (unlikely(slot == NULL)) {
        mutex_unlock(&t->lock);
        policy_bad_handle();
        return ZX_ERR_BAD_HANDLE;
    }
    struct object *obj = slot->object;
    if (unlikely((slot->rights & rights) != rights))
        status = ZX_ERR_ACCESS_DENIED;
    else if (unlikely(ops != NULL && obj->ops != ops))
        status = ZX_ERR_WRONG_TYPE;
    if (likely(status == ZX_OK)) {
        object_ref(obj);
        *out = obj;
        if (out_rights != NULL)
            *out_rights = slot->rights;
    }
    mutex_unlock(&t->lock);
    return status;
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
    uint32_t index;
    mutex_lock(&t->lock);
    zx_status_t status = take_slot_locked(t, &index);
    if (likely(status == ZX_OK)) {
        struct handle_slot *slot = slot_at(t, index);
        slot->object = h.object;
        slot->rights = h.rights;
        *out_value = value_of(t, index, slot->generation);
    }
    mutex_unlock(&t->lock);
    return status;
}

zx_status_t handle_reserve(struct handle_table *t, zx_handle_t *out_value)
{
    struct handle none = { .object = RESERVED, .rights = 0 };
    return handle_install(t, none, out_value);
}

void handle_commit(struct handle_table *t, zx_handle_t value, struct handle h)
{
    uint32_t index;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_of(t, value, &index);
    bool closed = slot == NULL; // the process died meanwhile and its table was closed
    if (!closed) {
        DEBUG_ASSERT(slot->object == RESERVED);
        slot->object = h.object;
        slot->rights = h.rights;
    }
    mutex_unlock(&t->lock);
    if (closed)
        handle_drop(h);
}

void handle_cancel(struct handle_table *t, zx_handle_t value)
{
    uint32_t index;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_of(t, value, &index);
    if (slot != NULL && slot->object == RESERVED)
        free_slot_locked(t, slot, index);
    mutex_unlock(&t->lock);
}

zx_status_t handle_install_user(struct handle_table *t, struct handle h, uintptr_t out)
{
    zx_handle_t value;
    zx_status_t status;
    uint32_t index;
    // The store comes before the handle is live, without a fault under the lock.
    mutex_lock(&t->lock);
    status = take_slot_locked(t, &index);
    if (unlikely(status != ZX_OK)) {
        mutex_unlock(&t->lock);
        handle_drop(h);
        return status;
    }
    struct handle_slot *slot = slot_at(t, index);
    value = value_of(t, index, slot->generation);
    user_faults_disable();
    status = hal_user_write_u32(out, value);
    user_faults_enable();
    bool stored = status == ZX_OK;
    slot->object = stored ? h.object : RESERVED;
    slot->rights = h.rights;
    mutex_unlock(&t->lock);
    if (likely(stored))
        return ZX_OK;
    status = hal_user_write_u32(out, value);
    if (status == ZX_OK) {
        handle_commit(t, value, h);
    } else {
        handle_cancel(t, value);
        handle_drop(h);
    }
    return status;
}

zx_status_t handle_out_finish(struct handle_out *outs, const uintptr_t *ptrs, unsigned count)
{
    struct handle_table *t = &process_current()->handles;
    if (likely(count == 1))
        return handle_install_user(t, handle_adopt(outs[0].object, outs[0].rights), ptrs[0]);
    zx_handle_t values[3];
    unsigned reserved = 0;
    zx_status_t status = ZX_OK;
    DEBUG_ASSERT(count <= countof(values));
    for (; reserved < count && status == ZX_OK; reserved++) {
        status = handle_reserve(t, &values[reserved]);
        if (status != ZX_OK)
            break;
    }
    for (unsigned i = 0; i < count && status == ZX_OK; i++)
        status = hal_user_write_u32(ptrs[i], values[i]);
    for (unsigned i = 0; i < reserved && status != ZX_OK; i++)
        handle_cancel(t, values[i]);
    for (unsigned i = 0; i < count; i++) {
        struct handle h = handle_adopt(outs[i].object, outs[i].rights);
        if (status == ZX_OK)
            handle_commit(t, values[i], h);
        else
            handle_drop(h);
    }
    return status;
}

zx_status_t handle_remove(struct handle_table *t, zx_handle_t value, zx_rights_t rights,
                          struct handle *out)
{
    uint32_t index;
    zx_status_t status = ZX_OK;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_of(t, value, &index);
    if (unlikely(slot == NULL || slot->object == RESERVED))
        status = ZX_ERR_BAD_HANDLE;
    else if (unlikely((slot->rights & rights) != rights))
        status = ZX_ERR_ACCESS_DENIED;
    else
        *out = clear_slot_locked(t, slot, index);
    mutex_unlock(&t->lock);
    if (unlikely(status == ZX_ERR_BAD_HANDLE))
        policy_bad_handle();
    return status;
}

zx_status_t handle_close(struct handle_table *t, zx_handle_t value)
{
    struct handle h;
    if (value == ZX_HANDLE_INVALID)
        return ZX_OK;
    zx_status_t status = handle_remove(t, value, 0, &h);
    if (likely(status == ZX_OK))
        handle_drop(h);
    return status;
}

zx_status_t handle_rights_reduce(zx_rights_t have, zx_rights_t want, zx_rights_t *out)
{
    if (want == ZX_RIGHT_SAME_RIGHTS)
        want = have;
    else if ((want & ~have) != 0)
        return ZX_ERR_INVALID_ARGS;
    *out = want;
    return ZX_OK;
}

zx_status_t handle_remove_for_message(struct handle_table *t, const zx_handle_t *values,
                                      uint32_t count, const struct object *self, struct handle *out)
{
    zx_status_t status = ZX_OK;
    uint32_t taken = 0;
    mutex_lock(&t->lock);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index;
        zx_status_t bad = ZX_OK;
        struct handle_slot *slot = slot_of(t, values[i], &index);
        if (slot == NULL || slot->object == RESERVED) {
            bad = ZX_ERR_BAD_HANDLE;
        } else {
            if (!(slot->rights & ZX_RIGHT_TRANSFER))
                bad = ZX_ERR_ACCESS_DENIED;
            else if (slot->object == self)
                bad = ZX_ERR_NOT_SUPPORTED;
            out[taken++] = clear_slot_locked(t, slot, index);
        }
        if (status == ZX_OK)
            status = bad;
    }
    mutex_unlock(&t->lock);
    if (likely(status == ZX_OK))
        return ZX_OK;
    for (uint32_t i = 0; i < taken; i++)
        handle_drop(out[i]);
    if (status == ZX_ERR_BAD_HANDLE)
        policy_bad_handle();
    return status;
}

void handle_discard(struct handle_table *t, const zx_handle_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index;
        struct handle h = { .object = NULL };
        mutex_lock(&t->lock);
        struct handle_slot *slot = slot_of(t, values[i], &index);
        if (slot != NULL && slot->object != RESERVED)
            h = clear_slot_locked(t, slot, index);
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

void handle_table_close_all(struct handle_table *t)
{
    mutex_lock(&t->lock);
    t->closed = true;
    uint32_t chunks = t->chunk_count;
    mutex_unlock(&t->lock);
    for (uint32_t index = 0; index < chunks * HANDLE_CHUNK_SLOTS; index++) {
        struct handle h = { .object = NULL };
        mutex_lock(&t->lock);
        struct handle_slot *slot = slot_at(t, index);
        if (slot->object == RESERVED)
            free_slot_locked(t, slot, index);
        else if (slot->object != NULL)
            h = clear_slot_locked(t, slot, index);
        mutex_unlock(&t->lock);
        if (h.object != NULL)
            handle_drop(h);
    }
}

void handle_table_destroy(struct handle_table *t)
{
    DEBUG_ASSERT(t->count == 0);
    for (uint32_t i = 0; i < t->chunk_count; i++)
        kfree(t->chunks[i]);
    kfree(t->chunks);
    t->chunks = NULL;
    t->chunk_count = t->chunk_capacity = 0;
}
