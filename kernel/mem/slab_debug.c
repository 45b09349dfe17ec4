// SPDX-License-Identifier: MIT
// Checks of debug builds on slab objects (interface: slab_debug.h, mem/slab.h).
//
// Layout of an object in debug builds: `size` bytes of the user, padding to 8, a tag of 8 bytes. The
// tag is a constant XOR the object's address, so that a copied tag does not match. States:
//   fresh    never handed out, contents unknown
//   free     contents SLAB_POISON_FREE but for the first word, which may chain free objects
//   live     with a user; padding PAD
// Under AddressSanitizer everything but the first word of a free object, and padding and tag of a live
// one, are closed to everybody. Locks: none; the object belongs to the caller.

#include "slab_debug.h"

#include <debug/assert.h>

#define TAG_FRESH 0x6672657368536c62ull
#define TAG_FREE  0x66726565536c6162ull
#define TAG_LIVE  0x6c697665536c6162ull
#define PAD       0xbdu
#define LINK      sizeof(void *)

static uint64_t *tag_of(const struct slab_cache *c, void *object)
{
    return (uint64_t *)((char *)object + ROUND_UP(MAX(c->size, (uint32_t)LINK), 8u));
}

static uint64_t tag(uint64_t kind, const void *object)
{
    return kind ^ (uintptr_t)object;
}

// Bytes from the object's start to its tag.
static size_t tag_offset(const struct slab_cache *c, void *object)
{
    return (size_t)((char *)tag_of(c, object) - (char *)object);
}

static void open_object(const struct slab_cache *c, void *object)
{
    memcheck_unpoison(object, tag_offset(c, object) + sizeof(uint64_t));
}

// First byte of [from, to) that is not `value`, or `to`.
static size_t first_other(const uint8_t *bytes, size_t from, size_t to, uint8_t value)
{
    while (from < to && bytes[from] == value)
        from++;
    return from;
}

void slab_debug_fresh_slow(struct slab_cache *c, void *object)
{
    open_object(c, object);
    *tag_of(c, object) = tag(TAG_FRESH, object);
}

void slab_debug_alloc(struct slab_cache *c, void *object)
{
    uint8_t *bytes = object;
    size_t end = tag_offset(c, object);

    lock_debug_assert_no_spinlock("slab_alloc");
    open_object(c, object);
    uint64_t found = *tag_of(c, object);
    if (found == tag(TAG_FREE, object)) {
        size_t bad = first_other(bytes, LINK, c->size, SLAB_POISON_FREE);
        if (bad < c->size)
            panic("%s: object %p was written while free, at offset %zu", c->name, object, bad);
    } else if (found != tag(TAG_FRESH, object)) {
        panic("%s: free object %p has tag 0x%lx", c->name, object, (unsigned long)found);
    }
    memset(bytes, SLAB_POISON_FRESH, c->size);
    memset(bytes + c->size, PAD, end - c->size);
    *tag_of(c, object) = tag(TAG_LIVE, object);
    memcheck_poison(bytes + c->size, end + sizeof(uint64_t) - c->size);
}

void slab_debug_free(struct slab_cache *c, void *object)
{
    uint8_t *bytes = object;

    if (!atomic_load_explicit(&c->ready, memory_order_acquire))
        panic("%s: %p is not of this cache", c->name, object);
    size_t end = tag_offset(c, object);
    open_object(c, object);
    uint64_t found = *tag_of(c, object);
    if (found == tag(TAG_FREE, object))
        panic("%s: double free of %p", c->name, object);
    if (found != tag(TAG_LIVE, object))
        panic("%s: %p is not a live object, or was overrun (tag 0x%lx)", c->name, object,
              (unsigned long)found);
    size_t bad = first_other(bytes, c->size, end, PAD);
    if (bad < end)
        panic("%s: object %p was overrun by %zu bytes", c->name, object, bad - c->size + 1);
    memset(bytes, SLAB_POISON_FREE, MAX(c->size, (uint32_t)LINK));
    *tag_of(c, object) = tag(TAG_FREE, object);
    memcheck_poison(bytes + LINK, end + sizeof(uint64_t) - LINK);
}
