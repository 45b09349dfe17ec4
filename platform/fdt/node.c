// SPDX-License-Identifier: MIT
/*
 * Nodes: finding them by path, alias and phandle, their names and paths, their status, and walks.
 *
 * A flat tree has no links upwards: what needs ancestors scans from the root (fdt_node_chain), once
 * for all of them, unless the tree has an index (index.c).
 *
 * Interface: the "nodes" part of <fdt/fdt.h>.  Locks: none.
 * Invariants:
 *   N1  every offset in a struct fdt_node came from libfdt for this blob, or is -1;
 *   N2  no function follows an alias to another alias, so name cycles cannot arise.
 */
#include <fdt/fdt.h>

#include <string.h>

#include "priv.h"

/* The offset of a walk that has come to its end. */
#define WALK_END INT32_MIN
/* The offset of a walk that has not begun. */
#define WALK_START (-1)

static struct fdt_node node_at(int offset)
{
    return (struct fdt_node){.offset = offset < 0 ? -1 : offset};
}

struct fdt_node fdt_root(void)
{
    return (struct fdt_node){.offset = 0};
}

struct fdt_node fdt_node_by_path_bytes(struct fdt_tree *tree, const char *path, size_t bytes)
{
    /* Without the slash libfdt would resolve an alias, and its versions differ in what they do
     * with an alias that names itself. */
    if (bytes == 0 || bytes > tree->blob_bytes || path[0] != '/') {
        return FDT_NODE_NONE;
    }
    return node_at(tree->index != NULL ? fdt_index_path(tree, path, bytes)
                                       : fdt_path_offset_namelen(tree->blob, path, (int)bytes));
}

struct fdt_node fdt_node_by_path(struct fdt_tree *tree, const char *path)
{
    return fdt_node_by_path_bytes(tree, path, strlen(path));
}

struct fdt_node fdt_node_by_alias_bytes(struct fdt_tree *tree, const char *alias, size_t bytes)
{
    struct fdt_node aliases = fdt_node_by_path(tree, "/aliases");
    if (!fdt_node_valid(aliases) || bytes == 0 || bytes > tree->blob_bytes) {
        return FDT_NODE_NONE;
    }
    int length = 0;
    const char *path = fdt_getprop_namelen(tree->blob, aliases.offset, alias, (int)bytes, &length);
    if (path == NULL) {
        return FDT_NODE_NONE;
    }
    if (length < 2 || path[0] != '/' || path[length - 1] != '\0') {
        fdt_report(tree, aliases, NULL, "an alias that is not a path");
        return FDT_NODE_NONE;
    }
    return fdt_node_by_path(tree, path);
}

struct fdt_node fdt_node_by_alias(struct fdt_tree *tree, const char *alias)
{
    return fdt_node_by_alias_bytes(tree, alias, strlen(alias));
}

struct fdt_node fdt_node_by_phandle(struct fdt_tree *tree, uint32_t phandle)
{
    return node_at(tree->index != NULL ? fdt_index_phandle(tree, phandle)
                                       : fdt_node_offset_by_phandle(tree->blob, phandle));
}

const char *fdt_node_name(struct fdt_tree *tree, struct fdt_node node)
{
    const char *name = fdt_node_valid(node) ? fdt_get_name(tree->blob, node.offset, NULL) : NULL;
    return name != NULL ? name : "";
}

bool fdt_node_is_named(struct fdt_tree *tree, struct fdt_node node, const char *name)
{
    const char *own = fdt_node_name(tree, node);
    size_t bytes = strlen(name);
    return strlen(own) >= bytes && memcmp(own, name, bytes) == 0 &&
           (own[bytes] == '\0' || own[bytes] == '@');
}

/* fdt_node_chain by way of the index: from the node upwards. */
static int index_chain(struct fdt_tree *tree, struct fdt_node node,
                       struct fdt_node chain[FDT_DEPTH_MAX + 1])
{
    int at = fdt_index_find(tree, node.offset);
    if (at < 0 || tree->index[at].depth > FDT_DEPTH_MAX) {
        return -1;
    }
    int depth = tree->index[at].depth;
    for (int i = depth; i >= 0; i--) {
        chain[i] = node_at(tree->index[at].offset);
        at = tree->index[at].parent;
    }
    return depth;
}

int fdt_node_chain(struct fdt_tree *tree, struct fdt_node node,
                   struct fdt_node chain[FDT_DEPTH_MAX + 1])
{
    if (tree->index != NULL) {
        return index_chain(tree, node, chain);
    }
    int depth = 0;
    int offset = 0;
    while (offset >= 0 && depth >= 0 && offset <= node.offset) {
        if (depth <= FDT_DEPTH_MAX) {
            chain[depth] = node_at(offset);
        }
        if (offset == node.offset) {
            return depth <= FDT_DEPTH_MAX ? depth : -1;
        }
        offset = fdt_next_node(tree->blob, offset, &depth);
    }
    return -1;
}

char *fdt_node_path(struct fdt_tree *tree, struct fdt_node node, char *buffer, size_t bytes)
{
    struct fdt_node chain[FDT_DEPTH_MAX + 1];
    int depth = fdt_node_chain(tree, node, chain);
    size_t length = 0;

    for (int i = 1; i <= depth; i++) {
        const char *name = fdt_node_name(tree, chain[i]);
        size_t name_bytes = strlen(name);
        if (length + 1 + name_bytes + 1 > bytes) {
            depth = -1;
            break;
        }
        buffer[length++] = '/';
        memcpy(buffer + length, name, name_bytes);
        length += name_bytes;
    }
    if (depth < 0) {
        memcpy(buffer, "...", 4);
    } else {
        memcpy(buffer + length, length == 0 ? "/" : "", length == 0 ? 2 : 1);
    }
    return buffer;
}

struct fdt_node fdt_node_parent(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_node chain[FDT_DEPTH_MAX + 1];
    int depth = fdt_node_chain(tree, node, chain);
    return depth > 0 ? chain[depth - 1] : FDT_NODE_NONE;
}

struct fdt_node fdt_node_first_child(struct fdt_tree *tree, struct fdt_node node)
{
    if (!fdt_node_valid(node)) {
        return FDT_NODE_NONE;
    }
    return node_at(tree->index != NULL ? fdt_index_first_child(tree, node.offset)
                                       : fdt_first_subnode(tree->blob, node.offset));
}

struct fdt_node fdt_node_next_sibling(struct fdt_tree *tree, struct fdt_node node)
{
    if (!fdt_node_valid(node)) {
        return FDT_NODE_NONE;
    }
    return node_at(tree->index != NULL ? fdt_index_next_sibling(tree, node.offset)
                                       : fdt_next_subnode(tree->blob, node.offset));
}

bool fdt_node_status_ok(struct fdt_tree *tree, struct fdt_node node)
{
    const char *status = NULL;
    zx_status_t result = fdt_prop_string(tree, node, "status", &status);
    if (result != ZX_OK) {
        /* A status nobody can read (reported) may have said "disabled", and using memory or a
         * device that is not there is worse than going without. */
        return result == ZX_ERR_NOT_FOUND;
    }
    return strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

bool fdt_node_enabled(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_node chain[FDT_DEPTH_MAX + 1];
    int depth = fdt_node_chain(tree, node, chain);
    for (int i = depth; i > 0; i--) {
        if (!fdt_node_status_ok(tree, chain[i])) {
            return false;
        }
    }
    return depth >= 0;
}

bool fdt_node_compatible(struct fdt_tree *tree, struct fdt_node node, const char *compatible)
{
    const uint8_t *list = NULL;
    uint32_t bytes = 0;
    return fdt_prop_bytes(tree, node, "compatible", &list, &bytes) == ZX_OK &&
           fdt_stringlist_contains((const char *)list, (int)bytes, compatible);
}

void fdt_walk_start(struct fdt_walk *walk)
{
    *walk = (struct fdt_walk){.offset = WALK_START, .depth = 0};
}

/* Steps to the next node in the blob whatever it is; false at the end. */
static bool walk_step(struct fdt_tree *tree, struct fdt_walk *walk)
{
    int depth = walk->depth;
    walk->offset = tree->index != NULL ? fdt_index_next(tree, walk->offset, &depth)
                                       : fdt_next_node(tree->blob, walk->offset, &depth);
    walk->depth = depth;
    if (walk->offset < 0 || depth < 0) {
        walk->offset = WALK_END;
        return false;
    }
    return true;
}

struct fdt_node fdt_walk_next(struct fdt_tree *tree, struct fdt_walk *walk)
{
    if (walk->offset == WALK_END) {
        return FDT_NODE_NONE;
    }
    if (walk->offset == WALK_START) {
        *walk = (struct fdt_walk){.offset = 0, .depth = 0};
        return fdt_root();
    }
    int32_t skip_below = INT32_MAX; /* depth of the disabled node whose subtree is left out */
    while (walk_step(tree, walk)) {
        if (walk->depth > skip_below || walk->depth > FDT_DEPTH_MAX) {
            continue;
        }
        skip_below = INT32_MAX;
        struct fdt_node node = node_at(walk->offset);
        if (fdt_node_status_ok(tree, node)) {
            return node;
        }
        skip_below = walk->depth;
    }
    return FDT_NODE_NONE;
}

struct fdt_node fdt_walk_next_compatible(struct fdt_tree *tree, struct fdt_walk *walk,
                                         const char *compatible)
{
    struct fdt_node node;
    do {
        node = fdt_walk_next(tree, walk);
    } while (fdt_node_valid(node) && !fdt_node_compatible(tree, node, compatible));
    return node;
}
