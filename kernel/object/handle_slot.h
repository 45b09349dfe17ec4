// SPDX-License-Identifier: MIT
// From a handle value to its slot, in line (private to the object layer; the format of values is told
// in handle.c). The table's lock is held.
#pragma once

#include <object/handle.h>
#include <object/process.h>

#define SLOT_BITS       18u
#define SLOT_MASK       ((1u << SLOT_BITS) - 1)
#define GENERATION_MASK 0xfffu
#define NOT_LIVE        (1u << 14) // no value has such a generation
#define SECRET_MASK     0x3fffffffu
#define SECRET_FIXED    0x80000000u // turns bit 0 of a good value into a clear bit
#define CHUNK_SHIFT     6u
_Static_assert(1u << CHUNK_SHIFT == HANDLE_CHUNK_SLOTS, "chunk size");

#define RESERVED ((struct object *)1)

ALWAYS_INLINE struct handle_slot *slot_at(const struct handle_table *t, size_t index)
{
    char *chunk = (char *)t->chunks[index >> CHUNK_SHIFT]->slot;
    size_t i = index & (HANDLE_CHUNK_SLOTS - 1);
    size_t words = i + 2 * i;
    __asm__("" : "+r"(words)); // opaque: not merged into one multiplication
    return (struct handle_slot *)(chunk + words * (sizeof(struct handle_slot) / 3));
}

// What a value stands for: bits 29:18 the generation, 17:0 the slot number, and the bits above are clear
// unless the value is malformed.
ALWAYS_INLINE uint32_t raw_of(const struct handle_table *t, zx_handle_t value)
{
    return ((value >> 1) | (value << 31)) ^ t->secret;
}

// The slot number in `value`, whether there is such a slot or not.
ALWAYS_INLINE uint32_t index_of(const struct handle_table *t, zx_handle_t value)
{
    return raw_of(t, value) & SLOT_MASK;
}

// The slot that carries the value, if it is live and in the first `chunks`: one comparison tells (H4).
ALWAYS_INLINE struct handle_slot *slot_live_raw_below(const struct handle_table *t, uint32_t chunks,
                                                      uint32_t raw)
{
    size_t index = raw & SLOT_MASK;
    if (unlikely((index >> CHUNK_SHIFT) >= chunks))
        return NULL;
    struct handle_slot *slot = slot_at(t, index);
    return likely(slot->generation == raw >> SLOT_BITS) ? slot : NULL;
}
ALWAYS_INLINE struct handle_slot *slot_live_raw(const struct handle_table *t, uint32_t raw)
{
    return slot_live_raw_below(t, t->chunk_count, raw);
}
ALWAYS_INLINE struct handle_slot *slot_live_below(const struct handle_table *t, uint32_t chunks,
                                                  zx_handle_t value)
{
    return slot_live_raw_below(t, chunks, raw_of(t, value));
}
ALWAYS_INLINE struct handle_slot *slot_live(const struct handle_table *t, zx_handle_t value)
{
    return slot_live_raw(t, raw_of(t, value));
}

// Why a look-up fails; the table's lock is held, and released (handle.c).
struct handle_ref handle_get_failed(struct handle_table *t, zx_handle_t value, zx_rights_t rights);

// Looks a handle of the calling process up and leaves its table locked: the lock keeps the handle, which
// keeps the object, so no reference is needed. For what takes no longer than a small copy without
// faults. Ends with handle_release. NULL: nothing is locked, *status says why, as handle_get does.
ALWAYS_INLINE struct object *handle_hold(zx_handle_t value, const struct object_ops *ops,
                                         zx_rights_t rights, zx_status_t *status) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_live(t, value);
    if (unlikely(slot == NULL || (rights & ~slot->rights) != 0 || slot->object->ops != ops)) {
        *status = (zx_status_t)handle_get_failed(t, value, rights).rights;
        return NULL;
    }
    return slot->object;
}

// Why handle_hold_unpaged() fails; the table's lock is held, and released (handle.c).
zx_status_t handle_hold_failed(struct handle_table *t, zx_handle_t value,
                               const struct object_ops *ops, zx_rights_t rights);

// The same with the bound and the further error of handle_get_unpaged().
ALWAYS_INLINE struct object *handle_hold_unpaged(zx_handle_t value, const struct object_ops *ops,
                                                 zx_rights_t rights, zx_status_t *status) NO_TSA
{
    struct handle_table *t = &process_current()->handles;
    mutex_lock(&t->lock);
    struct handle_slot *slot = slot_live_below(t, t->unpaged_chunks, value);
    if (unlikely(slot == NULL || (rights & ~slot->rights) != 0 || slot->object->ops != ops)) {
        *status = handle_hold_failed(t, value, ops, rights);
        return NULL;
    }
    return slot->object;
}

ALWAYS_INLINE void handle_release(void) NO_TSA
{
    mutex_unlock(&process_current()->handles.lock);
}

// The same, but the object goes on living until object_unref.
ALWAYS_INLINE void handle_release_with_ref(struct object *obj) NO_TSA
{
    object_ref(obj);
    handle_release();
}
