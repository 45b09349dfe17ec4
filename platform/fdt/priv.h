// SPDX-License-Identifier: MIT
/*
 * What the files of platform/fdt share among themselves: raw access to the blob through libfdt.
 */
#pragma once

#include <stddef.h>

#include <libfdt.h>

#include <fdt/fdt.h>
#include <zircon/errors.h>

/* Cells of one address or size that the reader can hold. */
#define FDT_NUMBER_CELLS_MAX 2

/* A big-endian 32-bit cell at any alignment. */
static inline uint32_t fdt_cell_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A number of 0, 1 or 2 cells. */
static inline uint64_t fdt_number_at(const uint8_t *bytes, uint32_t cells)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < cells; i++) {
        value = value << 32 | fdt_cell_at(bytes + 4 * i);
    }
    return value;
}

/* The nodes from the root (chain[0]) down to `node`, and the node's depth; -1 if the node is not
 * in the tree or deeper than FDT_DEPTH_MAX. */
int fdt_node_chain(struct fdt_tree *tree, struct fdt_node node,
                   struct fdt_node chain[FDT_DEPTH_MAX + 1]);

/* fdt_node_by_path and fdt_node_by_alias for a name of `bytes` bytes that has no NUL. */
struct fdt_node fdt_node_by_path_bytes(struct fdt_tree *tree, const char *path, size_t bytes);
struct fdt_node fdt_node_by_alias_bytes(struct fdt_tree *tree, const char *alias, size_t bytes);

/* ---- names in properties (stdout_path.c) ---- */

/* A piece of a string in the blob. */
struct fdt_text {
    const char *start;
    size_t bytes;
};

/* The longest prefix of the text without the character; moves `text` behind the character. */
struct fdt_text fdt_text_split(struct fdt_text *text, char separator);

/* The node at a path or alias. */
struct fdt_node fdt_node_named(struct fdt_tree *tree, struct fdt_text name);

/* ---- the index (index.c); only for trees that have one ---- */

/* The place of the node at this offset, or -1. */
int fdt_index_find(const struct fdt_tree *tree, int offset);

/* Like fdt_path_offset_namelen for an absolute path: the offset, or -1. */
int fdt_index_path(const struct fdt_tree *tree, const char *path, size_t bytes);

/* Like fdt_node_offset_by_phandle: the offset, or -1. */
int fdt_index_phandle(const struct fdt_tree *tree, uint32_t phandle);

/* Like fdt_first_subnode and fdt_next_subnode: the offset, or -1. */
int fdt_index_first_child(const struct fdt_tree *tree, int offset);
int fdt_index_next_sibling(const struct fdt_tree *tree, int offset);

/* Like fdt_getprop for one of the properties the index knows; false if it does not know this one. */
bool fdt_index_prop(const struct fdt_tree *tree, int offset, const char *name,
                    const void **out_bytes, int *out_length);

/* Like fdt_next_node with an absolute depth: the next node of the blob, or -1. */
int fdt_index_next(const struct fdt_tree *tree, int offset, int *depth);
