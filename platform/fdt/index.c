// SPDX-License-Identifier: MIT
/*
 * The index: the nodes of a tree with their parents and phandles, in the order of the blob. Without
 * it each look-up scans the blob, which costs a booting kernel most of its time.
 *
 * Interface: fdt_tree_index, fdt_tree_index_moved (<fdt/fdt.h>), priv.h. Locks: none.
 * Invariants:
 *   X1  entries are sorted by offset; entry 0 is the root;
 *   X2  a parent stands before its children, and a node's subtree is the run of deeper entries
 *       behind it;
 *   X3  every answer is the one that libfdt would give (the tests run with and without an index).
 */
#include <string.h>

#include "priv.h"

/* Properties whose places are kept: what every walk asks of every node. */
static const char known_props[FDT_INDEX_PROPS][12] = {"compatible", "status", "device_type"};

/* The place of `name` among the known ones, or -1. */
static int known_prop(const char *name)
{
    for (int i = 0; i < FDT_INDEX_PROPS; i++) {
        if (strcmp(name, known_props[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* Notes the first property of each known name, and the phandle as fdt_get_phandle finds it. */
static void index_props(const void *blob, struct fdt_index_entry *entry)
{
    uint32_t handles[2] = {0, 0}; /* phandle, linux,phandle: one cell each, or ignored */
    bool seen[2] = {false, false};
    int offset = 0;

    for (int i = 0; i < FDT_INDEX_PROPS; i++) {
        entry->props[i] = -1;
    }
    fdt_for_each_property_offset(offset, blob, entry->offset) {
        const char *name = NULL;
        int length = 0;
        const uint8_t *bytes = fdt_getprop_by_offset(blob, offset, &name, &length);
        if (bytes == NULL) {
            continue;
        }
        int known = known_prop(name);
        int handle = strcmp(name, "phandle") == 0 ? 0 : strcmp(name, "linux,phandle") == 0 ? 1 : -1;
        if (known >= 0 && entry->props[known] < 0) {
            entry->props[known] = offset;
        }
        if (handle >= 0 && !seen[handle]) {
            seen[handle] = length == 4;
            handles[handle] = length == 4 ? fdt_cell_at(bytes) : 0;
        }
    }
    entry->phandle = seen[0] ? handles[0] : handles[1];
}

bool fdt_tree_index(struct fdt_tree *tree, struct fdt_index_entry *entries, uint32_t capacity)
{
    uint32_t count = 0;
    uint32_t last = 0; /* the entry before, from which parents are found */
    int depth = 0;

    for (int offset = 0; offset >= 0 && depth >= 0;
         offset = fdt_next_node(tree->blob, offset, &depth)) {
        if (count == capacity || count == FDT_INDEX_MAX || depth > UINT16_MAX) {
            return false;
        }
        uint32_t parent = last;
        while (count != 0 && entries[parent].depth >= depth) {
            parent = entries[parent].parent;
        }
        entries[count] = (struct fdt_index_entry){
            .offset = offset,
            .parent = (uint16_t)parent,
            .depth = (uint16_t)depth,
        };
        index_props(tree->blob, &entries[count]);
        last = count++;
    }
    tree->index = entries;
    tree->index_count = count;
    return true;
}

void fdt_tree_index_moved(struct fdt_tree *tree, const struct fdt_index_entry *entries)
{
    if (tree->index != NULL) {
        tree->index = entries;
    }
}

int fdt_index_find(const struct fdt_tree *tree, int offset)
{
    uint32_t low = 0;
    uint32_t high = tree->index_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (tree->index[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < tree->index_count && tree->index[low].offset == offset ? (int)low : -1;
}

/* The place of the next node at `depth` from place `at` on, before the subtree's end; or -1. */
static int next_at_depth(const struct fdt_tree *tree, uint32_t at, unsigned depth)
{
    for (; at < tree->index_count && tree->index[at].depth >= depth; at++) {
        if (tree->index[at].depth == depth) {
            return (int)at;
        }
    }
    return -1;
}

static int offset_at(const struct fdt_tree *tree, int place)
{
    return place < 0 ? -1 : tree->index[place].offset;
}

/* True if the node is called `name` (of `bytes` bytes), which may leave the unit address out. The
 * name stands right behind the node's tag; the checked tree has its NUL before anything else. */
static bool name_matches(const struct fdt_tree *tree, int place, const char *name, size_t bytes)
{
    const char *own = (const char *)tree->blob + fdt_off_dt_struct(tree->blob) +
                      tree->index[place].offset + FDT_TAGSIZE;
    for (size_t i = 0; i < bytes; i++) {
        if (own[i] != name[i]) { /* also at the NUL: `name` has none */
            return false;
        }
    }
    return own[bytes] == '\0' || (own[bytes] == '@' && memchr(name, '@', bytes) == NULL);
}

int fdt_index_path(const struct fdt_tree *tree, const char *path, size_t bytes)
{
    const char *end = path + bytes;
    int at = 0;

    while (path < end) {
        if (*path == '/') {
            path++;
            continue;
        }
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t part = (size_t)((slash != NULL ? slash : end) - path);
        unsigned depth = tree->index[at].depth + 1u;
        int child = next_at_depth(tree, (uint32_t)at + 1, depth);
        while (child >= 0 && !name_matches(tree, child, path, part)) {
            child = next_at_depth(tree, (uint32_t)child + 1, depth);
        }
        if (child < 0) {
            return -1;
        }
        at = child;
        path += part;
    }
    return tree->index[at].offset;
}

int fdt_index_phandle(const struct fdt_tree *tree, uint32_t phandle)
{
    if (phandle == 0 || phandle == UINT32_MAX) {
        return -1;
    }
    for (uint32_t i = 0; i < tree->index_count; i++) {
        if (tree->index[i].phandle == phandle) {
            return tree->index[i].offset;
        }
    }
    return -1;
}

int fdt_index_first_child(const struct fdt_tree *tree, int offset)
{
    int at = fdt_index_find(tree, offset);
    return at < 0 ? -1 : offset_at(tree, next_at_depth(tree, (uint32_t)at + 1,
                                                       tree->index[at].depth + 1u));
}

int fdt_index_next_sibling(const struct fdt_tree *tree, int offset)
{
    int at = fdt_index_find(tree, offset);
    if (at <= 0) { /* the root has no sibling */
        return -1;
    }
    return offset_at(tree, next_at_depth(tree, (uint32_t)at + 1, tree->index[at].depth));
}

bool fdt_index_prop(const struct fdt_tree *tree, int offset, const char *name,
                    const void **out_bytes, int *out_length)
{
    int known = known_prop(name);
    int at = known < 0 ? -1 : fdt_index_find(tree, offset);
    if (at < 0) {
        return false;
    }
    int prop = tree->index[at].props[known];
    *out_bytes = prop < 0 ? NULL : fdt_getprop_by_offset(tree->blob, prop, NULL, out_length);
    return true;
}

int fdt_index_next(const struct fdt_tree *tree, int offset, int *depth)
{
    int at = fdt_index_find(tree, offset) + 1;
    if (at <= 0 || (uint32_t)at >= tree->index_count) {
        return -1;
    }
    *depth = tree->index[at].depth;
    return tree->index[at].offset;
}
