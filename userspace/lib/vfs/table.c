// SPDX-License-Identifier: MIT
//
// Directory contents. One thread; no locks.
//
// T1. Each entry is in exactly one bucket (hash & (bucket_count - 1)) and in `order`.
// T2. `order` is sorted by cookie.

#include "private.h"

#include <vfs/table.h>

#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

static uint64_t secret(void)
{
    static uint64_t seed;

    // 1, so that it is drawn once; the rest stays secret enough.
    if (seed == 0) {
        zx_cprng_draw(&seed, sizeof(seed));
        seed |= 1;
    }
    return seed;
}

// A keyed multiply-and-fold over eight bytes at a time.
static uint64_t hash_name(const char *name, size_t size)
{
    uint64_t key = secret();
    uint64_t hash = key ^ size;

    while (size != 0) {
        size_t step = size < 8 ? size : 8;
        uint64_t word = 0;
        unsigned __int128 product;

        memcpy(&word, name, step);
        product = (unsigned __int128)(hash ^ word) * (key ^ 0x9e3779b97f4a7c15u);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64) ^ key;
        name += step;
        size -= step;
    }
    return hash;
}

void vfs_table_init(struct vfs_table *table)
{
    memset(table, 0, sizeof(*table));
    vfs_link_init(&table->order);
}

void vfs_table_clear(struct vfs_table *table)
{
    while (!vfs_link_alone(&table->order))
        vfs_table_remove(table, vfs_container(table->order.next, struct vfs_entry, order));
    free(table->buckets);
    table->buckets = NULL;
    table->bucket_count = 0;
}

struct vfs_entry *vfs_table_find(const struct vfs_table *table, const char *name, size_t size)
{
    uint64_t hash = hash_name(name, size);
    struct vfs_entry *entry;

    if (table->bucket_count == 0)
        return NULL;
    entry = table->buckets[hash & (table->bucket_count - 1)];
    while (entry != NULL && (entry->hash != hash || entry->name_size != size ||
                             memcmp(entry->name, name, size) != 0))
        entry = entry->bucket;
    return entry;
}

static void put_in_bucket(struct vfs_table *table, struct vfs_entry *entry)
{
    struct vfs_entry **bucket = &table->buckets[entry->hash & (table->bucket_count - 1)];

    entry->bucket = *bucket;
    *bucket = entry;
}

// Doubles the buckets.
static zx_status_t grow(struct vfs_table *table)
{
    uint32_t count = table->bucket_count == 0 ? 8 : 2 * table->bucket_count;
    struct vfs_entry **buckets = calloc(count, sizeof(*buckets));

    if (buckets == NULL)
        return ZX_ERR_NO_MEMORY;
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    for (struct vfs_link *at = table->order.next; at != &table->order; at = at->next)
        put_in_bucket(table, vfs_container(at, struct vfs_entry, order));
    return ZX_OK;
}

size_t vfs_entry_bytes(size_t name_size)
{
    return sizeof(struct vfs_entry) + name_size;
}

zx_status_t vfs_table_add(struct vfs_table *table, const char *name, size_t size,
                          struct vfs_node *node)
{
    struct vfs_entry *entry;

    if (vfs_table_find(table, name, size) != NULL)
        return ZX_ERR_ALREADY_EXISTS;
    // A full table that cannot grow goes on with longer chains; an empty one needs its first
    // buckets.
    if (table->count >= table->bucket_count && grow(table) != ZX_OK && table->bucket_count == 0)
        return ZX_ERR_NO_MEMORY;
    entry = malloc(vfs_entry_bytes(size));
    if (entry == NULL)
        return ZX_ERR_NO_MEMORY;
    vfs_node_ref(node);
    entry->node = node;
    entry->hash = hash_name(name, size);
    entry->cookie = ++table->last_cookie;
    entry->name_size = (uint32_t)size;
    memcpy(entry->name, name, size);
    vfs_link_append(&table->order, &entry->order);
    put_in_bucket(table, entry);
    table->count++;
    return ZX_OK;
}

void vfs_table_remove(struct vfs_table *table, struct vfs_entry *entry)
{
    struct vfs_entry **at = &table->buckets[entry->hash & (table->bucket_count - 1)];

    while (*at != entry)
        at = &(*at)->bucket;
    *at = entry->bucket;
    vfs_link_remove(&entry->order);
    table->count--;
    vfs_node_unref(entry->node);
    free(entry);
}

zx_status_t vfs_table_list(const struct vfs_table *table, uint64_t *cursor,
                           struct vfs_lister *lister)
{
    const struct vfs_link *at = table->order.next;

    if (*cursor == 0)
        lister->end = table->last_cookie;
    while (at != &table->order && vfs_container(at, struct vfs_entry, order)->cookie <= *cursor)
        at = at->next;
    for (; at != &table->order; at = at->next) {
        const struct vfs_entry *entry = vfs_container(at, struct vfs_entry, order);

        if (lister->end != 0 && entry->cookie > lister->end)
            break;
        if (!vfs_list(lister, entry->node->id, entry->node->kind, entry->name, entry->name_size))
            break;
        *cursor = entry->cookie;
    }
    return ZX_OK;
}
