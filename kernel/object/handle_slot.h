// SPDX-License-Identifier: MIT
// From a handle value to its slot, in line (private to the object layer; the format of values is told
// in handle.c). The table's lock is held.
#pragma once

#include <object/handle.h>

#define SLOT_BITS       18u
#define SLOT_MASK       ((1u << SLOT_BITS) - 1)
#define GENERATION_MASK 0xfffu
#define SECRET_MASK     0x3fffffffu
#define CHUNK_SHIFT     6u
_Static_assert(1u << CHUNK_SHIFT == HANDLE_CHUNK_SLOTS, "chunk size");

#define RESERVED ((struct object *)1)

ALWAYS_INLINE struct handle_slot *slot_at(const struct handle_table *t, uint32_t index)
{
    return &t->chunks[index >> CHUNK_SHIFT]->slot[index & (HANDLE_CHUNK_SLOTS - 1)];
}

// The slot number in `value`, whether there is such a slot or not.
ALWAYS_INLINE uint32_t index_of(const struct handle_table *t, zx_handle_t value)
{
    return ((value >> 1) ^ t->secret) & SLOT_MASK;
}

// The slot whose generation is that of `value`, NULL if none; its object is as it may be.
ALWAYS_INLINE struct handle_slot *slot_raw(const struct handle_table *t, zx_handle_t value)
{
    uint32_t raw = (value >> 1) ^ t->secret;
    uint32_t index = raw & SLOT_MASK;
    if (unlikely((index >> CHUNK_SHIFT) >= t->chunk_count || !(value & 1u)))
        return NULL;
    struct handle_slot *slot = slot_at(t, index);
    return likely(slot->generation == raw >> SLOT_BITS) ? slot : NULL;
}

// The slot that carries `value`, if it is live.
ALWAYS_INLINE struct handle_slot *slot_live(const struct handle_table *t, zx_handle_t value)
{
    struct handle_slot *slot = slot_raw(t, value);
    // NULL and RESERVED in one comparison.
    return likely(slot != NULL && (uintptr_t)slot->object > (uintptr_t)RESERVED) ? slot : NULL;
}
