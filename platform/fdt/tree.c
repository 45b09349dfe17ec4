// SPDX-License-Identifier: MIT
/*
 * Opening a blob and reporting its problems.
 *
 * Interface: fdt_blob_size, fdt_blob_used, fdt_tree_open, fdt_tree_moved, fdt_report (<fdt/fdt.h>).
 * Locks: none; see <fdt/fdt.h>.
 * Invariants:
 *   T1  an open tree has passed fdt_check_full over its whole structure block, so every offset
 *       that libfdt hands out lies inside blob_bytes, and blob_bytes <= the bytes we may read;
 *   T2  nothing writes to the structure block afterwards, except zeros over a seed's value, which
 *       moves nothing: offsets and T1 stay true.
 */
#include <fdt/fdt.h>

#include <string.h>

#include "priv.h"

/* Every version from 16 on has the layout that libfdt reads without special cases. */
#define VERSION_MIN 16
/* The header of version 17; a version 16 tree cannot be so short as a whole. */
#define HEADER_BYTES  40
#define MESSAGE_BYTES 128

/* By libfdt's error number. An array of arrays: a table of pointers would need relocation. */
static const char blob_problems[][40] = {
    [FDT_ERR_BADOFFSET] = "a block lies outside the tree",
    [FDT_ERR_TRUNCATED] = "cut short",
    [FDT_ERR_BADMAGIC] = "no device tree magic",
    [FDT_ERR_BADVERSION] = "version not supported",
    [FDT_ERR_BADSTRUCTURE] = "broken structure block",
    [FDT_ERR_BADLAYOUT] = "blocks out of order",
    [FDT_ERR_ALIGNMENT] = "not 8-byte aligned",
};

/* Words for a negative libfdt error. */
static const char *blob_problem_words(int error)
{
    unsigned int number = (unsigned int)-error;
    if (number >= sizeof(blob_problems) / sizeof(blob_problems[0]) ||
        blob_problems[number][0] == '\0') {
        return "corrupt";
    }
    return blob_problems[number];
}

zx_status_t fdt_blob_size(const void *blob, size_t usable_bytes, size_t *out_bytes)
{
    if (blob == NULL || usable_bytes < HEADER_BYTES || ((uintptr_t)blob & 7) != 0 ||
        fdt_magic(blob) != FDT_MAGIC) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    uint32_t bytes = fdt_totalsize(blob);
    if (bytes < HEADER_BYTES || bytes > FDT_BLOB_BYTES_MAX) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_bytes = bytes;
    return ZX_OK;
}

/* What is wrong with the blob as a whole, or NULL. */
static const char *blob_problem(const void *blob, size_t usable_bytes)
{
    if (blob == NULL) {
        return "there is no device tree";
    }
    if (((uintptr_t)blob & 7) != 0) {
        return blob_problem_words(-FDT_ERR_ALIGNMENT);
    }
    if (usable_bytes < HEADER_BYTES) {
        return "shorter than its header";
    }
    if (fdt_magic(blob) != FDT_MAGIC) {
        return blob_problem_words(-FDT_ERR_BADMAGIC);
    }
    if (fdt_version(blob) < VERSION_MIN) {
        return blob_problem_words(-FDT_ERR_BADVERSION);
    }
    if (fdt_totalsize(blob) > FDT_BLOB_BYTES_MAX) {
        return "larger than 2 MiB";
    }
    if (fdt_totalsize(blob) > usable_bytes) {
        return "its header claims more bytes than there are";
    }
    /* libfdt reads both blocks by words and checks no alignment but the blob's. */
    if ((fdt_off_mem_rsvmap(blob) & 7) != 0 || (fdt_off_dt_struct(blob) & 3) != 0) {
        return "a block is not aligned";
    }
    int error = fdt_check_full(blob, usable_bytes);
    if (error != 0) {
        return blob_problem_words(error);
    }
    /* fdt_check_full is content with no root at all, and lets NOPs stand before it. */
    if (fdt_get_name(blob, 0, NULL) == NULL) {
        return "no root node";
    }
    return NULL;
}

/* Says once that parts of the tree are too deep to be looked at. */
static void report_depth(struct fdt_tree *tree)
{
    int depth = 0;
    for (int offset = 0; offset >= 0 && depth >= 0;
         offset = fdt_next_node(tree->blob, offset, &depth)) {
        if (depth > FDT_DEPTH_MAX) {
            fdt_report(tree, FDT_NODE_NONE, NULL, "nodes nested too deeply are ignored");
            return;
        }
    }
}

size_t fdt_blob_used(const void *blob, size_t claimed_bytes)
{
    uint64_t structure = (uint64_t)fdt_off_dt_struct(blob) + fdt_size_dt_struct(blob);
    uint64_t strings = (uint64_t)fdt_off_dt_strings(blob) + fdt_size_dt_strings(blob);
    uint64_t end = structure > strings ? structure : strings;
    /* The memreserve block says nowhere how long it is; it stands before the others, or all counts. */
    return fdt_off_mem_rsvmap(blob) < end && end < claimed_bytes ? (size_t)end : claimed_bytes;
}

zx_status_t fdt_tree_open(struct fdt_tree *tree, void *blob, size_t usable_bytes,
                          fdt_report_fn report, void *context)
{
    *tree = (struct fdt_tree){.report = report, .report_context = context};
    const char *problem = blob_problem(blob, usable_bytes);
    if (problem != NULL) {
        fdt_report(tree, FDT_NODE_NONE, NULL, problem);
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    tree->blob = blob;
    tree->blob_bytes = fdt_totalsize(blob);
    report_depth(tree);
    return ZX_OK;
}

void fdt_tree_moved(struct fdt_tree *tree, void *blob)
{
    tree->blob = blob;
}

/* Appends as much of `text` as fits, leaving room for the NUL; returns the new length. */
static size_t message_append(char message[MESSAGE_BYTES], size_t length, const char *text)
{
    while (*text != '\0' && length < MESSAGE_BYTES - 1) {
        message[length++] = *text++;
    }
    message[length] = '\0';
    return length;
}

void fdt_report(struct fdt_tree *tree, struct fdt_node node, const char *property,
                const char *problem)
{
    char path[FDT_PATH_BYTES] = "";
    char message[MESSAGE_BYTES];
    size_t length = 0;

    if (tree->report == NULL || tree->report_count >= FDT_REPORTS_MAX) {
        return;
    }
    if (++tree->report_count == FDT_REPORTS_MAX) {
        node = FDT_NODE_NONE;
        property = NULL;
        problem = "too many problems, no more are shown";
    }
    if (fdt_node_valid(node)) {
        fdt_node_path(tree, node, path, sizeof(path));
    }
    if (property != NULL) {
        length = message_append(message, length, property);
        length = message_append(message, length, ": ");
    }
    message_append(message, length, problem);
    tree->report(tree->report_context, path, message);
}
